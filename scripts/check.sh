#!/usr/bin/env bash
# Everything that can be told without running the product: formatting, lints, floors, licences, fresh bindings.
# Goes through all of it, then fails if anything failed. CHECK_ADVISORIES=1 also looks for known vulnerabilities,
# which needs the network.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

failed=()

# step NAME COMMAND…: runs it, tells how long it took, and remembers a failure.
step() {
    local name=$1 started=$SECONDS
    shift
    say "$name"
    if "$@"; then
        printf '    %s: ok, %d s\n' "$name" $((SECONDS - started))
    else
        printf '    %s: FAILED, %d s\n' "$name" $((SECONDS - started))
        failed+=("$name")
    fi
}

in_ui() {
    (cd ui && "$@")
}

floors() {
    cargo metadata --no-deps --locked --format-version 1 | node scripts/floors.mjs
}

deny() {
    "$TOOLS/bin/cargo-deny" --workspace --locked check --hide-inclusion-graph "$@"
}

main() {
    scripts/setup.sh build check

    step 'shell scripts' shellcheck .ci/run scripts/*.sh
    step 'Rust formatting' cargo fmt --all --check
    step 'floors' floors
    step 'licences, bans and sources' deny licenses bans sources
    if [[ ${CHECK_ADVISORIES:-} == 1 ]]; then
        step 'advisories' deny advisories
    else
        say 'advisories: not checked, they need the network (CHECK_ADVISORIES=1 checks them)'
    fi
    step 'eslint and prettier' in_ui npm run --silent lint
    step 'svelte-check' in_ui npm run --silent check
    step 'user interface builds' build_ui
    step 'clippy' cargo clippy --workspace --all-targets --locked -- -D warnings
    step 'bindings' scripts/bindings.sh --check

    if [[ ${#failed[@]} -gt 0 ]]; then
        die "failed: $(IFS=,; echo "${failed[*]}")"
    fi
    say "All checks passed in $SECONDS s"
}

main
