//! Leads by name, e-mail and phone.

use domain::{LeadId, LeadState, MemberId, StageId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::highlight::Folded;
use super::terms::{TRIGRAM, Terms, Word, quoted};
use crate::StoreError;
use crate::code::Code;
use crate::read::{LeadHit, MatchedField};
use crate::table::{code, find_id, id};

/// Index entries looked at, at most: short words pass many that then turn out not to match.
const CANDIDATES: usize = 400;

struct Lead {
    id: LeadId,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    stage_id: StageId,
    owner_id: Option<MemberId>,
    state: LeadState,
    last_activity_at: i64,
}

/// How well a lead matches: the smaller, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Every word begins a word of the name.
    Name,
    Phone,
    /// Somewhere.
    Part,
}

/// At most `limit` leads, and whether there are more or may be.
pub(crate) fn find(db: &Connection, terms: &Terms, limit: usize) -> Result<(Vec<LeadHit>, bool), StoreError> {
    let mut hits: Vec<(Rank, i64, LeadHit)> = Vec::new();
    let (candidates, is_all) = candidates(db, terms, limit)?;
    for n in candidates {
        let lead = get(db, n)?;
        if lead.state != LeadState::Deleted
            && let Some((rank, hit)) = hit(&lead, terms)
        {
            hits.push((rank, lead.last_activity_at, hit));
        }
    }
    hits.sort_by(|a, b| (a.0, b.1).cmp(&(b.0, a.1)));
    let has_more = hits.len() > limit || !is_all;
    hits.truncate(limit);
    Ok((hits.into_iter().map(|(.., hit)| hit).collect(), has_more))
}

/// Integers of at most `limit` leads whose name alone matches all of `words`, the most likely first; and whether these
/// are all.
pub(super) fn named(db: &Connection, words: &[&Word], limit: usize) -> Result<(Vec<i64>, bool), StoreError> {
    let terms = Terms { words: words.iter().map(|word| (*word).clone()).collect(), phone: None };
    let mut found = Vec::new();
    let (candidates, is_all) = candidates(db, &terms, limit)?;
    for n in candidates {
        let name: Option<String> = db
            .prepare_cached("SELECT name FROM lead WHERE n = ?1 AND state <> ?2")?
            .query_row([n, LeadState::Deleted.code()], |row| row.get(0))
            .optional()?;
        let Some(name) = name else { continue };
        if is_named(&Folded::new(&name), words) {
            if found.len() >= limit {
                return Ok((found, false));
            }
            found.push(n);
        }
    }
    Ok((found, is_all))
}

/// Whether every word begins a word of the name.
pub(super) fn is_named(name: &Folded<'_>, words: &[&Word]) -> bool {
    words.iter().all(|word| name.has(&word.folded, true))
}

/// Leads to look at, each once, and whether no other could match.
fn candidates(db: &Connection, terms: &Terms, limit: usize) -> Result<(Vec<i64>, bool), StoreError> {
    let most = CANDIDATES.max(limit);
    let mut found: Vec<i64> = Vec::new();
    let mut is_all = true;
    // Names that begin with what was typed, or with its first word, come first, also where the index would stop before
    // them.
    let first = &terms.words[0].folded;
    if terms.words.len() > 1 {
        let typed: Vec<&str> = terms.words.iter().map(|word| word.folded.as_str()).collect();
        names_from(db, &typed.join(" "), limit, &mut found)?;
    }
    if terms.words.len() == 1 || !terms.have_trigrams() {
        let initials: String = first.chars().filter(|c| c.is_alphanumeric()).take(2).collect();
        if terms.have_trigrams() {
            names_from(db, first, limit, &mut found)?;
        } else {
            let mut statement = db.prepare_cached(
                "SELECT lead_n FROM lead_initial WHERE initials >= ?1 AND initials < ?2 ORDER BY initials, lead_n LIMIT ?3",
            )?;
            let before = found.len();
            let rows = statement.query_map((&initials, after(&initials), most as i64), |row| row.get::<_, i64>(0))?;
            for n in rows {
                found.push(n?);
            }
            is_all = found.len() - before < most;
        }
    } else {
        names_from(db, first, limit, &mut found)?;
    }
    if let Some(query) = trigrams(terms) {
        let mut statement =
            db.prepare_cached("SELECT rowid FROM lead_fts WHERE lead_fts MATCH ?1 ORDER BY rowid LIMIT ?2")?;
        let before = found.len();
        let rows = statement.query_map((query, most as i64), |row| row.get::<_, i64>(0))?;
        for n in rows {
            found.push(n?);
        }
        is_all &= found.len() - before < most;
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|n| seen.insert(*n));
    Ok((found, is_all))
}

fn names_from(db: &Connection, first: &str, limit: usize, found: &mut Vec<i64>) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT n FROM lead INDEXED BY lead_by_name WHERE state = ?4 AND name_key >= ?1 AND name_key < ?2
         ORDER BY name_key, id LIMIT ?3",
    )?;
    for state in [LeadState::Active, LeadState::Archived] {
        let parameters = (first, after(first), limit as i64, state.code());
        for n in statement.query_map(parameters, |row| row.get::<_, i64>(0))? {
            found.push(n?);
        }
    }
    Ok(())
}

/// The smallest text greater than every text that begins with `prefix`, as bytes compare.
fn after(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

/// The query for the trigram index; `None` when every word is too short for it.
fn trigrams(terms: &Terms) -> Option<String> {
    let words: Vec<String> = terms
        .words
        .iter()
        .filter_map(|word| {
            let text = (word.folded.chars().count() >= TRIGRAM).then(|| quoted(&word.folded));
            let phone = word
                .digits
                .as_deref()
                .filter(|digits| digits.len() >= TRIGRAM && *digits != word.folded)
                .map(|digits| format!("phone : {}", quoted(digits)));
            match (text, phone) {
                (Some(text), Some(phone)) => Some(format!("({text} OR {phone})")),
                (Some(one), None) | (None, Some(one)) => Some(one),
                (None, None) => None,
            }
        })
        .collect();
    let words = (!words.is_empty()).then(|| words.join(" AND "));
    let phone = terms.phone.as_deref().map(|digits| format!("phone : {}", quoted(digits)));
    match (words, phone) {
        (Some(words), Some(phone)) => Some(format!("({words}) OR {phone}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}

fn get(db: &Connection, n: i64) -> Result<Lead, StoreError> {
    fn read(row: &Row<'_>) -> Result<Lead, StoreError> {
        Ok(Lead {
            id: id(row, 0)?,
            name: row.get(1)?,
            email: row.get(2)?,
            phone: row.get(3)?,
            stage_id: id(row, 4)?,
            owner_id: find_id(row, 5)?,
            last_activity_at: row.get(6)?,
            state: code(row, 7)?,
        })
    }
    let mut statement = db.prepare_cached(
        "SELECT l.id, l.name, l.email, l.phone, s.id, m.id, l.last_activity_at, l.state
         FROM lead l JOIN stage s ON s.ref = l.stage_ref LEFT JOIN member m ON m.ref = l.owner_ref WHERE l.n = ?1",
    )?;
    let mut rows = statement.query([n])?;
    read(rows.next()?.ok_or(StoreError::Damaged)?)
}

fn hit(lead: &Lead, terms: &Terms) -> Option<(Rank, LeadHit)> {
    let name = Folded::new(&lead.name);
    let email = Folded::new(lead.email.as_deref().unwrap_or_default());
    let phone = Folded::new(lead.phone.as_deref().unwrap_or_default());
    let mut in_name = Vec::new();
    let mut in_email = Vec::new();
    let mut in_phone = terms.phone.as_deref().map(|digits| phone.find(digits, false)).unwrap_or_default();
    let is_phone = !in_phone.is_empty();
    let mut all_begin_name = true;
    for word in &terms.words {
        // A word too short for trigrams counts only where a word begins: anywhere, it would be everywhere.
        let at_start = word.folded.chars().count() < TRIGRAM;
        let begins = name.find(&word.folded, true);
        all_begin_name &= !begins.is_empty();
        let names = if begins.is_empty() && !at_start { name.find(&word.folded, false) } else { begins };
        let emails = email.find(&word.folded, at_start);
        let phones = match &word.digits {
            Some(digits) if digits.len() >= TRIGRAM => phone.find(digits, false),
            _ => Vec::new(),
        };
        if names.is_empty() && emails.is_empty() && phones.is_empty() && !is_phone {
            return None;
        }
        in_name.extend(names);
        in_email.extend(emails);
        in_phone.extend(phones);
    }
    let rank = if all_begin_name {
        Rank::Name
    } else if !in_phone.is_empty() {
        Rank::Phone
    } else {
        Rank::Part
    };
    let name_spans = name.spans(in_name);
    let (matched, matched_text, matched_spans) = if !in_phone.is_empty() {
        (MatchedField::Phone, lead.phone.clone().unwrap_or_default(), phone.spans(in_phone))
    } else if !in_email.is_empty() {
        (MatchedField::Email, lead.email.clone().unwrap_or_default(), email.spans(in_email))
    } else {
        (MatchedField::Name, lead.name.clone(), name_spans.clone())
    };
    let hit = LeadHit {
        lead_id: lead.id,
        name: lead.name.clone(),
        stage_id: lead.stage_id,
        owner_id: lead.owner_id,
        state: lead.state,
        name_spans,
        matched,
        matched_text,
        matched_spans,
    };
    Some((rank, hit))
}
