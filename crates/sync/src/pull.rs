//! One pull: fetches the change feed, reads it and writes it, the three at the same time, page by page.
//!
//! Never holds a transaction across the network, and never has more than a few pages in memory.

use std::sync::Arc;

use api_client::ApiClient;
use bytes::Bytes;
use store::{Applied, Cache, PullPage};
use tokio::sync::mpsc;
use wire::changes::Begin;

use crate::feed_reader::{FeedReader, Read};
use crate::push::note_server_head;
use crate::{FeedError, Interrupted, SyncError, unblock};

/// Chunks of the network that may wait to be read.
const CHUNKS_AHEAD: usize = 64;
/// Pages that may wait to be written.
const PAGES_AHEAD: usize = 2;

/// Lets one pull at a time write. A pull that is dropped half-way still finishes the page it is writing; without this,
/// the next one could overtake it and be overwritten by its older rows.
pub(crate) type PullTurn = Arc<tokio::sync::Mutex<()>>;

/// What a pull tells while it runs.
#[derive(Debug)]
pub(crate) enum Told {
    Begin(Begin),
    /// The cache was found to be an older copy: so many acts of this device are not in it.
    OlderCopy {
        missing: u64,
    },
    /// A page is in the cache, on disk.
    Applied {
        applied: Applied,
        progress: store::PageProgress,
    },
}

/// Pulls until the server has told everything. Says whether that was what changed since a finished snapshot, so that what
/// had been done before is in it: a snapshot that was cut and resumed may have told rows before.
///
/// # Errors
/// The first failure of network, feed or cache; what was written before it stays, with its cursor.
pub(crate) async fn pull(
    client: &ApiClient,
    cache: &Cache,
    turn: &PullTurn,
    told: &mpsc::UnboundedSender<Told>,
) -> Result<bool, SyncError> {
    let my_turn = Arc::clone(turn).lock_owned().await;
    let state = {
        let cache = cache.clone();
        run_blocking(move || {
            cache.begin_pull()?;
            cache.sync_state()
        })
        .await?
    };
    let mut stream = client.changes(state.cursor.as_ref()).await?;

    let (chunks, chunks_to_read) = mpsc::channel::<Bytes>(CHUNKS_AHEAD);
    let (pages, pages_to_write) = mpsc::channel::<PullPage>(PAGES_AHEAD);
    let reader = {
        let told = told.clone();
        let cache = cache.clone();
        tokio::task::spawn_blocking(move || read(&cache, chunks_to_read, &pages, &told))
    };
    let writer = {
        let cache = cache.clone();
        let told = told.clone();
        tokio::task::spawn_blocking(move || {
            let written = write(&cache, pages_to_write, &told);
            drop(my_turn);
            written
        })
    };

    let fetched: Result<(), SyncError> = async {
        while let Some(chunk) = stream.next().await? {
            // Closed when reading or writing failed: their error is the one to tell.
            if chunks.send(chunk).await.is_err() {
                break;
            }
        }
        Ok(())
    }
    .await;
    drop(chunks);
    let read = reader.await.map_err(|_| Interrupted);
    let written = writer.await.map_err(|_| Interrupted);
    // What failed first is what stopped the others: the cache, then the network, then the feed that was cut by it.
    written??;
    fetched?;
    read??;
    Ok(state.complete)
}

/// Reads chunks into pages until the end of the feed, or until nobody writes them any more.
fn read(
    cache: &Cache,
    mut chunks: mpsc::Receiver<Bytes>,
    pages: &mpsc::Sender<PullPage>,
    told: &mpsc::UnboundedSender<Told>,
) -> Result<(), SyncError> {
    let mut reader = FeedReader::default();
    while let Some(chunk) = chunks.blocking_recv() {
        let mut known_head = None;
        reader.read(&chunk, |read| match read {
            // Nobody listens only when the engine is being stopped, which ends the pull too.
            Read::Begin(begin) => {
                known_head = begin.head;
                drop(told.send(Told::Begin(begin)));
                Ok(())
            }
            Read::Page(page) => pages.blocking_send(page).map_err(|_| FeedError::Cut),
        })?;
        if let Some(head) = known_head
            && let Some(missing) = note_server_head(cache, &head)?
        {
            drop(told.send(Told::OlderCopy { missing }));
        }
    }
    Ok(reader.end()?)
}

/// Writes pages as they come, each in one transaction with its cursor.
fn write(
    cache: &Cache,
    mut pages: mpsc::Receiver<PullPage>,
    told: &mpsc::UnboundedSender<Told>,
) -> Result<(), SyncError> {
    while let Some(page) = pages.blocking_recv() {
        let applied = cache.apply_page(&page)?;
        drop(told.send(Told::Applied { applied, progress: page.progress }));
    }
    Ok(())
}

/// Runs a call of the cache off the async threads.
pub(crate) async fn run_blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, store::StoreError> + Send + 'static,
) -> Result<T, SyncError> {
    Ok(unblock(call).await??)
}
