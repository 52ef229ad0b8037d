//! What D-Bus tells of the screen and of sleep.
//!
//! | bus | who | what |
//! |---|---|---|
//! | session | the desktop's screen saver, under one of its names | `ActiveChanged(true)` |
//! | system | `org.freedesktop.login1`, the session of this user | `Lock`, and `LockedHint` becoming true |
//! | system | `org.freedesktop.login1`, the manager | `PrepareForSleep(true)` |
//!
//! A bus or a service that is not there is no error: what the others tell still counts. Only changes do: a computer
//! that says all the time that it is locked must not keep the desk from being used.

use std::collections::HashMap;
use std::sync::Once;

use futures_util::StreamExt;
use futures_util::stream::select_all;
use zbus::proxy::{CacheProperties, SignalStream};
use zbus::zvariant::{OwnedFd, OwnedObjectPath, OwnedValue};
use zbus::{Connection, Message, Proxy};

/// Bus name and interface, which are the same, and path.
const SCREEN_SAVERS: [(&str, &str); 6] = [
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ("org.freedesktop.ScreenSaver", "/ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    ("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
];
const LOGIN: &str = "org.freedesktop.login1";
const LOGIN_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Puts off the computer's sleep until it is dropped, for as long as the system allows: five seconds, as a rule.
#[derive(Default)]
pub(super) struct Awake {
    _inhibitor: Option<OwnedFd>,
}

/// Waits until the computer locks its screen or is about to sleep. Where neither can be heard of, for ever.
pub(super) async fn until_locked() -> Awake {
    static NO_SESSION_BUS: Once = Once::new();
    static NO_SYSTEM_BUS: Once = Once::new();
    let mut awake = Awake::default();
    // First, so that all of it is listened to once the login manager is asked for time.
    let savers = screen_savers().await;
    tokio::select! {
        () = heard(async { first_lock(savers?).await }, &NO_SESSION_BUS, "session") => {}
        () = heard(login(&mut awake), &NO_SYSTEM_BUS, "system") => {}
    }
    awake
}

/// Without the error's text, which may hold the path of a socket in somebody's home folder.
async fn heard(signal: impl Future<Output = zbus::Result<()>>, told: &Once, bus: &str) {
    if signal.await.is_err() {
        told.call_once(|| tracing::warn!(bus, "the bus is not there or was closed: nothing on it locks the desk"));
        std::future::pending().await
    }
}

async fn screen_savers() -> zbus::Result<Vec<SignalStream<'static>>> {
    let bus = Connection::session().await?;
    let mut signals = Vec::new();
    for (name, path) in SCREEN_SAVERS {
        signals.push(proxy(&bus, name, path, name).await?.receive_signal("ActiveChanged").await?);
    }
    Ok(signals)
}

async fn login(awake: &mut Awake) -> zbus::Result<()> {
    let bus = Connection::system().await?;
    let manager = proxy(&bus, LOGIN, LOGIN_PATH, MANAGER).await?;
    let mut signals = vec![manager.receive_signal("PrepareForSleep").await?];
    // The caller's own session, or of a program outside of any the one its user looks at (systemd-logind,
    // `GetSession`).
    match manager.call::<_, _, OwnedObjectPath>("GetSession", &("auto",)).await {
        Ok(session) => {
            let path = session.as_str().to_owned();
            signals.push(proxy(&bus, LOGIN, path.clone(), SESSION).await?.receive_signal("Lock").await?);
            let properties = proxy(&bus, LOGIN, path, PROPERTIES).await?;
            signals.push(properties.receive_signal_with_args("PropertiesChanged", &[(0, SESSION)]).await?);
        }
        Err(_) => tracing::info!("the login manager knows no session of this user"),
    }
    // Refused, the sleep is still told of; the lock may then come late.
    let why = ("sleep", "Frontdesk", "Closes the encrypted data", "delay");
    awake._inhibitor = manager.call("Inhibit", &why).await.ok();
    first_lock(signals).await
}

/// Nothing is asked for before it is wanted, so no property is cached.
async fn proxy(
    bus: &Connection,
    name: &'static str,
    path: impl Into<String>,
    interface: &'static str,
) -> zbus::Result<Proxy<'static>> {
    zbus::proxy::Builder::new(bus)
        .destination(name)?
        .path(path.into())?
        .interface(interface)?
        .cache_properties(CacheProperties::No)
        .build()
        .await
}

/// Waits for the first signal that means a lock; fails when the bus is closed before it.
async fn first_lock(signals: Vec<SignalStream<'static>>) -> zbus::Result<()> {
    let mut signals = select_all(signals);
    while let Some(signal) = signals.next().await {
        if means_locked(&signal) {
            return Ok(());
        }
    }
    Err(zbus::Error::InputOutput(std::sync::Arc::new(std::io::ErrorKind::BrokenPipe.into())))
}

/// Whether a signal of those listened to says that the computer is locked, or about to sleep.
fn means_locked(signal: &Message) -> bool {
    let header = signal.header();
    let body = signal.body();
    match header.member().map(|member| member.as_str()) {
        Some("Lock") => true,
        Some("ActiveChanged" | "PrepareForSleep") => body.deserialize().unwrap_or(false),
        Some("PropertiesChanged") => {
            let changes = body.deserialize::<(String, HashMap<String, OwnedValue>, Vec<String>)>();
            changes.is_ok_and(|(_, changed, _)| changed.get("LockedHint").is_some_and(is_true))
        }
        _ => false,
    }
}

fn is_true(value: &OwnedValue) -> bool {
    bool::try_from(value).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use zbus::zvariant::{DynamicType, Value};

    use super::*;

    fn signal(interface: &str, member: &str, body: &(impl serde::Serialize + DynamicType)) -> Message {
        Message::signal("/any", interface, member).expect("names").build(body).expect("a body")
    }

    fn properties(changed: &[(&str, Value<'_>)]) -> Message {
        let changed: HashMap<&str, &Value<'_>> = changed.iter().map(|(name, value)| (*name, value)).collect();
        signal(PROPERTIES, "PropertiesChanged", &(SESSION, changed, Vec::<&str>::new()))
    }

    #[test]
    fn only_a_lock_or_a_sleep_that_begins_means_locked() {
        let saver = SCREEN_SAVERS[0].0;
        for (what, signal, locks) in [
            ("screen saver on", signal(saver, "ActiveChanged", &true), true),
            ("screen saver off", signal(saver, "ActiveChanged", &false), false),
            ("screen saver, no word of which", signal(saver, "ActiveChanged", &()), false),
            ("asked to lock", signal(SESSION, "Lock", &()), true),
            ("asked to unlock", signal(SESSION, "Unlock", &()), false),
            ("sleep", signal(MANAGER, "PrepareForSleep", &true), true),
            ("awake again", signal(MANAGER, "PrepareForSleep", &false), false),
            ("locked", properties(&[("IdleHint", false.into()), ("LockedHint", true.into())]), true),
            ("unlocked", properties(&[("LockedHint", false.into())]), false),
            ("idle", properties(&[("IdleHint", true.into())]), false),
            ("not a yes or no", properties(&[("LockedHint", 1_u32.into())]), false),
        ] {
            assert_eq!(means_locked(&signal), locks, "{what}");
        }
    }
}
