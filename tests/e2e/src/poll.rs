//! Waiting for something to become true, with a deadline: never for a time to pass.

use std::time::{Duration, Instant};

use anyhow::bail;

/// How often the world is asked. Short against the second within which changes must arrive.
const INTERVAL: Duration = Duration::from_millis(10);

/// Asks `probe` until it gives a value, and returns it.
///
/// # Errors
/// An error of the probe that did not pass until the deadline, or that nothing came; both tell `what` was awaited.
pub async fn until<T>(
    what: &str,
    timeout: Duration,
    mut probe: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + timeout;
    loop {
        let answer = probe().await;
        if let Ok(Some(value)) = answer {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            return match answer {
                Err(error) => Err(error.context(format!("waited {timeout:?} for {what}"))),
                Ok(_) => bail!("waited {timeout:?} for {what}"),
            };
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
