//! Opening, keys, files, and what a full disk or a crash leaves behind.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::read::LeadFilter;
use crate::testing::*;
use crate::{Cache, StoreError};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_cache_is_its_owners_alone_and_knows_whose_it_is() {
    let cache = new_cache();
    cache.apply(vec![put(lead(1, "Nora"))]);
    assert_eq!(cache.identity().unwrap(), identity());
    assert_eq!(mode(cache.path.parent().unwrap()), 0o700);
    let files: Vec<_> = std::fs::read_dir(cache.path.parent().unwrap()).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(files.len(), 4, "main file, log, its index, and the seal: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[test]
fn connections_are_set_as_the_design_says() {
    let cache = new_cache();
    let ask = |db: &rusqlite::Connection, pragma: &str| -> String {
        // The authorizer stands in the way on purpose; these tests look past it.
        db.query_row(&format!("SELECT * FROM pragma_{pragma}"), [], |row| {
            row.get::<_, rusqlite::types::Value>(0).map(|v| format!("{v:?}"))
        })
        .unwrap_or_else(|error| format!("{error:?}"))
    };
    // Table-valued pragmas go through the same authorizer.
    cache.with_writer(|db| assert!(ask(db, "synchronous").contains("not authorized")));
    let connection = crate::open::connect(&cache.path, &key(7), crate::open::Use::Write).unwrap();
    for (pragma, value) in [
        ("synchronous", "Integer(2)"),
        ("journal_mode", "Text(\"wal\")"),
        ("secure_delete", "Integer(1)"),
        ("temp_store", "Integer(2)"),
        ("auto_vacuum", "Integer(0)"),
        ("foreign_keys", "Integer(0)"),
        ("trusted_schema", "Integer(0)"),
    ] {
        let found: rusqlite::types::Value =
            connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).unwrap();
        assert_eq!(format!("{found:?}"), value, "{pragma}");
    }
}

#[test]
fn no_other_file_and_no_other_key_can_be_reached() {
    let cache = new_cache();
    let plain = cache.dir.path().join("plain.db");
    let attach = format!("ATTACH '{}' AS plain KEY ''", plain.display());
    for sql in [
        attach.as_str(),
        "PRAGMA rekey = 'x'",
        "PRAGMA key = 'x'",
        "PRAGMA cipher_log = stderr",
        "PRAGMA query_only = 0",
    ] {
        cache.with_writer(|db| assert!(db.execute_batch(sql).is_err(), "{sql}"));
        cache.with_reader(|db| assert!(db.execute_batch(sql).is_err(), "{sql}"));
    }
    assert!(!plain.exists());
    cache.with_reader(|db| assert!(db.execute("DELETE FROM lead", []).is_err(), "readers only read"));
}

#[test]
fn create_never_replaces_anything() {
    let cache = new_cache();
    let before = std::fs::read(&cache.path).unwrap();
    assert_eq!(Cache::create(&cache.path, &key(8), &identity()).unwrap_err(), StoreError::AlreadyExists);
    assert_eq!(std::fs::read(&cache.path).unwrap(), before);

    // A log without its main file is what is left of a cache: not a place for a new one.
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("cache.db");
    std::fs::write(dir.path().join("cache.db-wal"), b"left").unwrap();
    assert_eq!(Cache::create(&path, &key(8), &identity()).unwrap_err(), StoreError::AlreadyExists);
}

#[test]
fn a_creation_that_was_cut_does_not_stand_in_the_way() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("cache.db");
    std::fs::write(dir.path().join("cache.db.creating"), b"half").unwrap();
    Cache::create(&path, &key(8), &identity()).unwrap().close().unwrap();
    let names = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.contains("creating")).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn open_says_what_is_wrong_and_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("cache.db");
    assert_eq!(Cache::open(&path, &key(7)).unwrap_err(), StoreError::NotFound);
    assert!(!path.exists());

    let made = new_cache();
    made.apply((0..200).map(|n| put(lead(n, "Somebody"))).collect());
    made.close().unwrap();
    let whole = std::fs::read(&made.path).unwrap();
    let mut first_page_hit = whole.clone();
    first_page_hit[1000] ^= 1;
    let mut cut = whole.clone();
    cut.truncate(4096 + 100);
    let plain = rusqlite::Connection::open_in_memory().unwrap();
    let plain_path = dir.path().join("plain.db");
    plain.execute(&format!("VACUUM INTO '{}'", plain_path.display()), []).unwrap();
    let mut plain = std::fs::read(&plain_path).unwrap_or_default();
    if plain.is_empty() {
        plain = b"SQLite format 3\0".to_vec();
    }

    // (content, key, answer)
    let cases = [
        (whole.clone(), 8, StoreError::KeyWrong),
        (first_page_hit, 7, StoreError::Damaged),
        (vec![0; 10], 7, StoreError::Damaged),
        (Vec::new(), 7, StoreError::Damaged),
        (b"not a database at all ".repeat(1000), 7, StoreError::Damaged),
        (plain, 7, StoreError::NotEncrypted),
    ];
    for (content, byte, answer) in cases {
        std::fs::write(&path, &content).unwrap();
        assert_eq!(Cache::open(&path, &key(byte)).unwrap_err(), answer);
        assert_eq!(std::fs::read(&path).unwrap(), content, "{answer:?}");
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(dir.path().join(format!("cache.db{suffix}")));
        }
    }

    // Cut in the middle: the first page is good, so it shows at the latest when the missing pages are read.
    std::fs::write(&path, &cut).unwrap();
    let answer = Cache::open(&path, &key(7)).and_then(|cache| cache.list_tags().map(drop)).unwrap_err();
    assert_eq!(answer, StoreError::Damaged);
    assert_eq!(std::fs::read(&path).unwrap().len(), cut.len());
}

#[test]
fn a_newer_schema_is_left_alone() {
    let cache = new_cache();
    cache.with_writer(|db| {
        db.execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
             VALUES (99, 'future', '2030-01-01T00:00:00Z', '1')",
            [],
        )
        .unwrap()
    });
    cache.close().unwrap();
    let error = Cache::open(&cache.path, &key(7)).unwrap_err();
    assert_eq!(error, StoreError::TooNew { found: 99, known: 8 });
}

const MIGRATIONS: [&str; 7] = [
    include_str!("../migrations/V1__initial.sql"),
    include_str!("../migrations/V2__outbox.sql"),
    include_str!("../migrations/V3__lead_state.sql"),
    include_str!("../migrations/V4__replies_and_drafts.sql"),
    include_str!("../migrations/V5__contact_key.sql"),
    include_str!("../migrations/V7__chain.sql"),
    include_str!("../migrations/V8__custom_fields.sql"),
];

#[test]
fn a_cache_from_before_there_were_custom_fields_is_told_everything_again() {
    let cursor_after = |cursor: Option<&str>| -> (Option<String>, i64, bool) {
        let old = rusqlite::Connection::open_in_memory().unwrap();
        let (v8, before) = MIGRATIONS.split_last().unwrap();
        for migration in before {
            old.execute_batch(migration).unwrap();
        }
        old.execute("UPDATE sync_state SET cursor = ?1, is_complete = 1", [cursor]).unwrap();
        old.execute_batch(v8).unwrap();
        let columns = "SELECT cursor, epoch, is_restarted FROM sync_state";
        old.query_row(columns, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
    };
    let (cursor, epoch, is_restarted) = cursor_after(None);
    assert_eq!((cursor, is_restarted), (None, false), "it was told nothing yet");
    assert_eq!(cursor_after(Some("c")), (None, epoch + 1, true));
}

#[test]
fn the_schema_after_migration_is_the_schema_of_the_files() {
    let schema = |db: &rusqlite::Connection| -> Vec<String> {
        db.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'refinery%' ORDER BY name")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    };
    let fresh = rusqlite::Connection::open_in_memory().unwrap();
    for migration in MIGRATIONS {
        fresh.execute_batch(migration).unwrap();
    }
    let cache = new_cache();
    assert_eq!(cache.with_writer(schema), schema(&fresh));
    let loose: Vec<String> = schema(&fresh)
        .into_iter()
        .filter(|sql| sql.starts_with("CREATE TABLE") && !sql.contains("STRICT") && !sql.contains("_fts_"))
        .collect();
    assert_eq!(loose, Vec::<String>::new(), "every table of ours is STRICT");
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash() {
    let cache = new_cache();
    cache.apply(vec![put(lead(1, "Nora"))]);
    // A copy of the files as they are, with everything still open, is what a killed process leaves.
    let dir = TempDir::new().unwrap();
    for suffix in ["", "-wal", "-seal"] {
        let name = format!("cache.db{suffix}");
        std::fs::copy(cache.path.with_file_name(&name), dir.path().join(&name)).unwrap();
    }
    let reopened = Cache::open(&dir.path().join("cache.db"), &key(7)).unwrap();
    assert_eq!(reopened.get_lead_detail(lead_id(1)).unwrap().lead.name, "Nora");
    assert_eq!(reopened.sync_state().unwrap().cursor.unwrap().0, "c");
}

#[test]
fn dropping_without_close_loses_nothing() {
    let TestCache { cache, path, dir: _dir } = new_cache();
    cache.apply_page(&page("c", vec![put(lead(1, "Nora"))])).unwrap();
    drop(cache);
    assert_eq!(Cache::open(&path, &key(7)).unwrap().lead_count(&Default::default()).unwrap(), 1);
}

#[test]
fn close_ends_every_clone_and_empties_the_log() {
    let cache = new_cache();
    cache.apply(vec![put(lead(1, "Nora"))]);
    let other = cache.cache.clone();
    cache.close().unwrap();
    other.close().unwrap();
    assert_eq!(other.list_tags().unwrap_err(), StoreError::Closed);
    assert_eq!(other.set_setting("a", "b").unwrap_err(), StoreError::Closed);
    let wal = cache.path.with_file_name("cache.db-wal");
    assert!(!wal.exists() || wal.metadata().unwrap().len() == 0);
}

#[test]
fn close_waits_for_a_call_that_runs() {
    let cache = new_cache();
    cache.apply((0..3).map(|n| put(lead(n, "Nora"))).collect());
    let (inside, is_inside) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let reader = cache.cache.clone();
    let reading = std::thread::spawn(move || {
        let mut seen = 0;
        reader
            .for_each_lead(crate::LeadScope::All, &mut |_| {
                seen += 1;
                if seen == 1 {
                    inside.send(()).unwrap();
                    may_go_on.recv().unwrap();
                }
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        seen
    });
    is_inside.recv().unwrap();
    let closer = cache.cache.clone();
    let closing = std::thread::spawn(move || closer.close());
    go_on.send(()).unwrap();
    closing.join().unwrap().unwrap();
    assert_eq!(reading.join().unwrap(), 3, "the call that ran saw all of it");
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let cache = new_cache();
    cache.apply(vec![put(lead(1, "Nora"))]);
    // As small as it is now: the next page is one too many.
    cache.with_writer(|db| crate::open::limit_pages(db, 1));
    let big: Vec<_> = (0..50).map(|n| put(message(n, 1, 1, &"words ".repeat(20_000)))).collect();
    assert_eq!(cache.apply_page(&page("later", big)).unwrap_err(), StoreError::DiskFull, "the fault fired");
    assert_eq!(cache.sync_state().unwrap().cursor.unwrap().0, "c");
    assert_eq!(cache.get_lead_detail(lead_id(1)).unwrap().lead.name, "Nora");
    assert_eq!(cache.search("words", 10).unwrap().messages.len(), 0);
    cache.with_writer(|db| crate::open::limit_pages(db, i64::from(u32::MAX) - 1));
    assert!(cache.apply(vec![put(message(1, 1, 1, "words"))]).messages);
    assert_eq!(cache.search("words", 10).unwrap().messages.len(), 1);
}

#[test]
fn no_canary_is_in_the_files_and_deleted_words_leave_the_index() {
    let canary = "zanzibarcanary";
    let cache = new_cache();
    cache.apply(vec![
        put(lead(1, canary)),
        put(conversation(1, 1)),
        put(message(1, 1, 1, &format!("so says {canary}"))),
        put(message(2, 1, 1, "another")),
    ]);
    let has_term = |db: &rusqlite::Connection| -> bool {
        // The index's own pages, as decrypted.
        let mut found = false;
        for table in ["message_fts_data", "lead_fts_data"] {
            let mut statement = db.prepare(&format!("SELECT block FROM {table}")).unwrap();
            let blocks = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
            for block in blocks {
                let block = block.unwrap();
                // Terms share their beginning with the one before: look for the end of the word.
                found |= block.windows(6).any(|w| w == b"canary" || w == b"bar");
                found |= block.windows(4).any(|w| w == b"zanz");
            }
        }
        found
    };
    assert!(cache.with_reader(has_term), "control: the word is in the index");
    assert_eq!(cache.search(canary, 5).unwrap().messages.len(), 1);
    cache.apply(vec![wire::changes::Change::Delete(wire::changes::RowId::Lead(lead_id(1)))]);
    assert!(!cache.with_reader(has_term));
    let results = cache.search(canary, 5).unwrap();
    assert!(results.leads.is_empty() && results.messages.is_empty());
    let wal = cache.path.with_file_name("cache.db-wal");
    assert_eq!(wal.metadata().unwrap().len(), 0, "what was deleted is not left in the log");
    cache.close().unwrap();
    for file in std::fs::read_dir(cache.path.parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(canary.len()).any(|w| w == canary.as_bytes()));
    }
}

/// Bytes of the log.
fn log_bytes(path: &std::path::Path) -> u64 {
    path.with_file_name("cache.db-wal").metadata().map_or(0, |log| log.len())
}

#[test]
fn a_log_that_somebody_reads_while_a_lead_is_forgotten_is_emptied_when_they_have_read() {
    let cache = new_cache();
    cache.apply(vec![put(lead(1, "Nora"))]);
    let forget = || vec![wire::changes::Change::Forget(wire::changes::RowId::Lead(lead_id(1)))];
    cache.with_reader(|db| {
        let seen: i64 = db.query_row("SELECT count(*) FROM lead", [], |row| row.get(0)).unwrap();
        assert_eq!(seen, 1);
        cache.apply(forget());
        assert!(log_bytes(&cache.path) > 0, "the control: it is being read");
    });
    assert_eq!(log_bytes(&cache.path), 0);

    // Nobody reads: at once. And nobody empties it for nothing.
    cache.apply(vec![put(lead(1, "Nora"))]);
    assert!(log_bytes(&cache.path) > 0, "the control: nothing was erased");
    cache.lead_count(&LeadFilter::default()).unwrap();
    assert!(log_bytes(&cache.path) > 0);
    cache.apply(forget());
    assert_eq!(log_bytes(&cache.path), 0);
}

#[test]
fn a_log_that_a_crash_left_is_emptied_at_the_next_opening() {
    let cache = new_cache();
    cache.apply(vec![put(lead(1, "Nora"))]);
    // As they lie there when the power goes.
    let dir = tempfile::tempdir().unwrap();
    for name in ["cache.db", "cache.db-wal", "cache.db-seal"] {
        std::fs::copy(cache.path.with_file_name(name), dir.path().join(name)).unwrap();
    }
    let path = dir.path().join("cache.db");
    assert!(log_bytes(&path) > 0, "the control");
    let again = Cache::open(&path, &key(7)).unwrap();
    assert_eq!(log_bytes(&path), 0);
    assert_eq!(again.lead_count(&LeadFilter::default()).unwrap(), 1, "and nothing is lost");
}
