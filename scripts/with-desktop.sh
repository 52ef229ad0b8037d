#!/usr/bin/env bash
# Runs a command on a desktop of its own: a screen (Xvfb), a window manager, a D-Bus session with an unlocked
# Secret Service, and an empty home folder. Nothing of it is seen outside, and nothing is left behind.
#   scripts/with-desktop.sh COMMAND…
# It ends with the command's exit code. FRONTDESK_DESKTOP_LOG=FILE keeps what the desktop's own programs print.
set -euo pipefail

readonly SCREEN=1280x800x24

# Inside the D-Bus session: unlock the Secret Service, manage windows, and become the command.
if [[ ${1:-} == --in-session ]]; then
    shift
    # The daemon detaches when it is ready; its password matters to nobody, the home folder dies with us.
    printf 'desktop' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>>"$DESKTOP_LOG"
    openbox >>"$DESKTOP_LOG" 2>&1 &
    window_manager=$!
    trap 'kill "$window_manager" 2>/dev/null || true' EXIT
    # Ready when it tells which desktop is shown: dialogs get their focus from it.
    for ((tries = 0; ; tries++)); do
        xdotool get_desktop >/dev/null 2>&1 && break
        ((tries < 200)) || { echo 'with-desktop: the window manager did not start' >&2; exit 1; }
        sleep 0.05
    done
    "$@"
    exit
fi

[[ $# -gt 0 ]] || { echo 'usage: scripts/with-desktop.sh COMMAND…' >&2; exit 2; }

desktop=$(mktemp -d)
screen='' session=''
# shellcheck disable=SC2317  # reached by the trap
cleanup() {
    trap - EXIT
    [[ -z $session ]] || kill "$session" 2>/dev/null || true
    [[ -z $screen ]] || kill "$screen" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$desktop"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export DESKTOP_LOG=${FRONTDESK_DESKTOP_LOG:-$desktop/log}
mkdir -m 0700 "$desktop"/{home,config,cache,data,state,runtime,tmp}

# cargo and rustup live in the real home folder.
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME=$desktop/home XDG_CONFIG_HOME=$desktop/config XDG_CACHE_HOME=$desktop/cache
export XDG_DATA_HOME=$desktop/data XDG_STATE_HOME=$desktop/state XDG_RUNTIME_DIR=$desktop/runtime
export TMPDIR=$desktop/tmp
# Tells programs that what they erase is nobody's.
export FRONTDESK_PRIVATE_DESKTOP=1
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS GNOME_KEYRING_CONTROL
# No accessibility bus, no portal, no GPU: none is there, and looking for them costs seconds.
export GDK_BACKEND=x11 GTK_USE_PORTAL=0 NO_AT_BRIDGE=1 GSETTINGS_BACKEND=memory
export WEBKIT_DISABLE_DMABUF_RENDERER=1 LIBGL_ALWAYS_SOFTWARE=1

mkdir "$XDG_CONFIG_HOME/openbox"
cat >"$XDG_CONFIG_HOME/openbox/rc.xml" <<'XML'
<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew></focus>
  <applications><application class="*"><decor>no</decor><focus>yes</focus></application></applications>
</openbox_config>
XML

# Xvfb picks a free display and writes its number once it takes connections.
mkfifo "$desktop/display"
Xvfb -displayfd 3 -screen 0 "$SCREEN" -nolisten tcp 3>"$desktop/display" >>"$DESKTOP_LOG" 2>&1 &
screen=$!
if ! read -r -t 30 number <"$desktop/display"; then
    echo 'with-desktop: Xvfb did not start:' >&2
    cat "$DESKTOP_LOG" >&2
    exit 1
fi
export DISPLAY=:$number

# In the background, so that a signal to this script is heard at once and not only when the command ends.
dbus-run-session -- "${BASH_SOURCE[0]}" --in-session "$@" <&0 &
session=$!
code=0
wait "$session" || code=$?
session=''
exit "$code"
