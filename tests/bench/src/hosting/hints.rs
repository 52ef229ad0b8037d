//! How soon somebody who listens hears that something changed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Effort;
use super::operation::Operation;
use super::place::Place;
use super::visitor::{Purpose, Visitor, crowd};
use crate::row::Row;
use crate::samples::Samples;

/// Changes that listeners hear of, one after the other.
const CHANGES: usize = 100;
/// A hint that does not come is a failure, not a figure.
const PATIENCE: Duration = Duration::from_secs(60);

/// From sending a change to the hint at each of the listeners, the fewest and the most.
///
/// # Errors
/// A hint did not come, or an answer was not what it has to be.
pub(super) async fn measure(effort: &Effort, place: &Place) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let (fewest, most) = (effort.clients.first().context("clients")?, effort.clients.last().context("clients")?);
    let mut counts = vec![*fewest, *most];
    counts.dedup();
    for listeners in counts {
        // The last studio: polls, which always find the same, are of the first ones.
        let visitors = crowd(place, &[place.studios - 1], listeners, Purpose::Write).await?;
        let (heard, answered) = listen(place, &visitors).await?;
        let name = |what| format!("hint after a message, {}, {listeners} listening, {what}", place.database.name());
        rows.push(
            Row::new(name("p50"), heard.median(), "ms").against("the message is answered, p50", answered.median()),
        );
        rows.push(Row::new(name("p99"), heard.p99(), "ms").against("the message is answered, p99", answered.p99()));
    }
    Ok(rows)
}

/// When each listener heard of each change, and when the change was answered.
async fn listen(place: &Place, visitors: &Arc<[Visitor]>) -> anyhow::Result<(Samples, Samples)> {
    let (told, mut hints) = mpsc::unbounded_channel();
    let mut listening = JoinSet::new();
    for (number, http) in (0..visitors.len()).zip(place.clients.iter().cycle()) {
        let request = visitors[number].request(http, Method::GET, &format!("{}/v1/sync/events", place.served.url));
        let told = told.clone();
        listening.spawn(async move {
            let mut answer = request.send().await?;
            ensure!(answer.status() == StatusCode::OK, "listening was refused: {}", answer.status());
            let mut text = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                text.extend_from_slice(&chunk);
                // An event ends with an empty line; comments that keep the connection alive are none.
                while let Some(end) = text.windows(2).position(|two| two == b"\n\n") {
                    let event: Vec<_> = text.drain(..end + 2).collect();
                    if event.starts_with(b"event: hint") && told.send(Instant::now()).is_err() {
                        return Ok(());
                    }
                }
            }
            anyhow::bail!("a listener was cut off")
        });
    }
    drop(told);
    let (mut heard, mut answered) = (Samples::default(), Samples::default());
    // The first hint comes at once: something may have changed before anybody listened.
    for _ in 0..visitors.len() {
        next(&mut hints, &mut listening).await?;
    }
    let (http, writer) = (place.clients.first().context("a client")?, &visitors[0]);
    for _ in 0..CHANGES {
        let sent = Instant::now();
        Operation::Message.run(http, &place.served.url, writer).await?;
        answered.push_ms(sent.elapsed());
        for _ in 0..visitors.len() {
            heard.push_ms(next(&mut hints, &mut listening).await?.duration_since(sent));
        }
    }
    Ok((heard, answered))
}

async fn next(
    hints: &mut mpsc::UnboundedReceiver<Instant>,
    listening: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<Instant> {
    tokio::select! {
        hint = hints.recv() => hint.context("somebody listens"),
        Some(ended) = listening.join_next() => { ended??; anyhow::bail!("a listener ended") }
        () = tokio::time::sleep(PATIENCE) => anyhow::bail!("a hint did not come"),
    }
}
