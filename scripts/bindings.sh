#!/usr/bin/env bash
# Writes ui/src/lib/bindings anew from the Rust types (ts-rs): one file a type, none left of types that are gone.
#   scripts/bindings.sh            replaces them
#   scripts/bindings.sh --check    fails, and shows the difference, when they are not what the Rust types say
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly BINDINGS=ui/src/lib/bindings

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

# ts-rs writes each type from a generated test named export_bindings_<type>. cargo lists what it ran, so that a
# run that exported nothing can't pass.
build_ui
TS_RS_EXPORT_DIR=$fresh cargo test --workspace --lib --locked --quiet export_bindings >"$fresh/log" 2>&1 || {
    cat "$fresh/log" >&2
    die "the bindings could not be generated"
}
rm "$fresh/log"
[[ -n $(ls -A "$fresh") ]] || die "no type was exported"

if [[ ${1:-} == --check ]]; then
    diff -ru "$BINDINGS" "$fresh" || die "the bindings are stale: run 'make bindings' and commit the result"
    say "Bindings are fresh: $(find "$fresh" -type f | wc -l) types"
else
    rm -rf "$BINDINGS"
    mkdir -p "$BINDINGS"
    cp "$fresh"/* "$BINDINGS/"
    say "Wrote $(find "$BINDINGS" -type f | wc -l) types"
fi
