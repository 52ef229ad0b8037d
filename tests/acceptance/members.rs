//! Somebody is invited, joins, works, and is removed: from the owner's desk over the mail and the page to a second desk.

use desk::view::{DeskEvent, Phase};
use desk::{DeskError, ErrorCode, ErrorView};
use domain::{Permission, Role, StudioId};
use reqwest::{Method, StatusCode};
use testkit::{TestDesk, TestServer};
use wire::invitation::MailState;

use crate::mailbox::wait_for_mails;
use crate::sign_in::left_below;
use crate::{STUDIO, manager};

const NORA: &str = "nora@example.org";
const PASSWORD: &str = "a long password of hers";

fn code(error: DeskError) -> ErrorCode {
    ErrorView::from(error).code
}

/// Posts the page of an invitation, as a browser does.
async fn accept(server: &TestServer, link: &str, name: &str, password: &str) -> anyhow::Result<(StatusCode, String)> {
    let http = server.http()?;
    let page = http.get(link).send().await?;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await?.contains("<form method=\"post\">"));
    let body = format!("full_name={}&password={}", name.replace(' ', "+"), password.replace(' ', "+"));
    let form = "application/x-www-form-urlencoded";
    let done = http.post(link).header("content-type", form).body(body).send().await?;
    Ok((done.status(), done.text().await?))
}

async fn audited(server: &TestServer, studio: StudioId) -> anyhow::Result<u64> {
    Ok(server.admin().count_audit(studio).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_invitation_to_a_removal() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let studio = server.studio.id;
    let mut owner = TestDesk::signed_in(&server, server.member(Role::Owner)?).await?;
    owner.wait_until_synced().await?;
    let before = audited(&server, studio).await?;
    assert!(owner.desk.session().await?.permissions.contains(&Permission::ManageMembers));

    owner.desk.invite_member(NORA.to_owned(), Role::Sales).await?;
    let again = owner.desk.invite_member(NORA.to_uppercase(), Role::Sales).await.expect_err("invited already");
    assert_eq!(code(again), ErrorCode::AlreadyInvited);
    let mail = wait_for_mails(&server.mail_dir(), 1).await.pop().expect("a mail");
    assert_eq!(mail.header("To").as_deref(), Some(NORA));
    assert!(mail.text().contains(&server.studio.name));
    let (base, path) = mail.link();
    let link = format!("{base}{path}");
    let (status, page) = accept(&server, &link, "Nora Lindqvist", PASSWORD).await?;
    assert_eq!(status, StatusCode::OK, "{page}");

    // The owner's desk hears of her by the feed.
    owner.wait_for_event("a new member", |event| matches!(event, DeskEvent::Changed(c) if c.studio)).await?;
    let view = owner.desk.list_members().await?;
    let nora = view.members.iter().find(|one| one.member.email == NORA).expect("she is one").clone();
    assert_eq!((nora.member.name.as_str(), nora.member.role), ("Nora Lindqvist", Role::Sales));
    assert!(nora.may_remove && view.invitations.is_empty() && view.sends_mail);

    let mut hers = TestDesk::new(&server)?;
    let session = hers.sign_in(NORA, PASSWORD).await?;
    assert_eq!((session.studio.id, session.me.id), (studio, nora.member.id));
    hers.wait_until_synced().await?;
    let cache = hers.cache_file()?;
    assert!(!hers.desk.session().await?.permissions.contains(&Permission::ManageMembers));
    let refused = hers.desk.list_members().await.expect_err("she manages nobody");
    assert_eq!(code(refused), ErrorCode::NotAllowed);

    owner.desk.remove_member(nora.member.id).await?;
    hers.wait_for_event("signed out", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
    assert!(!cache.exists());
    assert_eq!(left_below(hers.data_dir()), Vec::<String>::new());
    assert_eq!(hers.desk.start().await?.phase, Phase::SignedOut);
    let refused = hers.sign_in(NORA, PASSWORD).await.expect_err("she is no member any more");
    assert_eq!(code(refused), ErrorCode::InvalidCredentials);
    owner.wait_for_event("a former member", |event| matches!(event, DeskEvent::Changed(c) if c.studio)).await?;
    let members = owner.desk.session().await?.members;
    let former = members.iter().find(|member| member.id == nora.member.id).expect("history names her");
    assert!(former.is_former && former.email.is_empty() && former.name == "Nora Lindqvist");
    // Invited, joined, removed.
    assert_eq!(audited(&server, studio).await?, before + 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_while_offline_loses_the_cache_at_the_next_contact() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut hers = TestDesk::signed_in(&server, manager(&server)).await?;
    hers.wait_until_synced().await?;
    let cache = hers.cache_file()?;
    server.wire().unplug();
    let owner = server.colleague(server.member(Role::Owner)?).await?;
    owner.send(Method::DELETE, &format!("/v1/members/{}", manager(&server).id), &()).await?;
    hers.desk.session().await.expect("offline, nothing is known of it");
    assert!(cache.exists(), "the control");
    server.wire().plug_in();
    hers.desk.sync_now().await?;
    hers.wait_for_event("signed out", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
    assert!(!cache.exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_changed_is_heeded_by_the_desk_it_concerns() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let owner = TestDesk::signed_in(&server, server.member(Role::Owner)?).await?;
    let mut theirs = TestDesk::signed_in(&server, manager(&server)).await?;
    theirs.wait_until_synced().await?;
    assert!(!theirs.desk.session().await?.permissions.contains(&Permission::ManageMembers));
    owner.desk.change_member_role(manager(&server).id, Role::Admin).await?;
    while !theirs.desk.session().await?.permissions.contains(&Permission::ManageMembers) {
        theirs.wait_for_event("another role", |event| matches!(event, DeskEvent::Changed(c) if c.studio)).await?;
    }
    let view = theirs.desk.list_members().await?;
    let owners: Vec<_> = view.members.iter().filter(|one| one.member.role == Role::Owner).collect();
    assert!(!owners.is_empty() && owners.iter().all(|one| one.roles.is_empty() && !one.may_remove));
    let last = server.member(Role::Owner)?.id;
    assert_eq!(code(theirs.desk.remove_member(last).await.expect_err("an owner")), ErrorCode::NotAllowed);
    let me = owner.desk.change_member_role(last, Role::Sales).await.expect_err("the last one");
    assert_eq!(code(me), ErrorCode::LastOwner);

    owner.desk.invite_member(NORA.to_owned(), Role::Sales).await?;
    wait_for_mails(&server.mail_dir(), 1).await;
    let pending = owner.desk.list_members().await?.invitations.pop().expect("one").invitation;
    assert!(matches!(pending.mail, MailState::Waiting | MailState::Sent { .. }));
    let soon = owner.desk.send_invitation(pending.id).await.expect_err("it was sent a moment ago");
    assert_eq!(code(soon), ErrorCode::TooManyRequests);
    theirs.desk.withdraw_invitation(pending.id).await?;
    assert!(owner.desk.list_members().await?.invitations.is_empty());
    Ok(())
}
