//! Runs seeds until one fails, and says which.

use anyhow::Context;
use clap::Parser;
use frontdesk_simulation::{Report, Sabotage, Template, World};

/// Runs seeds until one fails, and says which.
#[derive(Parser)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Things that happen in each run.
    #[arg(long, default_value_t = 120)]
    steps: u32,
    /// Breaks a rule on purpose.
    #[arg(long)]
    sabotage: Option<Sabotage>,
}

#[expect(clippy::print_stdout, reason = "what it was started for")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { seeds, from, steps, sabotage } = Arguments::parse();
    let template = Template::make().await?;
    let mut report = Report::default();
    for seed in from..from + seeds {
        let run = World::run(&template, seed, steps, sabotage).await;
        report
            .add(run.with_context(|| format!("seed {seed}: replay it with --from {seed} --seeds 1 --steps {steps}"))?);
        if (seed + 1 - from).is_multiple_of(1_000) {
            println!("{} seeds", seed + 1 - from);
        }
    }
    println!("{seeds} seeds from {from}, {steps} steps each: nothing was lost, and all were of one mind in the end");
    println!("{report:?}");
    Ok(())
}
