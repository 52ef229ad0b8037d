//! What the studio pays (A11): how a record of it comes in, and how those who may see it are told of all of it.
//!
//! Records come as Stripe tells them, late, twice and in any order; `domain::Recording` decides which holds.

use domain::{Invoice, Recording, Subscription};
use wire::changes::{Change, Line, RowId};

use super::write::{Write, WriteError};
use super::{Billing, Tenant};
use crate::db::DbError;
use crate::db::rows::{InvoiceRow, RowRef, SubscriptionRow, UpsertLine, columns, to_domain, word};
use crate::db::sql::{Tx, Value};

const SUBSCRIPTION: &str = concat!("SELECT ", columns!(subscription), " FROM subscription b");
const INVOICES: &str = concat!("SELECT ", columns!(invoice), " FROM invoice i ORDER BY i.seq");
pub(super) const FIND_INVOICE: &str = concat!("SELECT ", columns!(invoice), " FROM invoice i WHERE i.invoice_id = $1");

impl Tenant {
    /// Records the studio's subscription, unless what is held is newer.
    ///
    /// # Errors
    /// [`WriteError::Invalid`] when it can't be one of this studio.
    pub(crate) async fn record_subscription(&self, told: Subscription) -> Result<Recording, WriteError> {
        let studio_id = self.studio_id;
        self.change(move |write| {
            told.check()?;
            if told.studio_id != studio_id {
                return Err(WriteError::Invalid { field: "studio_id", problem: "is another studio's" });
            }
            let held = write.tx().find(SUBSCRIPTION, &[], |row| to_domain(&SubscriptionRow::read(row)?))?;
            let recording = Recording::of_subscription(held.as_ref(), &told);
            if recording == Recording::Replace {
                write.put_subscription(&told)?;
            }
            Ok(recording)
        })
        .await
    }

    /// Records an invoice, unless what is held of it is newer. One that is held, by its id at Stripe, keeps its id.
    ///
    /// # Errors
    /// [`WriteError::Invalid`] when it can't be one.
    pub(crate) async fn record_invoice(&self, told: Invoice) -> Result<Recording, WriteError> {
        self.change(move |write| {
            told.check()?;
            let at_stripe = [told.invoice_id.as_str().into()];
            let held = write.tx().find(FIND_INVOICE, &at_stripe, |row| to_domain(&InvoiceRow::read(row)?))?;
            let recording = Recording::of_invoice(held.as_ref(), &told);
            if recording == Recording::Replace {
                write.put_invoice(&Invoice { id: held.map_or(told.id, |held: Invoice| held.id), ..told })?;
            }
            Ok(recording)
        })
        .await
    }

    /// All of it, as lines: as it is, or, where it is withheld, as what is to be forgotten.
    pub(crate) async fn billing_lines(&self, billing: Billing) -> Result<Vec<u8>, DbError> {
        self.store
            .read(move |tx| {
                let mut lines = Vec::new();
                match billing {
                    Billing::Told => tell(tx, &mut lines)?,
                    Billing::Withheld => forget(tx, &mut lines)?,
                }
                Ok(lines)
            })
            .await
    }
}

/// Tells of all of it.
pub(super) fn tell(tx: &Tx<'_>, lines: &mut Vec<u8>) -> Result<(), DbError> {
    let mut tell = |row: RowRef<'_>| -> Result<bool, DbError> {
        serde_json::to_writer(&mut *lines, &UpsertLine::new(row))?;
        lines.push(b'\n');
        Ok(true)
    };
    tx.query_while(SUBSCRIPTION, &[], |row| tell(RowRef::Subscription(SubscriptionRow::read(row)?)))?;
    tx.query_while(INVOICES, &[], |row| tell(RowRef::Invoice(InvoiceRow::read(row)?)))
}

/// Has all of it forgotten.
fn forget(tx: &Tx<'_>, lines: &mut Vec<u8>) -> Result<(), DbError> {
    let mut forget = |id: RowId| -> Result<bool, DbError> {
        Line::Change(Change::Forget(id)).write(lines)?;
        Ok(true)
    };
    tx.query_while("SELECT id FROM subscription", &[], |row| forget(RowId::Subscription(row.parsed(0)?)))?;
    tx.query_while("SELECT id FROM invoice ORDER BY seq", &[], |row| forget(RowId::Invoice(row.parsed(0)?)))
}

impl Write<'_> {
    /// Writes the subscription in place of what is held.
    pub(super) fn put_subscription(&mut self, told: &Subscription) -> Result<(), DbError> {
        const CHANGE: &str = "UPDATE subscription SET plan = $2, status = $3, seats = $4, current_period_end = $5, \
                              cancel_at_period_end = $6, ended_at = $7, customer_id = $8, subscription_id = $9, \
                              as_of = $10, seq = $11 WHERE id = $1";
        const NEW: &str = "INSERT INTO subscription (id, plan, status, seats, current_period_end, \
                           cancel_at_period_end, ended_at, customer_id, subscription_id, as_of, seq) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let (id, status) = (told.studio_id.to_string(), word(told.status)?);
        let parameters = [
            (&id).into(),
            told.plan.as_str().into(),
            (&status).into(),
            i64::from(told.seats).into(),
            told.current_period_end.0.into(),
            i64::from(told.cancel_at_period_end).into(),
            told.ended_at.map(|at| at.0).into(),
            told.customer_id.as_str().into(),
            told.subscription_id.as_str().into(),
            told.as_of.0.into(),
            self.next_seq(),
        ];
        self.put(CHANGE, NEW, &parameters)
    }

    /// Writes the invoice in place of what is held of it.
    pub(super) fn put_invoice(&mut self, told: &Invoice) -> Result<(), DbError> {
        const CHANGE: &str = "UPDATE invoice SET invoice_id = $2, number = $3, status = $4, issued_at = $5, period_start = $6, \
                              period_end = $7, currency = $8, total_minor = $9, paid_minor = $10, payment_id = $11, \
                              as_of = $12, seq = $13 WHERE id = $1";
        const NEW: &str = "INSERT INTO invoice (id, invoice_id, number, status, issued_at, period_start, period_end, \
                           currency, total_minor, paid_minor, payment_id, as_of, seq) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let (id, status) = (told.id.to_string(), word(told.status)?);
        let parameters = [
            (&id).into(),
            told.invoice_id.as_str().into(),
            told.number.as_ref().map(domain::BillingText::as_str).into(),
            (&status).into(),
            told.issued_at.0.into(),
            told.period_start.0.into(),
            told.period_end.0.into(),
            told.currency.as_str().into(),
            told.total_minor.into(),
            told.paid_minor.into(),
            told.payment_id.as_ref().map(domain::StripePaymentId::as_str).into(),
            told.as_of.0.into(),
            self.next_seq(),
        ];
        self.put(CHANGE, NEW, &parameters)
    }

    fn put(&self, change: &'static str, new: &'static str, parameters: &[Value<'_>]) -> Result<(), DbError> {
        if self.tx().execute(change, parameters)? == 0 {
            self.tx().execute(new, parameters)?;
        }
        Ok(())
    }
}
