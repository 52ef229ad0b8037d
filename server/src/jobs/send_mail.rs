//! Sends the mails that wait, and decides when to try again what did not go.

use domain::UnixMs;
use secrecy::ExposeSecret;
use wire::invitation::MailProblem;

use super::looks;
use crate::db::{Attempt, DbError, DueMail};
use crate::mail::{Invited, Mailer, compose_invitation};
use crate::state::AppState;
use crate::words::Language;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A sender that has taken a mail and is silent for so long has died. More than an attempt can last.
const TAKEN_FOR_MS: i64 = 5 * MINUTE_MS;
/// How long to wait after the first failure, the second, and so on; the last for all that follow.
const PAUSES_MS: [i64; 5] = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS];
/// A mail is given up this long after it was written.
const TRIED_FOR_MS: i64 = 24 * HOUR_MS;

/// Sends until the server ends: at once what this server writes, and now and then whatever is due.
pub(super) async fn run(state: AppState) {
    let mut looks = looks();
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = state.mail_written.notified() => {}
        }
        loop {
            match send_next(&state).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    // What was taken is due again when its time is over.
                    tracing::error!(%error, "mail could not be looked for, or its end not be noted");
                    break;
                }
            }
        }
    }
}

/// Says whether there was any.
async fn send_next(state: &AppState) -> Result<bool, DbError> {
    let Some(mailer) = &state.mailer else { return Ok(false) };
    let directory = state.database.directory();
    let taken_at = state.clock.now();
    let Some(mail) = directory.take_mail(taken_at, taken_at.plus_ms(TAKEN_FOR_MS)).await? else { return Ok(false) };
    let sent = send(state, mailer, &mail).await?;
    let now = state.clock.now();
    let ended = outcome(sent, &mail, now);
    directory.finish_mail(&mail, ended, now).await?;
    tracing::info!(mail_id = %mail.id, attempt = mail.attempt, ?ended, "a mail");
    Ok(true)
}

async fn send(state: &AppState, mailer: &Mailer, mail: &DueMail) -> Result<Result<(), MailProblem>, DbError> {
    let Some(token) = state.token_keys.known().find_invitation(mail.id, &mail.token_hash) else {
        return Ok(Err(MailProblem::LinkLost));
    };
    let tenant = state.database.tenant(mail.studio_id).await?;
    let studio = tenant.find_studio().await?.ok_or(DbError::NoSuchStudio)?;
    let inviter = tenant.find_member(mail.invited_by).await?;
    let link = format!("{}/join/{}", state.public_url, token.token.expose_secret());
    let invited = Invited {
        mail_id: mail.id,
        email: &mail.email,
        studio: &studio.name,
        time_zone: &studio.time_zone,
        inviter: inviter.as_ref().map(|member| member.name.as_str()),
        link: &link,
        now: state.clock.now(),
        expires_at: mail.expires_at,
    };
    match compose_invitation(mailer.from(), &invited, Language::DEFAULT.words()) {
        Ok(message) => Ok(mailer.send(message).await),
        Err(problem) => Ok(Err(problem)),
    }
}

/// What becomes of a mail after an attempt.
fn outcome(sent: Result<(), MailProblem>, mail: &DueMail, now: UnixMs) -> Attempt {
    let Err(problem) = sent else { return Attempt::Sent };
    let is_for_good = match problem {
        // The same mail will not be taken, whoever puts right whatever.
        MailProblem::Refused | MailProblem::LinkLost => true,
        MailProblem::Unreachable
        | MailProblem::Untrusted
        | MailProblem::Incompatible
        | MailProblem::Busy
        | MailProblem::SignInRefused
        | MailProblem::FolderUnwritable
        | MailProblem::Unknown => false,
    };
    let failures = usize::try_from(mail.attempt - 1).unwrap_or_default();
    let pause_ms = PAUSES_MS[failures.min(PAUSES_MS.len() - 1)];
    let due_at = now.plus_ms(pause_ms);
    if is_for_good || due_at.since_ms(mail.created_at) > TRIED_FOR_MS || due_at >= mail.expires_at {
        Attempt::Failed { problem }
    } else {
        Attempt::Postponed { due_at, problem }
    }
}

#[cfg(test)]
mod tests {
    use domain::{InvitationId, MemberId, StudioId};
    use uuid::Uuid;

    use super::*;

    const WRITTEN: UnixMs = UnixMs(1_790_000_000_000);

    fn mail(attempt: i64) -> DueMail {
        let id = Uuid::from_u128(1);
        DueMail {
            id,
            created_at: WRITTEN,
            attempt,
            invitation_id: InvitationId::from_uuid(id),
            studio_id: StudioId::from_uuid(id),
            email: String::new(),
            invited_by: MemberId::from_uuid(id),
            token_hash: String::new(),
            expires_at: WRITTEN.plus_ms(7 * 24 * HOUR_MS),
        }
    }

    #[test]
    fn what_may_pass_is_tried_for_a_day_ever_more_rarely() {
        let mut now = WRITTEN;
        let mut pauses = Vec::new();
        for attempt in 1.. {
            match outcome(Err(MailProblem::Unreachable), &mail(attempt), now) {
                Attempt::Postponed { due_at, problem: MailProblem::Unreachable } => {
                    pauses.push(due_at.since_ms(now) / MINUTE_MS);
                    now = due_at;
                }
                Attempt::Failed { problem: MailProblem::Unreachable } => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(pauses, [1, 5, 15, 60, 240, 240, 240, 240, 240]);
        assert!(now.since_ms(WRITTEN) <= TRIED_FOR_MS);
    }

    #[test]
    fn what_will_not_pass_is_not_tried_again() {
        for (problem, why) in [(MailProblem::Refused, "no such address"), (MailProblem::LinkLost, "another secret")] {
            assert_eq!(outcome(Err(problem), &mail(1), WRITTEN), Attempt::Failed { problem }, "{why}");
        }
        assert_eq!(outcome(Ok(()), &mail(9), WRITTEN), Attempt::Sent);
        let late = DueMail { expires_at: WRITTEN.plus_ms(MINUTE_MS), ..mail(1) };
        let ended = outcome(Err(MailProblem::Busy), &late, WRITTEN);
        assert_eq!(ended, Attempt::Failed { problem: MailProblem::Busy }, "the link would be over");
    }
}
