//! Holds the acceptance suite (`acceptance/`) and, beside it, the crate that drives the real window (`e2e/`).
