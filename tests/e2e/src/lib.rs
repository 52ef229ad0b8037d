//! Drives the real window of the real app against the real hosted API, as a person would: by clicks and keys, on
//! a desktop of its own (`scripts/with-desktop.sh`).
//!
//! Owns the walk that both `make demo` (without a screen) and the test suite take. Never reaches into the app:
//! what it knows of the app it reads off the screen, what it knows of the studio it asks of the API.

pub mod api;
pub mod app;
pub mod desktop;
pub mod hosted;
pub mod poll;
pub mod process;
pub mod report;
pub mod walk;
