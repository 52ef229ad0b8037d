//! Messages by their words, newest first.

use std::collections::HashSet;

use domain::{LeadState, Message, UnixMs};
use rusqlite::Connection;

use super::highlight::{Folded, Letters};
use super::leads::{is_named, named};
use super::terms::{Terms, Word};
use crate::StoreError;
use crate::code::Code;
use crate::read::{MessageHit, MessageSpans};
use crate::table::id;

/// Longest stretch of a message shown, in characters.
const SNIPPET_CHARS: usize = 160;
/// Letters shown before the first match.
const LEAD_IN: u32 = 40;
/// Messages looked at for words the index does not tell apart.
const PROBED: usize = 400;
/// Newest messages looked at for those of a lead so named.
const OF_THE_NEWEST: usize = 150;
/// Leads so named whose messages are looked at, and how many of each.
const NAMED_LEADS: usize = 20;
const OF_EACH: usize = 200;

/// At most `limit` messages, and whether there are more or may be.
pub(crate) fn find(db: &Connection, terms: &Terms, limit: usize) -> Result<(Vec<MessageHit>, bool), StoreError> {
    // One more than wanted tells whether there are more.
    let enough = limit + 1;
    let words: Vec<&Word> = terms.words.iter().collect();
    let mut seen = HashSet::new();
    let mut hits = Vec::new();
    let (found, mut is_all) = matching(db, &words, enough)?;
    for n in found {
        if seen.insert(n) {
            hits.push((n, hit(db, n, &words)?));
        }
    }
    if hits.len() < enough && words.len() > 1 {
        for (name, rest) in splits(&words) {
            let (found, are_all_theirs) = of_named(db, &name, &rest, enough)?;
            is_all &= are_all_theirs;
            for n in found {
                if seen.insert(n) {
                    hits.push((n, hit(db, n, &rest)?));
                }
            }
        }
    }
    hits.sort_by_key(|(n, hit)| (std::cmp::Reverse(hit.sent_at), *n));
    let has_more = hits.len() > limit || !is_all;
    hits.truncate(limit);
    Ok((hits.into_iter().map(|(_, hit)| hit).collect(), has_more))
}

/// Where the words of `searched` stand, in those of a lead's messages in which it can be found: each word in the
/// message or in the name.
pub(crate) fn found_in(messages: &[Message], lead_name: &str, searched: &str) -> Vec<MessageSpans> {
    let terms = Terms::new(searched);
    let name = Folded::new(lead_name);
    let rest: Vec<&Word> = terms.words.iter().filter(|word| !is_named(&name, &[word])).collect();
    let all: Vec<&Word> = terms.words.iter().collect();
    let mut found = Vec::new();
    for message in messages {
        let body = Folded::new(&message.body);
        let spans = body.spans(places(&body, &all));
        if !spans.is_empty() && holds(&body, &rest) {
            found.push(MessageSpans { message_id: message.id, spans });
        }
    }
    found
}

/// Where the words stand in a message.
fn places(body: &Folded<'_>, words: &[&Word]) -> Vec<Letters> {
    words.iter().flat_map(|word| word.pieces()).flat_map(|piece| body.find(piece, true)).collect()
}

/// Ways to read the first or the last words as a name: `nor sat`, `saturday nora`, `nora lind saturday`.
fn splits<'w>(words: &[&'w Word]) -> Vec<(Vec<&'w Word>, Vec<&'w Word>)> {
    let mut splits = Vec::new();
    for at in 1..words.len() {
        let (first, last) = words.split_at(at);
        splits.push((first.to_vec(), last.to_vec()));
        splits.push((last.to_vec(), first.to_vec()));
    }
    splits.retain(|(name, rest)| {
        // At most a first and a last name; and both sides must be words an index can find.
        name.len() <= 2 && [name, rest].iter().all(|side| side.iter().any(|word| word.is_telling()))
    });
    splits
}

/// Row ids of the newest messages that hold every word, up to `limit`; and whether no other could.
///
/// The index reads beginnings of two and three letters as they lie, newest first. For a longer beginning it would first
/// gather every message of every word that begins so. So the newest that begin with the same three letters are read
/// and looked at; only where that finds too few is the index asked for the rest, and then there are few.
fn matching(db: &Connection, words: &[&Word], limit: usize) -> Result<(Vec<i64>, bool), StoreError> {
    let (indexed, letters): (Vec<&Word>, Vec<&Word>) =
        words.iter().copied().partition(|word| word.len() > 1 || word.is_telling());
    if indexed.is_empty() {
        return Ok((Vec::new(), true));
    }
    let whole = all_of(indexed.iter().map(|word| word.query()));
    let short = all_of(indexed.iter().map(|word| word.query_of_beginning().unwrap_or_else(|| word.query())));
    if short != whole {
        let (found, is_all) = stream(db, &short, words, PROBED.max(limit), limit)?;
        // In some scripts the index folds more than we do, so what we don't find there it may.
        if found.len() >= limit || (is_all && words.iter().all(|word| word.is_plain())) {
            return Ok((found, true));
        }
    }
    let most = if letters.is_empty() { limit } else { PROBED.max(limit) };
    stream(db, &whole, &letters, most, limit)
}

fn all_of(queries: impl Iterator<Item = String>) -> String {
    queries.collect::<Vec<_>>().join(" AND ")
}

/// Of the first `most` the index brings, those that hold all `checked` words, up to `limit`; and whether all was looked
/// at that had to be.
fn stream(
    db: &Connection,
    query: &str,
    checked: &[&Word],
    most: usize,
    limit: usize,
) -> Result<(Vec<i64>, bool), StoreError> {
    let sql = format!(
        "SELECT rowid FROM message_fts WHERE message_fts MATCH ?1{} ORDER BY rowid LIMIT ?2",
        if has_deleted(db)? { OF_NO_DELETED } else { "" }
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query((query, most as i64))?;
    let mut found = Vec::new();
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        let n = row.get(0)?;
        seen += 1;
        if checked.is_empty() || holds(&Folded::new(&body(db, n)?), checked) {
            found.push(n);
            if found.len() >= limit {
                return Ok((found, true));
            }
        }
    }
    Ok((found, seen < most))
}

/// Not of a lead that was deleted.
const OF_NO_DELETED: &str = " AND NOT EXISTS (
    SELECT 1 FROM message g JOIN conversation c ON c.n = g.conversation_n JOIN lead l ON l.n = c.lead_n
    WHERE g.n = message_fts.rowid AND l.state = 2)";

/// As a rule there are none, and then no message's lead has to be looked at.
fn has_deleted(db: &Connection) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT 1 FROM lead_facet WHERE state = ?1 LIMIT 1")?;
    Ok(statement.exists([LeadState::Deleted.code()])?)
}

fn holds(body: &Folded<'_>, words: &[&Word]) -> bool {
    words.iter().all(|word| word.pieces().all(|piece| body.has(piece, true)))
}

/// Row ids of messages that hold `rest` and whose lead is called `name`: among the newest that hold `rest`, and among
/// the newest of the leads most likely meant. Also tells whether these are all; up to `limit` it does not matter.
fn of_named(db: &Connection, name: &[&Word], rest: &[&Word], limit: usize) -> Result<(Vec<i64>, bool), StoreError> {
    let mut found = Vec::new();
    let mut name_of = db.prepare_cached(
        "SELECT l.name FROM message g JOIN conversation c ON c.n = g.conversation_n JOIN lead l ON l.n = c.lead_n
         WHERE g.n = ?1",
    )?;
    let (leads, are_all_leads) = named(db, name, NAMED_LEADS)?;
    if leads.is_empty() && are_all_leads {
        return Ok((found, true));
    }
    let mut is_all = true;
    if !are_all_leads {
        // Too many to look at each; the others are looked for from the messages' side.
        let (newest, is_every_one) = matching(db, rest, OF_THE_NEWEST)?;
        is_all = is_every_one && newest.len() < OF_THE_NEWEST;
        for n in newest {
            let mut rows = name_of.query([n])?;
            let Some(row) = rows.next()? else { continue };
            let lead_name: String = row.get(0)?;
            if is_named(&Folded::new(&lead_name), name) {
                found.push(n);
                if found.len() >= limit {
                    return Ok((found, is_all));
                }
            }
        }
        if is_all {
            return Ok((found, true));
        }
    }
    let mut of_lead = db.prepare_cached(
        "SELECT g.n, g.body FROM conversation c JOIN message g ON g.conversation_n = c.n
         WHERE c.lead_n = ?1 ORDER BY g.sent_at DESC LIMIT ?2",
    )?;
    for lead in leads {
        let mut rows = of_lead.query([lead, OF_EACH as i64])?;
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            seen += 1;
            let body = row.get_ref(1)?.as_str().map_err(|_| StoreError::Damaged)?;
            if holds(&Folded::new(body), rest) {
                found.push(row.get(0)?);
            }
        }
        is_all &= seen < OF_EACH;
    }
    Ok((found, is_all))
}

fn body(db: &Connection, n: i64) -> Result<String, StoreError> {
    Ok(db.prepare_cached("SELECT body FROM message WHERE n = ?1")?.query_row([n], |row| row.get(0))?)
}

fn hit(db: &Connection, n: i64, words: &[&Word]) -> Result<MessageHit, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT g.id, c.id, r.id, l.name, g.sent_at, g.body
         FROM message g JOIN conversation c ON c.n = g.conversation_n JOIN lead_ref r ON r.n = c.lead_n
         LEFT JOIN lead l ON l.n = c.lead_n WHERE g.n = ?1",
    )?;
    let mut rows = statement.query([n])?;
    let row = rows.next()?.ok_or(StoreError::Damaged)?;
    let body: String = row.get(5)?;
    let folded = Folded::new(&body);
    let (snippet, snippet_spans) = folded.snippet(places(&folded, words), SNIPPET_CHARS, LEAD_IN);
    Ok(MessageHit {
        message_id: id(row, 0)?,
        conversation_id: id(row, 1)?,
        lead_id: id(row, 2)?,
        lead_name: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        sent_at: UnixMs(row.get(4)?),
        snippet,
        snippet_spans,
    })
}
