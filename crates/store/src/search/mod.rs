//! Search over leads and all message text, inside the encrypted file.
//!
//! Words are looked for together: a lead must hold all of them, and so must a message, except that some may be its
//! lead's name. Deleted leads and what was said with them are not found: they are looked for in the list of deleted ones.
//! What is shown as found is found again here, in the text itself, so that highlights are exact.

mod highlight;
mod leads;
mod messages;
mod terms;
#[cfg(test)]
mod tests;
mod unspaced;

use std::time::Instant;

use domain::LeadState;
use rusqlite::{Connection, Transaction};

use crate::StoreError;
use crate::code::Code;
use crate::read::{Coverage, SearchResults};
use crate::table::sync_state;
pub(crate) use messages::found_in;
use terms::Terms;
pub(crate) use unspaced::{index_text, word_starts};

/// Looks for all words of `text`; at most `limit` leads and as many messages.
pub(crate) fn search(db: &Connection, text: &str, limit: u32) -> Result<SearchResults, StoreError> {
    let started = Instant::now();
    let terms = Terms::new(text);
    let limit = limit as usize;
    let mut leads = (Vec::new(), false);
    let mut messages = (Vec::new(), false);
    if !terms.is_empty() && limit > 0 {
        leads = leads::find(db, &terms, limit)?;
        if terms.are_for_messages() {
            messages = messages::find(db, &terms, limit)?;
        }
    }
    let ((leads, more_leads), (messages, more_messages)) = (leads, messages);
    let held = sync_state::held(db)?;
    let leads_held: i64 = db
        .prepare_cached("SELECT coalesce(sum(leads), 0) FROM lead_facet WHERE state <> ?1")?
        .query_row([LeadState::Deleted.code()], |row| row.get(0))?;
    Ok(SearchResults {
        leads,
        more_leads,
        messages,
        more_messages,
        coverage: Coverage {
            leads: u64::try_from(leads_held).map_err(|_| StoreError::Damaged)?,
            messages: held.messages,
            is_complete: held.is_complete,
            messages_searched: terms.are_for_messages(),
        },
        elapsed_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
    })
}

/// Pages of the index one step may write.
const TIDY_PAGES: i64 = 256;

/// Merges a bounded piece of the index. `false` when it did nothing.
pub(crate) fn tidy(tx: &Transaction<'_>) -> Result<bool, StoreError> {
    let before = tx.total_changes();
    tx.execute("INSERT INTO message_fts (message_fts, rank) VALUES ('merge', ?1)", [TIDY_PAGES])?;
    tx.execute("INSERT INTO lead_fts (lead_fts, rank) VALUES ('merge', ?1)", [TIDY_PAGES])?;
    // The documentation of 'merge': fewer than two changes means that nothing was left to merge. Twice, for two.
    Ok(tx.total_changes() - before >= 4)
}
