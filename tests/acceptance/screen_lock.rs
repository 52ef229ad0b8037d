//! The desk locks with the computer: told by a real bus, on which a stand-in plays the desktop and the login manager.

use std::io::{PipeReader, Read};
use std::os::fd::OwnedFd;
use std::time::Duration;

use desk::view::{DeskEvent, Phase};
use testkit::{PASSPHRASE, TestServer};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::Connection;
use zbus::zvariant::{DynamicType, OwnedObjectPath, Value};

use crate::STUDIO;
use crate::child::{Child, Parent, Place, tell};
use crate::lock::open_files;

/// Within this it is locked, and what must not lock it is given as long.
const SOON: Duration = Duration::from_secs(1);

const LOGIN: &str = "org.freedesktop.login1";
const MANAGER_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const OWN_SESSION: &str = "/org/freedesktop/login1/session/c2";
const OTHER_SESSION: &str = "/org/freedesktop/login1/session/c3";
const SESSION: &str = "org.freedesktop.login1.Session";
const GNOME: (&str, &str) = ("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver");
const FREEDESKTOP: (&str, &str) = ("/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver");

/// The login manager, as far as the desk asks it.
struct Login {
    /// The other end of each inhibitor that was given out: it ends when that is let go.
    inhibitors: UnboundedSender<PipeReader>,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Login {
    fn get_session(&self, id: &str) -> zbus::fdo::Result<OwnedObjectPath> {
        assert_eq!(id, "auto");
        Ok(OwnedObjectPath::try_from(OWN_SESSION).expect("a path"))
    }

    fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> zbus::fdo::Result<zbus::zvariant::OwnedFd> {
        assert_eq!((what, mode), ("sleep", "delay"));
        let (ours, theirs) = std::io::pipe().map_err(|error| zbus::fdo::Error::IOError(error.to_string()))?;
        drop(self.inhibitors.send(ours));
        Ok(OwnedFd::from(theirs).into())
    }
}

/// The desktop and the login manager.
struct StandIn {
    bus: Connection,
    inhibitors: UnboundedReceiver<PipeReader>,
}

impl StandIn {
    async fn start() -> anyhow::Result<Self> {
        let (told, inhibitors) = unbounded_channel();
        let bus = zbus::connection::Builder::session()?
            .name(LOGIN)?
            .name(GNOME.1)?
            .name(FREEDESKTOP.1)?
            .serve_at(MANAGER_PATH, Login { inhibitors: told })?
            .build()
            .await?;
        Ok(Self { bus, inhibitors })
    }

    /// Returns once the desk listens: asking not to be put to sleep is the last it does before it waits.
    async fn is_listened_to(&mut self) -> anyhow::Result<PipeReader> {
        let inhibitor = tokio::time::timeout(testkit::PATIENCE, self.inhibitors.recv()).await?;
        Ok(inhibitor.expect("the stand-in serves on"))
    }

    async fn says(&self, (path, interface): (&str, &str), member: &str, body: &(impl serde::Serialize + DynamicType)) {
        self.bus.emit_signal(None::<&str>, path, interface, member, body).await.expect("the bus is there");
    }

    async fn locked_hint(&self, session: &str, is_locked: bool) {
        let changed = std::collections::HashMap::from([("LockedHint", Value::from(is_locked))]);
        let body = (SESSION, changed, Vec::<&str>::new());
        self.says((session, "org.freedesktop.DBus.Properties"), "PropertiesChanged", &body).await;
    }
}

/// Waits for the other side to let go of its end.
async fn let_go(mut inhibitor: PipeReader) -> anyhow::Result<()> {
    let ended = tokio::task::spawn_blocking(move || inhibitor.read(&mut [0]));
    anyhow::ensure!(tokio::time::timeout(testkit::PATIENCE, ended).await??? == 0);
    Ok(())
}

impl Parent {
    async fn is_locked_soon(&mut self) -> bool {
        let locked = self.desk.wait_for_event("locked", |event| *event == DeskEvent::Locked);
        tokio::time::timeout(SOON, locked).await.is_ok_and(|locked| locked.is_ok())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_locks_with_the_screen_and_before_sleep() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let dir = tempfile::tempdir()?;
    let place = Place::OnBus { has_system_bus: true };
    let mut child = Child::start("screen_lock::child", &server, &dir.path().join("desk"), &place)?;
    for step in ["others do not lock", "each locks", "asleep only when locked", "not when unwanted"] {
        assert_eq!(child.told().await?, step);
    }
    child.ended().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child() -> anyhow::Result<()> {
    let Some(mut parent) = Parent::find()? else { return Ok(()) };
    let mut others = StandIn::start().await?;
    parent.desk.sign_in(&parent.email.clone(), TestServer::PASSWORD).await?;
    parent.desk.wait_until_synced().await?;
    let cache = parent.desk.cache_file()?;

    let mut inhibitor = others.is_listened_to().await?;
    others.says(GNOME, "ActiveChanged", &false).await;
    others.says(GNOME, "WakeUpScreen", &()).await;
    others.says((MANAGER_PATH, MANAGER), "PrepareForSleep", &false).await;
    others.says((MANAGER_PATH, MANAGER), "PrepareForShutdown", &true).await;
    others.says((OWN_SESSION, SESSION), "Unlock", &()).await;
    others.says((OTHER_SESSION, SESSION), "Lock", &()).await;
    others.locked_hint(OWN_SESSION, false).await;
    others.locked_hint(OTHER_SESSION, true).await;
    // Of somebody who is no screen saver.
    let stranger = Connection::session().await?;
    stranger.emit_signal(None::<&str>, GNOME.0, GNOME.1, "ActiveChanged", &true).await?;
    anyhow::ensure!(!parent.is_locked_soon().await, "another signal locked it");
    tell("others do not lock");

    for way in ["gnome", "freedesktop", "asked", "hinted"] {
        match way {
            "gnome" => others.says(GNOME, "ActiveChanged", &true).await,
            "freedesktop" => others.says(FREEDESKTOP, "ActiveChanged", &true).await,
            "asked" => others.says((OWN_SESSION, SESSION), "Lock", &()).await,
            _ => others.locked_hint(OWN_SESSION, true).await,
        }
        anyhow::ensure!(parent.is_locked_soon().await, "{way}");
        anyhow::ensure!(parent.desk.desk.start().await?.phase == Phase::Locked, "{way}");
        parent.desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
        inhibitor = others.is_listened_to().await?;
    }
    tell("each locks");

    anyhow::ensure!(open_files(&cache) > 0, "the control: while it is open, its files are");
    others.says((MANAGER_PATH, MANAGER), "PrepareForSleep", &true).await;
    let_go(inhibitor).await?;
    anyhow::ensure!(open_files(&cache) == 0, "it let the computer sleep before it was locked");
    anyhow::ensure!(parent.is_locked_soon().await);
    tell("asleep only when locked");

    parent.desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    let inhibitor = others.is_listened_to().await?;
    anyhow::ensure!(parent.desk.desk.session().await?.locks_with_screen, "unless one chooses otherwise");
    parent.desk.desk.set_lock_with_screen(false).await?;
    let_go(inhibitor).await?;
    others.says(GNOME, "ActiveChanged", &true).await;
    anyhow::ensure!(!parent.is_locked_soon().await, "it is not wanted");
    // It is remembered, and can be chosen again while the desk is open.
    parent.desk.desk.lock().await?;
    parent.desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    anyhow::ensure!(!parent.desk.desk.session().await?.locks_with_screen);
    anyhow::ensure!(parent.is_locked_soon().await, "the lock on demand");
    parent.desk.desk.set_lock_with_screen(true).await?;
    let _listened_to = others.is_listened_to().await?;
    others.says(GNOME, "ActiveChanged", &true).await;
    anyhow::ensure!(parent.is_locked_soon().await);
    tell("not when unwanted");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_not_there_is_no_error_and_the_other_still_counts() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let dir = tempfile::tempdir()?;
    let place = Place::OnBus { has_system_bus: false };
    let mut child = Child::start("screen_lock::child_without_a_system_bus", &server, &dir.path().join("desk"), &place)?;
    assert_eq!(child.told().await?, "locked");
    child.ended().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child_without_a_system_bus() -> anyhow::Result<()> {
    let Some(mut parent) = Parent::find()? else { return Ok(()) };
    anyhow::ensure!(Connection::system().await.is_err(), "the fault: there is none");
    let others = StandIn::start().await?;
    parent.desk.sign_in(&parent.email.clone(), TestServer::PASSWORD).await?;
    parent.desk.wait_until_synced().await?;
    // Nothing says when the desk listens, so it is told until it has heard.
    let deadline = std::time::Instant::now() + testkit::PATIENCE;
    let mut is_locked = false;
    while !is_locked {
        anyhow::ensure!(std::time::Instant::now() < deadline, "it was not heard");
        others.says(FREEDESKTOP, "ActiveChanged", &true).await;
        is_locked = parent.is_locked_soon().await;
    }
    tell("locked");
    Ok(())
}
