//! The keyring's vault against a real gnome-keyring.
//!
//! Each test runs again, alone, inside a D-Bus session of its own with an empty home folder, so that nothing
//! touches the keyring of whoever runs the tests. Needs `dbus-run-session` and `gnome-keyring-daemon`; `make test`
//! installs them, and without them these tests fail.
#![allow(clippy::unwrap_used)]

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use frontdesk_vault::{StoredTokens, Vault, VaultError};
use secrecy::ExposeSecret;

const INSIDE: &str = "FRONTDESK_TEST_INSIDE_SESSION";
/// What `timeout` ends with when there is no `dbus-run-session`.
const MISSING: i32 = 127;
/// What the script ends with when no keyring can be started.
const NO_DAEMON: i32 = 99;
const ACCOUNT: &str = "0190a1b2-test";

/// What a session finds.
#[derive(Clone, Copy)]
enum Session {
    /// A keyring that is unlocked; a new one if the home has none.
    Unlocked,
    /// The Secret Service as D-Bus starts it: what keyrings there are, are locked.
    NotUnlocked,
    /// D-Bus, but nothing on it that could be a Secret Service.
    NoService,
    /// No D-Bus.
    NoBus,
}

impl Session {
    fn command(self, home: &Path) -> Command {
        // `$0` is the test program. The daemon puts itself in the background when it is unlocked and ready, and would
        // outlive the session: it is ended by the number that this session's own bus has for it.
        const UNLOCK: &str =
            "printf test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || exit 99\n";
        const RUN: &str = r#"
            "$0" "$@"; status=$?
            daemon=$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / \
                org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets 2>/dev/null) &&
                kill "${daemon##* }"
            exit $status"#;
        // A prompt that nobody answers must not hold up the tests.
        let mut command = Command::new("timeout");
        command.arg("60");
        match self {
            Self::NoBus => command.arg("bash"),
            Self::Unlocked | Self::NotUnlocked | Self::NoService => {
                command.arg("dbus-run-session");
                if let Self::NoService = self {
                    command.arg("--config-file").arg(bus_without_services(home));
                }
                command.args(["--", "bash"])
            }
        };
        let script = match self {
            Self::Unlocked => format!("{UNLOCK}{RUN}"),
            Self::NotUnlocked | Self::NoService | Self::NoBus => RUN.to_owned(),
        };
        command.args(["-c", &script]).arg(env::current_exe().unwrap());
        command.env_clear().env("PATH", env::var_os("PATH").unwrap()).env("HOME", home);
        for (name, folder) in [
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            let folder = home.join(folder);
            fs::create_dir_all(&folder).unwrap();
            command.env(name, folder);
        }
        command
    }
}

fn bus_without_services(home: &Path) -> std::path::PathBuf {
    let path = home.join("bus.conf");
    let text = "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context='default'>\
        <allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/></policy></busconfig>";
    fs::write(&path, text).unwrap();
    path
}

/// Runs the test of this name again inside such a session.
fn run_inside(session: Session, home: &Path, test: &str, step: &str) {
    let output = session.command(home).args(["--exact", test, "--nocapture"]).env(INSIDE, step).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        !matches!(output.status.code(), Some(MISSING | NO_DAEMON)),
        "install dbus-daemon, dbus-bin and gnome-keyring: these tests need a real keyring\n{complained}"
    );
    assert!(
        output.status.success() && said.contains("1 passed") && said.contains(&done(step)),
        "inside the session ({}):\n{said}\n{complained}",
        output.status
    );
}

fn done(step: &str) -> String {
    format!("[step {step} was done]")
}

/// Which step of the test this process is to do, when it is inside a session.
fn step_inside() -> Option<String> {
    env::var(INSIDE).ok()
}

/// A test of steps, each in a session of its own, all with one home.
fn story(test: &str, steps: &[(Session, &str, fn())]) {
    match step_inside() {
        Some(inside) => {
            let (.., act) = steps.iter().find(|(_, step, _)| *step == inside).expect("a step of this test");
            act();
            #[allow(clippy::print_stdout)]
            {
                println!("{}", done(&inside));
            }
        }
        None => {
            let home = tempfile::tempdir().unwrap();
            for (session, step, _) in steps {
                run_inside(*session, home.path(), test, step);
            }
        }
    }
}

fn tokens() -> StoredTokens {
    StoredTokens { refresh_token: "refresh".into(), access_token: None, idempotency_key: None }
}

fn opened() -> Result<Vault, VaultError> {
    Vault::keyring(ACCOUNT)
}

#[test]
fn what_is_put_in_comes_out_in_the_next_session() {
    fn put() {
        let vault = opened().unwrap();
        assert!(vault.find_cache_key().unwrap().is_none());
        assert!(vault.find_tokens().unwrap().is_none());
        let key = vault.create_cache_key().unwrap();
        assert_eq!(vault.create_cache_key().map(|_| ()), Err(VaultError::CacheKeyExists));
        vault.put_tokens(&tokens()).unwrap();
        vault.put_tokens(&tokens()).unwrap();
        // For the next session of this test alone; the home is a temporary one.
        fs::write(Path::new(&env::var_os("HOME").unwrap()).join("expected"), key.expose_secret()).unwrap();
    }
    fn find() {
        let vault = opened().unwrap();
        let expected = fs::read(Path::new(&env::var_os("HOME").unwrap()).join("expected")).unwrap();
        assert_eq!(vault.find_cache_key().unwrap().unwrap().expose_secret()[..], expected);
        assert_eq!(vault.find_tokens().unwrap().unwrap().refresh_token.expose_secret(), "refresh");
        let other = Vault::keyring("another-account").unwrap();
        assert!(other.find_cache_key().unwrap().is_none(), "accounts are apart");
    }
    story(
        "what_is_put_in_comes_out_in_the_next_session",
        &[(Session::Unlocked, "put", put), (Session::Unlocked, "find", find)],
    );
}

#[test]
fn a_locked_keyring_is_locked_and_not_empty() {
    fn put() {
        opened().unwrap().create_cache_key().unwrap();
    }
    fn refused() {
        assert_eq!(opened().map(|_| ()), Err(VaultError::KeyringLocked));
    }
    fn still_there() {
        assert!(opened().unwrap().find_cache_key().unwrap().is_some());
    }
    story(
        "a_locked_keyring_is_locked_and_not_empty",
        &[
            (Session::Unlocked, "put", put),
            (Session::NotUnlocked, "refused", refused),
            (Session::Unlocked, "still there", still_there),
        ],
    );
}

#[test]
fn a_keyring_locked_while_it_is_in_use_does_not_look_empty() {
    fn lock() {
        let vault = opened().unwrap();
        vault.put_tokens(&tokens()).unwrap();
        let locked = Command::new("dbus-send")
            .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
            .args(["org.freedesktop.Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/collection/login"])
            .output()
            .unwrap();
        assert!(locked.status.success(), "{locked:?}");
        // The one that is there, and the one of which a locked keyring says that there is none.
        assert_eq!(vault.find_tokens().map(|_| ()), Err(VaultError::KeyringLocked));
        assert_eq!(vault.find_cache_key().map(|_| ()), Err(VaultError::KeyringLocked));
        assert_eq!(vault.create_cache_key().map(|_| ()), Err(VaultError::KeyringLocked));
        assert_eq!(vault.put_tokens(&tokens()), Err(VaultError::KeyringLocked));
        assert_eq!(vault.erase_all(), Err(VaultError::KeyringLocked));
    }
    story("a_keyring_locked_while_it_is_in_use_does_not_look_empty", &[(Session::Unlocked, "lock", lock)]);
}

#[test]
fn erasing_leaves_nothing_and_may_be_repeated() {
    fn erase() {
        let vault = opened().unwrap();
        vault.create_cache_key().unwrap();
        vault.put_tokens(&tokens()).unwrap();
        vault.erase_all().unwrap();
        vault.erase_all().unwrap();
        assert!(vault.find_cache_key().unwrap().is_none());
        assert!(vault.find_tokens().unwrap().is_none());
        let listed = Command::new("dbus-send")
            .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets"])
            .arg("/org/freedesktop/secrets/collection/login")
            .args(["org.freedesktop.DBus.Properties.Get", "string:org.freedesktop.Secret.Collection", "string:Items"])
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.contains("array ["), "the list was read: {listed}");
        assert!(!listed.contains("object path"), "neither a secret nor a probe is left: {listed}");
    }
    story("erasing_leaves_nothing_and_may_be_repeated", &[(Session::Unlocked, "erase", erase)]);
}

#[test]
fn without_any_keyring_it_is_unavailable() {
    fn refused() {
        assert_eq!(opened().map(|_| ()), Err(VaultError::KeyringUnavailable));
    }
    story(
        "without_any_keyring_it_is_unavailable",
        &[
            (Session::NoBus, "no bus", refused),
            (Session::NoService, "no service", refused),
            // The service is there, but nobody ever made a keyring: there is nothing to unlock.
            (Session::NotUnlocked, "no keyring in the service", refused),
        ],
    );
}

#[test]
fn an_account_that_would_show_a_person_is_refused() {
    for account in ["", "alice@example.com", "a b", "a/b", "\u{e9}", &"x".repeat(65)] {
        assert_eq!(Vault::keyring(account).map(|_| ()), Err(VaultError::AccountInvalid), "{account:?}");
    }
}
