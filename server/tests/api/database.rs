//! The database the API is tested on here: files.

use std::path::{Path, PathBuf};

use domain::{MemberId, StudioId};

use crate::files;
use crate::keys::{SealedDataKey, SealedTokenKey};

/// The audit log, as a statement names it.
pub const AUDIT: &str = "audit_entry";
/// What was done on devices, likewise.
pub const OPERATION: &str = "operation";

pub struct TestDatabase {
    data: PathBuf,
}

impl TestDatabase {
    /// An empty one, for a server whose data is in `data`.
    pub async fn fresh(data: &Path) -> Self {
        Self { data: data.to_owned() }
    }

    /// As an operator names it.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.data.display())
    }

    /// What it keeps in the data directory.
    pub fn files(&self, studio: StudioId) -> Vec<String> {
        vec!["directory.db".to_owned(), format!("studios/{studio}.db")]
    }

    /// Gives a member another role, past the server and without a word to anybody.
    pub fn set_role(&self, member: MemberId, role: &str) {
        let directory = files::open(&self.data, "directory");
        let sql = "UPDATE membership SET role = ?2 WHERE member_id = ?1";
        assert_eq!(directory.execute(sql, [member.to_string(), role.to_owned()]).unwrap(), 1);
    }

    /// Changes one row of the directory, past the server.
    pub fn change(&self, sql: &str) {
        assert_eq!(files::open(&self.data, "directory").execute(sql, []).unwrap(), 1);
    }

    pub fn data_keys(&self) -> Vec<SealedDataKey> {
        files::data_keys(&self.data)
    }

    pub fn token_keys(&self) -> Vec<SealedTokenKey> {
        let directory = files::open(&self.data, "directory");
        let mut statement = directory.prepare("SELECT id, sealed FROM token_key").unwrap();
        let read = |row: &rusqlite::Row<'_>| Ok(SealedTokenKey { id: row.get(0)?, sealed: row.get(1)? });
        statement.query_map([], read).unwrap().map(Result::unwrap).collect()
    }

    /// Why a statement on the studio's rows is refused to whoever has the rights of the server.
    pub fn refusal(&self, studio: StudioId, sql: &str) -> String {
        let file = files::open(&self.data, &format!("studio {studio}"));
        file.execute(sql, []).expect_err("refused").to_string()
    }

    /// Takes the audit log away, past the server, so that writing to it fails as nothing that a client does can.
    pub fn take_away_audit(&self, studio: StudioId) {
        let file = files::open(&self.data, &format!("studio {studio}"));
        file.execute_batch("ALTER TABLE audit_entry RENAME TO audit_entry_away").unwrap();
    }

    /// Counts in the directory, past the server.
    pub fn count(&self, sql: &str) -> i64 {
        let directory = files::open(&self.data, "directory");
        directory.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// A copy of the studio, made while the server runs, as SQLite's own backup does.
    pub fn back_up(&self, studio: StudioId) -> Vec<u8> {
        let copy = tempfile::NamedTempFile::new().unwrap();
        let name = format!("studio {studio}");
        let live = files::open(&self.data, &name);
        let mut encrypted = rusqlite::Connection::open(copy.path()).unwrap();
        encrypted.execute_batch(&files::unlocking(&self.data, &name)).unwrap();
        let backup = rusqlite::backup::Backup::new(&live, &mut encrypted).unwrap();
        backup.run_to_completion(1_000, std::time::Duration::ZERO, None).unwrap();
        drop(backup);
        drop(encrypted);
        std::fs::read(copy.path()).unwrap()
    }

    /// Puts the copy back, while the server is stopped.
    pub fn restore(&self, studio: StudioId, copy: &[u8]) {
        let file = self.studio(studio);
        for old in ["db", "db-wal", "db-shm"].map(|extension| file.with_extension(extension)) {
            if old.exists() {
                std::fs::remove_file(old).unwrap();
            }
        }
        std::fs::write(&file, copy).unwrap();
    }

    fn studio(&self, studio: StudioId) -> PathBuf {
        self.data.join(format!("studios/{studio}.db"))
    }
}
