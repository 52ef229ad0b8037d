//! The studio, its members, stages and tags: small tables every screen needs.

use domain::{Member, MemberId, Stage, StageId, Studio};
use rusqlite::{Connection, Transaction};

use super::reference::References;
use super::{code, id};
use crate::StoreError;
use crate::code::Code;

pub(crate) fn find(db: &Connection) -> Result<Option<Studio>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id, name, brand_colour, time_zone, currency FROM studio WHERE one = 1")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Studio {
        id: id(row, 0)?,
        name: row.get(1)?,
        brand_colour: row.get(2)?,
        time_zone: row.get(3)?,
        currency: row.get(4)?,
    }))
}

pub(crate) fn list_members(db: &Connection) -> Result<Vec<Member>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id, name, email, role, is_former FROM member WHERE is_here = 1")?;
    let mut rows = statement.query([])?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        members.push(Member {
            id: id(row, 0)?,
            name: row.get(1)?,
            email: row.get(2)?,
            role: code(row, 3)?,
            is_former: row.get(4)?,
        });
    }
    members.sort_by_cached_key(|member| (domain::fold(&member.name), member.id));
    Ok(members)
}

pub(crate) fn list_stages(db: &Connection) -> Result<Vec<Stage>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, name, position, colour, outcome FROM stage WHERE is_here = 1 ORDER BY position, id",
    )?;
    let mut rows = statement.query([])?;
    let mut stages = Vec::new();
    while let Some(row) = rows.next()? {
        stages.push(Stage {
            id: id(row, 0)?,
            name: row.get(1)?,
            position: row.get(2)?,
            colour: row.get(3)?,
            outcome: code(row, 4)?,
        });
    }
    Ok(stages)
}

pub(crate) fn list_tags(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT name FROM tag WHERE leads > 0")?;
    let mut tags = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    tags.sort_by_cached_key(|tag| (domain::fold(tag), tag.clone()));
    Ok(tags)
}

pub(crate) fn upsert(tx: &Transaction<'_>, studio: &Studio) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO studio (one, id, name, brand_colour, time_zone, currency) VALUES (1, ?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (one) DO UPDATE SET id = excluded.id, name = excluded.name, brand_colour = excluded.brand_colour,
             time_zone = excluded.time_zone, currency = excluded.currency",
    )?
    .execute((studio.id.as_bytes(), &studio.name, &studio.brand_colour, &studio.time_zone, &studio.currency))?;
    Ok(())
}

pub(crate) fn upsert_member(
    tx: &Transaction<'_>,
    references: &mut References,
    epoch: i64,
    member: &Member,
) -> Result<(), StoreError> {
    let n = references.member(tx, member.id)?;
    tx.prepare_cached(
        "UPDATE member SET name = ?2, email = ?3, role = ?4, is_former = ?5, is_here = 1, epoch = ?6 WHERE ref = ?1",
    )?
    .execute((n, &member.name, &member.email, member.role.code(), member.is_former, epoch))?;
    Ok(())
}

pub(crate) fn upsert_stage(
    tx: &Transaction<'_>,
    references: &mut References,
    epoch: i64,
    stage: &Stage,
) -> Result<(), StoreError> {
    let n = references.stage(tx, stage.id)?;
    tx.prepare_cached(
        "UPDATE stage SET name = ?2, position = ?3, colour = ?4, outcome = ?5, is_here = 1, epoch = ?6 WHERE ref = ?1",
    )?
    .execute((n, &stage.name, stage.position, &stage.colour, stage.outcome.code(), epoch))?;
    Ok(())
}

/// The member's data goes; that some rows name its id stays.
pub(crate) fn erase_member(tx: &Transaction<'_>, id: MemberId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE member SET name = '', email = '', role = 0, is_former = 0, is_here = 0 WHERE id = ?1")?
        .execute([id.as_bytes()])?;
    Ok(())
}

pub(crate) fn erase_stage(tx: &Transaction<'_>, id: StageId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE stage SET name = '', colour = '', position = 0, is_here = 0 WHERE id = ?1")?
        .execute([id.as_bytes()])?;
    Ok(())
}

/// Members and stages that the snapshot `epoch` did not bring are not here any more.
pub(crate) fn sweep(tx: &Transaction<'_>, epoch: i64) -> Result<usize, StoreError> {
    let members = tx.execute(
        "UPDATE member SET name = '', email = '', role = 0, is_former = 0, is_here = 0 WHERE is_here = 1 AND epoch <> ?1",
        [epoch],
    )?;
    let stages = tx.execute(
        "UPDATE stage SET name = '', colour = '', position = 0, is_here = 0 WHERE is_here = 1 AND epoch <> ?1",
        [epoch],
    )?;
    Ok(members + stages)
}
