#!/usr/bin/env bash
# The API held against its own document: schemathesis asks a real server on a demo studio for whatever the document
# allows, and for what it does not, and every answer has to be one that is written there. Ends with "N passed, N failed".
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly SERVER=target/debug/frontdesk-server TEST=tests/openapi OUT=target/api-output
readonly VENV=$TOOLS/schemathesis

install_schemathesis() {
    if [[ -f $VENV/requirements.txt ]] && cmp --silent "$TEST/requirements.txt" "$VENV/requirements.txt"; then
        return
    fi
    say 'Installing schemathesis'
    rm -rf "$VENV"
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$TEST/requirements.txt"
    cp "$TEST/requirements.txt" "$VENV/requirements.txt"
}

# serve: a demo studio on a free port of this machine; sets `url`.
serve() {
    "$SERVER" demo --data "$scratch/server" --lead-count 400 --message-count 1200 --seed 1
    # Whoever asks this much is held up otherwise: limits have tests of their own.
    local limit rates=()
    for limit in API_DEVICE API_ADDRESS AUTH_ADDRESS AUTH_ACCOUNT_AT_ADDRESS AUTH_ACCOUNT; do
        rates+=("FRONTDESK_RATE_$limit=1000000/s burst 1000000")
    done
    env "${rates[@]}" "$SERVER" serve --data "$scratch/server" --listen 127.0.0.1:0 --insecure-http-loopback \
        --mail "folder:$scratch/mail" --mail-from 'Frontdesk <frontdesk@lumen.example>' \
        >"$scratch/address" 2>"$OUT/server.log" &
    server_process=$!
    until grep --quiet --no-messages '^listening on ' "$scratch/address"; do
        kill -0 "$server_process" 2>/dev/null || { cat "$OUT/server.log" >&2; die 'the server ended early'; }
        sleep 0.05
    done
    url=http://$(sed -n 's/^listening on //p' "$scratch/address")
}

# shellcheck disable=SC2317  # reached by the trap
end() {
    [[ -z $server_process ]] || kill "$server_process" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$scratch"
}

main() {
    local code=0
    scripts/setup.sh build test
    install_schemathesis
    build_ui
    build_programs
    rm -rf "$OUT"
    mkdir -p "$OUT"
    scratch=$(mktemp -d)
    server_process=''
    trap end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    serve

    export API_URL=$url API_TALLY=$OUT/tally.json API_MAILS=$scratch/mail SCHEMATHESIS_HOOKS=hooks PYTHONPATH=$TEST PYTHONDONTWRITEBYTECODE=1
    API_ACCOUNT=$(<"$scratch/server/demo-account.json")
    export API_ACCOUNT
    "$VENV/bin/python" - "$url/v1/openapi.json" "$OUT/openapi.json" <<'PYTHON'
import sys, urllib.request
urllib.request.urlretrieve(sys.argv[1], sys.argv[2])
PYTHON
    "$VENV/bin/st" --config-file "$TEST/schemathesis.toml" run "$OUT/openapi.json" --url "$url" \
        --report junit --report-junit-path "$OUT/junit.xml" "$@" || code=$?
    # 1 says that it found something, which the report tells; anything else, that it broke off.
    [[ $code -le 1 ]] || die "schemathesis broke off with code $code"
    kill -0 "$server_process" 2>/dev/null || { tail -n 20 "$OUT/server.log" >&2; die 'the server died meanwhile'; }
    if grep --quiet 'a handler panicked' "$OUT/server.log"; then
        die "a handler panicked: see $OUT/server.log"
    fi
    "$VENV/bin/python" "$TEST/tally.py" "$OUT/junit.xml" "$OUT/tally.json" "$OUT/openapi.json"
}

main "$@"
