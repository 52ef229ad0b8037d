#!/usr/bin/env bash
# Runs every test of the repository, quick ones first, each suite's own output shown, and ends with one line:
#   N passed, N failed
# Fails when a test failed, and when a suite broke off or ran nothing. Suites can be named: scripts/test.sh rust e2e
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly REPORTS=target/test-reports
passed=0 failed=0
table=()

# Each counts_* reads what a runner wrote and prints "PASSED FAILED".

# vitest's JSON report.
counts_vitest() {
    node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
        console.log(r.numPassedTests, r.numFailedTests)' "$REPORTS/vitest.json"
}

# cargo test: the sum over its test programs.
counts_libtest() {
    awk '/^test result: / { for (i = 1; i <= NF; i++) { if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^failed/) f += $(i - 1) } }
        END { print p + 0, f + 0 }' "$1"
}

# cargo nextest: its summary, in which what is zero may be left out.
counts_nextest() {
    awk '/^ *Summary \[/ { p = f = 0; gsub(/[(),]/, " ")
            for (i = 2; i <= NF; i++) {
                if ($i == "passed") p = $(i - 1)
                if ($i == "failed") f += $(i - 1) ~ /^[0-9]+$/ ? $(i - 1) : $(i - 2)
                if ($i == "out" && $(i - 1) == "timed") f += $(i - 2)
            } }
        END { print p + 0, f + 0 }' "$1"
}

# Any program of ours that ends with such a line.
counts_line() {
    awk '/^[0-9]+ passed, [0-9]+ failed$/ { p = $1; f = $3 } END { print p + 0, f + 0 }' "$1"
}

# suite NAME COUNTER COMMAND…: runs the command, shows its output, adds its counts to the sum.
suite() {
    local name=$1 counter=$2 log=$REPORTS/${1// /-}.log started=$SECONDS code=0 p=0 f=0 note=''
    shift 2
    say "$name"
    rm -f "$log"
    "$@" 2>&1 </dev/null | tee "$log" || code=$?
    read -r p f < <("$counter" "$log" 2>/dev/null || echo 0 0) || true
    if [[ $code -ne 0 && $f -eq 0 ]]; then
        f=1 note=" (broke off with code $code)"
    elif [[ $p -eq 0 && $f -eq 0 ]]; then
        f=1 note=' (ran nothing)'
    fi
    passed=$((passed + p)) failed=$((failed + f))
    table+=("$(printf '%-24s %5d passed %4d failed %6d s%s' "$name" "$p" "$f" $((SECONDS - started)) "$note")")
}

vitest() {
    rm -f "$REPORTS/vitest.json"
    (cd ui && node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile="../$REPORTS/vitest.json")
}

# nextest, where there is one, runs the tests of all crates side by side. Both take the packages to leave out by
# filter and not by --exclude: with fewer packages cargo would compile the dependencies again with fewer features.
if has cargo-nextest; then
    rust() { # rust FILTER
        scripts/with-desktop.sh cargo nextest run --workspace --locked --no-fail-fast --color never -E "$1"
    }
    suite_rust() { suite 'Rust' counts_nextest rust 'not (package(frontdesk-acceptance) | package(frontdesk-e2e))'; }
    suite_acceptance() { suite 'acceptance' counts_nextest rust 'package(frontdesk-acceptance)'; }
else
    # libtest has no filter by package, but one by the names of test programs.
    rust() {
        scripts/with-desktop.sh cargo test --workspace --locked --no-fail-fast "$@"
    }
    # integration_tests: the names of all test programs but those of the other suites.
    integration_tests() {
        cargo metadata --no-deps --locked --format-version 1 | node -e '
            const { packages } = JSON.parse(require("fs").readFileSync(0, "utf8"));
            const others = new Set(["acceptance", "walk"]);
            for (const { targets } of packages)
                for (const { kind, name } of targets)
                    if (kind.includes("test") && !others.has(name)) console.log("--test\n" + name);'
    }
    suite_rust() {
        local programs
        mapfile -t programs < <(integration_tests)
        suite 'Rust' counts_libtest rust --lib --bins "${programs[@]}"
    }
    suite_acceptance() { suite 'acceptance' counts_libtest rust --test acceptance; }
fi

suite_ui() { suite 'user interface' counts_vitest vitest; }
axe() { (cd ui && npm run --silent axe); }
suite_axe() { suite 'accessibility' counts_line axe; }
walk() {
    scripts/with-desktop.sh cargo test --workspace --locked --test walk -- --nocapture
}
suite_api() { suite 'API document' counts_line scripts/api.sh; }
suite_e2e() { suite 'window' counts_libtest walk; }

main() {
    local suites=("$@")
    [[ $# -gt 0 ]] || suites=(ui rust acceptance api axe e2e)

    scripts/setup.sh build window test
    mkdir -p "$REPORTS"
    local started=$SECONDS suite
    build_ui
    build_tests
    table+=("$(printf '%-24s %30d s' 'building' $((SECONDS - started)))")
    for suite in "${suites[@]}"; do
        "suite_$suite"
    done

    printf '\n'
    [[ -z ${CHECK_SECONDS:-} ]] || printf '%-24s %30d s\n' 'make check' "$CHECK_SECONDS"
    printf '%s\n' "${table[@]}"
    printf '%-24s %30d s\n' 'total' $((SECONDS + ${CHECK_SECONDS:-0}))
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [[ $failed -eq 0 ]]
}

main "$@"
