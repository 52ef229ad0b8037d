//! Mails that are to be sent: taken by one sender at a time, and marked with how it went.
//!
//! A sender that dies leaves its mail to be due again a while later. So a mail is never lost, and sent twice only when
//! a sender dies, or its answer is lost, between sending and saying so.

use domain::{InvitationId, MemberId, StudioId, UnixMs};
use uuid::Uuid;
use wire::invitation::{MailProblem, MailState};

use super::Directory;
use crate::db::DbError;
use crate::db::rows::{from_word, word};
use crate::db::sql::Row;

/// A mail that this sender has taken, and what it is about.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DueMail {
    pub(crate) id: Uuid,
    pub(crate) created_at: UnixMs,
    /// Counted from 1. Whoever is at another one by the time it is over has no say any more.
    pub(crate) attempt: i64,
    pub(crate) invitation_id: InvitationId,
    pub(crate) studio_id: StudioId,
    pub(crate) email: String,
    pub(crate) invited_by: MemberId,
    pub(crate) token_hash: String,
    pub(crate) expires_at: UnixMs,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Sent,
    /// To be tried again at `due_at`.
    Postponed {
        due_at: UnixMs,
        problem: MailProblem,
    },
    Failed {
        problem: MailProblem,
    },
}

const CLAIM: &str = "UPDATE mail SET due_at = $2, attempts = attempts + 1 \
                     WHERE id = (SELECT id FROM mail WHERE due_at <= $1 ORDER BY due_at, id LIMIT 1) AND due_at <= $1 \
                     RETURNING id, created_at, attempts, invitation_id";
const ABOUT: &str = "SELECT studio_id, email, invited_by, token_hash, expires_at FROM invitation \
                     WHERE id = $1 AND ended_at IS NULL AND expires_at > $2";
const FINISH: &str = "UPDATE mail SET due_at = $3, problem = $4, sent_at = $5 \
                      WHERE id = $1 AND attempts = $2 AND sent_at IS NULL";

impl Directory {
    /// Takes the mail that is due longest, until `taken_until`. What nobody wants any more is passed over.
    pub(crate) async fn take_mail(&self, now: UnixMs, taken_until: UnixMs) -> Result<Option<DueMail>, DbError> {
        self.store
            .write(move |tx| {
                loop {
                    let claimed = tx.find(CLAIM, &[now.0.into(), taken_until.0.into()], |row| {
                        let invitation_id: InvitationId = row.parsed(3)?;
                        Ok((row.parsed::<Uuid>(0)?, UnixMs(row.int(1)?), row.int(2)?, invitation_id))
                    })?;
                    let Some((id, created_at, attempt, invitation_id)) = claimed else { return Ok(None) };
                    let invitation = invitation_id.to_string();
                    let about = [(&invitation).into(), now.0.into()];
                    let due = tx.find(ABOUT, &about, |row| {
                        Ok(DueMail {
                            id,
                            created_at,
                            attempt,
                            invitation_id,
                            studio_id: row.parsed(0)?,
                            email: row.text(1)?.to_owned(),
                            invited_by: row.parsed(2)?,
                            token_hash: row.text(3)?.to_owned(),
                            expires_at: UnixMs(row.int(4)?),
                        })
                    })?;
                    if due.is_some() {
                        return Ok(due);
                    }
                    let sql = "UPDATE mail SET due_at = NULL WHERE id = $1";
                    tx.execute(sql, &[(&id.to_string()).into()])?;
                }
            })
            .await
    }

    /// Says how an attempt ended. Nothing, where the mail is no longer this sender's, or nobody wants it any more and it
    /// was not sent.
    pub(crate) async fn finish_mail(&self, mail: &DueMail, ended: Attempt, now: UnixMs) -> Result<(), DbError> {
        let (id, attempt) = (mail.id.to_string(), mail.attempt);
        self.store
            .write(move |tx| {
                let (due_at, problem, sent_at) = match ended {
                    Attempt::Sent => (None, None, Some(now.0)),
                    Attempt::Postponed { due_at, problem } => (Some(due_at.0), Some(word(problem)?), None),
                    Attempt::Failed { problem } => (None, Some(word(problem)?), None),
                };
                // Cancelled meanwhile: not to be revived.
                let wanted = "SELECT 1 FROM mail WHERE id = $1 AND due_at IS NOT NULL";
                let is_wanted = tx.find(wanted, &[(&id).into()], |_| Ok(()))?.is_some();
                let due_at = due_at.filter(|_| is_wanted);
                let parameters = [(&id).into(), attempt.into(), due_at.into(), problem.as_ref().into(), sent_at.into()];
                tx.execute(FINISH, &parameters)?;
                Ok(())
            })
            .await
    }
}

/// The state that `due_at`, `attempts`, `problem` and `sent_at` come to, of which the first is in column `at`.
pub(super) fn mail_state(row: &Row<'_>, at: usize) -> Result<MailState, DbError> {
    let problem: Option<MailProblem> = row.opt_text(at + 2)?.map(|text| from_word(text, at + 2)).transpose()?;
    Ok(match (row.opt_int(at + 3)?, row.opt_int(at)?, problem) {
        (Some(sent_at), _, _) => MailState::Sent { at: UnixMs(sent_at) },
        (None, Some(_), None) => MailState::Waiting,
        (None, Some(_), Some(problem)) => MailState::Postponed { problem },
        (None, None, Some(problem)) => MailState::Failed { problem },
        (None, None, None) => MailState::Unknown,
    })
}
