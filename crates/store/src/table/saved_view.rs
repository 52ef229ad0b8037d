//! Saved views of the lead list.

use rusqlite::{Connection, Transaction};
use uuid::Uuid;

use crate::{StoreError, StoredView};

pub(crate) fn list(db: &Connection) -> Result<Vec<StoredView>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id, name, query FROM saved_view")?;
    let mut rows = statement.query([])?;
    let mut views = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Damaged)?;
        let query: String = row.get(2)?;
        views.push(StoredView {
            id: Uuid::from_slice(id).map_err(|_| StoreError::Damaged)?,
            name: row.get(1)?,
            query: serde_json::from_str(&query).map_err(|_| StoreError::Damaged)?,
        });
    }
    views.sort_by_cached_key(|view| (domain::fold(&view.name), view.id));
    Ok(views)
}

pub(crate) fn save(tx: &Transaction<'_>, view: &StoredView) -> Result<(), StoreError> {
    let query = serde_json::to_string(&view.query).expect("a query is made of lists, strings and numbers");
    tx.prepare_cached(
        "INSERT INTO saved_view (id, name, query) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, query = excluded.query",
    )?
    .execute((view.id.as_bytes(), &view.name, query))?;
    Ok(())
}

pub(crate) fn delete(tx: &Transaction<'_>, id: Uuid) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM saved_view WHERE id = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}
