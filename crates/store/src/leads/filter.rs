//! A filter in the integers of the tables, and as SQL.

use rusqlite::{Connection, OptionalExtension};

use super::custom_filter::{Asked, Wanted};
use crate::StoreError;
use crate::code::Code;
use crate::read::{LeadFilter, OwnerFilter};

/// A filter ready to use. `None` excludes nothing; an empty list excludes everything. By default all active leads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolved {
    /// Code of the state.
    pub(crate) state: i64,
    pub(crate) stages: Option<Vec<i64>>,
    pub(crate) owners: Option<Vec<i64>>,
    pub(crate) sources: Option<Vec<i64>>,
    pub(crate) tags: Option<Vec<i64>>,
    /// At or after, before.
    pub(crate) created: (Option<i64>, Option<i64>),
    pub(crate) active: (Option<i64>, Option<i64>),
    /// All of them.
    pub(crate) custom: Vec<Wanted>,
    /// Whether something is asked of a field that no lead can have.
    pub(crate) is_never: bool,
}

/// The integers of those that are here: what nothing refers to no lead has.
fn resolve_all<'i>(
    db: &Connection,
    sql: &str,
    keys: impl ExactSizeIterator<Item = &'i dyn rusqlite::ToSql>,
) -> Result<Option<Vec<i64>>, StoreError> {
    if keys.len() == 0 {
        return Ok(None);
    }
    let mut statement = db.prepare_cached(sql)?;
    let mut resolved = Vec::with_capacity(keys.len());
    for key in keys {
        resolved.extend(statement.query_row([key], |row| row.get::<_, i64>(0)).optional()?);
    }
    resolved.sort_unstable();
    resolved.dedup();
    Ok(Some(resolved))
}

impl Resolved {
    pub(crate) fn new(db: &Connection, filter: &LeadFilter) -> Result<Self, StoreError> {
        let stages: Vec<_> = filter.stages.iter().map(|stage| stage.as_bytes()).collect();
        let members: Vec<_> = filter
            .owners
            .iter()
            .filter_map(|owner| match owner {
                OwnerFilter::Member(member) => Some(member.as_bytes()),
                OwnerFilter::Unassigned => None,
            })
            .collect();
        let mut owners = resolve_all(
            db,
            "SELECT ref FROM member WHERE id = ?1",
            members.iter().map(|id| id as &dyn rusqlite::ToSql),
        )?;
        if filter.owners.contains(&OwnerFilter::Unassigned) {
            owners.get_or_insert_default().insert(0, 0);
        }
        let mut sources: Vec<i64> = filter.sources.iter().map(|source| source.code()).collect();
        sources.sort_unstable();
        sources.dedup();
        let (mut custom, mut is_never) = (Vec::new(), false);
        for one in &filter.custom {
            match Asked::new(db, one)? {
                Asked::Everything => {}
                Asked::Nothing => is_never = true,
                Asked::Wanted(wanted) => custom.push(wanted),
            }
        }
        Ok(Self {
            state: filter.state.code(),
            stages: resolve_all(
                db,
                "SELECT ref FROM stage WHERE id = ?1",
                stages.iter().map(|id| id as &dyn rusqlite::ToSql),
            )?,
            owners,
            sources: (!sources.is_empty()).then_some(sources),
            tags: resolve_all(
                db,
                "SELECT ref FROM tag WHERE name = ?1",
                filter.tags.iter().map(|name| name as &dyn rusqlite::ToSql),
            )?,
            created: (filter.created_from.map(|t| t.0), filter.created_before.map(|t| t.0)),
            active: (filter.active_from.map(|t| t.0), filter.active_before.map(|t| t.0)),
            custom,
            is_never,
        })
    }

    /// Whether nothing can pass.
    pub(crate) fn is_nothing(&self) -> bool {
        self.is_never
            || [&self.stages, &self.owners, &self.sources, &self.tags].into_iter().flatten().any(Vec::is_empty)
    }

    /// Whether stage, owner and source are all it asks for, so that the counts kept answer it.
    pub(crate) fn is_facets_only(&self) -> bool {
        self.tags.is_none() && self.custom.is_empty() && self.created == (None, None) && self.active == (None, None)
    }

    /// Conditions beside that of the state, each beginning with ` AND `. The `+` keeps SQLite from another index than the
    /// one walked.
    pub(crate) fn conditions(&self) -> String {
        let mut sql = String::new();
        for (column, values) in [("stage_ref", &self.stages), ("owner_ref", &self.owners), ("source", &self.sources)] {
            if let Some(values) = values {
                sql.push_str(&format!(" AND +{column} IN ({})", list(values)));
            }
        }
        for (column, (from, before)) in [("created_at", self.created), ("last_activity_at", self.active)] {
            if let Some(from) = from {
                sql.push_str(&format!(" AND +{column} >= {}", int(from)));
            }
            if let Some(before) = before {
                sql.push_str(&format!(" AND +{column} < {}", int(before)));
            }
        }
        if let Some(tags) = &self.tags {
            sql.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM lead_tag t WHERE t.tag_ref IN ({}) AND t.lead_n = lead.n)",
                list(tags)
            ));
        }
        sql.extend(self.custom.iter().map(Wanted::condition));
        sql
    }

    /// Leads of the state in the stages, owners and sources asked for: no fewer than pass the whole filter.
    pub(crate) fn facet_count(&self, db: &Connection) -> Result<u64, StoreError> {
        let mut sql = format!("SELECT coalesce(sum(leads), 0) FROM lead_facet WHERE state = {}", self.state);
        for (column, values) in [("stage_ref", &self.stages), ("owner_ref", &self.owners), ("source", &self.sources)] {
            if let Some(values) = values {
                sql.push_str(&format!(" AND {column} IN ({})", list(values)));
            }
        }
        let leads: i64 = db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
        u64::try_from(leads).map_err(|_| StoreError::Damaged)
    }
}

/// An integer as SQL reads it: the smallest one has no literal of its own.
pub(crate) fn int(value: i64) -> String {
    if value == i64::MIN { "(-9223372036854775807 - 1)".to_owned() } else { value.to_string() }
}

/// Integers with commas between.
pub(crate) fn list(values: &[i64]) -> String {
    values.iter().map(|value| int(*value)).collect::<Vec<_>>().join(", ")
}
