#!/usr/bin/env bash
# Brings each target of tests/fuzzing bytes that find new ways through the code, for so many seconds each, and fails where
# something does not hold; says how to bring it back. `make test` goes through the seeds. What is found on the way stays in
# target/fuzz/corpus, for the next time.
#   SECONDS_EACH=300 TARGET=change_pages scripts/fuzz.sh
# First a control, which asserts what does not hold: it has to be found, or nothing here would find anything.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly TARGETS=(change_pages operations csv_import envelope) SECONDS_EACH=${SECONDS_EACH:-300} TARGET=${TARGET:-}
# How long the control may take.
readonly CONTROL_SECONDS=120

# fuzz build|run ARGUMENT…: on the compiler of rust-toolchain.toml. Of what cargo-fuzz would add, the sanitizers alone want
# another; what they look for, code without `unsafe` can't do, and counting the ways through the code goes without them.
fuzz() {
    local act=$1
    shift
    PATH=$TOOLS/bin:$PATH cargo fuzz "$act" --sanitizer none --target-dir target/fuzz/build "$@"
}

# run TARGET SEEDS SECONDS FOLDER…: begins with what was found before, and with the seeds of SEEDS and the FOLDERs.
run() {
    local target=$1 seeds=$2 seconds=$3 found=target/fuzz/corpus/$1 artifacts=target/fuzz/artifacts/$1
    shift 3
    mkdir -p "$found" "$artifacts"
    fuzz run "$target" "$found" "fuzz/seeds/$seeds" "$@" -- -max_total_time="$seconds" -max_len=16384 -timeout=20 \
        -dict="fuzz/dictionaries/$seeds.dict" -artifact_prefix="$artifacts/" -print_final_stats=1
}

# folders TARGET: where it has seeds besides its own.
folders() {
    [[ $1 != csv_import ]] || printf '%s\n' crates/import/tests/corpus
}

main() {
    [[ $SECONDS_EACH =~ ^[1-9][0-9]*$ ]] || die 'SECONDS_EACH is a whole number above zero'
    [[ -z $TARGET || " ${TARGETS[*]} " == *" $TARGET "* ]] || die "TARGET is one of: ${TARGETS[*]}"
    scripts/setup.sh build fuzz

    say 'Building'
    fuzz build
    say "control, until it is found, for $CONTROL_SECONDS s at most"
    rm -rf target/fuzz/corpus/control target/fuzz/artifacts/control
    if run control change_pages "$CONTROL_SECONDS" >target/fuzz/control.log 2>&1; then
        die 'the control was not found: what does not hold goes unnoticed'
    fi
    grep --quiet 'the control: a page after a deletion' target/fuzz/control.log || die 'the control failed otherwise: target/fuzz/control.log'

    local target failed=() others
    for target in "${TARGETS[@]}"; do
        [[ -z $TARGET || $TARGET == "$target" ]] || continue
        say "$target, for $SECONDS_EACH s"
        mapfile -t others < <(folders "$target")
        if run "$target" "$target" "$SECONDS_EACH" "${others[@]}" >"target/fuzz/$target.log" 2>&1; then
            # How often, how often a second, and of the last line how many ways through the code (cov) with how many inputs.
            grep --extended-regexp 'DONE|executed_units|exec_per_sec' "target/fuzz/$target.log"
        else
            tail -n 60 "target/fuzz/$target.log"
            failed+=("$target")
        fi
    done
    [[ ${#failed[@]} -eq 0 ]] || die "something does not hold: ${failed[*]}. The input is in target/fuzz/artifacts; copied to" \
        "fuzz/seeds/TARGET, 'make test' has it too"
    say "Nothing was found in $SECONDS s"
}

main
