//! Mail: where it goes, what it says, and what it means when it does not go.
//!
//! When a mail is sent, and how often it is tried, is the business of `jobs::send_mail` and the directory's outbox.

mod compose;
mod config;
mod mailer;
mod url;

pub(crate) use compose::{Invited, compose_invitation, mail_address};
pub use config::MailConfig;
pub use mailer::MailSetupError;
pub(crate) use mailer::Mailer;
pub use url::{InvalidMailUrl, MailUrl};
