//! Mails that wait, and their senders.

use domain::{Role, UnixMs};
use futures_util::future::join_all;
use wire::invitation::{MailProblem, MailState};

use super::invitations::new;
use super::members::{actor, team};
use super::{NOW, TestDatabase, on_both, studio_id};
use crate::db::{Attempt, Directory, DueMail};

on_both!(
    a_mail_is_written_with_its_invitation_and_taken_by_one_sender,
    a_sender_that_dies_leaves_its_mail_to_another,
    a_mail_that_is_postponed_is_due_again_then,
    a_mail_nobody_wants_any_more_is_not_sent,
    what_was_withdrawn_while_it_was_sent_is_not_tried_again,
);

const LEASE_MS: i64 = 1_000;

async fn invited(db: &TestDatabase) -> Directory {
    let directory = team(db, &[Role::Owner]).await;
    directory.invite(actor(1), new(1, Role::Sales), NOW).await.expect("invited");
    directory
}

async fn take(directory: &Directory, at: UnixMs) -> Option<DueMail> {
    directory.take_mail(at, at.plus_ms(LEASE_MS)).await.expect("asked")
}

async fn state(directory: &Directory) -> MailState {
    directory.list_invitations(studio_id(1)).await.expect("listed")[0].mail
}

async fn a_mail_is_written_with_its_invitation_and_taken_by_one_sender(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Sales]).await;
    assert!(directory.invite(actor(2), new(1, Role::Sales), NOW).await.is_err());
    assert!(take(&directory, NOW).await.is_none(), "no invitation, no mail");
    directory.invite(actor(1), new(1, Role::Sales), NOW).await.expect("invited");
    let taken: Vec<_> = join_all((0..8).map(|_| take(&directory, NOW))).await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 1);
    let mail = &taken[0];
    assert_eq!((mail.attempt, mail.email.as_str(), mail.token_hash.as_str()), (1, "Nora1@studio.example", "token 1"));
    directory.finish_mail(mail, Attempt::Sent, NOW.plus_ms(5)).await.expect("noted");
    assert_eq!(state(&directory).await, MailState::Sent { at: NOW.plus_ms(5) });
    assert!(take(&directory, NOW.plus_ms(10 * LEASE_MS)).await.is_none(), "once");
}

async fn a_sender_that_dies_leaves_its_mail_to_another(db: TestDatabase) {
    let directory = invited(&db).await;
    let first = take(&directory, NOW).await.expect("due");
    assert!(take(&directory, NOW.plus_ms(LEASE_MS - 1)).await.is_none());
    let second = take(&directory, NOW.plus_ms(LEASE_MS)).await.expect("due again");
    assert_eq!((first.id, second.attempt), (second.id, 2));
    // The first was only slow: what it says now counts no more.
    let failed = Attempt::Failed { problem: MailProblem::Refused };
    directory.finish_mail(&first, failed, NOW).await.expect("asked");
    assert_eq!(state(&directory).await, MailState::Waiting);
    directory.finish_mail(&second, Attempt::Sent, NOW).await.expect("noted");
    directory.finish_mail(&second, failed, NOW).await.expect("asked");
    assert_eq!(state(&directory).await, MailState::Sent { at: NOW });
}

async fn a_mail_that_is_postponed_is_due_again_then(db: TestDatabase) {
    let directory = invited(&db).await;
    let mail = take(&directory, NOW).await.expect("due");
    let (due_at, problem) = (NOW.plus_ms(60_000), MailProblem::Busy);
    directory.finish_mail(&mail, Attempt::Postponed { due_at, problem }, NOW).await.expect("noted");
    assert_eq!(state(&directory).await, MailState::Postponed { problem });
    assert!(take(&directory, due_at.plus_ms(-1)).await.is_none());
    let mail = take(&directory, due_at).await.expect("due again");
    directory.finish_mail(&mail, Attempt::Failed { problem: MailProblem::Refused }, NOW).await.expect("noted");
    assert_eq!(state(&directory).await, MailState::Failed { problem: MailProblem::Refused });
    assert!(take(&directory, due_at.plus_ms(1_000_000)).await.is_none());
}

async fn a_mail_nobody_wants_any_more_is_not_sent(db: TestDatabase) {
    let directory = invited(&db).await;
    let id = directory.list_invitations(studio_id(1)).await.expect("listed")[0].id;
    directory.withdraw_invitation(actor(1), id, NOW).await.expect("withdrawn");
    directory.invite(actor(1), new(2, Role::Sales), NOW).await.expect("invited");
    let mail = take(&directory, NOW).await.expect("the other");
    assert_eq!(mail.email, "Nora2@studio.example");
    assert!(take(&directory, NOW).await.is_none());
    let expired = NOW.plus_ms(8 * 86_400_000);
    assert!(take(&directory, expired).await.is_none(), "its link leads nowhere any more");
}

async fn what_was_withdrawn_while_it_was_sent_is_not_tried_again(db: TestDatabase) {
    let directory = invited(&db).await;
    let mail = take(&directory, NOW).await.expect("due");
    directory.withdraw_invitation(actor(1), mail.invitation_id, NOW).await.expect("withdrawn");
    let postponed = Attempt::Postponed { due_at: NOW, problem: MailProblem::Busy };
    directory.finish_mail(&mail, postponed, NOW).await.expect("asked");
    assert!(take(&directory, NOW.plus_ms(10 * LEASE_MS)).await.is_none());
}
