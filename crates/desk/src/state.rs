//! The desk itself: what is open, and how every use case gets at it.

use std::collections::HashMap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use api_client::{ApiClient, ClientConfig, ServerUrl};
use domain::{DeviceId, Member, Permission, Studio};
use serde::{Deserialize, Serialize};
use store::{Cache, StoreError};
use sync::{Clock, Engine, SystemClock, unblock};
use tokio::sync::{Notify, OnceCell, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::account::{Account, Home};
use crate::import_leads::OpenImport;
use crate::session::DEFAULT_LOCK_MINUTES;
use crate::tokens::VaultTokens;
use crate::undo::UndoList;
use crate::view::DeskEvent;
use crate::{DeskConfig, DeskError};

/// Rows one question may ask for.
pub(crate) const MAX_ROWS: u32 = 500;

/// One person's desk on this computer. Cheap to clone; all clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: DeskConfig,
    pub(crate) home: Home,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: mpsc::UnboundedSender<DeskEvent>,
    /// The open cache and all that goes with it; empty while locked or signed out.
    pub(crate) open: RwLock<Option<Arc<OpenDesk>>>,
    /// Held while an account comes, opens, closes or goes: one such act at a time.
    pub(crate) transition: tokio::sync::Mutex<()>,
    /// The opening of the account without being asked: once, when the window begins.
    pub(crate) opening_at_start: OnceCell<()>,
    /// Whether the cache was last found to be one that can't be read: such a one is never erased.
    pub(crate) is_unreadable: AtomicBool,
    /// When somebody last did something, in ms since 1970.
    pub(crate) last_active: AtomicI64,
    /// Idle minutes after which the desk locks; 0 is never. Read from the cache when it is opened.
    pub(crate) lock_after_minutes: AtomicU32,
    /// Whether the desk locks with the screen. Read from the cache when it is opened.
    pub(crate) locks_with_screen: watch::Sender<bool>,
    pub(crate) exports: Mutex<HashMap<Uuid, Arc<AtomicBool>>>,
}

/// What exists only while the cache is open.
pub(crate) struct OpenDesk {
    pub(crate) account: Account,
    pub(crate) profile: Profile,
    pub(crate) cache: Cache,
    pub(crate) client: ApiClient,
    /// The vault behind the client: forgotten when the desk is closed, whoever still holds the client.
    pub(crate) tokens: Arc<VaultTokens>,
    /// Absent when opened for one offline act, without a window.
    pub(crate) engine: Option<Engine>,
    /// Keeps a second window from syncing the same account, until the desk is closed.
    pub(crate) claim: Mutex<Option<File>>,
    /// Somebody did something that is to be sent.
    pub(crate) acted: Notify,
    /// What can be taken back.
    pub(crate) undo: Mutex<UndoList>,
    /// Ends what runs beside: event forwarding, the watches that lock, exports, calls of the server.
    pub(crate) tasks: CancellationToken,
    /// Exports and imports that run; each ends by itself once `tasks` is cancelled.
    pub(crate) exports: TaskTracker,
    /// The file that was chosen to be imported.
    pub(crate) import: Mutex<Option<Arc<OpenImport>>>,
}

/// Who signed in, as the server said at that moment; the synced rows are newer once they are here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) studio: Studio,
    pub(crate) member: Member,
    pub(crate) device_id: DeviceId,
}

impl Desk {
    /// A desk with nothing open, and the stream of its events. Does no I/O.
    pub fn new(config: DeskConfig) -> (Self, mpsc::UnboundedReceiver<DeskEvent>) {
        Self::with_clock(config, Arc::new(SystemClock))
    }

    /// As [`Desk::new`], by another clock.
    pub fn with_clock(config: DeskConfig, clock: Arc<dyn Clock>) -> (Self, mpsc::UnboundedReceiver<DeskEvent>) {
        let (events, receiver) = mpsc::unbounded_channel();
        let inner = Inner {
            home: Home::new(config.data_dir.clone()),
            config,
            last_active: AtomicI64::new(clock.now().0),
            lock_after_minutes: AtomicU32::new(DEFAULT_LOCK_MINUTES),
            locks_with_screen: watch::Sender::new(true),
            clock,
            events,
            open: RwLock::new(None),
            transition: tokio::sync::Mutex::new(()),
            opening_at_start: OnceCell::new(),
            is_unreadable: AtomicBool::new(false),
            exports: Mutex::new(HashMap::new()),
        };
        (Self { inner: Arc::new(inner) }, receiver)
    }

    /// What is open.
    ///
    /// # Errors
    /// [`DeskError::Locked`] while nothing is.
    pub(crate) fn open(&self) -> Result<Arc<OpenDesk>, DeskError> {
        let open = self.inner.open.read().unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or(DeskError::Locked)
    }

    pub(crate) fn set_open(&self, open: Option<Arc<OpenDesk>>) -> Option<Arc<OpenDesk>> {
        let mut place = self.inner.open.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, open)
    }

    /// Asks the open cache, off the async threads.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Cache) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let open = self.open()?;
        let answer = run_blocking(move || question(&open.cache)).await;
        if let Err(DeskError::Store(StoreError::Damaged)) = &answer {
            self.inner.is_unreadable.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// The account on this computer, as its file says, however far it has come or gone.
    pub(crate) async fn find_account(&self) -> Result<Option<Account>, DeskError> {
        let home = self.inner.home.clone();
        run_blocking(move || home.find()).await
    }

    /// The account on this computer, if it is one that may be opened.
    pub(crate) async fn find_signed_in(&self) -> Result<Option<Account>, DeskError> {
        Ok(self.find_account().await?.filter(Account::is_signed_in))
    }

    /// Refuses what this member's role does not hold.
    pub(crate) async fn require(&self, permission: Permission) -> Result<(), DeskError> {
        match self.find_me().await? {
            Some(me) if me.role.allows(permission) => Ok(()),
            // Who is no longer a member holds nothing, whatever they held when they signed in.
            _ => Err(DeskError::Forbidden(permission)),
        }
    }

    pub(crate) fn tell(&self, event: DeskEvent) {
        // Nobody listens only while the program ends.
        drop(self.inner.events.send(event));
    }

    pub(crate) fn client(
        &self,
        server: ServerUrl,
        tokens: Arc<dyn api_client::TokenStore>,
    ) -> Result<ApiClient, DeskError> {
        let mut config = ClientConfig::new(server, format!("Frontdesk/{}", self.inner.config.app_version));
        config.extra_ca_pem = self.inner.config.extra_ca_pem.clone();
        Ok(ApiClient::new(&config, tokens)?)
    }

    /// Somebody is there: starts the idle time anew.
    pub fn user_active(&self) {
        self.inner.last_active.store(self.inner.clock.now().0, Ordering::Relaxed);
    }
}

/// Runs a call that blocks off the async threads.
pub(crate) async fn run_blocking<T, E>(call: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, DeskError>
where
    T: Send + 'static,
    E: Send + 'static,
    DeskError: From<E>,
{
    Ok(unblock(call).await??)
}
