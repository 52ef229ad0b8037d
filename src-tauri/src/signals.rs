//! Being told to end, so that it can be done properly.

/// Waits until the system or the person at the shell asks this program to end. Where such a thing is not known, for ever.
pub(crate) async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let heard = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()));
        if let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) = heard {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {}
            }
            return;
        }
        tracing::warn!("signals can't be heard");
    }
    std::future::pending().await
}
