//! `frontdesk-server rotate-key`

use clap::Args;

use super::{Data, say, secret_in};
use crate::clock::{Clock, SystemClock};
use crate::db::{Rotated, finish_rotation, rotate};

/// Holds the new secret, where the operator keeps it in no file.
const NEXT_SECRET_VARIABLE: &str = "FRONTDESK_SECRET_NEXT";

#[derive(Debug, Args)]
pub(super) struct RotateKey {
    #[command(flatten)]
    data: Data,
    /// Lock the old secret out, when every server has the new one
    #[arg(long)]
    finish: bool,
}

impl RotateKey {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (url, secret) = (self.data.url()?, self.data.secret()?);
        if self.finish {
            finish_rotation(&url, &secret).await?;
            say("the old secret opens nothing any more; backups of before still need it");
            return Ok(());
        }
        let next = secret_in(NEXT_SECRET_VARIABLE)?;
        let rotated = rotate(&url, &secret, next, SystemClock.now(), |step| say(&step.to_string())).await?;
        say(&match rotated {
            Rotated::Done { fingerprint } => format!(
                "done. Backups of before need the old secret, which is beside the new one under the name .{fingerprint}: \
                 keep it where you keep keys, or delete it with the last of those backups"
            ),
            Rotated::Distribute { next } => format!(
                "next: copy {} to every server, as its secret.key (mode 600, this one too); when all have it, run \
                 `rotate-key --finish`",
                next.display()
            ),
            Rotated::Replace => format!(
                "next: give every server the new secret in FRONTDESK_SECRET, without {NEXT_SECRET_VARIABLE}; when all \
                 have it, run `rotate-key --finish`"
            ),
        });
        Ok(())
    }
}
