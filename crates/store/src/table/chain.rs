//! The chain of acts: each act's number, and its link, which depends on all before it. What is known of it elsewhere (in the
//! keyring, on the server) tells an older copy of the cache from the newest.

use domain::{OperationId, UnixMs};
use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, Transaction};
use wire::operation::{ChainHead, ChainLink};

use crate::StoreError;

/// The last place; nothing before the first act.
pub(crate) fn find_head(db: &Connection) -> Result<Option<ChainHead>, StoreError> {
    db.prepare_cached("SELECT n, link FROM outbox_link ORDER BY n DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
        .optional()?
        .map(|(n, link)| {
            let act = u64::try_from(n).map_err(|_| StoreError::Damaged)?;
            Ok(ChainHead { act, link: ChainLink(link) })
        })
        .transpose()
}

/// Gives an act its place: its number.
pub(crate) fn append(tx: &Transaction<'_>, digest: &[u8; 32]) -> Result<i64, StoreError> {
    let last = find_head(tx)?;
    let n = number(last.map_or(0, |head| head.act))? + 1;
    put(tx, n, last, digest, false)?;
    Ok(n)
}

/// Whether a place that is known elsewhere is one of this chain, or of before it was resumed, or of before what is kept.
pub(crate) fn knows(db: &Connection, head: &ChainHead) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM outbox_link WHERE n = ?1 AND link = ?2
               UNION ALL SELECT 1 FROM outbox_link WHERE n > ?1 AND resumes = 1
               UNION ALL SELECT 1 WHERE ?1 < (SELECT min(n) FROM outbox_link)";
    Ok(head.act == 0 || db.prepare_cached(sql)?.exists((number(head.act)?, head.link.0))?)
}

/// Goes on after a place that is known elsewhere. Gives the number of acts that are not here.
pub(crate) fn resume(tx: &Transaction<'_>, known: &ChainHead) -> Result<u64, StoreError> {
    let last = find_head(tx)?;
    let own = last.map_or(0, |head| head.act);
    let digest = hash(&[b"resumed", &known.act.to_le_bytes(), &known.link.0]);
    put(tx, number(own.max(known.act))? + 1, last, &digest, true)?;
    Ok(known.act.saturating_sub(own))
}

/// Forgets the places of before the oldest act that is kept, but for the last.
pub(crate) fn forget_old(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM outbox_link WHERE n < (SELECT coalesce((SELECT min(n) FROM outbox), (SELECT max(n) FROM outbox_link)))
             AND n < (SELECT max(n) FROM outbox_link)",
        [],
    )?;
    Ok(())
}

/// Whether each act that is kept is the one that was given its place, and each place follows from the one before.
///
/// # Errors
/// [`StoreError::Altered`].
pub(crate) fn check(db: &Connection) -> Result<(), StoreError> {
    let mut acts =
        db.prepare("SELECT o.id, o.at, o.act, l.digest FROM outbox o LEFT JOIN outbox_link l ON l.n = o.n")?;
    let mut rows = acts.query([])?;
    while let Some(row) = rows.next()? {
        let act = row.get_ref(2)?.as_str().map_err(|_| StoreError::Damaged)?;
        let made = hash(&[&row.get::<_, [u8; 16]>(0)?, &row.get::<_, i64>(1)?.to_le_bytes(), act.as_bytes()]);
        if row.get::<_, Option<[u8; 32]>>(3)? != Some(made) {
            return Err(StoreError::Altered);
        }
    }
    let mut links = db.prepare("SELECT n, digest, link, resumes FROM outbox_link ORDER BY n")?;
    let mut rows = links.query([])?;
    let mut last: Option<(i64, [u8; 32])> = None;
    while let Some(row) = rows.next()? {
        let (n, digest, found): (i64, [u8; 32], [u8; 32]) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if let Some((before, before_link)) = last {
            let follows = n == before + 1 || row.get::<_, bool>(3)?;
            if !follows || link(&before_link, n, &digest) != found {
                return Err(StoreError::Altered);
            }
        }
        last = Some((n, found));
    }
    Ok(())
}

/// Of an act as it is stored.
pub(crate) fn digest(id: OperationId, at: UnixMs, act: &str) -> [u8; 32] {
    hash(&[id.as_bytes(), &at.0.to_le_bytes(), act.as_bytes()])
}

fn put(
    tx: &Transaction<'_>,
    n: i64,
    last: Option<ChainHead>,
    digest: &[u8; 32],
    resumes: bool,
) -> Result<(), StoreError> {
    let before = last.map_or([0; 32], |head| head.link.0);
    tx.prepare_cached("INSERT INTO outbox_link (n, digest, link, resumes) VALUES (?1, ?2, ?3, ?4)")?.execute((
        n,
        digest,
        link(&before, n, digest),
        resumes,
    ))?;
    Ok(())
}

/// Of the place after `before`.
fn link(before: &[u8; 32], n: i64, digest: &[u8; 32]) -> [u8; 32] {
    hash(&[before, &n.to_le_bytes(), digest])
}

fn number(act: u64) -> Result<i64, StoreError> {
    i64::try_from(act).map_err(|_| StoreError::Damaged)
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}
