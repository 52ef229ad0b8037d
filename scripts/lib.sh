# shellcheck shell=bash
# Shared by the scripts beside it, which source it first. Sets the working folder to the repository's root.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The programs that we install ourselves, next to what we build.
# shellcheck disable=SC2034  # used by the scripts that source this
readonly TOOLS=$PWD/target/tools
# shellcheck disable=SC2034
readonly TAURI_DRIVER_VERSION=2.1.0 TAURI_CLI_VERSION=2.12.5 CARGO_DENY_VERSION=0.20.2 CARGO_FUZZ_VERSION=0.13.2

# say TEXT…: one line of progress.
say() {
    printf '\033[1m==>\033[0m %s\n' "$*"
}

# die TEXT…: what went wrong and what to do, then the end.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# digest FILE…: one hash over names and contents; folders are read whole.
digest() {
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
}

# build_ui: ui/dist, which the app embeds. Does nothing while its sources are as they were, so that cargo sees
# the same files and does not link the app again.
build_ui() {
    local stamp=target/ui.stamp now
    now=$(digest ui/src ui/public ui/scripts ui/index.html ui/package-lock.json ui/*.ts ui/*.js ui/tsconfig.json)
    if [[ -f ui/dist/index.html && -f $stamp && $(<"$stamp") == "$now" ]]; then
        return
    fi
    say "Building the user interface"
    (cd ui && npm run --silent build)
    mkdir -p target
    printf '%s\n' "$now" >"$stamp"
}

# build_programs: the app, the server and what drives the window. Naming one test program makes cargo choose the
# features of a build with tests, so that a later `make test` does not compile the dependencies again.
build_programs() {
    say 'Building the app and the server'
    cargo build --workspace --bins --test walk --locked
}

# build_tests: every program and test at once, so that no suite compiles anything.
build_tests() {
    say 'Building the programs and their tests'
    cargo build --workspace --bins --tests --locked
}

# tauri ARGUMENT…: Tauri's own program. Only packaging needs it: installed when first asked for, so that the lock file
# of the user interface stays free of its packages for every other system.
tauri() {
    local program=$TOOLS/tauri-cli/node_modules/.bin/tauri
    if [[ ! -x $program || $("$program" --version) != "tauri-cli $TAURI_CLI_VERSION" ]]; then
        say "Installing Tauri's program"
        npm install --silent --no-save --prefix "$TOOLS/tauri-cli" "@tauri-apps/cli@$TAURI_CLI_VERSION"
    fi
    "$program" "$@"
}
