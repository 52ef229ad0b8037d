#!/usr/bin/env bash
# Builds the release and measures it against baselines of the same run: prints a table, and writes the rows as JSON to
# bench-output/. docs/BENCH.md tells what is measured and how. Nothing here passes or fails.
#   SCALE=10 scripts/bench.sh     ten times 100,000 leads and 1,000,000 messages
#   LEADS=… MESSAGES=… ROUNDS=… scripts/bench.sh
#   PARTS=server,studios scripts/bench.sh     parts of it: client (the app), server (with few and many clients), studios
#                                             (10 to 10,000 of them); the latter two need no desktop and 3 GB of disk
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly SCALE=${SCALE:-1} ROUNDS=${ROUNDS:-3} PARTS=${PARTS:-client,server,studios}
readonly LEADS=${LEADS:-$((100000 * SCALE))} MESSAGES=${MESSAGES:-$((1000000 * SCALE))}
readonly OUT=bench-output KEPT=target/bench

main() {
    [[ $LEADS =~ ^[0-9]+$ && $MESSAGES =~ ^[0-9]+$ && $ROUNDS =~ ^[0-9]+$ ]] ||
        die 'SCALE, LEADS, MESSAGES and ROUNDS are whole numbers'
    ((LEADS >= 100)) || die 'below 100 leads there is nothing to measure'
    [[ $PARTS =~ ^(client|server|studios)(,(client|server|studios))*$ ]] ||
        die 'PARTS is one or more of client, server and studios, with commas between them'
    local measure=(target/release/frontdesk-bench --parts "$PARTS" --rounds "$ROUNDS" --out "$OUT" --kept "$KEPT")
    if [[ ,$PARTS, == *,client,* ]]; then
        build_all
        local debs=(target/release/bundle/deb/*.deb)
        measure=(scripts/with-desktop.sh "${measure[@]}" --leads "$LEADS" --messages "$MESSAGES" --deb "${debs[0]}")
    else
        scripts/setup.sh build bench
        say 'Building the release of the server'
        cargo build --release --locked --bins --package frontdesk-server --package frontdesk-bench
    fi

    # What the measuring removes by itself, if it was interrupted.
    trap 'rm -rf "$KEPT"/run-*' EXIT
    say 'Measuring; leave the machine alone meanwhile'
    "${measure[@]}"
    say "The rows are in $OUT, a file for each part and size"
}

build_all() {
    scripts/setup.sh build window bench
    build_ui
    say 'Building the release'
    # One run of cargo, so that both sides of a comparison are linked with the same dependencies. The code that opens
    # plain files is a package of its own (frontdesk-bench-plain), which the app does not depend on: nothing of it
    # can come into the app by being built beside it.
    cargo build --release --locked --bins --package frontdesk --package frontdesk-server \
        --package frontdesk-bench --package frontdesk-bench-bare
    say 'Packing the .deb'
    rm -rf target/release/bundle/deb
    tauri bundle --bundles deb >target/bundle.log 2>&1 || {
        cat target/bundle.log >&2
        die 'the .deb could not be packed'
    }
}

main
