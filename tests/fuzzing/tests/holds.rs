//! The seeds of each target, and some thousand inputs made of them, as `make test` goes through them; `make fuzz` goes on
//! from there. `FRONTDESK_WRITE_SEEDS=1` writes the seeds anew.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use frontdesk_fuzzing::{TARGETS, Target, control, seeds};

mod mutate;

use mutate::Mutator;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the seeds of a target lie; the import begins with the odd files of its own tests, too.
fn folders(target: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join("fuzz/seeds").join(target)];
    if target == "csv_import" {
        folders.push(root().join("crates/import/tests/corpus"));
    }
    folders
}

/// Every seed that is checked in, with its name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in folders(target) {
        for entry in std::fs::read_dir(&folder).expect("a folder of seeds") {
            let path = entry.expect("a file").path();
            files.push((path.display().to_string(), std::fs::read(&path).expect("a seed")));
        }
    }
    files.sort();
    files
}

/// The first input of the corpus, or of `inputs` made of it, that `run` does not hold for, and how many held.
fn find(target: &str, run: fn(&[u8]), inputs: usize) -> (usize, Option<Vec<u8>>) {
    let seeds = corpus(target);
    assert!(!seeds.is_empty(), "{target} has no seeds");
    let dictionary = root().join("fuzz/dictionaries").join(format!("{target}.dict"));
    let mut mutator = Mutator::new(seeds.iter().map(|(_, seed)| seed.clone()).collect(), &dictionary);
    let made = std::iter::repeat_with(|| mutator.next()).take(inputs);
    let mut held = 0;
    for input in seeds.iter().map(|(_, seed)| seed.clone()).chain(made) {
        if catch_unwind(|| run(&input)).is_err() {
            return (held, Some(input));
        }
        held += 1;
    }
    (held, None)
}

/// Goes through a target; an input that does not hold is kept where `make fuzz` keeps its own.
fn holds(name: &str, inputs: usize) {
    let target: &Target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let (held, found) = find(name, target.run, inputs);
    if let Some(input) = found {
        let folder = root().join("target/fuzz/artifacts").join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("found-by-the-test");
        std::fs::write(&path, input).expect("a file");
        panic!("after {held} inputs; the one that does not hold is {}", path.display());
    }
    assert!(held > inputs, "all of them, and the seeds");
}

#[test]
fn change_pages_hold() {
    holds("change_pages", 400);
}

#[test]
fn operations_hold() {
    holds("operations", 40_000);
}

/// Few: where the compiler does not optimise, looking for numbers of telephones takes long.
#[test]
fn csv_imports_hold() {
    holds("csv_import", 100);
}

#[test]
fn envelopes_hold() {
    holds("envelope", 300);
}

/// The control: what does not hold is found, by the same way. The seeds themselves hold.
#[test]
fn what_does_not_hold_is_found() {
    let (held, found) = find("change_pages", control, 0);
    assert!(held > 0 && found.is_none(), "the seeds break the control");
    let (_, found) = find("change_pages", control, 20_000);
    assert!(found.is_some(), "nothing was found in 20,000 inputs");
}

#[test]
fn the_seeds_are_those_of_the_present_forms() {
    let is_to_write = std::env::var_os("FRONTDESK_WRITE_SEEDS").is_some();
    for target in &TARGETS {
        let folder = &folders(target.name)[0];
        for (name, made) in seeds(target.name) {
            let path = folder.join(name);
            if is_to_write {
                std::fs::create_dir_all(folder).expect("a folder");
                std::fs::write(&path, &made).expect("a seed");
            }
            let kept = std::fs::read(&path).unwrap_or_default();
            assert!(kept == made, "{} is not what is made now: write the seeds anew", path.display());
        }
    }
}
