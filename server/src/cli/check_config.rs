//! `frontdesk-server check-config`

use anyhow::Context;
use clap::Args;

use super::{say, serve::Serve};
use crate::config::Transport;
use crate::served_certificate::ServedCertificate;
use crate::settings::{SETTINGS, Settings};

#[derive(Debug, Args)]
pub(super) struct CheckConfig {
    #[command(flatten)]
    serve: Serve,
}

impl CheckConfig {
    /// What was wrong with the environment has been told before.
    pub(super) fn run(self, settings: Settings) -> anyhow::Result<()> {
        let config = self.serve.config(settings)?;
        if let Transport::Tls { cert, key } = &config.transport {
            ServedCertificate::load(cert, key)?;
        }
        config.secret.find().context("the server's secret")?;
        config.telemetry.check().context("telemetry")?;
        for setting in &SETTINGS {
            // Values are not repeated: some are secret.
            let state = match std::env::var_os(setting.name) {
                Some(_) => "set".to_owned(),
                None => format!("not set, so {}", setting.default),
            };
            say(&format!("{}: {}\n    {state}", setting.name, setting.meaning));
        }
        say("the configuration is fine");
        Ok(())
    }
}
