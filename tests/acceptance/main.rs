//! The real client against the real server: SQLCipher, TLS, a network that can be cut. One module a promise.

mod billing;
mod canaries;
mod child;
mod command_line;
mod custom_fields;
mod cut_sign_in;
mod edits;
mod export;
mod first_sync;
mod forgotten;
mod hostile_server;
mod import_from_a_shell;
mod interrupted;
mod key_and_cache;
mod lead_acts;
mod lease;
mod live;
mod lock;
// It is the server's, whose tests unwrap.
#[allow(clippy::unwrap_used)]
#[path = "../../server/tests/api/mailbox.rs"]
mod mailbox;
mod members;
mod memory;
mod new_leads;
mod offline;
mod plain_image;
mod presence;
mod put_back;
mod refresh;
mod replies;
mod reset_cursors;
mod screen_lock;
mod session_expired;
mod sign_in;
mod sign_out;
mod unsent;

use domain::Member;
use testkit::{Size, TestServer};

/// Enough for several pages of a snapshot, little enough for a test.
pub(crate) const STUDIO: Size = Size { leads: 400, messages: 3_000 };

/// The member every test signs in as, unless it is about roles.
pub(crate) fn manager(server: &TestServer) -> &Member {
    server.member(domain::Role::Manager).expect("the demo has a manager")
}
