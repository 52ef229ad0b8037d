//! Being told to end, so that it can be done properly.

/// From now on, and not only when it is waited for, this program ends in order when the system or the person at the shell
/// asks it to: then this is over. Where such a thing is not known, never.
///
/// # Panics
/// Outside of a runtime.
pub(crate) fn asked_to_end() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let heard = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()))
    };
    async move {
        #[cfg(unix)]
        if let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) = heard {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {}
            }
            return;
        }
        tracing::warn!("signals can't be heard");
        std::future::pending().await
    }
}
