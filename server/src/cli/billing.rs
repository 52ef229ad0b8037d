//! `frontdesk-server billing`: what a studio pays, as the operator knows it from Stripe.
//!
//! What is recorded comes as JSON from a file or standard input, and is repeated in no answer and no error.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use chrono::DateTime;
use clap::{Args, Subcommand};
use domain::{InvalidBilling, InvalidBillingText, Invoice, InvoiceId, Recording, StudioId, Subscription, UnixMs};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Data, say};
use crate::clock::{Clock, SystemClock};

/// More than any number of invoices one records at a time.
const MAX_BYTES: u64 = 4 << 20;

#[derive(Debug, Args)]
pub(super) struct Billing {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Record a studio's subscription: plan, status, seats, renewal
    ///
    /// The same again changes nothing, and what is of an earlier moment (as_of) than what is held is left out.
    Set(Record),
    /// Record invoices: one JSON object, or several one after the other
    ///
    /// An invoice that is known by its id at Stripe is brought up to date.
    AddInvoice(Record),
}

#[derive(Debug, Args)]
struct Record {
    #[command(flatten)]
    data: Data,
    /// The studio's id
    #[arg(long)]
    studio: StudioId,
    /// File with the JSON; standard input without it
    #[arg(value_name = "FILE.json")]
    file: Option<PathBuf>,
}

/// A subscription as an operator writes it down. Times are RFC 3339.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionInput {
    plan: String,
    status: String,
    seats: u32,
    current_period_end: String,
    #[serde(default)]
    cancel_at_period_end: bool,
    ended_at: Option<String>,
    customer_id: String,
    subscription_id: String,
    as_of: Option<String>,
}

/// An invoice as an operator writes it down. Times are RFC 3339, amounts in the currency's minor unit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvoiceInput {
    invoice_id: String,
    number: Option<String>,
    status: String,
    issued_at: String,
    period_start: String,
    period_end: String,
    currency: String,
    total_minor: i64,
    #[serde(default)]
    paid_minor: i64,
    payment_id: Option<String>,
    as_of: Option<String>,
}

/// What is wrong with a field. Never says what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum WrongField {
    #[error("{field} {problem}")]
    Text { field: &'static str, problem: InvalidBillingText },
    #[error(transparent)]
    Record(#[from] InvalidBilling),
    #[error("{0} is no time such as 2026-12-01T00:00:00Z")]
    Time(&'static str),
    #[error("status is none of {0}")]
    Status(&'static str),
}

impl Billing {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.act {
            Act::Set(record) => record.set().await,
            Act::AddInvoice(record) => record.add_invoices().await,
        }
    }
}

impl Record {
    async fn set(self) -> anyhow::Result<()> {
        let now = SystemClock.now();
        let subscriptions = read::<SubscriptionInput>(&self.text()?)?;
        let [subscription] = <[_; 1]>::try_from(subscriptions).ok().context("a studio has one subscription")?;
        let subscription = subscription.checked(self.studio, now)?;
        let admin = self.data.admin().await?;
        let recording = admin.record_subscription(self.studio, subscription).await?;
        admin.settled().await;
        say(word(recording));
        Ok(())
    }

    async fn add_invoices(self) -> anyhow::Result<()> {
        let now = SystemClock.now();
        let inputs = read::<InvoiceInput>(&self.text()?)?;
        let admin = self.data.admin().await?;
        // All are looked at before any is recorded.
        let mut invoices = Vec::with_capacity(inputs.len());
        for (n, input) in (1..).zip(inputs) {
            let invoice = input.checked(admin.new_invoice_id(), now);
            invoices.push(invoice.with_context(|| format!("invoice {n}"))?);
        }
        for invoice in invoices {
            let id = invoice.invoice_id.clone();
            let recording = admin.record_invoice(self.studio, invoice).await?;
            say(&format!("{} {}", id.as_str(), word(recording)));
        }
        admin.settled().await;
        Ok(())
    }

    fn text(&self) -> anyhow::Result<Vec<u8>> {
        let mut text = Vec::new();
        match &self.file {
            Some(path) => {
                let file = File::open(path).with_context(|| path.display().to_string())?;
                file.take(MAX_BYTES + 1).read_to_end(&mut text).with_context(|| path.display().to_string())?;
            }
            None => {
                std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut text).context("standard input")?;
            }
        }
        ensure!(text.len() as u64 <= MAX_BYTES, "more than {MAX_BYTES} bytes: record it in parts");
        Ok(text)
    }
}

/// What became of a record.
const fn word(recording: Recording) -> &'static str {
    match recording {
        Recording::Replace => "recorded",
        Recording::Known => "known already",
        Recording::Outdated => "outdated: what is held is newer",
    }
}

/// JSON objects, one after the other. The deserialiser's own words are not passed on: they may quote what stands there.
fn read<T: DeserializeOwned>(text: &[u8]) -> anyhow::Result<Vec<T>> {
    let mut records = Vec::new();
    for record in serde_json::Deserializer::from_slice(text).into_iter() {
        records.push(record.map_err(|error: serde_json::Error| {
            let problem = match error.classify() {
                serde_json::error::Category::Data => "a field is missing, unknown or of another type",
                _ => "this is not JSON",
            };
            anyhow::anyhow!("line {}, column {}: {problem}", error.line(), error.column())
        })?);
    }
    ensure!(!records.is_empty(), "there is nothing to record: expected a JSON object");
    Ok(records)
}

impl SubscriptionInput {
    fn checked(self, studio_id: StudioId, now: UnixMs) -> Result<Subscription, WrongField> {
        let subscription = Subscription {
            studio_id,
            plan: text("plan", self.plan)?,
            status: status(&self.status, SUBSCRIPTION_STATUSES)?,
            seats: self.seats,
            current_period_end: time("current_period_end", &self.current_period_end)?,
            cancel_at_period_end: self.cancel_at_period_end,
            ended_at: self.ended_at.map(|at| time("ended_at", &at)).transpose()?,
            customer_id: text("customer_id", self.customer_id)?,
            subscription_id: text("subscription_id", self.subscription_id)?,
            as_of: self.as_of.map_or(Ok(now), |at| time("as_of", &at))?,
        };
        subscription.check()?;
        Ok(subscription)
    }
}

impl InvoiceInput {
    fn checked(self, id: InvoiceId, now: UnixMs) -> Result<Invoice, WrongField> {
        let invoice = Invoice {
            id,
            invoice_id: text("invoice_id", self.invoice_id)?,
            number: self.number.map(|number| text("number", number)).transpose()?,
            status: status(&self.status, INVOICE_STATUSES)?,
            issued_at: time("issued_at", &self.issued_at)?,
            period_start: time("period_start", &self.period_start)?,
            period_end: time("period_end", &self.period_end)?,
            currency: text("currency", self.currency)?,
            total_minor: self.total_minor,
            paid_minor: self.paid_minor,
            payment_id: self.payment_id.map(|id| text("payment_id", id)).transpose()?,
            as_of: self.as_of.map_or(Ok(now), |at| time("as_of", &at))?,
        };
        invoice.check()?;
        Ok(invoice)
    }
}

const SUBSCRIPTION_STATUSES: &str =
    "trialing, active, past_due, canceled, unpaid, incomplete, incomplete_expired, paused";
const INVOICE_STATUSES: &str = "draft, open, paid, uncollectible, void";

fn text<T: TryFrom<String, Error = InvalidBillingText>>(field: &'static str, text: String) -> Result<T, WrongField> {
    text.try_into().map_err(|problem| WrongField::Text { field, problem })
}

fn time(field: &'static str, text: &str) -> Result<UnixMs, WrongField> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| WrongField::Time(field))?;
    Ok(UnixMs(at.timestamp_millis()))
}

fn status<T: DeserializeOwned>(text: &str, names: &'static str) -> Result<T, WrongField> {
    serde_json::from_value(text.into()).map_err(|_| WrongField::Status(names))
}

#[cfg(test)]
mod tests {
    use domain::{InvoiceStatus, SubscriptionStatus};
    use serde_json::{Value, json};

    use super::*;

    const NOW: UnixMs = UnixMs(1_790_000_000_000);

    fn subscription() -> Value {
        json!({
            "plan": "Atelier", "status": "active", "seats": 5, "current_period_end": "2026-12-01T00:00:00Z",
            "customer_id": "cus_NffrFeUfNV2Hib", "subscription_id": "sub_1MowQVLkdIwHu7ixeRlqHVzs",
        })
    }

    fn invoice() -> Value {
        json!({
            "invoice_id": "in_1MtHbELkdIwHu7ixl4OzzPMv", "number": "LUM-0007", "status": "open",
            "issued_at": "2026-11-01T09:00:00+01:00", "period_start": "2026-11-01T00:00:00Z",
            "period_end": "2026-12-01T00:00:00Z", "currency": "eur", "total_minor": 4_900,
        })
    }

    fn with(mut record: Value, field: &str, value: Value) -> String {
        record[field] = value;
        record.to_string()
    }

    fn set(json: &str) -> anyhow::Result<Subscription> {
        let studio_id = StudioId::from_uuid(uuid::Uuid::from_u128(1));
        Ok(read::<SubscriptionInput>(json.as_bytes())?.remove(0).checked(studio_id, NOW)?)
    }

    fn add(json: &str) -> anyhow::Result<Invoice> {
        let id = InvoiceId::from_uuid(uuid::Uuid::from_u128(2));
        Ok(read::<InvoiceInput>(json.as_bytes())?.remove(0).checked(id, NOW)?)
    }

    #[test]
    fn what_an_operator_writes_is_read() {
        let told = set(&subscription().to_string()).expect("read");
        assert_eq!((told.seats, told.as_of, told.ended_at), (5, NOW, None));
        assert_eq!(told.current_period_end, UnixMs(1_796_083_200_000));
        let told = add(&with(invoice(), "as_of", json!("2026-11-02T00:00:00Z"))).expect("read");
        assert_eq!((told.currency.as_str(), told.total_minor, told.paid_minor), ("EUR", 4_900, 0));
        assert_eq!((told.issued_at, told.as_of), (UnixMs(1_793_520_000_000), UnixMs(1_793_577_600_000)));
    }

    #[test]
    fn what_is_wrong_is_named_and_what_stands_there_is_not_repeated() {
        const CARD: &str = "4242 4242 4242 4242";
        for (field, value, words) in [
            ("plan", json!(CARD), "plan holds what looks like a card number"),
            ("plan", json!(""), "plan is empty"),
            ("customer_id", json!(CARD), "customer_id holds what looks like a card number"),
            ("customer_id", json!("sub_1"), "customer_id is no Stripe id that begins with cus_"),
            ("status", json!(CARD), "status is none of trialing, active"),
            ("seats", json!(CARD), "line 1, column"),
            ("seats", json!(0), "seats is not between"),
            ("current_period_end", json!(CARD), "current_period_end is no time such as"),
            ("ended_at", json!("2026-11-01T00:00:00Z"), "ended_at is given"),
            ("card", json!(CARD), "line 1, column"),
            (CARD, json!(1), "line 1, column"),
        ] {
            let error = format!("{:#}", set(&with(subscription(), field, value)).expect_err(field));
            assert!(error.contains(words) && !error.contains("4242"), "{field}: {error}");
        }
        for (field, value, words) in [
            ("number", json!(CARD), "number holds what looks like a card number"),
            ("invoice_id", json!("in_4242424242424242"), "invoice_id holds what looks like a card number"),
            ("payment_id", json!("pi_4242424242424242"), "payment_id holds what looks like a card number"),
            ("payment_id", json!("pi_1_secret_2"), "payment_id is no Stripe id"),
            ("currency", json!("euro"), "currency is no ISO 4217 code"),
            ("total_minor", json!(4_242_424_242_424_242_i64), "total_minor is no amount"),
            ("total_minor", json!(49.5), "line 1, column"),
        ] {
            let error = format!("{:#}", add(&with(invoice(), field, value)).expect_err(field));
            assert!(error.contains(words) && !error.contains("4242"), "{field}: {error}");
        }
        for text in ["", "not json", "[]"] {
            assert!(set(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_statuses_named_are_those_there_are() {
        fn names<T: serde::Serialize>(all: &[T]) -> String {
            let name = |status: &T| serde_json::to_value(status).expect("JSON").as_str().expect("a name").to_owned();
            all.iter().map(name).collect::<Vec<_>>().join(", ")
        }
        assert_eq!(names(&SubscriptionStatus::ALL), SUBSCRIPTION_STATUSES);
        assert_eq!(names(&InvoiceStatus::ALL), INVOICE_STATUSES);
    }
}
