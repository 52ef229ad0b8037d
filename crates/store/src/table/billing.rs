//! What the studio pays: its subscription and its invoices. Here only where the server told of them, which it does for
//! those whose role may see them.

use domain::{Invoice, InvoiceId, StudioId, Subscription, UnixMs};
use rusqlite::{Connection, Row};

use super::{code, id};
use crate::StoreError;
use crate::apply::Writing;
use crate::code::Code;

pub(crate) fn upsert_subscription(writing: &mut Writing<'_>, told: &Subscription) -> Result<(), StoreError> {
    writing
        .tx
        .prepare_cached(
            "INSERT INTO subscription (one, studio_id, plan, status, seats, current_period_end, cancel_at_period_end,
                 ended_at, customer_id, subscription_id, as_of, epoch)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (one) DO UPDATE SET studio_id = excluded.studio_id, plan = excluded.plan,
                 status = excluded.status, seats = excluded.seats, current_period_end = excluded.current_period_end,
                 cancel_at_period_end = excluded.cancel_at_period_end, ended_at = excluded.ended_at,
                 customer_id = excluded.customer_id, subscription_id = excluded.subscription_id,
                 as_of = excluded.as_of, epoch = excluded.epoch",
        )?
        .execute((
            told.studio_id.as_bytes(),
            told.plan.as_str(),
            told.status.code(),
            told.seats,
            told.current_period_end.0,
            told.cancel_at_period_end,
            told.ended_at.map(|at| at.0),
            told.customer_id.as_str(),
            told.subscription_id.as_str(),
            told.as_of.0,
            writing.epoch,
        ))?;
    writing.applied.billing = true;
    Ok(())
}

pub(crate) fn upsert_invoice(writing: &mut Writing<'_>, told: &Invoice) -> Result<(), StoreError> {
    writing
        .tx
        .prepare_cached(
            "INSERT INTO invoice (id, invoice_id, number, status, issued_at, period_start, period_end, currency,
                 total_minor, paid_minor, payment_id, as_of, epoch)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (id) DO UPDATE SET invoice_id = excluded.invoice_id, number = excluded.number,
                 status = excluded.status, issued_at = excluded.issued_at, period_start = excluded.period_start,
                 period_end = excluded.period_end, currency = excluded.currency, total_minor = excluded.total_minor,
                 paid_minor = excluded.paid_minor, payment_id = excluded.payment_id, as_of = excluded.as_of,
                 epoch = excluded.epoch",
        )?
        .execute((
            told.id.as_bytes(),
            told.invoice_id.as_str(),
            told.number.as_ref().map(domain::BillingText::as_str),
            told.status.code(),
            told.issued_at.0,
            told.period_start.0,
            told.period_end.0,
            told.currency.as_str(),
            told.total_minor,
            told.paid_minor,
            told.payment_id.as_ref().map(domain::StripePaymentId::as_str),
            told.as_of.0,
            writing.epoch,
        ))?;
    writing.applied.billing = true;
    Ok(())
}

pub(crate) fn erase_subscription(writing: &mut Writing<'_>, of: StudioId) -> Result<(), StoreError> {
    let sql = "DELETE FROM subscription WHERE studio_id = ?1";
    let erased = writing.tx.prepare_cached(sql)?.execute([of.as_bytes()])?;
    writing.applied.billing |= erased > 0;
    Ok(())
}

pub(crate) fn erase_invoice(writing: &mut Writing<'_>, invoice: InvoiceId) -> Result<(), StoreError> {
    let erased = writing.tx.prepare_cached("DELETE FROM invoice WHERE id = ?1")?.execute([invoice.as_bytes()])?;
    writing.applied.billing |= erased > 0;
    Ok(())
}

/// A snapshot that brought none of it is one for a role that may not see it.
pub(crate) fn sweep(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    for sql in ["DELETE FROM subscription WHERE epoch <> ?1", "DELETE FROM invoice WHERE epoch <> ?1"] {
        let erased = writing.tx.execute(sql, [writing.epoch])?;
        writing.applied.billing |= erased > 0;
    }
    Ok(())
}

pub(crate) fn find_subscription(db: &Connection) -> Result<Option<Subscription>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT studio_id, plan, status, seats, current_period_end, cancel_at_period_end, ended_at, customer_id,
                subscription_id, as_of
         FROM subscription WHERE one = 1",
    )?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Subscription {
        studio_id: id(row, 0)?,
        plan: text(row, 1)?,
        status: code(row, 2)?,
        seats: row.get(3)?,
        current_period_end: UnixMs(row.get(4)?),
        cancel_at_period_end: row.get(5)?,
        ended_at: row.get::<_, Option<i64>>(6)?.map(UnixMs),
        customer_id: text(row, 7)?,
        subscription_id: text(row, 8)?,
        as_of: UnixMs(row.get(9)?),
    }))
}

pub(crate) fn list_invoices(db: &Connection) -> Result<Vec<Invoice>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, invoice_id, number, status, issued_at, period_start, period_end, currency, total_minor,
                paid_minor, payment_id, as_of
         FROM invoice ORDER BY issued_at DESC, id DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut invoices = Vec::new();
    while let Some(row) = rows.next()? {
        invoices.push(Invoice {
            id: id(row, 0)?,
            invoice_id: text(row, 1)?,
            number: find_text(row, 2)?,
            status: code(row, 3)?,
            issued_at: UnixMs(row.get(4)?),
            period_start: UnixMs(row.get(5)?),
            period_end: UnixMs(row.get(6)?),
            currency: text(row, 7)?,
            total_minor: row.get(8)?,
            paid_minor: row.get(9)?,
            payment_id: find_text(row, 10)?,
            as_of: UnixMs(row.get(11)?),
        });
    }
    Ok(invoices)
}

/// A text of a kind that was checked when it was written.
fn text<T: TryFrom<String>>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    row.get::<_, String>(column)?.try_into().map_err(|_| StoreError::Damaged)
}

fn find_text<T: TryFrom<String>>(row: &Row<'_>, column: usize) -> Result<Option<T>, StoreError> {
    row.get::<_, Option<String>>(column)?.map(|text| text.try_into().map_err(|_| StoreError::Damaged)).transpose()
}
