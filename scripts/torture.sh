#!/usr/bin/env bash
# Power cuts, kills, full disks and changed bytes, many times over (tests/torture/src/lib.rs says what is done and what
# is assumed). `make test` does the same in small. Prints each campaign as it ends and all of them at the end, and fails
# when something was lost or a control lost nothing. Takes about half an hour.
#   IMAGES=20000 KILLS=10000 FAULTS=2000 BYTES=64 SEED=1 scripts/torture.sh
#     IMAGES   states in which a power cut left the disk     KILLS   children that are killed
#     FAULTS   children whose disk is full or fails          BYTES   of each page, changed and read one at a time
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly IMAGES=${IMAGES:-20000} KILLS=${KILLS:-10000} FAULTS=${FAULTS:-2000} BYTES=${BYTES:-64} SEED=${SEED:-1}

main() {
    [[ $IMAGES$KILLS$FAULTS$BYTES$SEED =~ ^[0-9]+$ ]] || die 'IMAGES, KILLS, FAULTS, BYTES and SEED are whole numbers'
    say "IMAGES=$IMAGES KILLS=$KILLS FAULTS=$FAULTS BYTES=$BYTES SEED=$SEED"
    scripts/setup.sh build test
    say 'Building'
    # Naming a test program makes cargo choose the features of a build with tests.
    cargo build --workspace --bin frontdesk-torture --test torture --locked
    target/debug/frontdesk-torture run --images "$IMAGES" --kills "$KILLS" --faults "$FAULTS" --bytes "$BYTES" --seed "$SEED"
}

main
