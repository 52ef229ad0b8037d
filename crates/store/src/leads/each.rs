//! Going through leads one by one, for a file.

use std::ops::ControlFlow;

use rusqlite::{Connection, Row};

use super::filter::Resolved;
use super::list::{count, walk_of};
use super::lists::Lists;
use crate::code::Code;
use crate::table::{count as count_in, lead};
use crate::{ExportLead, LeadScope, StoreError};
use domain::{Channel, LeadState};

/// Columns beyond the lead's own; channels as bits. Joins by row id alone, so that going through a million is one
/// pass over the table.
fn sql(from: &str) -> String {
    format!(
        "SELECT {}, s.name, m.name, coalesce(a.messages, 0),
                (SELECT group_concat(DISTINCT c.channel) FROM conversation c WHERE c.lead_n = l.n AND c.status >= 0)
         FROM {from} CROSS JOIN stage s ON s.ref = l.stage_ref LEFT JOIN member m ON m.ref = l.owner_ref
         LEFT JOIN lead_messages a ON a.lead_n = l.n",
        lead::COLUMNS
    )
}

fn read(row: &Row<'_>) -> Result<ExportLead, StoreError> {
    let lead = lead::read(row)?;
    let channels = row.get_ref(lead::COLUMN_COUNT + 3)?.as_str_or_null().map_err(|_| StoreError::Damaged)?;
    let mut channels: Vec<i64> = channels
        .unwrap_or_default()
        .split(',')
        .filter(|code| !code.is_empty())
        .map(|code| code.parse().map_err(|_| StoreError::Damaged))
        .collect::<Result<_, _>>()?;
    channels.sort_unstable();
    Ok(ExportLead {
        stage: row.get(lead::COLUMN_COUNT)?,
        owner: if lead.owner_id.is_some() { row.get(lead::COLUMN_COUNT + 1)? } else { None },
        message_count: count_in(row, lead::COLUMN_COUNT + 2)?,
        channels: channels.into_iter().map(Channel::from_code).collect::<Result<_, _>>()?,
        lead,
    })
}

pub(crate) fn for_each(
    db: &Connection,
    _lists: &Lists,
    scope: LeadScope<'_>,
    each: &mut dyn FnMut(ExportLead) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    match scope {
        LeadScope::All => {
            let sql = format!("{} WHERE l.state <> {} ORDER BY l.n", sql("lead l"), LeadState::Deleted.code());
            let mut statement = db.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if each(read(row)?).is_break() {
                    return Ok(());
                }
            }
            Ok(())
        }
        LeadScope::View(query) => {
            let resolved = Resolved::new(db, &query.filter)?;
            if resolved.is_nothing() {
                return Ok(());
            }
            let walk = walk_of(db, &resolved, query.sort.column, query.sort.descending)?;
            let mut one = db.prepare(&format!("{} WHERE l.n = ?1", sql("lead l")))?;
            for all in walk.sql_of_all() {
                let mut statement = db.prepare(&all)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let n: i64 = row.get(0)?;
                    let mut found = one.query([n])?;
                    let lead = read(found.next()?.ok_or(StoreError::Damaged)?)?;
                    if each(lead).is_break() {
                        return Ok(());
                    }
                }
            }
            Ok(())
        }
        LeadScope::Selection(ids) => {
            let mut one = db.prepare(&format!("{} WHERE l.n = ?1", sql("lead l")))?;
            for id in ids {
                let Some(n) = lead::find_n(db, *id)? else { continue };
                let mut found = one.query([n])?;
                let lead = read(found.next()?.ok_or(StoreError::Damaged)?)?;
                if each(lead).is_break() {
                    return Ok(());
                }
            }
            Ok(())
        }
    }
}

pub(crate) fn scope_count(db: &Connection, lists: &Lists, scope: LeadScope<'_>) -> Result<u64, StoreError> {
    match scope {
        LeadScope::All => [LeadState::Active, LeadState::Archived].into_iter().try_fold(0, |sum, state| {
            let of_state = Resolved { state: state.code(), ..Resolved::default() };
            Ok(sum + of_state.facet_count(db)?)
        }),
        LeadScope::View(query) => count(db, lists, &query.filter),
        LeadScope::Selection(ids) => {
            ids.iter().try_fold(0, |sum, id| Ok(sum + u64::from(lead::find_n(db, *id)?.is_some())))
        }
    }
}
