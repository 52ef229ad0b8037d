//! Work that may block, off the async threads.

/// Runs `work` where it may block, within the caller's log span. A panic of it is the caller's panic.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down and never began it: nobody is left to tell.
            Err(_) => std::future::pending().await,
        },
    }
}
