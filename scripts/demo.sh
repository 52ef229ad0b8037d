#!/usr/bin/env bash
# A demo studio in a real hosted API, served over TLS with a throw-away certificate, and the Frontdesk window on it at
# the sign-in screen, the demo account filled in. Where there is no display, the same is done on a private one: the
# window is driven through sign-in, sync, review, offline work and export, and demo-output/ shows it.
#   LEADS=100000 MESSAGES=1000000 SEED=1 scripts/demo.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly LEADS=${LEADS:-2000} MESSAGES=${MESSAGES:-20000} SEED=${SEED:-1}
readonly OUT=demo-output

main() {
    [[ $LEADS =~ ^[0-9]+$ && $MESSAGES =~ ^[0-9]+$ && $SEED =~ ^[0-9]+$ ]] ||
        die 'LEADS, MESSAGES and SEED are whole numbers'
    if [[ -n ${DISPLAY:-} || -n ${WAYLAND_DISPLAY:-} ]]; then
        scripts/setup.sh build
        build_ui
        build_programs
        open_window
    else
        say "No display: the demo drives the window by itself, and $OUT/ will show what it saw"
        scripts/setup.sh build window
        build_ui
        build_programs
        say "A studio with $LEADS leads and $MESSAGES messages"
        scripts/with-desktop.sh target/debug/frontdesk-e2e walk --out "$OUT" \
            --leads "$LEADS" --messages "$MESSAGES" --seed "$SEED"
    fi
}

# The person's own display and keyring, but a studio, a server and a cache that go when the window is closed.
open_window() {
    local server=target/debug/frontdesk-server
    scratch=$(mktemp -d)
    server_process=''
    trap end_demo EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    say "A studio with $LEADS leads and $MESSAGES messages"
    "$server" certificate --out "$scratch/tls" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; die 'no certificate'; }
    "$server" demo --data "$scratch/server" --lead-count "$LEADS" --message-count "$MESSAGES" --seed "$SEED"
    "$server" serve --data "$scratch/server" --listen 127.0.0.1:0 \
        --mail "folder:$scratch/mail" --mail-from "Frontdesk <frontdesk@lumen.example>" \
        --tls-cert "$scratch/tls/cert.pem" --tls-key "$scratch/tls/key.pem" >"$scratch/address" 2>"$scratch/log" &
    server_process=$!
    until grep --quiet --no-messages '^listening on ' "$scratch/address"; do
        kill -0 "$server_process" 2>/dev/null || { cat "$scratch/log" >&2; die 'the server ended early'; }
        sleep 0.05
    done

    export FRONTDESK_SERVER_URL FRONTDESK_PREFILL_EMAIL FRONTDESK_PREFILL_PASSWORD
    FRONTDESK_SERVER_URL=https://$(sed -n 's/^listening on //p' "$scratch/address")
    FRONTDESK_PREFILL_EMAIL=$(account email)
    FRONTDESK_PREFILL_PASSWORD=$(account password)
    export FRONTDESK_EXTRA_CA=$scratch/tls/ca.pem FRONTDESK_DATA_DIR=$scratch/desk
    say "Serving at $FRONTDESK_SERVER_URL; stop the server with 'kill $server_process' to see Frontdesk work offline"
    say "To invite somebody, sign in as imogen@lumen.example, the owner, with the same password; mails go to $scratch/mail"
    say 'The demo ends when the window is closed'
    target/debug/frontdesk
}

# account FIELD: of the account that the demo left.
account() {
    node -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))[process.argv[2]]' \
        "$scratch/server/demo-account.json" "$1"
}

# shellcheck disable=SC2317  # reached by the trap
end_demo() {
    [[ -z $server_process ]] || kill "$server_process" 2>/dev/null || true
    # Who closed the window without signing out left the cache's key in the keyring: useless without the cache.
    local id
    if has secret-tool && [[ -f $scratch/desk/account.json ]]; then
        id=$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).id' "$scratch/desk/account.json")
        for name in $(secret-tool search --all service app.frontdesk.desktop 2>&1 |
            sed -n "s|^attribute.username = \($id/.*\)|\1|p"); do
            secret-tool clear service app.frontdesk.desktop username "$name"
        done
    fi
    wait 2>/dev/null || true
    rm -rf "$scratch"
}

main
