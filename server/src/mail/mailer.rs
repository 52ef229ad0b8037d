//! Hands mails to a mail server or a folder, and says in one word why one was not taken.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;
use wire::invitation::MailProblem;

use super::url::{SmtpSecurity, SmtpServer};
use super::{MailConfig, MailUrl};
use crate::secret_file::make_private_dir;

/// From the connection to the mail server's last word. A mail server may think for minutes (RFC 5321 §4.5.3.2), but
/// then the next attempt may as well.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Replies about the name and password (RFC 4954 §6).
const SIGN_IN_REPLIES: [u16; 4] = [530, 534, 535, 538];

/// Why mail can't be sent as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum MailSetupError {
    /// The text is not repeated: it is an address.
    #[error("whom mail comes from is not an address: expected `Name <desk@example.org>`")]
    From,
    #[error("{}: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    ExtraCa { path: PathBuf, source: io::Error },
    #[error("the authorities for the mail server's certificate can't be used: {0}")]
    Tls(smtp::Error),
    #[error("links in mails need the address people reach this server at: give --public-url")]
    NoPublicUrl,
}

/// Sends mails.
pub(crate) struct Mailer {
    transport: Transport,
    from: Mailbox,
}

enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>),
}

impl Mailer {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`MailSetupError`].
    pub(crate) fn new(config: &MailConfig) -> Result<Self, MailSetupError> {
        let from = config.from.parse().map_err(|_| MailSetupError::From)?;
        let transport = match &config.to {
            MailUrl::Smtp(server) => Transport::Smtp(smtp_transport(server, config)?),
            MailUrl::Folder(path) => {
                // Links are secrets: nobody else on the machine gets to read them.
                make_private_dir(path).map_err(|source| MailSetupError::Folder { path: path.clone(), source })?;
                Transport::Folder(AsyncFileTransport::new(path))
            }
        };
        Ok(Self { transport, from })
    }

    /// Whom mail comes from.
    pub(crate) const fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Hands a mail over. What a mail server says in words is not passed on, and not logged: it may repeat the address.
    ///
    /// # Errors
    /// Why it was not taken; where the connection was lost at the end it may have been taken all the same.
    pub(crate) async fn send(&self, mail: Message) -> Result<(), MailProblem> {
        let sending = async {
            match &self.transport {
                Transport::Smtp(smtp) => smtp.send(mail).await.map(|_| ()).map_err(|error| smtp_problem(&error)),
                Transport::Folder(folder) => folder.send(mail).await.map(|_| ()).map_err(|error| {
                    tracing::warn!(%error, "a mail could not be written to its folder");
                    MailProblem::FolderUnwritable
                }),
            }
        };
        tokio::time::timeout(TIMEOUT, sending).await.unwrap_or(Err(MailProblem::Unreachable))
    }
}

fn smtp_transport(
    server: &SmtpServer,
    config: &MailConfig,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailSetupError> {
    let tls = match server.security {
        SmtpSecurity::Tls => Tls::Wrapper(tls_parameters(server, config)?),
        SmtpSecurity::StartTls => Tls::Required(tls_parameters(server, config)?),
        SmtpSecurity::Plain => Tls::None,
    };
    // "Dangerous" for what it leaves to us: whether to use TLS, which is said right here.
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
        .port(server.port)
        .timeout(Some(TIMEOUT))
        .tls(tls);
    if let Some((user, password)) = &server.credentials {
        transport = transport.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
    }
    Ok(transport.build())
}

/// Trusts the system's authorities and what the operator adds.
fn tls_parameters(server: &SmtpServer, config: &MailConfig) -> Result<TlsParameters, MailSetupError> {
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(path) = &config.extra_ca {
        let pem = std::fs::read(path).map_err(|source| MailSetupError::ExtraCa { path: path.clone(), source })?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(MailSetupError::Tls)?);
    }
    parameters.build_rustls().map_err(MailSetupError::Tls)
}

fn smtp_problem(error: &smtp::Error) -> MailProblem {
    let code = error.status().map(u16::from);
    let problem = match code {
        Some(code) if SIGN_IN_REPLIES.contains(&code) => MailProblem::SignInRefused,
        Some(_) if error.is_permanent() => MailProblem::Refused,
        Some(_) => MailProblem::Busy,
        None if is_about_tls(error) => MailProblem::Untrusted,
        None if error.is_client() => MailProblem::Incompatible,
        None => MailProblem::Unreachable,
    };
    tracing::warn!(code, ?problem, "a mail server did not take a mail");
    problem
}

/// A handshake that fails comes as an error of the connection, with rustls' own somewhere behind it.
fn is_about_tls(error: &smtp::Error) -> bool {
    if error.is_tls() {
        return true;
    }
    let mut cause = std::error::Error::source(error);
    while let Some(at) = cause {
        let carried = at.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if at.is::<rustls::Error>() || carried.is_some_and(|carried| carried.is::<rustls::Error>()) {
            return true;
        }
        cause = at.source();
    }
    false
}

#[cfg(test)]
#[path = "mailer_tests.rs"]
mod tests;
