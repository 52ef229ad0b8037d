//! What was done to the files behind the program's back is noticed; what the program did, and a crash at any time, is not.

use std::os::unix::fs::FileExt;
use std::path::Path;

use wire::changes::{Change, RowId};

use super::*;
use crate::Cache;
use crate::cipher::PAGE_BYTES;
use crate::testing::*;

const SUFFIXES: [&str; 3] = ["", "-wal", SUFFIX];

/// The files as they are, whoever has them open: what a killed process leaves.
fn take(from: &Path, to: &Path) {
    for suffix in SUFFIXES {
        match std::fs::copy(beside(from, suffix), beside(to, suffix)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let _ = std::fs::remove_file(beside(to, suffix));
            }
            copied => drop(copied.unwrap()),
        }
    }
    let _ = std::fs::remove_file(beside(to, "-shm"));
}

/// Whether a cache opens and is proved.
fn look(path: &Path) -> Result<(), StoreError> {
    let cache = Cache::open(path, &key(7))?;
    let proved = cache.prove();
    cache.close().unwrap();
    proved
}

/// The same of a copy of the files of which something was changed.
fn look_after(files: &Path, change: impl FnOnce(&Path)) -> Result<(), StoreError> {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("cache.db");
    take(files, &path);
    change(&path);
    look(&path)
}

fn rename(cache: &TestCache, n: u64, name: &str) {
    cache.apply(vec![put(lead(n, name))]);
}

/// A cache, closed, and its files at three times: with the log empty, with one commit in it, with two.
struct Times {
    _dir: tempfile::TempDir,
    closed: PathBuf,
    first: PathBuf,
    second: PathBuf,
}

impl Times {
    fn make() -> Self {
        let cache = new_cache();
        cache.apply((0..300).map(|n| put(lead(n, "Somebody"))).collect());
        cache.close().unwrap();
        let dir = tempfile::TempDir::new().unwrap();
        let [closed, first, second] = ["closed", "first", "second"].map(|name| dir.path().join(name));
        take(&cache.path, &closed);
        let again = TestCache { cache: Cache::open(&cache.path, &key(7)).unwrap(), ..cache };
        rename(&again, 7, "Nora");
        take(&again.path, &first);
        rename(&again, 7, "Mara");
        take(&again.path, &second);
        again.close().unwrap();
        Self { _dir: dir, closed, first, second }
    }
}

#[test]
fn files_that_nobody_touched_are_proved_after_a_close_and_after_a_kill() {
    let times = Times::make();
    for files in [&times.closed, &times.first, &times.second] {
        assert_eq!(look_after(files, |_| {}), Ok(()));
    }
    let log_bytes = |path: &Path| beside(path, "-wal").metadata().map_or(0, |log| log.len());
    assert_eq!(log_bytes(&times.closed), 0);
    assert!(log_bytes(&times.second) > log_bytes(&times.first), "the log holds both commits");
}

#[test]
fn a_cache_that_lives_on_stays_proved() {
    let cache = new_cache();
    for n in 0..40 {
        cache.apply((0..50).map(|k| put(lead(n * 7 + k, &format!("Somebody {n} {k}")))).collect());
        if n % 5 == 0 {
            cache.apply(vec![Change::Delete(RowId::Lead(lead_id(n * 7)))]);
            while cache.tidy().unwrap() {}
        }
        if n % 7 == 0 {
            assert_eq!(cache.prove(), Ok(()));
            let dir = tempfile::TempDir::new().unwrap();
            let copy = dir.path().join("cache.db");
            take(&cache.path, &copy);
            assert_eq!(look(&copy), Ok(()), "as a kill would leave it, {n}");
        }
    }
    cache.close().unwrap();
    assert_eq!(look(&cache.path), Ok(()));
}

#[test]
fn an_older_page_is_noticed_wherever_it_is_put() {
    let times = Times::make();
    let cache = Cache::open(&times.second, &key(7)).unwrap();
    cache.close().unwrap();
    let (old, new) = (std::fs::read(&times.closed).unwrap(), std::fs::read(&times.second).unwrap());
    let pages = |bytes: &[u8]| bytes.chunks(PAGE_BYTES).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let changed: Vec<(usize, Vec<u8>)> = pages(&old)
        .into_iter()
        .zip(pages(&new))
        .enumerate()
        .filter_map(|(n, (old, new))| (old != new).then_some((n, old)))
        .collect();
    assert!(changed.len() > 2, "the two states differ in {} pages", changed.len());
    for (n, old_page) in changed {
        let put_back = |path: &Path| {
            let file = File::options().write(true).open(path).unwrap();
            file.write_all_at(&old_page, (n * PAGE_BYTES) as u64).unwrap();
        };
        assert_eq!(look_after(&times.second, put_back), Err(StoreError::Altered), "page {}", n + 1);
    }
}

#[test]
fn an_older_page_in_the_log_is_noticed() {
    let times = Times::make();
    let main = std::fs::read(&times.closed).unwrap();
    let frames = (beside(&times.second, "-wal").metadata().unwrap().len() - 32) / 4_120;
    let log = std::fs::read(beside(&times.second, "-wal")).unwrap();
    let mut put_back = 0;
    for frame in 0..usize::try_from(frames).unwrap() {
        let at = 32 + frame * 4_120;
        let page = usize::try_from(u32::from_be_bytes(log[at..at + 4].try_into().unwrap())).unwrap();
        // A page that came later has no older state.
        let Some(old) = main.get((page - 1) * PAGE_BYTES..page * PAGE_BYTES) else { continue };
        let put_it_back = |path: &Path| {
            let mut bytes = log.clone();
            bytes[at + 24..at + 4_120].copy_from_slice(old);
            std::fs::write(beside(path, "-wal"), checked(bytes)).unwrap();
        };
        assert_eq!(look_after(&times.second, put_it_back), Err(StoreError::Altered), "frame {}", frame + 1);
        put_back += 1;
    }
    assert!(put_back > 2, "of {frames} frames");
    // The control: the sums of the log are made as SQLite makes them, so that it takes such a log.
    let as_it_was = |path: &Path| {
        let log = beside(path, "-wal");
        let bytes = std::fs::read(&log).unwrap();
        assert!(checked(bytes.clone()) == bytes);
    };
    assert_eq!(look_after(&times.second, as_it_was), Ok(()));
}

/// The log with SQLite's own sums, which are no secret, made anew.
fn checked(mut log: Vec<u8>) -> Vec<u8> {
    // Of little-endian words, unless the header says otherwise.
    assert_eq!(log[3] & 1, 0);
    let step = |(mut a, mut b): (u32, u32), bytes: &[u8]| {
        for pair in bytes.chunks(8) {
            a = a.wrapping_add(u32::from_le_bytes(pair[..4].try_into().unwrap())).wrapping_add(b);
            b = b.wrapping_add(u32::from_le_bytes(pair[4..].try_into().unwrap())).wrapping_add(a);
        }
        (a, b)
    };
    let mut sums = step((0, 0), &log[..24]);
    for frame in log[32..].chunks_mut(4_120) {
        sums = step(sums, &frame[..8]);
        sums = step(sums, &frame[24..]);
        frame[16..20].copy_from_slice(&sums.0.to_be_bytes());
        frame[20..24].copy_from_slice(&sums.1.to_be_bytes());
    }
    log
}

#[test]
fn a_log_that_is_shorter_older_or_gone_is_noticed() {
    let times = Times::make();
    let log = |path: &Path| beside(path, "-wal");
    let length = log(&times.second).metadata().unwrap().len();
    for cut in [0, 20, 32, 4_152, length - 4_120, length - 1] {
        let cut_log = |path: &Path| File::options().write(true).open(log(path)).unwrap().set_len(cut).unwrap();
        assert_eq!(look_after(&times.second, cut_log), Err(StoreError::Altered), "cut to {cut} of {length}");
    }
    let remove = |path: &Path| std::fs::remove_file(log(path)).unwrap();
    assert_eq!(look_after(&times.second, remove), Err(StoreError::Altered));
    let older = |path: &Path| assert!(std::fs::copy(log(&times.first), log(path)).unwrap() > 0);
    assert_eq!(look_after(&times.second, older), Err(StoreError::Altered));
}

#[test]
fn an_older_main_file_or_seal_is_noticed() {
    let times = Times::make();
    Cache::open(&times.first, &key(7)).unwrap().close().unwrap();
    Cache::open(&times.second, &key(7)).unwrap().close().unwrap();
    for suffix in ["", SUFFIX] {
        for older in [&times.closed, &times.first] {
            let put_back =
                |path: &Path| assert!(std::fs::copy(beside(older, suffix), beside(path, suffix)).unwrap() > 0);
            assert_eq!(look_after(&times.second, put_back), Err(StoreError::Altered), "cache.db{suffix}");
        }
    }
    let remove = |path: &Path| std::fs::remove_file(beside(path, SUFFIX)).unwrap();
    assert_eq!(look_after(&times.second, remove), Err(StoreError::Altered));
}

#[test]
fn an_older_state_of_all_files_agrees_with_itself_and_has_a_smaller_number() {
    let times = Times::make();
    let number = |path: &Path| {
        let cache = Cache::open(path, &key(7)).unwrap();
        assert_eq!(cache.prove(), Ok(()));
        let number = cache.seal_number().unwrap();
        cache.close().unwrap();
        number
    };
    let dir = tempfile::TempDir::new().unwrap();
    let copy = dir.path().join("cache.db");
    take(&times.second, &copy);
    let newest = number(&copy);
    take(&times.first, &copy);
    assert!(number(&copy) < newest);
}

#[test]
fn a_commit_whose_seal_was_not_written_is_taken() {
    let times = Times::make();
    // The seal of before: a power cut may keep the log and lose the newest seal.
    let seal = |path: &Path| beside(path, SUFFIX);
    let older = |path: &Path| assert!(std::fs::copy(seal(&times.first), seal(path)).unwrap() > 0);
    assert_eq!(look_after(&times.second, older), Ok(()));
    // Torn while it was written: the place of the newest one.
    let (old, new) = [&times.first, &times.second].map(|files| std::fs::read(seal(files)).unwrap()).into();
    let torn: Vec<usize> = (0..new.len()).filter(|n| old[*n] != new[*n]).collect();
    let tear = |path: &Path| {
        let file = File::options().write(true).open(seal(path)).unwrap();
        file.write_all_at(&[0; 16], torn[torn.len() / 2] as u64).unwrap();
    };
    assert_eq!(look_after(&times.second, tear), Ok(()));
}

#[test]
fn two_programs_that_write_keep_one_seal() {
    let cache = new_cache();
    let other = Cache::open(&cache.path, &key(7)).unwrap();
    std::thread::scope(|scope| {
        for (writer, offset) in [(&cache.cache, 0), (&other, 1_000)] {
            scope.spawn(move || {
                for n in 0..60 {
                    writer.apply_page(&page("c", vec![put(lead(offset + n, "Somebody"))])).unwrap();
                    assert!(matches!(writer.prove(), Ok(()) | Err(StoreError::Busy)));
                }
            });
        }
    });
    assert_eq!(cache.prove(), Ok(()));
    other.close().unwrap();
    cache.close().unwrap();
    assert_eq!(look(&cache.path), Ok(()));
}
