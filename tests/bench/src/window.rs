//! The release app in a real window against a bare window of the same webview: how long until its first list is seen,
//! and how much memory it then holds.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::hosted::Hosted;
use crate::memory::{self, Memory};
use crate::programs::program;
use crate::row::{Row, Target};
use crate::samples::Samples;
use crate::screen::Screen;
use crate::synced::Synced;

/// Starts of each program that count; one more before warms up.
const STARTS: usize = 11;

/// Times and memory of one program.
#[derive(Default)]
struct Figures {
    mapped: Samples,
    drawn: Samples,
    pss: Samples,
    rss: Samples,
}

/// # Errors
/// A window does not come, or stays empty.
pub(crate) fn measure(synced: &Synced, hosted: &Hosted, pictures: &Path) -> anyhow::Result<Vec<Row>> {
    let screen = Screen::connect()?;
    let (app, bare) = (program("frontdesk")?, program("frontdesk-bench-bare")?);
    let commands = || {
        let mut ours = Command::new(&app);
        ours.env("FRONTDESK_DATA_DIR", &synced.data_dir).env("FRONTDESK_EXTRA_CA", &hosted.ca);
        [ours, Command::new(&bare)]
    };
    let mut figures = [Figures::default(), Figures::default()];
    for turn in 0..=STARTS {
        for side in [turn % 2, 1 - turn % 2] {
            let [ours, theirs] = &mut commands();
            let command = if side == 0 { ours } else { theirs };
            let shown = screen.show(command.stdin(Stdio::null()).stdout(Stdio::null()))?;
            if turn == 0 {
                // Shows what was on the screen when the clock stopped, for whoever doubts it.
                screen.picture(&pictures.join(if side == 0 { "window.png" } else { "window-bare.png" }))?;
            } else {
                let figures = &mut figures[side];
                figures.mapped.push_ms(shown.mapped);
                figures.drawn.push_ms(shown.drawn);
                if turn > STARTS - 3 {
                    let Memory { pss, rss } = memory::settled(shown.child.id())?;
                    figures.pss.push(pss);
                    figures.rss.push(rss);
                }
            }
            screen.close(shown)?;
        }
    }
    let [ours, bare] = &figures;
    let row = |name, unit, of: fn(&Figures) -> &Samples| {
        Row::new(name, of(ours).median(), unit).against("a bare window of the same webview", of(bare).median())
    };
    Ok(vec![
        row("window start to first list, drawn", "ms", |f| &f.drawn).with_target(Target::Ratio(1.2)),
        row("window start to first list, window on the screen", "ms", |f| &f.mapped),
        row("memory of the app, all processes, PSS", "MiB", |f| &f.pss),
        row("memory of the app, all processes, RSS", "MiB", |f| &f.rss),
    ])
}
