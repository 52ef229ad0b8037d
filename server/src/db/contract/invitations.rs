//! Invitations, and who becomes a member by them.

use domain::{InvitationId, MemberId, MemberRefusal, Role, UnixMs};
use futures_util::future::{join, join_all};
use wire::invitation::MailState;

use super::members::{actor, join_as, member_id, team};
use super::{NOW, TestDatabase, on_both, studio_id, uuid};
use crate::db::{
    Accept, AcceptAs, Acceptance, Directory, Effect, InvitationState, MemberError, NewInvitation, NewLink,
};
use crate::limits;

on_both!(
    an_invitation_is_made_by_who_may_and_listed,
    nobody_is_invited_twice_or_who_is_there_already,
    an_invitation_is_accepted_once,
    of_many_who_accept_at_once_one_does,
    accepting_and_withdrawing_at_once_one_happens,
    an_account_that_is_there_is_joined_with,
    an_account_that_came_meanwhile_is_not_taken_over,
    a_link_that_is_sent_again_ends_the_one_before,
    an_invitation_runs_out_and_may_be_made_anew,
    whoever_loses_the_right_loses_their_invitations,
    invitations_of_another_studio_are_not_found,
    open_invitations_are_bounded,
    what_ran_out_long_ago_is_forgotten_with_its_mails,
);

const WEEK: UnixMs = UnixMs(NOW.0 + 7 * 86_400_000);

fn invitation_id(n: u64) -> InvitationId {
    InvitationId::from_uuid(uuid(10, n))
}

fn link(n: u64, token: &str) -> NewLink {
    NewLink { mail_id: uuid(11, n), token_hash: token.to_owned(), expires_at: WEEK }
}

pub(super) fn new(n: u64, role: Role) -> NewInvitation {
    let email = format!("Nora{n}@studio.example");
    let email_folded = email.to_lowercase();
    NewInvitation { id: invitation_id(n), email, email_folded, role, link: link(n, &format!("token {n}")) }
}

fn accept(n: u64, token: &str, account: AcceptAs) -> Accept {
    Accept { token_hash: token.to_owned(), name: format!("Nora {n}"), member_id: member_id(500 + n), account }
}

fn new_account(n: u64) -> AcceptAs {
    AcceptAs::New { account_id: uuid(9, 500 + n), password_hash: format!("hash of Nora {n}") }
}

async fn state(directory: &Directory, token: &str) -> Option<InvitationState> {
    directory.find_invitation(token.to_owned(), NOW).await.expect("asked").map(|found| found.state)
}

async fn membership(directory: &Directory, email: &str) -> Option<MemberId> {
    let account = directory.find_account(email.to_owned()).await.expect("asked")?;
    directory.find_membership(account.id, Some(studio_id(1))).await.expect("asked").map(|m| m.member_id)
}

async fn an_invitation_is_made_by_who_may_and_listed(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Admin, Role::Sales]).await;
    directory.invite(actor(2), new(1, Role::Sales), NOW).await.expect("invited");
    let refused = directory.invite(actor(2), new(2, Role::Owner), NOW).await;
    assert!(matches!(refused, Err(MemberError::Refused(MemberRefusal::OwnersOnly))), "{refused:?}");
    let refused = directory.invite(actor(3), new(2, Role::Sales), NOW).await;
    assert!(matches!(refused, Err(MemberError::Refused(MemberRefusal::NotAllowed))), "{refused:?}");
    directory.invite(actor(1), new(3, Role::Owner), NOW.plus_ms(1)).await.expect("invited");
    let withdrawn = directory.withdraw_invitation(actor(2), invitation_id(3), NOW).await;
    assert!(matches!(withdrawn, Err(MemberError::Refused(MemberRefusal::OwnersOnly))), "{withdrawn:?}");

    let listed = directory.list_invitations(studio_id(1)).await.expect("listed");
    let seen: Vec<_> = listed.iter().map(|i| (i.email.as_str(), i.role, i.invited_by, i.mail)).collect();
    let nora = "Nora1@studio.example";
    assert_eq!(
        seen,
        [
            ("Nora3@studio.example", Role::Owner, member_id(1), MailState::Waiting),
            (nora, Role::Sales, member_id(2), MailState::Waiting)
        ]
    );
    assert_eq!((listed[1].created_at, listed[1].expires_at), (NOW, WEEK));
    assert_eq!(directory.list_invitations(studio_id(2)).await.expect("listed"), []);
}

async fn nobody_is_invited_twice_or_who_is_there_already(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Sales]).await;
    let mut member = new(1, Role::Sales);
    member.email_folded = "m2@studio.example".to_owned();
    let refused = directory.invite(actor(1), member, NOW).await;
    assert!(matches!(refused, Err(MemberError::AlreadyMember)), "{refused:?}");
    let one = |n| NewInvitation { email_folded: "nora@studio.example".to_owned(), ..new(n, Role::Sales) };
    let at_once = join_all((1..6).map(|n| directory.invite(actor(1), one(n), NOW))).await;
    let invited = at_once.iter().filter(|result| result.is_ok()).count();
    let again = at_once.iter().filter(|result| matches!(result, Err(MemberError::AlreadyInvited))).count();
    assert_eq!((invited, again), (1, 4), "{at_once:?}");
}

async fn an_invitation_is_accepted_once(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    directory.invite(actor(1), new(1, Role::Manager), NOW).await.expect("invited");
    assert_eq!(state(&directory, "token 1").await, Some(InvitationState::Open));
    assert_eq!(state(&directory, "token 2").await, None);
    let accepted = directory.accept_invitation(accept(1, "token 1", new_account(1)), NOW).await.expect("asked");
    assert_eq!(accepted, Acceptance::Joined { studio_id: studio_id(1) });
    assert_eq!(state(&directory, "token 1").await, Some(InvitationState::Accepted));
    let again = directory.accept_invitation(accept(2, "token 1", new_account(2)), NOW).await.expect("asked");
    assert_eq!(again, Acceptance::Over(InvitationState::Accepted));
    assert_eq!(membership(&directory, "nora1@studio.example").await, Some(member_id(501)));
    assert_eq!(directory.list_invitations(studio_id(1)).await.expect("listed"), []);
    let joined = directory.list_acts(studio_id(1)).await.expect("listed").pop().expect("the last one");
    assert_eq!(joined.actor_id, member_id(501).to_string());
    assert!(!joined.detail.contains("Nora") && !joined.detail.contains('@'), "{}", joined.detail);
    match joined.effect {
        Effect::Put(member) => {
            assert_eq!((member.name.as_str(), member.email.as_str()), ("Nora 1", "Nora1@studio.example"));
            assert_eq!(member.role, Role::Manager);
        }
        _ => panic!("{}", joined.detail),
    }
}

async fn of_many_who_accept_at_once_one_does(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    directory.invite(actor(1), new(1, Role::Sales), NOW).await.expect("invited");
    let attempts = (1..9).map(|n| directory.accept_invitation(accept(n, "token 1", new_account(n)), NOW));
    let ended: Vec<_> = join_all(attempts).await.into_iter().map(|end| end.expect("asked")).collect();
    let joined = ended.iter().filter(|end| matches!(end, Acceptance::Joined { .. })).count();
    let late = ended.iter().filter(|end| **end == Acceptance::Over(InvitationState::Accepted)).count();
    assert_eq!((joined, late), (1, 7), "{ended:?}");
}

async fn accepting_and_withdrawing_at_once_one_happens(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    let mut accepted = 0;
    for n in 1..11 {
        directory.invite(actor(1), new(n, Role::Sales), NOW).await.expect("invited");
        let token = format!("token {n}");
        let accepting = directory.accept_invitation(accept(n, &token, new_account(n)), NOW);
        let (end, withdrawn) = join(accepting, directory.withdraw_invitation(actor(1), invitation_id(n), NOW)).await;
        let is_member = membership(&directory, &format!("nora{n}@studio.example")).await.is_some();
        match end.expect("asked") {
            Acceptance::Joined { .. } => {
                assert!(matches!(withdrawn, Err(MemberError::NotFound)), "{withdrawn:?}");
                assert!(is_member);
                accepted += 1;
            }
            Acceptance::Over(InvitationState::Withdrawn) => {
                withdrawn.expect("withdrawn");
                assert!(!is_member);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(accepted <= 10);
}

async fn an_account_that_is_there_is_joined_with(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    directory.add_studio(studio_id(2), NOW).await.expect("registered");
    join_as(&directory, studio_id(2), 7, Role::Sales).await.expect("joined");
    let invited = NewInvitation { email_folded: "m7@studio.example".to_owned(), ..new(1, Role::Admin) };
    directory.invite(actor(1), invited, NOW).await.expect("invited");
    let existing = accept(1, "token 1", AcceptAs::Existing(uuid(9, 7)));
    let end = directory.accept_invitation(existing, NOW).await.expect("asked");
    assert_eq!(end, Acceptance::Joined { studio_id: studio_id(1) });
    let account = directory.find_account("m7@studio.example".to_owned()).await.expect("asked").expect("there");
    assert_eq!((account.id, account.password_hash.as_str()), (uuid(9, 7), "hash 7"), "its password stays");
    let find = async |studio| directory.find_membership(account.id, Some(studio)).await.expect("asked");
    assert_eq!(find(studio_id(1)).await.map(|m| m.member_id), Some(member_id(501)));
    assert_eq!(find(studio_id(2)).await.map(|m| m.member_id), Some(member_id(7)));
}

async fn an_account_that_came_meanwhile_is_not_taken_over(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    directory.add_studio(studio_id(2), NOW).await.expect("registered");
    let invited = NewInvitation { email_folded: "m7@studio.example".to_owned(), ..new(1, Role::Admin) };
    directory.invite(actor(1), invited, NOW).await.expect("invited");
    // A new password was chosen; before it is stored the address gets an account elsewhere.
    join_as(&directory, studio_id(2), 7, Role::Sales).await.expect("joined");
    for account in [new_account(1), AcceptAs::Existing(uuid(9, 8))] {
        let end = directory.accept_invitation(accept(1, "token 1", account), NOW).await.expect("asked");
        assert_eq!(end, Acceptance::AccountChanged);
    }
    assert_eq!(state(&directory, "token 1").await, Some(InvitationState::Open), "it is not used up");
    let account = directory.find_account("m7@studio.example".to_owned()).await.expect("asked").expect("there");
    assert_eq!(account.password_hash, "hash 7");
}

async fn a_link_that_is_sent_again_ends_the_one_before(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    directory.invite(actor(1), new(1, Role::Sales), NOW).await.expect("invited");
    let renew = |at| directory.renew_invitation(actor(1), invitation_id(1), link(2, "token b"), at);
    let soon = renew(NOW.plus_ms(limits::RENEW_INVITATION_MS - 1_500)).await;
    assert!(matches!(soon, Err(MemberError::TooSoon { retry_after_s: 2 })), "{soon:?}");
    renew(NOW.plus_ms(limits::RENEW_INVITATION_MS)).await.expect("sent again");
    assert_eq!(
        [state(&directory, "token 1").await, state(&directory, "token b").await],
        [None, Some(InvitationState::Open)]
    );
    directory.withdraw_invitation(actor(1), invitation_id(1), NOW).await.expect("withdrawn");
    assert_eq!(state(&directory, "token b").await, Some(InvitationState::Withdrawn));
    let late = NOW.plus_ms(10 * limits::RENEW_INVITATION_MS);
    let gone = directory.renew_invitation(actor(1), invitation_id(1), link(3, "token c"), late).await;
    assert!(matches!(gone, Err(MemberError::NotFound)), "{gone:?}");
}

async fn an_invitation_runs_out_and_may_be_made_anew(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    directory.invite(actor(1), new(1, Role::Sales), NOW).await.expect("invited");
    let state = async |at| directory.find_invitation("token 1".to_owned(), at).await.expect("asked").map(|f| f.state);
    assert_eq!(state(WEEK.plus_ms(-1)).await, Some(InvitationState::Open));
    assert_eq!(state(WEEK).await, Some(InvitationState::Expired));
    let late = directory.accept_invitation(accept(1, "token 1", new_account(1)), WEEK).await.expect("asked");
    assert_eq!(late, Acceptance::Over(InvitationState::Expired));
    assert_eq!(directory.list_invitations(studio_id(1)).await.expect("listed").len(), 1, "it may be sent again");
    let again = NewInvitation { email_folded: "nora1@studio.example".to_owned(), ..new(2, Role::Sales) };
    directory.invite(actor(1), again, WEEK).await.expect("the old one is over");
    let ids: Vec<_> = directory.list_invitations(studio_id(1)).await.expect("listed").iter().map(|i| i.id).collect();
    assert_eq!(ids, [invitation_id(2)]);
    assert_eq!(state(WEEK).await, Some(InvitationState::Expired));
}

async fn whoever_loses_the_right_loses_their_invitations(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Owner, Role::Admin]).await;
    for (by, n, role) in [(2, 1, Role::Owner), (2, 2, Role::Sales), (3, 3, Role::Sales), (1, 4, Role::Sales)] {
        directory.invite(actor(by), new(n, role), NOW).await.expect("invited");
    }
    let open = async || {
        let states = join_all((1..5).map(|n| directory.find_invitation(format!("token {n}"), NOW))).await;
        let open = |(n, found): (u64, Option<InvitationState>)| (found == Some(InvitationState::Open)).then_some(n);
        let states = states.into_iter().map(|found| found.expect("asked").map(|found| found.state));
        (1..).zip(states).filter_map(open).collect::<Vec<_>>()
    };
    assert_eq!(open().await, [1, 2, 3, 4]);
    directory.change_role(actor(1), member_id(2), Role::Admin, NOW).await.expect("demoted");
    assert_eq!(open().await, [2, 3, 4], "an admin makes no owner");
    directory.change_role(actor(1), member_id(2), Role::Manager, NOW).await.expect("demoted");
    assert_eq!(open().await, [3, 4]);
    directory.remove_member(actor(1), member_id(3), NOW).await.expect("removed");
    assert_eq!(open().await, [4]);
}

async fn invitations_of_another_studio_are_not_found(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    directory.add_studio(studio_id(2), NOW).await.expect("registered");
    join_as(&directory, studio_id(2), 7, Role::Owner).await.expect("joined");
    directory.invite(actor(1), new(1, Role::Sales), NOW).await.expect("invited");
    let stranger = crate::db::Actor { member_id: member_id(7), studio_id: studio_id(2), ..actor(1) };
    let withdrawn = directory.withdraw_invitation(stranger, invitation_id(1), NOW).await;
    assert!(matches!(withdrawn, Err(MemberError::NotFound)), "{withdrawn:?}");
    let late = NOW.plus_ms(10 * limits::RENEW_INVITATION_MS);
    let renewed = directory.renew_invitation(stranger, invitation_id(1), link(2, "token b"), late).await;
    assert!(matches!(renewed, Err(MemberError::NotFound)), "{renewed:?}");
    assert_eq!(state(&directory, "token 1").await, Some(InvitationState::Open));
}

async fn open_invitations_are_bounded(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    let bound = u64::try_from(limits::OPEN_INVITATIONS).expect("small");
    for n in 0..bound {
        directory.invite(actor(1), new(n, Role::Sales), NOW).await.expect("invited");
    }
    let refused = directory.invite(actor(1), new(bound, Role::Sales), NOW).await;
    assert!(matches!(refused, Err(MemberError::TooManyOpen)), "{refused:?}");
    directory.withdraw_invitation(actor(1), invitation_id(3), NOW).await.expect("withdrawn");
    directory.invite(actor(1), new(bound, Role::Sales), NOW).await.expect("there is room again");
}

async fn what_ran_out_long_ago_is_forgotten_with_its_mails(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner]).await;
    directory.invite(actor(1), new(1, Role::Sales), NOW).await.expect("invited");
    // Sent again: two mails are about it.
    let at = NOW.plus_ms(limits::RENEW_INVITATION_MS);
    directory.renew_invitation(actor(1), invitation_id(1), link(21, "token b"), at).await.expect("sent again");
    let mut later = new(2, Role::Sales);
    later.link.expires_at = WEEK.plus_ms(1);
    directory.invite(actor(1), later, NOW).await.expect("invited");
    directory.accept_invitation(accept(2, "token 2", new_account(2)), NOW).await.expect("accepted");

    assert_eq!(directory.purge_invitations(WEEK).await.expect("purged"), 0, "none ran out before");
    assert_eq!(directory.purge_invitations(WEEK.plus_ms(1)).await.expect("purged"), 1);
    assert_eq!(state(&directory, "token b").await, None);
    assert_eq!(state(&directory, "token 2").await, Some(InvitationState::Accepted), "the other is still known");
    assert_eq!(directory.list_invitations(studio_id(1)).await.expect("listed"), []);
    assert_eq!(directory.purge_invitations(WEEK.plus_ms(1)).await.expect("purged"), 0, "again is nothing");
    assert_eq!(directory.purge_invitations(WEEK.plus_ms(2)).await.expect("purged"), 1);
    let member = membership(&directory, "nora2@studio.example").await;
    assert_eq!(member, Some(member_id(502)), "who joined by it stays a member");
}
