//! Calls that block, off the async threads.

/// A call did not come to its end: it panicked, or the program is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the program is ending")]
pub struct Interrupted;

/// Runs a call that blocks (on a lock, on the disk) where no other task waits for it. It runs to its end even when its
/// caller is dropped.
///
/// # Errors
/// [`Interrupted`]; what the call itself says is inside.
pub async fn unblock<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Result<T, Interrupted> {
    tokio::task::spawn_blocking(call).await.map_err(|_| Interrupted)
}
