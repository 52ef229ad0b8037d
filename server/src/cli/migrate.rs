//! `frontdesk-server migrate`

use anyhow::bail;
use clap::Args;

use super::{database_url, say};
use crate::db::{DatabaseUrl, migrate};

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Database to migrate, as the role that owns it
    #[arg(long, env = "FRONTDESK_MIGRATION_DATABASE", hide_env_values = true, value_name = "URL")]
    database: String,
}

impl Migrate {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let DatabaseUrl::Postgres(url) = database_url(&self.database)? else {
            bail!("only PostgreSQL is migrated by itself; files are when they are opened");
        };
        let applied = migrate(&url).await?;
        for name in &applied {
            say(name);
        }
        if applied.is_empty() {
            say("up to date");
        }
        Ok(())
    }
}
