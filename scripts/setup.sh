#!/usr/bin/env bash
# Installs what is missing for the named needs, and nothing when nothing is missing:
#   build   compile the app and the server        window  drive the window without a screen
#   test    run the test suites                   check   run the checks
#   bench   measure the release build           fuzz    run the fuzz targets
# On Debian and Ubuntu with apt-get (and sudo where not root); elsewhere it names what to install and stops.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly CARGO_WANTED=1.95 NODE_WANTED=20.19

# Each line: what must be there (a command, pkg:NAME for pkg-config, font:LANGUAGE for fontconfig, python:MODULE), then
# the Debian package that brings it. The fonts are for the demo's pictures: its people write in many scripts.
readonly NEEDS_BUILD='
cc                      build-essential
make                    build-essential
perl                    perl
pkg-config              pkg-config
pkg:webkit2gtk-4.1      libwebkit2gtk-4.1-dev
pkg:librsvg-2.0         librsvg2-dev
pkg:dbus-1              libdbus-1-dev
'
readonly NEEDS_WINDOW='
Xvfb                    xvfb
openbox                 openbox
dbus-run-session        dbus
gnome-keyring-daemon    gnome-keyring
WebKitWebDriver         webkit2gtk-driver
xdotool                 xdotool
import                  imagemagick
secret-tool             libsecret-tools
font:zh-cn              fonts-wqy-microhei
font:und-zsye           fonts-noto-color-emoji
font:hi                 fonts-lohit-deva
'
readonly NEEDS_TEST='
chromium                chromium
strace                  strace
postgres                postgresql
python:ensurepip        python3-venv
'
readonly NEEDS_BENCH='
sqlite3                 sqlite3
postgres                postgresql
'
readonly NEEDS_CHECK='
shellcheck              shellcheck
'

# missing_packages TABLE: the packages of those lines that are not satisfied.
missing_packages() {
    local probe package
    while read -r probe package; do
        case $probe in
            '') ;;
            pkg:*) { has pkg-config && pkg-config --exists "${probe#pkg:}"; } || printf '%s\n' "$package" ;;
            font:*) { has fc-list && [[ -n $(fc-list ":lang=${probe#font:}") ]]; } || printf '%s\n' "$package" ;;
            # Debian's python3 comes without what makes a virtual environment.
            python:*) { has python3 && python3 -c "import ${probe#python:}" 2>/dev/null; } || printf '%s\n' "$package" ;;
            # Debian keeps the server off the path.
            postgres) has postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || printf '%s\n' "$package" ;;
            chromium) has chromium || has chromium-browser || has google-chrome || printf '%s\n' "$package" ;;
            *) has "$probe" || printf '%s\n' "$package" ;;
        esac
    done <<<"$1"
}

# keep_postgres_from_starting [SUDO]: Debian's package would make a cluster and start it; each test makes its own.
keep_postgres_from_starting() {
    local settings=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
    if [[ " ${missing[*]} " == *' postgresql '* && ! -d /etc/postgresql-common ]]; then
        "$@" mkdir -p "${settings%/*}"
        printf 'create_main_cluster = false\n' | "$@" tee "$settings" >/dev/null
    fi
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$1" | sort -u)
    if [[ ${#missing[@]} -eq 0 ]]; then
        return
    fi
    if ! has apt-get; then
        die "this machine lacks, by their Debian names: ${missing[*]}. Install what your system calls them, then run this again."
    fi
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        has sudo || die "run as root, or install sudo, to install: ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing with apt-get: ${missing[*]}"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes)
    keep_postgres_from_starting "${as_root[@]}"
    # The package lists may be absent (a fresh image) or older than the mirror: then, and only then, fetch them.
    if ! apt-cache show "${missing[@]}" >/dev/null 2>&1; then
        "${apt[@]}" update </dev/null
    fi
    if ! "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null; then
        "${apt[@]}" update </dev/null
        "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null
    fi
}

# at_least HAVE WANTED: whether version HAVE is WANTED or newer.
at_least() {
    [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

check_cargo() {
    has cargo || die "cargo is missing: install Rust $CARGO_WANTED or newer from https://rustup.rs"
    local have
    # In this folder, rustup takes (and where needed installs) the version of rust-toolchain.toml.
    have=$(cargo --version | cut -d ' ' -f 2)
    at_least "$have" "$CARGO_WANTED" || die "cargo is $have, but $CARGO_WANTED or newer is needed: run 'rustup update'"
}

check_node() {
    has node || die "node is missing: install Node.js $NODE_WANTED or newer from https://nodejs.org"
    has npm || die "npm is missing: it comes with Node.js, https://nodejs.org"
    local have
    have=$(node --version)
    at_least "${have#v}" "$NODE_WANTED" || die "node is $have, but $NODE_WANTED or newer is needed"
}

install_node_modules() {
    local stamp=ui/node_modules/.lock-digest now
    now=$(digest ui/package-lock.json)
    if [[ -f $stamp && $(<"$stamp") == "$now" ]]; then
        return
    fi
    say "Installing npm packages (npm ci)"
    (cd ui && npm ci --no-audit --no-fund </dev/null)
    printf '%s\n' "$now" >"$stamp"
}

# install_tool CRATE VERSION: with cargo, into target/tools, unless that version is there.
install_tool() {
    if grep --quiet --no-messages --fixed-strings "\"$1 $2 " "$TOOLS/.crates.toml"; then
        return
    fi
    check_cargo
    say "Installing $1 $2"
    cargo install "$1" --version "$2" --locked --root "$TOOLS" </dev/null
}

main() {
    local need
    for need in "$@"; do
        case $need in
            build)
                install_packages "$NEEDS_BUILD"
                check_cargo
                check_node
                install_node_modules
                ;;
            window)
                install_packages "$NEEDS_WINDOW"
                install_tool tauri-driver "$TAURI_DRIVER_VERSION"
                ;;
            test) install_packages "$NEEDS_TEST" ;;
            bench) install_packages "$NEEDS_BENCH" ;;
            fuzz) install_tool cargo-fuzz "$CARGO_FUZZ_VERSION" ;;
            check)
                install_packages "$NEEDS_CHECK"
                install_tool cargo-deny "$CARGO_DENY_VERSION"
                ;;
            *) die "unknown need: $need" ;;
        esac
    done
}

main "$@"
