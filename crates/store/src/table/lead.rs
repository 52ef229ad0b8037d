//! Leads: the row, its tags, its counts and its entries in the index.

use std::borrow::Cow;

use domain::{ContactKey, Lead, LeadId, LeadState, MemberId, Phone, Source, StageId, fold};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::{
    conflict, contact_key, conversation, custom_field, find_id, id, json, json_in, lead_base, lead_edit, outbox,
    stage_event,
};
use crate::StoreError;
use crate::apply::Writing;
use crate::code::Code;
use crate::search::word_starts;

/// Characters of a folded name that count in its order.
const NAME_KEY_CHARS: usize = 64;
/// No value sorts before every value.
const NO_VALUE: i64 = i64::MIN;

/// What is searched of a lead, folded as the index holds it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Searchable {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
}

impl Searchable {
    fn new(name: &str, email: Option<&str>, phone: Option<&str>) -> Self {
        // What was indexed can be computed again to be taken out: a test over all of Unicode tells when a library
        // derives it differently.
        Self {
            name: fold(name),
            email: email.map(fold).unwrap_or_default(),
            phone: phone.unwrap_or_default().to_owned(),
        }
    }

    /// First two characters of each word of the name; in scripts without spaces, from every character.
    fn initials(&self) -> Vec<String> {
        let words = self.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut initials: Vec<String> =
            words.flat_map(word_starts).map(|from| from.chars().take(2).collect()).collect();
        initials.sort();
        initials.dedup();
        initials
    }
}

/// The part of a folded name that decides its place.
pub(crate) fn name_key(folded: &str) -> &str {
    folded.char_indices().nth(NAME_KEY_CHARS).map_or(folded, |(end, _)| &folded[..end])
}

/// What a value is sorted by.
pub(crate) fn value_key(value_minor: Option<i64>) -> i64 {
    value_minor.unwrap_or(NO_VALUE)
}

fn value_of(key: i64) -> Option<i64> {
    (key != NO_VALUE).then_some(key)
}

/// What leads are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Facet {
    state: i64,
    stage_ref: i64,
    owner_ref: i64,
    source: i64,
}

impl Facet {
    fn is_deleted(self) -> bool {
        self.state == LeadState::Deleted.code()
    }
}

/// What an update has to take back.
struct Before {
    epoch: i64,
    facet: Facet,
    text: Searchable,
    contact_keys: Vec<ContactKey>,
    tags: Vec<String>,
    /// As it stands in the row.
    custom: String,
    value_key: i64,
    created_at: i64,
    last_activity_at: i64,
}

fn find_before(tx: &Transaction<'_>, n: i64) -> Result<Option<Before>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT stage_ref, owner_ref, source, name, email, phone, tags, value_key, created_at, last_activity_at,
                epoch, state, custom
         FROM lead WHERE n = ?1",
    )?;
    let mut rows = statement.query([n])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let name: String = row.get(3)?;
    let email: Option<String> = row.get(4)?;
    let phone: Option<String> = row.get(5)?;
    Ok(Some(Before {
        facet: Facet { state: row.get(11)?, stage_ref: row.get(0)?, owner_ref: row.get(1)?, source: row.get(2)? },
        text: Searchable::new(&name, email.as_deref(), phone.as_deref()),
        contact_keys: contact_key::keys_in(row, 4, 5)?,
        tags: tags_in(row, 6)?,
        custom: row.get(12)?,
        value_key: row.get(7)?,
        created_at: row.get(8)?,
        last_activity_at: row.get(9)?,
        epoch: row.get(10)?,
    }))
}

/// The update of a row, with the parameters of [`INSERT`]. Of the indexed columns it names only those that change: SQLite
/// writes every index anew of which a column is named, and each is a page somewhere else.
fn update(before: &Before, lead: &Lead, facet: Facet, text: &Searchable) -> String {
    let indexed = [
        ("stage_ref = ?4", before.facet.stage_ref != facet.stage_ref),
        ("owner_ref = ?5", before.facet.owner_ref != facet.owner_ref),
        ("source = ?6", before.facet.source != facet.source),
        ("created_at = ?7", before.created_at != lead.created_at.0),
        ("last_activity_at = ?8", before.last_activity_at != lead.last_activity_at.0),
        ("value_key = ?10", before.value_key != value_key(lead.value_minor)),
        ("name_key = ?11", name_key(&before.text.name) != name_key(&text.name)),
        ("state = ?19", before.facet.state != facet.state),
    ];
    let mut sql = "UPDATE lead SET epoch = ?3, updated_at = ?9, name = ?12, email = ?13, phone = ?14, campaign = ?15, \
                   tags = ?16, first_touch = ?17, last_touch = ?18, notes = ?20, custom = ?21"
        .to_owned();
    for (column, _) in indexed.into_iter().filter(|(_, is_changed)| *is_changed) {
        sql.push_str(", ");
        sql.push_str(column);
    }
    sql.push_str(" WHERE n = ?1");
    sql
}

const INSERT: &str = "INSERT INTO lead (n, id, epoch, stage_ref, owner_ref, source, created_at, last_activity_at, \
                      updated_at, value_key, name_key, name, email, phone, campaign, tags, first_touch, last_touch, state, \
                      notes, custom) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";

/// The tags in a column.
pub(crate) fn tags_in(row: &Row<'_>, column: usize) -> Result<Vec<String>, StoreError> {
    json_in(row, column)
}

/// The server told the lead: a snapshot that has told it does not sweep it.
pub(crate) fn upsert(writing: &mut Writing<'_>, lead: &Lead) -> Result<(), StoreError> {
    write(writing, lead, true)
}

/// The lead is shown so, whatever the server has told of it by now.
pub(crate) fn show(writing: &mut Writing<'_>, lead: &Lead) -> Result<(), StoreError> {
    write(writing, lead, false)
}

fn write(writing: &mut Writing<'_>, lead: &Lead, is_told: bool) -> Result<(), StoreError> {
    let tx = writing.tx;
    let n = writing.references.lead(tx, lead.id)?;
    let stage_ref = writing.references.stage(tx, lead.stage_id)?;
    let owner_ref = writing.references.member_or_none(tx, lead.owner_id)?;
    let facet = Facet { state: lead.state.code(), stage_ref, owner_ref, source: lead.source.code() };
    let text = Searchable::new(&lead.name, lead.email.as_deref(), lead.phone.as_ref().map(Phone::as_str));
    let before = find_before(tx, n)?;
    let custom = json(&lead.custom);
    let sql = match &before {
        Some(before) => Cow::Owned(update(before, lead, facet, &text)),
        None => Cow::Borrowed(INSERT),
    };
    tx.prepare_cached(&sql)?.execute(rusqlite::params![
        n,
        lead.id.as_bytes(),
        before.as_ref().filter(|_| !is_told).map_or(writing.epoch, |before| before.epoch),
        stage_ref,
        owner_ref,
        facet.source,
        lead.created_at.0,
        lead.last_activity_at.0,
        lead.updated_at.0,
        value_key(lead.value_minor),
        name_key(&text.name),
        lead.name,
        lead.email,
        lead.phone.as_ref().map(Phone::as_str),
        lead.campaign,
        json(&lead.tags),
        json(&lead.first_touch),
        json(&lead.last_touch),
        facet.state,
        lead.notes,
        custom,
    ])?;
    writing.count_lead(facet, 1);
    if before.as_ref().is_some_and(|before| before.facet.is_deleted()) != facet.is_deleted() {
        conversation::hide_of_lead(writing, n, facet.is_deleted())?;
    }
    writing.applied.leads = true;
    let contact_keys = lead.contact_keys();
    match before {
        Some(before) => {
            writing.count_lead(before.facet, -1);
            if before.contact_keys != contact_keys {
                contact_key::remove(tx, n, &before.contact_keys)?;
                contact_key::add(tx, n, &contact_keys)?;
            }
            if before.tags != lead.tags {
                untag(writing, n, &before.tags)?;
                tag(writing, n, &lead.tags)?;
            }
            if before.custom != custom {
                custom_field::unindex(tx, n)?;
                custom_field::index(tx, &mut writing.references, n, &lead.custom)?;
            }
            if before.text != text {
                if before.text.name != text.name {
                    remove_initials(tx, n, &before.text)?;
                    add_initials(tx, n, &text)?;
                }
                writing.index_lead(n, Some(before.text), Some(text))?;
            }
        }
        None => {
            contact_key::add(tx, n, &contact_keys)?;
            tag(writing, n, &lead.tags)?;
            custom_field::index(tx, &mut writing.references, n, &lead.custom)?;
            add_initials(tx, n, &text)?;
            writing.index_lead(n, None, Some(text))?;
        }
    }
    Ok(())
}

fn tag(writing: &mut Writing<'_>, n: i64, tags: &[String]) -> Result<(), StoreError> {
    let tx = writing.tx;
    for name in tags {
        let known: Option<(i64, i64)> = tx
            .prepare_cached("SELECT ref, leads FROM tag WHERE name = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (tag_ref, leads) = match known {
            Some(known) => known,
            None => {
                tx.prepare_cached("INSERT INTO tag (name) VALUES (?1)")?.execute([name])?;
                (tx.last_insert_rowid(), 0)
            }
        };
        // The same tag twice on one lead is one.
        let added = tx
            .prepare_cached("INSERT INTO lead_tag (tag_ref, lead_n) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute([tag_ref, n])?;
        if added > 0 {
            writing.applied.studio |= leads == 0;
            tx.prepare_cached("UPDATE tag SET leads = leads + 1 WHERE ref = ?1")?.execute([tag_ref])?;
        }
    }
    Ok(())
}

fn untag(writing: &mut Writing<'_>, n: i64, tags: &[String]) -> Result<(), StoreError> {
    let tx = writing.tx;
    for name in tags {
        let removed = tx
            .prepare_cached(
                "DELETE FROM lead_tag WHERE tag_ref = (SELECT ref FROM tag WHERE name = ?1) AND lead_n = ?2",
            )?
            .execute((name, n))?;
        if removed > 0 {
            tx.prepare_cached("UPDATE tag SET leads = leads - 1 WHERE name = ?1")?.execute([name])?;
            let gone = tx.prepare_cached("DELETE FROM tag WHERE name = ?1 AND leads <= 0")?.execute([name])?;
            writing.applied.studio |= gone > 0;
        }
    }
    Ok(())
}

fn add_initials(tx: &Transaction<'_>, n: i64, text: &Searchable) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("INSERT INTO lead_initial (initials, lead_n) VALUES (?1, ?2)")?;
    for initials in text.initials() {
        statement.execute((initials, n))?;
    }
    Ok(())
}

fn remove_initials(tx: &Transaction<'_>, n: i64, text: &Searchable) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("DELETE FROM lead_initial WHERE initials = ?1 AND lead_n = ?2")?;
    for initials in text.initials() {
        statement.execute((initials, n))?;
    }
    Ok(())
}

pub(crate) fn index(tx: &Transaction<'_>, n: i64, text: &Searchable) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO lead_fts (rowid, name, email, phone) VALUES (?1, ?2, ?3, ?4)")?.execute((
        n,
        &text.name,
        &text.email,
        &text.phone,
    ))?;
    Ok(())
}

pub(crate) fn unindex(tx: &Transaction<'_>, n: i64, text: &Searchable) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO lead_fts (lead_fts, rowid, name, email, phone) VALUES ('delete', ?1, ?2, ?3, ?4)")?
        .execute((n, &text.name, &text.email, &text.phone))?;
    Ok(())
}

pub(crate) fn count_facet(tx: &Transaction<'_>, facet: Facet, change: i64) -> Result<(), StoreError> {
    if change != 0 {
        let Facet { state, stage_ref, owner_ref, source } = facet;
        tx.prepare_cached(
            "INSERT INTO lead_facet (state, stage_ref, owner_ref, source, leads) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET leads = leads + excluded.leads",
        )?
        .execute((state, stage_ref, owner_ref, source, change))?;
        tx.prepare_cached(
            "DELETE FROM lead_facet
             WHERE state = ?1 AND stage_ref = ?2 AND owner_ref = ?3 AND source = ?4 AND leads = 0",
        )?
        .execute((state, stage_ref, owner_ref, source))?;
    }
    Ok(())
}

pub(crate) fn count_messages(tx: &Transaction<'_>, lead_n: i64, change: i64) -> Result<(), StoreError> {
    if change != 0 {
        tx.prepare_cached(
            "INSERT INTO lead_messages (lead_n, messages) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET messages = messages + excluded.messages",
        )?
        .execute([lead_n, change])?;
        tx.prepare_cached("DELETE FROM lead_messages WHERE lead_n = ?1 AND messages = 0")?.execute([lead_n])?;
    }
    Ok(())
}

/// The lead goes, and with it all that belongs to it.
pub(crate) fn erase(writing: &mut Writing<'_>, lead_id: LeadId) -> Result<(), StoreError> {
    let n = writing
        .tx
        .prepare_cached("SELECT n FROM lead_ref WHERE id = ?1")?
        .query_row([lead_id.as_bytes()], |row| row.get(0))
        .optional()?;
    n.map_or(Ok(()), |n| erase_row(writing, n))
}

fn erase_row(writing: &mut Writing<'_>, n: i64) -> Result<(), StoreError> {
    let tx = writing.tx;
    conversation::erase_of_lead(writing, n)?;
    stage_event::erase_of_lead(writing, n)?;
    lead_edit::erase_of_lead(writing, n)?;
    if let Some(before) = find_before(tx, n)? {
        writing.count_lead(before.facet, -1);
        contact_key::remove(tx, n, &before.contact_keys)?;
        untag(writing, n, &before.tags)?;
        custom_field::unindex(tx, n)?;
        remove_initials(tx, n, &before.text)?;
        writing.index_lead(n, Some(before.text), None)?;
        tx.prepare_cached("DELETE FROM lead WHERE n = ?1")?.execute([n])?;
        writing.applied.leads = true;
    }
    if let Some(id) = find_id_of(tx, n)? {
        outbox::forget_kept_of(tx, id.as_uuid())?;
        conflict::erase_of_lead(tx, id)?;
        // What was not sent yet stays in the outbox: the server says what becomes of it.
        lead_base::erase(tx, id)?;
    }
    tx.prepare_cached("DELETE FROM lead_ref WHERE n = ?1")?.execute([n])?;
    writing.references.forget_erased();
    Ok(())
}

pub(crate) fn sweep(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    let left: Vec<i64> = writing
        .tx
        .prepare(
            // Those that were added on this device and not told yet stay.
            "SELECT n FROM lead WHERE epoch <> ?1 AND id NOT IN (SELECT id FROM lead_base WHERE lead IS NULL)",
        )?
        .query_map([writing.epoch], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    left.into_iter().try_for_each(|n| erase_row(writing, n))
}

/// Columns of [`read`], with `l` the lead, `s` its stage and `m` its owner.
pub(crate) const COLUMNS: &str = "l.id, l.name, l.email, l.phone, s.id, m.id, l.source, l.campaign, l.tags, l.notes, \
     l.value_key, l.state, l.first_touch, l.last_touch, l.created_at, l.updated_at, l.last_activity_at, \
     l.custom";
/// How many they are.
pub(crate) const COLUMN_COUNT: usize = 18;

/// The whole lead from a row that begins with [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> Result<Lead, StoreError> {
    let phone: Option<String> = row.get(3)?;
    Ok(Lead {
        id: id(row, 0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        phone: phone.map(Phone::try_from).transpose().map_err(|_| StoreError::Damaged)?,
        stage_id: id::<StageId>(row, 4)?,
        owner_id: find_id::<MemberId>(row, 5)?,
        source: Source::from_code(row.get(6)?)?,
        campaign: row.get(7)?,
        tags: tags_in(row, 8)?,
        notes: row.get(9)?,
        value_minor: value_of(row.get(10)?),
        state: LeadState::from_code(row.get(11)?)?,
        first_touch: json_in(row, 12)?,
        last_touch: json_in(row, 13)?,
        created_at: domain::UnixMs(row.get(14)?),
        updated_at: domain::UnixMs(row.get(15)?),
        last_activity_at: domain::UnixMs(row.get(16)?),
        custom: json_in(row, 17)?,
    })
}

/// The value behind its key in a column.
pub(crate) fn value_in(row: &Row<'_>, column: usize) -> Result<Option<i64>, StoreError> {
    Ok(value_of(row.get(column)?))
}

/// The id behind the integer.
fn find_id_of(tx: &Transaction<'_>, n: i64) -> Result<Option<LeadId>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT id FROM lead_ref WHERE n = ?1")?;
    let mut rows = statement.query([n])?;
    rows.next()?.map(|row| id(row, 0)).transpose()
}

/// Whether the lead is here and was deleted.
pub(crate) fn is_deleted(tx: &Transaction<'_>, n: i64) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached("SELECT 1 FROM lead WHERE n = ?1 AND state = ?2")?;
    Ok(statement.exists([n, LeadState::Deleted.code()])?)
}

/// The integer of a lead that is here.
pub(crate) fn find_n(db: &Connection, lead_id: LeadId) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached("SELECT r.n FROM lead_ref r JOIN lead l ON l.n = r.n WHERE r.id = ?1")?
        .query_row([lead_id.as_bytes()], |row| row.get(0))
        .optional()?)
}
