//! The bounded run: 1,000 seeds, in parts that run side by side, and controls that must fail.

#![allow(clippy::unwrap_used)]

use frontdesk_simulation::{Report, Sabotage, Template, World};

const STEPS: u32 = 100;

async fn run(seeds: std::ops::Range<u64>) {
    let template = Template::make().await.unwrap();
    let mut report = Report::default();
    for seed in seeds {
        match World::run(&template, seed, STEPS, None).await {
            Ok(run) => report.add(run),
            Err(error) => panic!("seed {seed}: {error:#}"),
        }
    }
    // The faults fired.
    let fates: Vec<&str> = report.fates.keys().map(String::as_str).collect();
    assert_eq!(fates, ["AnswerLost", "Answered", "Late", "Lost", "ServerCrashes", "Twice"]);
    let counts = [
        report.edits,
        report.creations,
        report.leads_taken_back,
        report.replies,
        report.replies_taken_back,
        report.crashes,
        report.cuts,
        report.restarts,
        report.restores,
        report.refusals,
        report.conflicts,
        report.put_away,
        report.merges,
    ];
    assert!(counts.iter().all(|count| *count >= 5), "{report:?}");
    // It takes a refused edit of somebody who then types it anew.
    assert!(report.replaced > 0, "{report:?}");
}

macro_rules! parts {
    ($($name:ident = $seeds:expr),+ $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            run($seeds).await;
        }
    )+};
}

parts! {
    seeds_0_to_249 = 0..250,
    seeds_250_to_499 = 250..500,
    seeds_500_to_749 = 500..750,
    seeds_750_to_999 = 750..1_000,
}

/// Each rule that is broken is found broken, and soon.
#[tokio::test]
async fn what_is_broken_on_purpose_is_found() {
    let template = Template::make().await.unwrap();
    let all =
        [Sabotage::LostIsDone, Sabotage::RowDropped, Sabotage::LogLost, Sabotage::SettledEarly, Sabotage::OrderLost];
    for sabotage in all {
        let mut found = None;
        for seed in 0..20 {
            if let Err(error) = World::run(&template, seed, STEPS, Some(sabotage)).await {
                found = Some(format!("{error:#}"));
                break;
            }
        }
        assert!(found.is_some(), "{sabotage:?} was not found in 20 runs");
    }
}

/// A seed that fails brings its failure back: the same steps, the same end.
#[tokio::test]
async fn a_seed_is_replayed_exactly() {
    let template = Template::make().await.unwrap();
    let end = async |template| {
        let mut ends = Vec::new();
        for seed in 0..6 {
            let run = World::run(template, seed, STEPS, Some(Sabotage::SettledEarly)).await;
            ends.push(match run {
                Ok(report) => format!("{report:?}"),
                Err(error) => format!("{error:#}"),
            });
        }
        ends
    };
    assert_eq!(end(&template).await, end(&template).await);
}
