#!/usr/bin/env bash
# Desks and a server in one process, on a network that a seed decides (tests/simulation): runs seeds until one fails, and
# says how to bring it back. `make test` runs the first thousand.
#   SEEDS=100000 scripts/simulate.sh      FROM=… STEPS=…
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly SEEDS=${SEEDS:-10000} FROM=${FROM:-0} STEPS=${STEPS:-100}
[[ $SEEDS =~ ^[0-9]+$ && $FROM =~ ^[0-9]+$ && $STEPS =~ ^[0-9]+$ ]] || die 'SEEDS, FROM and STEPS are whole numbers'

scripts/setup.sh build
say 'Building the simulation'
cargo build --release --locked --package frontdesk-simulation

# A part for each processor.
parts=$(nproc)
((SEEDS >= parts)) || parts=1
say "Running $SEEDS seeds from $FROM, in $parts parts"
pids=()
for ((part = 0; part < parts; part++)); do
    from=$((FROM + SEEDS * part / parts)) to=$((FROM + SEEDS * (part + 1) / parts))
    target/release/frontdesk-simulation --from "$from" --seeds "$((to - from))" --steps "$STEPS" &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
((failed == 0)) || die 'a seed failed: the line above says how to bring it back'
