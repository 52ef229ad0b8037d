//! The command line. Passwords come by standard input, never by an argument that others could list.

mod asking;
mod billing;
mod certificate;
mod check_config;
mod demo;
mod members;
mod migrate;
mod reset_cursors;
mod rotate_key;
mod serve;

use std::env::VarError;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use zeroize::Zeroizing;

use crate::admin::Admin;
use crate::clock::SystemClock;
use crate::db::DatabaseUrl;
use crate::secrets::{Secret, SecretSource};
use crate::settings::Settings;
use crate::telemetry::{LogLayer, log_panic};

/// Holds the secret itself, where the operator keeps it in no file.
const SECRET_VARIABLE: &str = "FRONTDESK_SECRET";

/// The hosted API of Frontdesk.
#[derive(Debug, Parser)]
#[command(name = "frontdesk-server", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until interrupted
    Serve(serve::Serve),
    /// Say whether `serve` would understand its environment and command line; starts nothing, asks no database
    CheckConfig(check_config::CheckConfig),
    /// Bring a PostgreSQL database to this version's schema; prints what was done
    Migrate(migrate::Migrate),
    /// Make a demo studio
    Demo(demo::Demo),
    /// Make a studio with a first pipeline; prints its id
    Studio(members::NewStudio),
    /// Make somebody a member of a studio; asks for name, e-mail address and password
    ///
    /// Without a terminal, they are three lines on standard input. An address that has an account already, at another
    /// studio, keeps its password.
    Member(members::NewMember),
    /// Record what a studio pays: its subscription and invoices, as Stripe has them. Never a card
    Billing(billing::Billing),
    /// Make clients pull everything anew: after a studio's database was put back from a backup
    ///
    /// They may hold what came after the backup and is gone now. What they have stays until they have it anew. Also
    /// while the server runs.
    ResetCursors(reset_cursors::ResetCursors),
    /// Replace the secret and the keys under it; prints what was done and what is left to do
    ///
    /// Nobody is signed out. Embedded files are encrypted anew, while no server uses them. On PostgreSQL servers go on
    /// serving, and accept both secrets until `--finish`. One that was interrupted is gone on with.
    RotateKey(rotate_key::RotateKey),
    /// Make a throw-away certificate, for a demo or a test
    Certificate(certificate::Certificate),
}

/// Where the data is.
#[derive(Debug, Args)]
struct Data {
    /// Directory of the data; made if it is missing
    #[arg(long, env = "FRONTDESK_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Database to use: sqlite:DIRECTORY or postgres://… [default: sqlite: in the data directory]
    ///
    /// A URL with a password belongs into the environment, where others on the machine can't list it.
    #[arg(long, env = "FRONTDESK_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
    /// File of the secret that all keys are sealed by; made at the first start [default: secret.key in the data directory]
    ///
    /// Kept elsewhere than the data, a stolen disk or a backup of the data tells nothing. In its place the environment
    /// variable FRONTDESK_SECRET may hold the secret: 64 hexadecimal digits.
    #[arg(long, env = "FRONTDESK_SECRET_FILE", value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl Data {
    /// Parsed here and not by clap, which repeats what it does not understand, password and all.
    fn url(&self) -> anyhow::Result<DatabaseUrl> {
        match &self.database {
            Some(text) => database_url(text),
            None => Ok(DatabaseUrl::Sqlite(self.data.clone())),
        }
    }

    /// No argument: everybody on the machine can list those.
    fn secret(&self) -> anyhow::Result<SecretSource> {
        match (secret_in(SECRET_VARIABLE)?, &self.secret_file) {
            (Some(_), Some(_)) => bail!("give {SECRET_VARIABLE} or FRONTDESK_SECRET_FILE, not both"),
            (Some(secret), None) => Ok(SecretSource::Given(secret)),
            (None, Some(file)) => Ok(SecretSource::File(file.clone())),
            (None, None) => Ok(SecretSource::in_dir(&self.data)),
        }
    }

    /// The operator's hand on the data.
    async fn admin(&self) -> anyhow::Result<Admin> {
        Ok(Admin::open(&self.url()?, &self.secret()?, Arc::new(SystemClock)).await?)
    }
}

/// The secret in a variable of the environment, if it is set.
fn secret_in(variable: &'static str) -> anyhow::Result<Option<Arc<Secret>>> {
    match std::env::var(variable) {
        Ok(text) => {
            let secret = Secret::parse(&Zeroizing::new(text));
            Ok(Some(Arc::new(secret.map_err(|problem| anyhow!("{variable} {problem}"))?)))
        }
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{variable} is not text"),
    }
}

/// What an operator named as a database, which an error does not repeat.
fn database_url(text: &str) -> anyhow::Result<DatabaseUrl> {
    let url: DatabaseUrl = text.parse().context("the database's URL")?;
    match url.find_weak_password() {
        Some(weakness) => anyhow::bail!("the database's URL has a password that {weakness}"),
        None => Ok(url),
    }
}

/// Does what the command line and the environment say.
pub fn run() -> ExitCode {
    let cli = Cli::try_parse();
    // Help is for those who have not understood everything yet.
    if let Err(told) = &cli
        && matches!(told.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
    {
        told.exit();
    }
    // Before clap complains: it would repeat a value that it does not understand.
    let settings = match Settings::read(std::env::vars_os()) {
        Ok(settings) => settings,
        Err(error) => {
            error.to_string().lines().for_each(complain);
            return ExitCode::FAILURE;
        }
    };
    let cli = cli.unwrap_or_else(|error| error.exit());
    let log_layer = LogLayer::default();
    start_log(settings.log, log_layer.clone());
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")
        .and_then(|runtime| runtime.block_on(dispatch(cli, settings, &log_layer)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error and what it came from, each said once: many an error says its cause itself.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.contains(&cause) {
        true => said,
        false if said.is_empty() => cause,
        false => format!("{said}: {cause}"),
    })
}

async fn dispatch(cli: Cli, settings: Settings, log_layer: &LogLayer) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(serve) => serve.run(settings, log_layer).await,
        Command::CheckConfig(check) => check.run(settings),
        Command::Migrate(migrate) => migrate.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Studio(studio) => studio.run().await,
        Command::Member(member) => member.run().await,
        Command::Billing(billing) => billing.run().await,
        Command::ResetCursors(reset) => reset.run().await,
        Command::RotateKey(rotate) => rotate.run().await,
        Command::Certificate(certificate) => certificate.run(),
    }
}

/// Lines for people on a terminal, JSON for machines. Nothing we log holds personal data; of what libraries log in
/// detail that can't be promised, so no setting shows it.
fn start_log(ours: Level, telemetry: LogLayer) {
    use std::io::IsTerminal;
    let filter = EnvFilter::new(format!("warn,frontdesk_server={ours}"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let errors = Targets::new().with_target("frontdesk_server", Level::INFO);
    let log = tracing_subscriber::registry().with(telemetry.with_filter(errors));
    if std::io::stderr().is_terminal() {
        log.with(lines.with_filter(filter)).init();
    } else {
        let lines = lines.json().flatten_event(true).with_current_span(true).with_span_list(false);
        log.with(lines.with_filter(filter)).init();
    }
    std::panic::set_hook(Box::new(log_panic));
}

/// Says something to whoever called: results on standard output.
#[expect(clippy::print_stdout, reason = "this is what a command line answers on")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "this is what a command line complains on")]
fn complain(line: &str) {
    eprintln!("frontdesk-server: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_wrong_url_is_not_repeated() {
        let url = "postgres://desk:sesame@db.example.org/desk?sslmode=disable";
        let error = database_url(url).expect_err("it would be plain");
        assert!(format!("{error:#}").contains("by TLS only") && !format!("{error:?}").contains("sesame"), "{error:?}");
        for command in ["serve --data x", "migrate"] {
            let args = format!("frontdesk-server {command} --database {url}");
            Cli::try_parse_from(args.split(' ')).expect("clap has nothing to say");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
