//! `frontdesk-server`: the hosted API of Frontdesk.

use std::process::ExitCode;

fn main() -> ExitCode {
    frontdesk_server::cli::run()
}
