//! How many requests a second, and how long each takes, with few and with many clients at a time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::task::JoinSet;

use super::Effort;
use super::operation::Operation;
use super::place::{Database, Place};
use super::visitor::{Purpose, Visitor, crowd, refresh};
use crate::row::Row;
use crate::samples::Samples;

/// Before each row of rounds, unmeasured: connections, statements and files are there.
const WARM_UP: Duration = Duration::from_millis(300);
const OPERATIONS: [Operation; 5] =
    [Operation::Health, Operation::Poll, Operation::SignIn, Operation::Message, Operation::Notes];

/// What came of some rounds.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Of each request.
    pub(super) times_ms: Samples,
    lasted: Duration,
}

impl Tally {
    pub(super) fn rate(&self) -> f64 {
        self.times_ms.len() as f64 / self.lasted.as_secs_f64()
    }

    fn add(&mut self, other: &Self) {
        self.times_ms.extend(&other.times_ms);
        self.lasted += other.lasted;
    }
}

/// One of the sides that are compared: the rounds of all of them take turns.
pub(super) struct Runner<'p> {
    pub(super) place: &'p Place,
    pub(super) visitors: Arc<[Visitor]>,
    pub(super) operation: Operation,
    pub(super) clients: usize,
}

impl Runner<'_> {
    /// Lets the clients ask for so long, each for visitors of its own, drawn at random.
    ///
    /// # Errors
    /// An answer was not what it has to be.
    async fn round(&self, lasting: Duration, seed: u64) -> anyhow::Result<Tally> {
        refresh(self.place, &self.visitors).await?;
        ensure!(self.visitors.len() >= self.clients, "there is a visitor for each client");
        let clients = self.place.clients.get(..self.clients).context("the place has as many clients")?;
        let (operation, started) = (self.operation, Instant::now());
        let mut running = JoinSet::new();
        for (number, http) in clients.iter().enumerate() {
            let (http, url, visitors) = (http.clone(), self.place.served.url.clone(), Arc::clone(&self.visitors));
            let step = self.clients;
            let mut dice = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(number as u64));
            running.spawn(async move {
                let mut tally = Tally::default();
                // A device reads few feeds at a time, so no two clients are the same visitor.
                let own: Vec<_> = visitors.iter().skip(number).step_by(step).collect();
                while started.elapsed() < lasting {
                    let visitor = own[dice.random_range(0..own.len())];
                    let asked = Instant::now();
                    operation.run(&http, &url, visitor).await?;
                    tally.times_ms.push_ms(asked.elapsed());
                }
                anyhow::Ok(tally)
            });
        }
        let mut all = Tally::default();
        while let Some(one) = running.join_next().await {
            all.add(&one??);
        }
        all.lasted = started.elapsed();
        Ok(all)
    }
}

/// Lets all of them take turns; what came of each.
///
/// # Errors
/// As [`Runner::round`], or a side served nothing.
pub(super) async fn take_turns(runners: &[Runner<'_>], effort: &Effort) -> anyhow::Result<Vec<Tally>> {
    let mut tallies = vec![Tally::default(); runners.len()];
    for runner in runners {
        runner.round(WARM_UP.min(effort.round), u64::MAX).await?;
    }
    for round in 0..effort.rounds {
        for turn in 0..runners.len() {
            // Whoever was first is last the next time.
            let who = if round % 2 == 0 { turn } else { runners.len() - 1 - turn };
            tallies[who].add(&runners[who].round(effort.round, round as u64).await?);
        }
    }
    for (runner, tally) in runners.iter().zip(&tallies) {
        ensure!(tally.times_ms.len() > 0, "{}: nothing was served", runner.operation.name());
    }
    Ok(tallies)
}

/// A place, and who visits it.
pub(super) struct Side {
    pub(super) place: Place,
    pollers: Arc<[Visitor]>,
    writers: Arc<[Visitor]>,
}

/// Both databases, with studios for as many clients as there are at most: half of them to poll, half to write to.
///
/// # Errors
/// A server does not start, or refuses.
pub(super) async fn sides(effort: &Effort, scratch: &Path) -> anyhow::Result<Vec<Side>> {
    let most = effort.clients.iter().copied().max().context("a number of clients")?;
    let half = u32::try_from(most)?;
    let mut sides = Vec::new();
    for database in Database::BOTH {
        let place = Place::start(database, 2 * half, most, &effort.rate, &scratch.join("load")).await?;
        let (first, second): (Vec<_>, Vec<_>) = (0..2 * half).partition(|studio| *studio < half);
        let pollers = crowd(&place, &first, most, Purpose::Poll).await?;
        let writers = crowd(&place, &second, most, Purpose::Write).await?;
        sides.push(Side { place, pollers, writers });
    }
    Ok(sides)
}

/// Every operation with every number of clients, on both sides in turn.
///
/// # Errors
/// As [`take_turns`].
pub(super) async fn measure(effort: &Effort, sides: &mut [Side]) -> anyhow::Result<Vec<Row>> {
    // By operation, clients, side.
    let mut measured: Vec<(Operation, usize, Vec<Tally>)> = Vec::new();
    for operation in OPERATIONS {
        for &clients in &effort.clients {
            let runners: Vec<_> = sides
                .iter()
                .map(|side| {
                    let visitors = if operation == Operation::Poll { &side.pollers } else { &side.writers };
                    Runner { place: &side.place, visitors: Arc::clone(visitors), operation, clients }
                })
                .collect();
            measured.push((operation, clients, take_turns(&runners, effort).await?));
        }
    }
    let find = |operation, clients| {
        measured.iter().find(|(o, c, _)| (*o, *c) == (operation, clients)).map(|(_, _, tallies)| tallies)
    };
    let fewest = *effort.clients.first().context("a number of clients")?;
    let mut rows = Vec::new();
    for (number, side) in sides.iter().enumerate() {
        let (here, other) = (side.place.database.name(), 1 - number);
        for (operation, clients, tallies) in &measured {
            let tally = &tallies[number];
            let name = |what: &str| format!("{}, {here}, {}, {what}", operation.name(), people(*clients));
            let mut served = Row::new(name("served"), tally.rate(), "requests/s");
            let mut p50 = Row::new(name("p50"), tally.times_ms.median(), "ms");
            let mut p99 = Row::new(name("p99"), tally.times_ms.p99(), "ms");
            // Nothing is compared with itself.
            if *clients != fewest {
                let alone = &find(*operation, fewest).context("measured")?[number];
                served = served.against_rate(&format!("the same, {}", people(fewest)), alone.rate());
            }
            if *operation != Operation::Health {
                let floor = &find(Operation::Health, *clients).context("measured")?[number];
                p50 = p50.against("health, as many clients, p50", floor.times_ms.median());
                let there = sides[other].place.database.name();
                p99 = p99.against(&format!("the same on {there}"), tallies[other].times_ms.p99());
            }
            rows.extend([served, p50, p99]);
        }
    }
    Ok(rows)
}

/// So many clients, in words.
pub(super) fn people(clients: usize) -> String {
    if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_of_all_rounds_together() {
        let mut times_ms = Samples::default();
        times_ms.push(5.0);
        let mut tally = Tally::default();
        tally.add(&Tally { times_ms: times_ms.clone(), lasted: Duration::from_secs(1) });
        tally.add(&Tally { times_ms, lasted: Duration::from_secs(3) });
        assert_eq!((tally.rate(), tally.times_ms.p99()), (0.5, 5.0));
    }
}
