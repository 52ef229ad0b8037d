//! What a request costs among few studios and among many: at studios drawn at random, and at one that is asked all the
//! time while the others sleep.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};

use super::Effort;
use super::load::{Runner, Tally, take_turns};
use super::operation::Operation;
use super::place::{Database, Place};
use super::visitor::{Purpose, Visitor, crowd};
use crate::row::{Row, Target};

/// Clients at a time: enough that requests meet, few enough that they do not only wait for each other.
const CLIENTS: usize = 8;
/// Studios of each kind that are visited at most, evenly among all: each costs a sign-in before the measuring, and
/// there are far more of them than the server keeps open.
const VISITED: usize = 500;
/// A request among the most studios may cost this many times one among the fewest.
const FLAT: f64 = 1.5;

/// Who asks where.
struct Visits {
    polls: Arc<[Visitor]>,
    writes: Arc<[Visitor]>,
    hot_polls: Arc<[Visitor]>,
    hot_writes: Arc<[Visitor]>,
}

/// Those of the visitors who ask.
type Choice = fn(&Visits) -> &Arc<[Visitor]>;

/// What is measured, and of whom.
const CASES: [(&str, Operation, Choice); 5] = [
    ("any studio", Operation::Poll, |visits| &visits.polls),
    ("one studio", Operation::Poll, |visits| &visits.hot_polls),
    ("any studio", Operation::Message, |visits| &visits.writes),
    ("one studio", Operation::Message, |visits| &visits.hot_writes),
    ("any studio", Operation::SignIn, |visits| &visits.writes),
];

impl Visits {
    async fn begin(place: &Place) -> anyhow::Result<Self> {
        ensure!(place.studios >= 4, "there are studios to poll and others to write to");
        let of = |rest: u32| (2..place.studios).filter(move |studio| studio % 2 == rest).collect::<Vec<_>>();
        Ok(Self {
            polls: crowd(place, &evenly(&of(0), VISITED), CLIENTS, Purpose::Poll).await?,
            writes: crowd(place, &evenly(&of(1), VISITED), CLIENTS, Purpose::Write).await?,
            hot_polls: crowd(place, &[0], CLIENTS, Purpose::Poll).await?,
            hot_writes: crowd(place, &[1], CLIENTS, Purpose::Write).await?,
        })
    }
}

/// At most `most` of them, with the same distance between any two.
fn evenly(all: &[u32], most: usize) -> Vec<u32> {
    let taken = all.len().min(most);
    (0..taken).map(|n| all[n * all.len() / taken]).collect()
}

/// The same requests at servers with the numbers of studios that `effort` names, in turn.
///
/// # Errors
/// A server failed, or gave a wrong answer.
pub(super) async fn measure(effort: &Effort, database: Database, scratch: &Path) -> anyhow::Result<Vec<Row>> {
    let mut places = Vec::new();
    for &studios in &effort.studios {
        let place = Place::start(database, studios, CLIENTS, &effort.rate, scratch).await?;
        crate::say(&format!("{}: {studios} studios are registered", database.name()));
        let visits = Visits::begin(&place).await?;
        places.push((place, visits));
    }
    let mut rows = Vec::new();
    for (whom, operation, visitors) in CASES {
        let runners: Vec<_> = places
            .iter()
            .map(|(place, visits)| Runner {
                place,
                visitors: Arc::clone(visitors(visits)),
                operation,
                clients: CLIENTS,
            })
            .collect();
        let tallies = take_turns(&runners, effort).await?;
        let what = format!("{}, {whom}, {}", operation.name(), database.name());
        rows.extend(compare(&what, &effort.studios, &tallies)?);
    }
    let open = |(place, _): &(Place, Visits)| place.open_files().map(|files| files as f64);
    rows.extend(held(effort, &format!("open files of the server, {}", database.name()), "files", &places, open)?);
    let memory = |(place, _): &(Place, Visits)| place.memory_mib();
    rows.extend(held(effort, &format!("memory of the server, {}", database.name()), "MiB", &places, memory)?);
    Ok(rows)
}

/// Each number of studios against the fewest; the most have to be as good as those.
fn compare(what: &str, studios: &[u32], tallies: &[Tally]) -> anyhow::Result<Vec<Row>> {
    let (fewest, most) = (studios.first().context("studios")?, studios.last().context("studios")?);
    let base = tallies.first().context("measured")?;
    let against = format!("the same among {fewest} studios");
    let mut rows = Vec::new();
    for (number, tally) in studios.iter().zip(tallies).skip(1) {
        let figures = [
            ("p50", tally.times_ms.median(), base.times_ms.median()),
            ("p99", tally.times_ms.p99(), base.times_ms.p99()),
        ];
        for (figure, value, base) in figures {
            let row = Row::new(format!("{what}, {number} studios, {figure}"), value, "ms").against(&against, base);
            rows.push(if number == most { row.with_target(Target::Ratio(FLAT)) } else { row });
        }
    }
    Ok(rows)
}

fn held<P>(
    effort: &Effort,
    what: &str,
    unit: &'static str,
    places: &[P],
    value: impl Fn(&P) -> anyhow::Result<f64>,
) -> anyhow::Result<Vec<Row>> {
    let base = value(places.first().context("a place")?)?;
    let fewest = effort.studios.first().context("studios")?;
    let against = format!("the same among {fewest} studios");
    let others = effort.studios.iter().zip(places).skip(1);
    others
        .map(|(number, place)| {
            Ok(Row::new(format!("{what}, {number} studios"), value(place)?, unit).against(&against, base))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn studios_are_visited_from_the_first_to_the_last() {
        assert_eq!(evenly(&[1, 2, 3], 10), [1, 2, 3]);
        assert_eq!(evenly(&(0..100).collect::<Vec<_>>(), 4), [0, 25, 50, 75]);
    }
}
