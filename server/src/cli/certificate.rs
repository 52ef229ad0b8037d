//! `frontdesk-server certificate`

use std::path::PathBuf;

use clap::Args;

use super::say;
use crate::certificate::write_throw_away;
use crate::clock::{Clock, SystemClock};

#[derive(Debug, Args)]
pub(super) struct Certificate {
    /// Where to write ca.pem, cert.pem and key.pem
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Days it is good for; 0 or less makes one that has expired
    #[arg(long, default_value_t = 30, allow_negative_numbers = true)]
    days: i64,
    /// Name or address it is for; may be given several times
    #[arg(long = "host", value_name = "HOST", default_values = ["localhost", "127.0.0.1", "::1"])]
    hosts: Vec<String>,
}

impl Certificate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let files = write_throw_away(&self.out, &self.hosts, self.days, SystemClock.now())?;
        for path in [files.ca, files.cert, files.key] {
            say(&path.display().to_string());
        }
        Ok(())
    }
}
