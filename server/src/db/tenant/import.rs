//! Rows in bulk, from outside: a demo, a migration from another system.

use std::collections::HashMap;
use std::sync::Arc;

use domain::LeadId;
use wire::changes::Row;

use super::Tenant;
use super::write::Write;
use crate::db::DbError;
use crate::db::sqlite::Connection;
use crate::hints::Hint;
use crate::limits;

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
        self.file
            .with_writer(move |connection| {
                let mut import = Import { tenant: &tenant, owners: HashMap::new(), report: ImportReport::default() };
                let result = import.run(connection, rows);
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
    /// Of each lead brought so far, so that its rows are counted for the right owner.
    owners: HashMap<LeadId, Option<Arc<str>>>,
    report: ImportReport,
}

impl Import<'_> {
    fn run(&mut self, connection: &mut Connection, rows: impl Iterator<Item = Row>) -> Result<(), ImportError> {
        let mut rows = rows.peekable();
        while rows.peek().is_some() {
            connection.write(|tx| {
                let mut write = Write::begin(tx)?;
                for row in rows.by_ref().take(ROWS_A_TRANSACTION) {
                    self.write_row(&mut write, row)?;
                }
                write.finish()?;
                Ok::<_, ImportError>(())
            })?;
        }
        connection.truncate_log()?;
        connection.optimize()?;
        Ok(())
    }

    fn write_row(&mut self, write: &mut Write<'_>, row: Row) -> Result<(), ImportError> {
        self.report.rows += 1;
        match row {
            Row::Studio(studio) => {
                if studio.id != self.tenant.studio_id {
                    return Err(ImportError::OtherStudio { row: self.report.rows });
                }
                write.put_studio(&studio)?;
            }
            Row::Member(member) => write.put_member(&member)?,
            Row::Stage(stage) => write.insert_stage(&stage)?,
            Row::Lead(lead) => {
                if lead.notes.len() > limits::NOTES_BYTES || lead.tags.iter().map(String::len).sum::<usize>() > 65_536 {
                    return Err(ImportError::TooLarge { row: self.report.rows });
                }
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
                if message.body.len() > limits::MESSAGE_BYTES {
                    return Err(ImportError::TooLarge { row: self.report.rows });
                }
                let owner = self.owner(write, message.lead_id)?;
                write.insert_message(&message, owner.as_deref())?;
                self.report.messages += 1;
            }
            Row::StageEvent(event) => {
                let owner = self.owner(write, event.lead_id)?;
                write.insert_stage_event(&event, owner.as_deref())?;
                self.report.stage_events += 1;
            }
        }
        Ok(())
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
