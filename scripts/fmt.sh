#!/usr/bin/env bash
# Formats Rust and the user interface.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build
cargo fmt --all
(cd ui && npm run --silent format)
