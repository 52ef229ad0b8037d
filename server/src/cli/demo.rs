//! `frontdesk-server demo`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use domain::{Member, Studio};
use ring::rand::SecureRandom;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use wire::changes::Row;

use super::asking::read_password;
use super::{Data, say};
use crate::admin::{Admin, AdminError};
use crate::clock::{Clock, SystemClock};
use crate::demo::{DEMO_EMAIL, DemoConfig, generate};
use crate::secret_file::{make_private_dir, write_private_file};

/// Name of the file in the data directory that says how to sign in. Only its owner can read it.
const ACCOUNT_FILE: &str = "demo-account.json";

#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    data: Data,
    /// Leads to make
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    lead_count: u64,
    /// Messages to make
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    message_count: u64,
    /// The same seed makes the same studio
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Take the text of inbound messages from this file: on each line a label, a tab and the text
    #[arg(long, value_name = "FILE.tsv")]
    messages: Option<PathBuf>,
    /// Take names, e-mail addresses and phone numbers from this file
    #[arg(long, value_name = "FILE.csv")]
    leads: Option<PathBuf>,
    /// Read the members' password from standard input instead of drawing one
    #[arg(long)]
    password_stdin: bool,
}

/// What [`ACCOUNT_FILE`] holds.
#[derive(Serialize)]
struct DemoAccount<'a> {
    email: &'a str,
    password: &'a str,
    studio_id: String,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let started = Instant::now();
        let config = DemoConfig {
            seed: self.seed,
            leads: self.lead_count,
            messages: self.message_count,
            now: SystemClock.now(),
            messages_file: self.messages,
            leads_file: self.leads,
        };
        let mut rows = generate(&config)?.peekable();
        let password = if self.password_stdin { read_password()? } else { drawn_password()? };
        let admin = self.data.admin().await?;

        let studio = match rows.next() {
            Some(Row::Studio(studio)) => studio,
            _ => bail!("the demo does not begin with a studio"),
        };
        let studio_id = studio.id;
        ensure!(!admin.has_studio(studio_id).await?, "the demo studio is there already: choose an empty directory");
        let mut members = Vec::new();
        while let Some(Row::Member(member)) = rows.next_if(|row| matches!(row, Row::Member(_))) {
            members.push(member);
        }
        create(&admin, studio, members, &password).await.context("making the studio")?;
        let report = admin.import(studio_id, rows).await.context("writing the studio's rows")?;

        admin.settled().await;

        make_private_dir(&self.data.data).with_context(|| self.data.data.display().to_string())?;
        let path = self.data.data.join(ACCOUNT_FILE);
        let account =
            DemoAccount { email: DEMO_EMAIL, password: password.expose_secret(), studio_id: studio_id.to_string() };
        let account = zeroize::Zeroizing::new(serde_json::to_vec_pretty(&account)?);
        write_private_file(&path, &account).with_context(|| path.display().to_string())?;
        say(&format!(
            "{} leads, {} conversations, {} messages, {} stage events in {:.1} s; account in {}",
            report.leads,
            report.conversations,
            report.messages,
            report.stage_events,
            started.elapsed().as_secs_f64(),
            path.display()
        ));
        Ok(())
    }
}

async fn create(
    admin: &Admin,
    studio: Studio,
    members: Vec<Member>,
    password: &SecretString,
) -> Result<(), AdminError> {
    let studio_id = studio.id;
    admin.create_studio(studio).await?;
    for member in members {
        admin.create_member(studio_id, member, password.clone()).await?;
    }
    Ok(())
}

/// 120 random bits: the demo's server may be reached by others on the machine.
fn drawn_password() -> anyhow::Result<SecretString> {
    let mut bytes = zeroize::Zeroizing::new([0_u8; 15]);
    ring::rand::SystemRandom::new().fill(bytes.as_mut()).ok().context("the system has no randomness")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes.as_ref()).into())
}
