//! `frontdesk-server reset-cursors`

use anyhow::ensure;
use clap::Args;
use domain::StudioId;

use super::{Data, complain, say};

#[derive(Debug, Args)]
pub(super) struct ResetCursors {
    #[command(flatten)]
    data: Data,
    /// The studio's id; all studios without it
    #[arg(long)]
    studio: Option<StudioId>,
}

impl ResetCursors {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let admin = self.data.admin().await?;
        let studios = match self.studio {
            Some(studio) => vec![studio],
            None => admin.list_studios().await?,
        };
        ensure!(!studios.is_empty(), "there is no studio here");
        let mut failed = 0;
        for studio in &studios {
            match admin.reset_cursors(*studio).await {
                Ok(()) => say(&studio.to_string()),
                Err(error) => {
                    failed += 1;
                    complain(&format!("{studio}: {error}"));
                }
            }
        }
        admin.settled().await;
        ensure!(failed == 0, "{failed} of {} studios could not be reset", studios.len());
        Ok(())
    }
}
