//! What editing costs: until an edit is on the disk, on its way to the server, and while the server tells of leads that have
//! edits on top.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use domain::{Lead, LeadEdit, LeadId, OperationId, UnixMs};
use reqwest::Method;
use secrecy::SecretBox;
use store::{Cache, CacheIdentity, LeadScope, NewEdit, PageProgress, PullPage};
use uuid::Uuid;
use wire::changes::{Change, Cursor, Row as FeedRow};

use crate::delta::Side;
use crate::reads::{BASELINE, Files, TARGET};
use crate::row::Row;
use crate::samples::Samples;

/// Edits of one lead each, timed one by one.
const EDITS: usize = 500;
/// Of those that only warm up.
const WARM_UP: usize = 20;
/// Acts that are sent, and requests that do the same.
const SENT: usize = 500;
/// Changes of a page that is merged, and how many of its leads have edits on top.
const CHANGES: usize = 10_000;
const EDITED: usize = 1_000;
const ROUNDS: usize = 5;

/// The notes of one lead after the other, on both sides, each by a transaction that is on the disk when it returns.
///
/// # Errors
/// A side can't be read or written.
pub(crate) fn measure_durable(files: &Files<'_>) -> anyhow::Result<Vec<Row>> {
    let cache = Cache::open(files.cache, files.key)?;
    let plain = plain::Cache::open(files.plain, files.key)?;
    let leads = some_leads(&cache, EDITS + WARM_UP)?;
    let (mut sealed, mut bare) = (Samples::default(), Samples::default());
    for (n, lead) in leads.iter().enumerate() {
        let edit_sealed = || -> anyhow::Result<Duration> {
            let started = Instant::now();
            let edited = cache.edit_leads(&[lead.id], &mut |shown| Some(note(shown, n)))?;
            ensure!(edited.leads.len() == 1, "the edit was done");
            Ok(started.elapsed())
        };
        let edit_bare = || -> anyhow::Result<Duration> {
            let started = Instant::now();
            let edited = plain.edit_leads(&[lead.id], &mut |shown| {
                let NewEdit { id, at, edit } = note(shown, n);
                Some(plain::NewEdit { id, at, edit })
            })?;
            ensure!(edited.leads.len() == 1, "the edit was done");
            Ok(started.elapsed())
        };
        let (one, other) = if n.is_multiple_of(2) {
            let one = edit_sealed()?;
            (one, edit_bare()?)
        } else {
            let other = edit_bare()?;
            (edit_sealed()?, other)
        };
        if n >= WARM_UP {
            sealed.push_ms(one);
            bare.push_ms(other);
        }
    }
    cache.close()?;
    plain.close()?;
    Ok(vec![
        Row::new("edit until it is on the disk, p50", sealed.median(), "ms")
            .against(BASELINE, bare.median())
            .with_target(TARGET),
        Row::new("edit until it is on the disk, p99", sealed.p99(), "ms")
            .against(BASELINE, bare.p99())
            .with_target(TARGET),
    ])
}

/// Edits that waited, sent and told back, against a request for each that is sent when the one before was answered.
///
/// # Errors
/// An act or a request was refused.
pub(crate) async fn measure_push(side: &Side) -> anyhow::Result<Vec<Row>> {
    let ids: Vec<LeadId> = some_leads(side.cache(), SENT)?.iter().map(|lead| lead.id).collect();
    let (mut sent, mut asked) = (Samples::default(), Samples::default());
    side.pull().await?;
    for round in 0..ROUNDS {
        let edited = side.cache().edit_leads(&ids, &mut |shown| Some(note(shown, round)))?;
        ensure!(edited.leads.len() == SENT, "all of them were edited");
        let (elapsed, _) = side.pull().await?;
        ensure!(side.cache().outbox_counts()?.waiting == 0, "all of them were sent");
        sent.push(SENT as f64 / elapsed.as_secs_f64());

        let started = Instant::now();
        for id in &ids {
            let patch = domain::LeadPatch { notes: Some(format!("asked {round}")), ..domain::LeadPatch::default() };
            side.session().send(Method::PATCH, &format!("/v1/leads/{id}"), &patch).await?;
        }
        asked.push(SENT as f64 / started.elapsed().as_secs_f64());
        side.pull().await?;
    }
    let row = Row::new(format!("{SENT} waiting edits, sent and told back"), sent.median(), "acts/s");
    Ok(vec![row.against_rate("one request after the other for each", asked.median())])
}

/// A page of changes for leads of which some have edits on top, against the same page without any.
///
/// # Errors
/// A cache can't be made or written.
pub(crate) fn measure_merge(source: &Cache, scratch: &Path) -> anyhow::Result<Vec<Row>> {
    let leads = some_leads(source, CHANGES)?;
    let edited = new_cache(&scratch.join("edited"), &leads)?;
    let calm = new_cache(&scratch.join("calm"), &leads)?;
    let ids: Vec<LeadId> = leads.iter().take(EDITED).map(|lead| lead.id).collect();
    ensure!(edited.edit_leads(&ids, &mut |shown| Some(note(shown, 0)))?.leads.len() == ids.len(), "edits on top");
    let (mut merged, mut applied) = (Samples::default(), Samples::default());
    for round in 0..=ROUNDS {
        let told = page(&leads, i64::try_from(round)?);
        for (cache, times) in [(&edited, &mut merged), (&calm, &mut applied)] {
            let started = Instant::now();
            cache.apply_page(&told)?;
            if round > 0 {
                times.push_ms(started.elapsed());
            }
        }
    }
    ensure!(edited.outbox_counts()?.waiting as usize == ids.len(), "they still wait");
    let name = format!("{} changed leads, {} of them with an edit on top", leads.len(), ids.len());
    let row = Row::new(name, merged.median(), "ms").against("the same without edits", applied.median());
    for cache in [edited, calm] {
        cache.close()?;
    }
    Ok(vec![row])
}

/// An edit of the notes, never to the same.
fn note(shown: &Lead, n: usize) -> NewEdit {
    let after = Lead { notes: format!("{}rang again, {n}\n", shown.notes), ..shown.clone() };
    let at = UnixMs(shown.last_activity_at.0 + 1);
    NewEdit { id: OperationId::from_uuid(Uuid::now_v7()), at, edit: LeadEdit::between(shown, &after) }
}

fn some_leads(cache: &Cache, count: usize) -> anyhow::Result<Vec<Lead>> {
    let mut leads = Vec::with_capacity(count);
    cache.for_each_lead(LeadScope::All, &mut |row| {
        leads.push(row.lead);
        if leads.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    ensure!(!leads.is_empty(), "there are leads");
    Ok(leads)
}

fn new_cache(folder: &Path, leads: &[Lead]) -> anyhow::Result<Cache> {
    std::fs::create_dir_all(folder)?;
    let identity = CacheIdentity {
        studio_id: domain::StudioId::from_uuid(Uuid::nil()),
        member_id: domain::MemberId::from_uuid(Uuid::nil()),
        device_id: domain::DeviceId::from_uuid(Uuid::nil()),
    };
    let cache = Cache::create(&folder.join("cache.db"), &SecretBox::new(Box::new([5; 32])), &identity)?;
    cache.apply_page(&page(leads, -1))?;
    Ok(cache)
}

/// The leads as the server tells them after another change of their value.
fn page(leads: &[Lead], round: i64) -> PullPage {
    let told = leads.iter().map(|lead| Lead { value_minor: Some(1_000 + round), ..lead.clone() });
    PullPage {
        changes: told.map(|lead| Change::Upsert(FeedRow::Lead(Box::new(lead)))).collect(),
        unreadable: Vec::new(),
        cursor: Cursor(round.to_string()),
        progress: PageProgress::Delta,
        epoch: None,
    }
}
