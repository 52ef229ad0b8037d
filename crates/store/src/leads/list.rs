//! Pages and counts of the lead list.
//!
//! Two ways lead to a page. Along the index of the order, filtering on the way: good when many pass. Or find the few
//! that pass by an index of the filter, sort them and remember the result. Both give the same rows.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::custom_filter::Wanted;
use super::filter::{Resolved, int, list};
use super::lists::{Lists, Of, Remembered};
use crate::StoreError;
use crate::code::Code;
use crate::read::{LeadColumn, LeadFilter, LeadPage, LeadQuery, LeadRow};
use crate::table::{code, find_id, id, json_in, lead, sync_state};
use crate::walk::{Anchors, Walk};
use domain::{Source, UnixMs, fold};

/// How many leads pass the filter.
pub(crate) fn count(db: &Connection, lists: &Lists, filter: &LeadFilter) -> Result<u64, StoreError> {
    let resolved = Resolved::new(db, filter)?;
    if resolved.is_nothing() {
        return Ok(0);
    }
    if resolved.is_facets_only() {
        return resolved.facet_count(db);
    }
    let (version, _) = sync_state::versions(db)?;
    let of = Of::LeadCount(filter.clone());
    if let Some(Remembered::Count(count)) = lists.find(&of, version) {
        return Ok(count);
    }
    let count = match driver(db, lists, &resolved)? {
        Some(driver) => {
            let sql = format!("SELECT count(*) FROM {driver}{}", resolved.conditions());
            let rows: i64 = db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
            u64::try_from(rows).map_err(|_| StoreError::Damaged)?
        }
        // Any order will do: this index is narrow.
        None => walk_of(db, &resolved, LeadColumn::Source, false)?.count(db)?,
    };
    lists.keep(of, version, Remembered::Count(count));
    Ok(count)
}

/// `limit` rows of a view, from `offset`.
pub(crate) fn page(
    db: &Connection,
    lists: &Lists,
    query: &LeadQuery,
    offset: u64,
    limit: u32,
) -> Result<LeadPage, StoreError> {
    let rows =
        ids(db, lists, query, offset, limit as usize)?.into_iter().map(|n| get_row(db, n)).collect::<Result<_, _>>()?;
    Ok(LeadPage { offset, rows })
}

fn ids(db: &Connection, lists: &Lists, query: &LeadQuery, offset: u64, limit: usize) -> Result<Vec<i64>, StoreError> {
    let resolved = Resolved::new(db, &query.filter)?;
    if resolved.is_nothing() || limit == 0 {
        return Ok(Vec::new());
    }
    let (version, _) = sync_state::versions(db)?;
    let of = Of::Leads(query.clone());
    if let Some(Remembered::Sorted(rows)) = lists.find(&of, version) {
        return Ok(stretch(&rows, offset, limit));
    }
    if let Some(driver) = driver(db, lists, &resolved)? {
        let rows = Arc::new(sort(db, &driver, &resolved, query)?);
        let page = stretch(&rows, offset, limit);
        lists.keep(of, version, Remembered::Sorted(rows));
        return Ok(page);
    }

    // The count is at hand without counting for most filters; then far places are reached from the nearer end.
    let total = match lists.find(&Of::LeadCount(query.filter.clone()), version) {
        Some(Remembered::Count(count)) => Some(count),
        _ if resolved.is_facets_only() => Some(resolved.facet_count(db)?),
        _ => None,
    };
    let walk = walk_of(db, &resolved, query.sort.column, query.sort.descending)?;
    let Some(total) = total else {
        return along(db, lists, &walk, of, version, lists.tuning.spacing_min, offset, limit);
    };
    if offset >= total {
        return Ok(Vec::new());
    }
    let spacing = (total / 1_000).next_power_of_two().clamp(lists.tuning.spacing_min, lists.tuning.spacing_max);
    let end = offset.saturating_add(limit as u64).min(total);
    if total - end >= offset {
        return along(db, lists, &walk, of, version, spacing, offset, limit);
    }
    let mut other = query.clone();
    other.sort.descending = !other.sort.descending;
    let count = usize::try_from(end - offset).unwrap_or(limit);
    let mut rows = along(db, lists, &walk.reversed(), Of::Leads(other), version, spacing, total - end, count)?;
    rows.reverse();
    Ok(rows)
}

#[expect(clippy::too_many_arguments, reason = "one call, told apart by name and type")]
fn along(
    db: &Connection,
    lists: &Lists,
    walk: &Walk,
    of: Of,
    version: i64,
    spacing: u64,
    offset: u64,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let mut anchors = match lists.find(&of, version) {
        Some(Remembered::Anchors(anchors)) => anchors,
        _ => Anchors::new(spacing),
    };
    let known = anchors.len();
    let rows = anchors.rows(db, walk, offset, limit)?;
    if anchors.len() > known {
        lists.keep(of, version, Remembered::Anchors(anchors));
    }
    Ok(rows)
}

fn stretch(rows: &[i64], offset: u64, limit: usize) -> Vec<i64> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    rows.iter().skip(start).take(limit).copied().collect()
}

/// The index of an order, with the filter's conditions.
pub(super) fn walk_of(
    db: &Connection,
    resolved: &Resolved,
    column: LeadColumn,
    descending: bool,
) -> Result<Walk, StoreError> {
    let state = format!("state = {}", resolved.state);
    let whole = || vec![state.clone()];
    let segments = |column, order: &[i64], wanted| segments(&state, column, order, wanted);
    let (index, key, mut segments) = match column {
        LeadColumn::Name => ("lead_by_name", "name_key", whole()),
        LeadColumn::Value => ("lead_by_value", "value_key", whole()),
        LeadColumn::CreatedAt => ("lead_by_created", "created_at", whole()),
        LeadColumn::LastActivityAt => ("lead_by_activity", "last_activity_at", whole()),
        LeadColumn::Stage => ("lead_by_stage", "id", segments("stage_ref", &stage_order(db)?, &resolved.stages)),
        LeadColumn::Owner => ("lead_by_owner", "id", segments("owner_ref", &owner_order(db)?, &resolved.owners)),
        LeadColumn::Source => ("lead_by_source", "id", segments("source", &source_order(), &resolved.sources)),
    };
    if descending {
        segments.reverse();
    }
    Ok(Walk { table: "lead", index, key, tie: "id", segments, conditions: resolved.conditions(), descending })
}

fn segments(state: &str, column: &str, order: &[i64], wanted: &Option<Vec<i64>>) -> Vec<String> {
    let is_wanted = |value: &&i64| wanted.as_ref().is_none_or(|wanted| wanted.contains(value));
    order.iter().filter(is_wanted).map(|value| format!("{state} AND {column} = {value}")).collect()
}

/// Stages by position; those not here (yet, or any more) last.
fn stage_order(db: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = db.prepare_cached("SELECT ref FROM stage ORDER BY is_here DESC, position, id")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Nobody, then members by name; those not here last.
fn owner_order(db: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = db.prepare_cached("SELECT ref, name, is_here FROM member ORDER BY id")?;
    let mut members = statement
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    members.sort_by_cached_key(|(_, name, is_here)| (!is_here, fold(name)));
    Ok(std::iter::once(0).chain(members.into_iter().map(|(member, ..)| member)).collect())
}

fn source_order() -> Vec<i64> {
    // Every code there is, in order: `from_code` knows no other.
    (0..).take_while(|code| Source::from_code(*code).is_ok()).collect()
}

/// `lead INDEXED BY … WHERE …`, the cheapest way to the few that pass; `None` when they may be many.
fn driver(db: &Connection, lists: &Lists, resolved: &Resolved) -> Result<Option<String>, StoreError> {
    let scan = lists.tuning.sorted_scan;
    let alone = |set: fn(&mut Resolved, Vec<i64>), values: &Vec<i64>| {
        let mut only = Resolved { state: resolved.state, ..Resolved::default() };
        set(&mut only, values.clone());
        only.facet_count(db)
    };
    let state = format!("state = {}", resolved.state);
    let mut ways: Vec<(u64, String)> = Vec::new();
    if let Some(values) = &resolved.stages {
        let rows = alone(|r, v| r.stages = Some(v), values)?;
        ways.push((rows, format!("lead INDEXED BY lead_by_stage WHERE {state} AND stage_ref IN ({})", list(values))));
    }
    if let Some(values) = &resolved.owners {
        let rows = alone(|r, v| r.owners = Some(v), values)?;
        ways.push((rows, format!("lead INDEXED BY lead_by_owner WHERE {state} AND owner_ref IN ({})", list(values))));
    }
    if let Some(values) = &resolved.sources {
        let rows = alone(|r, v| r.sources = Some(v), values)?;
        ways.push((rows, format!("lead INDEXED BY lead_by_source WHERE {state} AND source IN ({})", list(values))));
    }
    if let Some(values) = &resolved.tags {
        let sql = format!("SELECT coalesce(sum(leads), 0) FROM tag WHERE ref IN ({})", list(values));
        let rows: i64 = db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
        let members = format!("SELECT lead_n FROM lead_tag WHERE tag_ref IN ({})", list(values));
        ways.push((u64::try_from(rows).unwrap_or(u64::MAX), format!("lead WHERE n IN ({members}) AND +{state}")));
    }
    for members in resolved.custom.iter().filter_map(Wanted::leads) {
        let sql = format!("SELECT count(*) FROM ({members} LIMIT {})", lists.tuning.sorted_rows + 1);
        ways.push((at_most(db, lists, &sql)?, format!("lead WHERE n IN ({members}) AND +{state}")));
    }
    for (column, index, (from, before)) in
        [("created_at", "lead_by_created", resolved.created), ("last_activity_at", "lead_by_activity", resolved.active)]
    {
        if (from, before) == (None, None) {
            continue;
        }
        let from = from.map_or(String::new(), |from| format!(" AND {column} >= {}", int(from)));
        let before = before.map_or(String::new(), |before| format!(" AND {column} < {}", int(before)));
        let way = format!("lead INDEXED BY {index} WHERE {state}{from}{before}");
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {way} LIMIT {})", lists.tuning.sorted_rows + 1);
        ways.push((at_most(db, lists, &sql)?, way));
    }
    let Some((rows, way)) = ways.into_iter().min_by_key(|(rows, _)| *rows) else { return Ok(None) };
    let is_few =
        rows <= lists.tuning.sorted_rows || (rows <= scan && resolved.facet_count(db)? <= lists.tuning.sorted_rows);
    Ok(is_few.then_some(way))
}

/// What a count of at most one more than can be sorted comes to: past that it is not known how many more there are.
fn at_most(db: &Connection, lists: &Lists, sql: &str) -> Result<u64, StoreError> {
    let rows: i64 = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    let rows = u64::try_from(rows).unwrap_or(u64::MAX);
    Ok(if rows > lists.tuning.sorted_rows { u64::MAX } else { rows })
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Int(i64),
    Text(String),
}

/// The row ids that pass, in the query's order.
fn sort(db: &Connection, driver: &str, resolved: &Resolved, query: &LeadQuery) -> Result<Vec<i64>, StoreError> {
    let ranks = |order: Vec<i64>| order.into_iter().zip(0i64..).collect::<HashMap<i64, i64>>();
    let (column, ranks) = match query.sort.column {
        LeadColumn::Name => ("name_key", None),
        LeadColumn::Value => ("value_key", None),
        LeadColumn::CreatedAt => ("created_at", None),
        LeadColumn::LastActivityAt => ("last_activity_at", None),
        LeadColumn::Source => ("source", None),
        LeadColumn::Stage => ("stage_ref", Some(ranks(stage_order(db)?))),
        LeadColumn::Owner => ("owner_ref", Some(ranks(owner_order(db)?))),
    };
    let sql = format!("SELECT n, {column}, id FROM {driver}{}", resolved.conditions());
    let mut statement = db.prepare_cached(&sql)?;
    let mut found = statement.query([])?;
    let mut rows: Vec<(Key, domain::LeadId, i64)> = Vec::new();
    while let Some(row) = found.next()? {
        let key = match (&ranks, query.sort.column) {
            (Some(ranks), _) => {
                let value: i64 = row.get(1)?;
                Key::Int(ranks.get(&value).copied().unwrap_or(i64::MAX))
            }
            (None, LeadColumn::Name) => Key::Text(row.get(1)?),
            (None, _) => Key::Int(row.get(1)?),
        };
        rows.push((key, id(row, 2)?, row.get(0)?));
    }
    rows.sort_unstable();
    if query.sort.descending {
        rows.reverse();
    }
    Ok(rows.into_iter().map(|(.., n)| n).collect())
}

fn get_row(db: &Connection, n: i64) -> Result<LeadRow, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT l.id, l.name, l.phone, l.email, s.id, m.id, l.source, l.campaign, l.value_key, l.tags, l.created_at,
                l.last_activity_at, l.state, EXISTS (SELECT 1 FROM lead_base b WHERE b.id = l.id), l.custom
         FROM lead l JOIN stage s ON s.ref = l.stage_ref LEFT JOIN member m ON m.ref = l.owner_ref
         WHERE l.n = ?1",
    )?;
    let mut rows = statement.query([n])?;
    let row = rows.next()?.ok_or(StoreError::Damaged)?;
    Ok(LeadRow {
        id: id(row, 0)?,
        name: row.get(1)?,
        phone: row.get(2)?,
        email: row.get(3)?,
        stage_id: id(row, 4)?,
        owner_id: find_id(row, 5)?,
        source: code(row, 6)?,
        campaign: row.get(7)?,
        value_minor: lead::value_in(row, 8)?,
        state: code(row, 12)?,
        tags: lead::tags_in(row, 9)?,
        custom: json_in(row, 14)?,
        created_at: UnixMs(row.get(10)?),
        last_activity_at: UnixMs(row.get(11)?),
        is_unsent: row.get(13)?,
    })
}
