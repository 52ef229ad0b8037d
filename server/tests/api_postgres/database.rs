//! The database the API is tested on here: PostgreSQL.

use std::path::Path;

use domain::{MemberId, StudioId};
use frontdesk_server::migrate;

use crate::cluster::{Cluster, cluster};
use crate::keys::{SealedDataKey, SealedTokenKey};

/// The audit log, as a statement names it.
pub const AUDIT: &str = "studio.audit_entry";
/// What was done on devices, likewise.
pub const OPERATION: &str = "studio.operation";

pub struct TestDatabase {
    cluster: &'static Cluster,
    name: String,
}

impl TestDatabase {
    /// An empty one, with all tables.
    pub async fn fresh(_data: &Path) -> Self {
        Self::on(cluster()).await
    }

    /// The same in a cluster of the caller's, who may stop it.
    pub async fn on(cluster: &'static Cluster) -> Self {
        let name = cluster.create_database();
        migrate(&cluster.url("frontdesk_migration", &name).parse().unwrap()).await.unwrap();
        Self { cluster, name }
    }

    /// As an operator names it.
    pub fn url(&self) -> String {
        self.cluster.url("frontdesk_server", &self.name)
    }

    /// Its name in the cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it keeps in the data directory.
    pub fn files(&self, _studio: StudioId) -> Vec<String> {
        Vec::new()
    }

    /// Gives a member another role, past the server and without a word to anybody.
    pub fn set_role(&self, member: MemberId, role: &str) {
        let sql = format!("UPDATE directory.membership SET role = '{role}' WHERE member_id = '{member}' RETURNING 1");
        assert_eq!(self.cluster.sql(&self.name, &sql), "1\n");
    }

    /// Changes one row of the directory, past the server.
    pub fn change(&self, sql: &str) {
        let sql = format!("SET search_path = directory; {sql} RETURNING 1");
        assert_eq!(self.cluster.sql(&self.name, &sql), "1\n");
    }

    pub fn data_keys(&self) -> Vec<SealedDataKey> {
        let rows = self.cluster.sql(&self.name, "SELECT generation, secret, sealed FROM directory.data_key");
        let read = |row: &str| {
            let [generation, secret, sealed] = fields(row);
            SealedDataKey { generation: generation.parse().unwrap(), secret, sealed }
        };
        rows.lines().map(read).collect()
    }

    pub fn token_keys(&self) -> Vec<SealedTokenKey> {
        let rows = self.cluster.sql(&self.name, "SELECT id, sealed FROM directory.token_key");
        let read = |row: &str| {
            let [id, sealed] = fields(row);
            SealedTokenKey { id: id.parse().unwrap(), sealed }
        };
        rows.lines().map(read).collect()
    }

    /// Why a statement on the studio's rows is refused to whoever has the rights of the server.
    pub fn refusal(&self, studio: StudioId, sql: &str) -> String {
        let sql = format!("BEGIN; SET LOCAL ROLE frontdesk_studio; SET LOCAL app.studio = '{studio}'; {sql}; COMMIT");
        self.cluster.try_sql("frontdesk_server", &self.name, &sql).expect_err("refused")
    }

    /// Takes the audit log away, past the server, so that writing to it fails as nothing that a client does can.
    pub fn take_away_audit(&self, _studio: StudioId) {
        self.cluster.sql(&self.name, "ALTER TABLE studio.audit_entry RENAME TO audit_entry_away");
    }

    /// Counts in the directory, past the server.
    pub fn count(&self, sql: &str) -> i64 {
        self.cluster.sql(&self.name, &format!("SET search_path = directory; {sql}")).trim().parse().unwrap()
    }

    /// A copy of the database, made while the server runs, as an operator's backup is.
    pub fn back_up(&self, _studio: StudioId) -> Vec<u8> {
        self.cluster.dump(&self.name)
    }

    /// Puts the copy back, while the server is stopped.
    pub fn restore(&self, _studio: StudioId, copy: &[u8]) {
        self.cluster.restore(&self.name, copy);
    }
}

fn fields<const N: usize>(row: &str) -> [String; N] {
    row.split('|').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}
