//! A server with so many studios, on one of the two databases.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Context;
use server::{DatabaseUrl, SecretSource, migrate};

use super::studios;
use crate::cluster::Cluster;
use crate::served::Served;

/// What the server stores in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Database {
    Sqlite,
    Postgres,
}

/// A running server with its studios.
pub(super) struct Place {
    pub(super) database: Database,
    pub(super) studios: u32,
    pub(super) served: Served,
    /// With connections of their own.
    pub(super) clients: Vec<reqwest::Client>,
}

impl Database {
    pub(super) const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// The run's own PostgreSQL. Unlike that of the tests, it keeps what it says it keeps.
fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        Cluster::start(&[
            "fsync = on",
            "synchronous_commit = on",
            "full_page_writes = on",
            "autovacuum = on",
            "shared_buffers = 256MB",
        ])
    })
}

impl Place {
    /// Makes the studios in `scratch`, or in a PostgreSQL of the run's own, and serves them to `clients` clients.
    ///
    /// # Errors
    /// They can't be made, or the server does not start.
    pub(super) async fn start(
        database: Database,
        studios: u32,
        clients: usize,
        rate: &str,
        scratch: &Path,
    ) -> anyhow::Result<Self> {
        let scratch = scratch.join(format!("{}-{studios}", database.name()));
        let data = scratch.join("server");
        fs::create_dir_all(&scratch)?;
        let url = match database {
            Database::Sqlite => format!("sqlite:{}", data.display()),
            Database::Postgres => tokio::task::block_in_place(|| {
                // For the secret, which is all there is beside the database.
                fs::create_dir(&data)?;
                let name = cluster().create_database();
                let migration = cluster().url("frontdesk_migration", &name).parse()?;
                tokio::runtime::Handle::current().block_on(migrate(&migration))?;
                anyhow::Ok(cluster().url("frontdesk_server", &name))
            })?,
        };
        let name = url.rsplit('/').next().context("a database has a name")?;
        let ask = |database: &str, statement: &str| {
            tokio::task::block_in_place(|| cluster().sql(database, statement));
        };
        if database == Database::Postgres {
            // Studios are made in half the time; for what is measured it is as the cluster has it.
            ask("postgres", &format!("ALTER DATABASE {name} SET synchronous_commit = off"));
        }
        let parsed: DatabaseUrl = url.parse()?;
        // The server finds the secret beside its data, and makes none where this one was.
        let secret = SecretSource::in_dir(&data);
        studios::create(&parsed, &secret, studios).await.with_context(|| format!("{studios} studios"))?;
        if database == Database::Postgres {
            ask("postgres", &format!("ALTER DATABASE {name} RESET synchronous_commit"));
            // As it does by itself within minutes.
            ask(name, "VACUUM (ANALYZE)");
            ask("postgres", "CHECKPOINT");
        }
        let served = Served::start(&data, Some(&url), rate, &scratch)?;
        let clients = (0..clients).map(|_| served.http()).collect::<anyhow::Result<_>>()?;
        Ok(Self { database, studios, served, clients })
    }

    /// Files and connections that the server has open.
    ///
    /// # Errors
    /// It has ended.
    pub(super) fn open_files(&self) -> anyhow::Result<usize> {
        let folder = format!("/proc/{}/fd", self.served.process());
        Ok(fs::read_dir(folder).context("the server runs")?.count())
    }

    /// Memory of the server's own process, in MiB. PostgreSQL's is not in it.
    ///
    /// # Errors
    /// It has ended.
    pub(super) fn memory_mib(&self) -> anyhow::Result<f64> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.served.process()))?;
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB"));
        Ok(pss.context("the kernel tells the PSS")?.trim().parse::<f64>()? / 1_024.0)
    }
}
