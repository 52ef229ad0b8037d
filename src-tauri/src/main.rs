//! The `frontdesk` program. All of it is in the library, so that tests can link it.

// No console window beside the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    frontdesk_lib::run()
}
