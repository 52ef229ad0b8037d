//! The whole walk, as a test: every step really happens in the window, or it fails with the first that did not.

use std::path::Path;
use std::process::Command;

use frontdesk_e2e::desktop;
use frontdesk_e2e::hosted::StudioSize;
use frontdesk_e2e::walk::{self, Step};

const SIZE: StudioSize = StudioSize { leads: 2_000, messages: 20_000, seed: 1 };

#[test]
fn a_person_can_do_everything_in_the_window() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/e2e stands two levels deep");
    if !desktop::is_private() {
        // Started by hand: come back on a desktop of its own.
        let own = std::env::current_exe().expect("a program has a path");
        let status = Command::new(root.join("scripts/with-desktop.sh"))
            .arg(own)
            .args(std::env::args_os().skip(1))
            .status()
            .expect("scripts/with-desktop.sh can be run");
        assert!(status.success(), "the walk on a desktop of its own failed");
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let summary = runtime
        .block_on(walk::run(&Step::ALL, SIZE, &root.join("e2e-output"), |step| println!("{step}")))
        .expect("the walk begins and ends");
    for step in &summary.steps {
        assert!(step.ok, "{step}");
    }
    assert_eq!(summary.steps.len(), Step::ALL.len());
    assert_eq!(summary.csv_rows, SIZE.leads);
}
