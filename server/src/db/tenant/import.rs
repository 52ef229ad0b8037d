//! Rows in bulk, from outside: a demo, a migration from another system.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{CustomField, CustomFieldId, InvalidBilling, InvalidField, LeadId};
use serde::Serialize;
use wire::changes::{MAX_LINE_BYTES, Row};

use super::Tenant;
use super::custom_fields::check_values;
use super::write::Write;
use crate::db::DbError;
use crate::db::store::Writer;
use crate::hints::Hint;

/// Rows written in one transaction: enough that a commit costs nothing by comparison, few enough that the
/// write-ahead log stays small.
const ROWS_A_TRANSACTION: usize = 50_000;

/// Why an import stopped. What earlier transactions brought stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("row {row} describes another studio")]
    OtherStudio { row: u64 },
    #[error("row {row} belongs to a lead that did not come before it")]
    NoSuchLead { row: u64 },
    #[error("row {row} is larger than the feed can carry")]
    TooLarge { row: u64 },
    #[error("row {row} was deleted here, which is for good")]
    Deleted { row: u64 },
    #[error("row {row}: {problem}")]
    Billing { row: u64, problem: InvalidBilling },
    #[error("row {row}: {problem}")]
    Custom { row: u64, problem: InvalidField },
}

/// What an import brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportReport {
    pub rows: u64,
    pub leads: u64,
    pub conversations: u64,
    pub messages: u64,
    pub stage_events: u64,
}

impl Tenant {
    /// Writes `rows`, of which each comes after those it refers to, in transactions of 50,000.
    ///
    /// # Errors
    /// [`ImportError`]; rows of completed transactions stay.
    pub(crate) async fn import(
        &self,
        rows: impl Iterator<Item = Row> + Send + 'static,
    ) -> Result<ImportReport, ImportError> {
        let (tenant, hints) = (self.clone(), Arc::clone(&self.hints));
        self.store
            .with_writer(move |writer| {
                let mut import = Import {
                    tenant: &tenant,
                    has_tombstones: false,
                    custom_fields: BTreeMap::new(),
                    owners: HashMap::new(),
                    report: ImportReport::default(),
                };
                let result = import.run(writer, rows);
                if import.report.rows > 0 {
                    hints.announce(tenant.studio_id, Hint::Changed);
                }
                result.map(|()| import.report)
            })
            .await
    }
}

struct Import<'t> {
    tenant: &'t Tenant,
    /// Whether anything was ever deleted: mostly nothing was, and no row has to be looked for among what was.
    has_tombstones: bool,
    /// The studio's, as of this transaction.
    custom_fields: BTreeMap<CustomFieldId, CustomField>,
    /// Of each lead brought so far, so that its rows are counted for the right owner.
    owners: HashMap<LeadId, Option<Arc<str>>>,
    report: ImportReport,
}

impl Import<'_> {
    fn run(&mut self, writer: &mut Writer<'_>, rows: impl Iterator<Item = Row>) -> Result<(), ImportError> {
        let mut rows = rows.peekable();
        while rows.peek().is_some() {
            writer.write(|tx| {
                let mut write = Write::begin(tx)?;
                self.has_tombstones = tx.find("SELECT 1 FROM tombstone LIMIT 1", &[], |_| Ok(()))?.is_some();
                self.custom_fields = write.list_custom_fields()?.into_iter().map(|field| (field.id, field)).collect();
                for row in rows.by_ref().take(ROWS_A_TRANSACTION) {
                    self.write_row(&mut write, row)?;
                }
                write.finish()?;
                Ok::<_, ImportError>(())
            })?;
        }
        writer.tidy()?;
        Ok(())
    }

    fn write_row(&mut self, write: &mut Write<'_>, row: Row) -> Result<(), ImportError> {
        self.report.rows += 1;
        if !fits_a_line(&row)? {
            return Err(ImportError::TooLarge { row: self.report.rows });
        }
        if self.has_tombstones
            && let Some((kind, id)) = mortal(&row)
            && write.is_buried(kind, &id)?
        {
            return Err(ImportError::Deleted { row: self.report.rows });
        }
        match row {
            Row::Studio(studio) => {
                if studio.id != self.tenant.studio_id {
                    return Err(ImportError::OtherStudio { row: self.report.rows });
                }
                write.put_studio(&studio)?;
            }
            Row::Member(member) => write.put_member(&member)?,
            Row::Stage(stage) => write.insert_stage(&stage)?,
            Row::CustomField(field) => self.write_custom_field(write, *field)?,
            Row::Lead(lead) => {
                check_values(&self.custom_fields, lead.custom.iter().map(|(id, value)| (*id, Some(value))))
                    .map_err(|problem| ImportError::Custom { row: self.report.rows, problem })?;
                self.owners.insert(lead.id, lead.owner_id.map(|id| id.to_string().into()));
                write.insert_lead(&lead)?;
                self.report.leads += 1;
            }
            Row::Conversation(conversation) => {
                let owner = self.owner(write, conversation.lead_id)?;
                write.insert_conversation(&conversation, owner.as_deref())?;
                self.report.conversations += 1;
            }
            Row::Message(message) => {
                let owner = self.owner(write, message.lead_id)?;
                write.insert_message(&message, owner.as_deref())?;
                self.report.messages += 1;
            }
            Row::StageEvent(event) => {
                let owner = self.owner(write, event.lead_id)?;
                write.insert_stage_event(&event, owner.as_deref())?;
                self.report.stage_events += 1;
            }
            Row::LeadEdit(edit) => {
                self.owner(write, edit.lead_id)?;
                write.insert_lead_edit(&edit)?;
            }
            Row::Subscription(subscription) => {
                if subscription.studio_id != self.tenant.studio_id {
                    return Err(ImportError::OtherStudio { row: self.report.rows });
                }
                subscription.check().map_err(|problem| self.refused(problem))?;
                write.put_subscription(&subscription)?;
            }
            Row::Invoice(invoice) => {
                invoice.check().map_err(|problem| self.refused(problem))?;
                write.put_invoice(&invoice)?;
            }
        }
        Ok(())
    }

    fn write_custom_field(&mut self, write: &mut Write<'_>, field: CustomField) -> Result<(), ImportError> {
        let before = self.custom_fields.remove(&field.id);
        let others: Vec<_> = self.custom_fields.values().cloned().collect();
        let checked = field.form.check_beside(before.as_ref().map(|before| &before.form), &others);
        checked.map_err(|problem| ImportError::Custom { row: self.report.rows, problem })?;
        write.put_custom_field(&field)?;
        self.custom_fields.insert(field.id, field);
        Ok(())
    }

    fn refused(&self, problem: InvalidBilling) -> ImportError {
        ImportError::Billing { row: self.report.rows, problem }
    }

    /// The owner of a lead brought before, or there already.
    fn owner(&mut self, write: &Write<'_>, lead_id: LeadId) -> Result<Option<Arc<str>>, ImportError> {
        if let Some(owner) = self.owners.get(&lead_id) {
            return Ok(owner.clone());
        }
        let id = lead_id.to_string();
        let found = write.tx().find("SELECT owner_id FROM lead WHERE id = $1", &[(&id).into()], |row| {
            Ok(row.opt_text(0)?.map(Arc::<str>::from))
        })?;
        let owner = found.ok_or(ImportError::NoSuchLead { row: self.report.rows })?;
        self.owners.insert(lead_id, owner.clone());
        Ok(owner)
    }
}

/// What a line has besides the row's text, by far not reached: names of fields, ids, numbers.
const REST: usize = 4_096;

/// Whether a client would take the line that tells of the row.
fn fits_a_line(row: &Row) -> Result<bool, DbError> {
    /// No byte of text takes more as JSON: `\u0001`.
    const WORST: usize = 6;
    let text = match row {
        Row::Message(message) => message.body.len() + message.failure_reason.as_ref().map_or(0, String::len),
        Row::Conversation(conversation) => conversation.preview.len(),
        Row::StageEvent(_) | Row::Subscription(_) | Row::Invoice(_) => 0,
        // These have many texts and there are few of them: measured as they will be.
        Row::Studio(_) | Row::Member(_) | Row::Stage(_) | Row::CustomField(_) | Row::Lead(_) | Row::LeadEdit(_) => {
            usize::MAX
        }
    };
    if text <= (MAX_LINE_BYTES - REST) / WORST {
        return Ok(true);
    }
    fits(row)
}

/// The same of any row, which is measured.
pub(super) fn fits(row: &impl Serialize) -> Result<bool, DbError> {
    let mut size = Size(0);
    serde_json::to_writer(&mut size, row)?;
    Ok(size.0 <= MAX_LINE_BYTES - REST)
}

/// Counts what is written to it.
struct Size(usize);

impl std::io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Kind and id of a row that can be deleted.
fn mortal(row: &Row) -> Option<(&'static str, String)> {
    match row {
        Row::Studio(_)
        | Row::Member(_)
        | Row::Stage(_)
        | Row::CustomField(_)
        | Row::Subscription(_)
        | Row::Invoice(_) => None,
        Row::Lead(lead) => Some(("lead", lead.id.to_string())),
        Row::Conversation(conversation) => Some(("conversation", conversation.id.to_string())),
        Row::Message(message) => Some(("message", message.id.to_string())),
        Row::StageEvent(event) => Some(("stage_event", event.id.to_string())),
        Row::LeadEdit(edit) => Some(("lead_edit", edit.id.to_string())),
    }
}
