//! Inviting somebody: the mail, its link, the page it leads to, and what becomes of it.

use std::time::Duration;

use frontdesk_server::{Config, MailConfig};
use reqwest::{Method, StatusCode};
use serde_json::json;
use wire::ApiErrorCode;
use wire::invitation::{Invitation, InvitationList, MailProblem, MailState};
use wire::member::MemberList;

use crate::feed::Replica;
use crate::harness::{
    Answer, Client, OWNER, PASSWORD, SALES, STRANGER, TestServer, answer, owner_id, sign_in, studio_id,
};
use crate::mailbox::{Mail, wait_for_mails};
use crate::smtp_sink::{Fault, MailSink, Security};

const NORA: &str = "Nora@example.org";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn invite(client: &Client, email: &str, role: &str) -> Answer {
    client.send(Method::POST, "/v1/invitations", Some(json!({ "email": email, "role": role }))).await
}

async fn list(client: &Client) -> InvitationList {
    client.get("/v1/invitations").await.json()
}

async fn fill_in(server: &TestServer, path: &str, name: &str, password: &str) -> Answer {
    let fields = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("full_name", name)
        .append_pair("password", password)
        .finish();
    let request = server.anonymous().request(Method::POST, path);
    answer(request.header("content-type", "application/x-www-form-urlencoded").body(fields)).await
}

async fn open(server: &TestServer, path: &str) -> Answer {
    server.anonymous().get(path).await
}

pub(crate) async fn invited(server: &TestServer, role: &str) -> (Invitation, Mail) {
    let before = std::fs::read_dir(server.mail_dir()).unwrap().count();
    let answer = invite(&server.client(OWNER).await, NORA, role).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let mail = wait_for_mails(&server.mail_dir(), before + 1).await.pop().unwrap();
    (answer.json(), mail)
}

async fn signs_in(server: &TestServer, email: &str, password: &str) -> StatusCode {
    server.anonymous().send(Method::POST, "/v1/auth/sign-in", Some(sign_in(email, password))).await.status
}

#[tokio::test]
async fn who_is_invited_gets_a_mail_opens_its_link_and_is_a_member() {
    let server = TestServer::start(3, 1).await;
    let (invitation, mail) = invited(&server, "sales").await;
    assert_eq!((invitation.email.as_str(), invitation.invited_by), (NORA, owner_id()));
    assert_eq!(mail.header("To").as_deref(), Some(NORA));
    assert_eq!(mail.header("From").as_deref(), Some("Frontdesk <desk@studio.example>"));
    assert_eq!(mail.header("Subject").as_deref(), Some("Join Lumen on Frontdesk"));
    let (base, path) = mail.link();
    assert_eq!(base, server.running.base_url());

    let page = open(&server, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(page.headers["cache-control"], "no-store");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("form-action 'self'"));
    let html = page.text();
    assert!(html.contains("Join Lumen") && html.contains(NORA), "{html}");
    assert!(!html.contains("<script") && !html.contains("http"), "{html}");
    assert!(!html.contains(path.trim_start_matches("/join/")), "the page does not repeat the token");

    let done = fill_in(&server, &path, " Nora Lindqvist ", "a long password").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert!(done.text().contains("You are a member of Lumen") && done.text().contains(&base), "{}", done.text());

    assert_eq!(signs_in(&server, "nora@EXAMPLE.org", "a long password").await, StatusCode::OK);
    let owner = server.client(OWNER).await;
    let members: MemberList = owner.get("/v1/members").await.json();
    let nora = members.members.iter().find(|member| member.email == NORA).expect("she is a member");
    assert_eq!((nora.name.as_str(), nora.role), ("Nora Lindqvist", domain::Role::Sales));
    assert!(Replica::pull(&owner).await.get("member", &nora.id).is_some(), "colleagues are told");
    assert_eq!(list(&owner).await.invitations, []);

    for answer in [open(&server, &path).await, fill_in(&server, &path, "Somebody", "another password").await] {
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(answer.text().contains("This invitation was accepted"), "{}", answer.text());
    }
    assert_ne!(signs_in(&server, NORA, "another password").await, StatusCode::OK);
}

#[tokio::test]
async fn what_was_typed_wrong_can_be_typed_again() {
    let server = TestServer::start(0, 0).await;
    let (_, mail) = invited(&server, "sales").await;
    let (_, path) = mail.link();
    for (name, password, says) in [
        ("", "a long password", "Enter your full name"),
        ("  ", "a long password", "Enter your full name"),
        (&*"n".repeat(201), "a long password", "too long"),
        ("Nora", "short", "at least 8"),
        ("Nora", "         ", "at least 8"),
        ("Nora", &"x".repeat(1025), "too long"),
        ("\"><script>alert(1)</script>", "short", "&lt;script&gt;"),
    ] {
        let again = fill_in(&server, &path, name, password).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {password}");
        let html = again.text();
        assert!(html.contains(says) && html.contains("<form method=\"post\">"), "{says}: {html}");
        assert!(!html.contains("<script") && !html.contains(password), "{html}");
    }
    let huge = fill_in(&server, &path, "Nora", &"x".repeat(20_000)).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(fill_in(&server, &path, "Nora", "a long password").await.status, StatusCode::OK, "it was not used up");
}

#[tokio::test]
async fn somebody_with_an_account_joins_a_second_studio_with_it() {
    let server = TestServer::start(0, 0).await;
    let answer = invite(&server.client(OWNER).await, "STEN@other.example", "manager").await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let (_, path) = wait_for_mails(&server.mail_dir(), 1).await.pop().unwrap().link();
    let page = open(&server, &path).await.text();
    assert!(page.contains("You have a Frontdesk account") && page.contains("current-password"), "{page}");
    let wrong = fill_in(&server, &path, "Sten", "not his password").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("not the password of this account"));
    assert_eq!(fill_in(&server, &path, "Sten", PASSWORD).await.status, StatusCode::OK);
    let mut request = sign_in(STRANGER, PASSWORD);
    request["studio_id"] = json!(studio_id());
    let session = server.anonymous().send(Method::POST, "/v1/auth/sign-in", Some(request)).await;
    let session: wire::auth::Session = session.json();
    assert_eq!((session.studio.id, session.member.role), (studio_id(), domain::Role::Manager));
    assert_eq!(signs_in(&server, STRANGER, "not his password").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_link_runs_out_is_replaced_or_withdrawn() {
    let server = TestServer::start(0, 0).await;
    let owner = server.client(OWNER).await;
    let (invitation, mail) = invited(&server, "sales").await;
    let (_, first) = mail.link();
    let send = format!("/v1/invitations/{}/send", invitation.id);
    let soon = owner.send(Method::POST, &send, None).await;
    assert_eq!(soon.code(), ApiErrorCode::TooManyRequests);
    assert!(soon.refusal().retry_after_s.is_some_and(|s| (1..=60).contains(&s)));

    server.clock.advance_ms(7 * DAY_MS);
    assert_eq!(open(&server, &first).await.status, StatusCode::GONE);
    let owner = server.client(OWNER).await;
    let again: Invitation = owner.send(Method::POST, &send, None).await.json();
    assert_eq!(again.expires_at.since_ms(invitation.expires_at), 7 * DAY_MS);
    let mails = wait_for_mails(&server.mail_dir(), 2).await;
    let (_, second) = mails.iter().map(Mail::link).find(|(_, path)| *path != first).expect("another link");
    assert_eq!(open(&server, &first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(open(&server, &second).await.status, StatusCode::OK);

    let withdraw = format!("/v1/invitations/{}", invitation.id);
    assert_eq!(owner.send(Method::DELETE, &withdraw, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(owner.send(Method::DELETE, &withdraw, None).await.code(), ApiErrorCode::NotFound);
    assert_eq!(open(&server, &second).await.status, StatusCode::GONE);
    assert_eq!(fill_in(&server, &second, "Nora", "a long password").await.status, StatusCode::GONE);
    assert_ne!(signs_in(&server, NORA, "a long password").await, StatusCode::OK);
    for nothing in ["/join/x", &format!("/join/{}", "A".repeat(43)), "/join/%ff"] {
        let page = open(&server, nothing).await;
        assert!(matches!(page.status, StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY), "{nothing}");
    }
}

#[tokio::test]
async fn only_who_manages_members_invites_and_only_at_their_own_studio() {
    let server = TestServer::start(0, 0).await;
    let (owner, sales, stranger) =
        (server.client(OWNER).await, server.client(SALES).await, server.client(STRANGER).await);
    let (invitation, _) = invited(&server, "sales").await;
    let (one, send) = (format!("/v1/invitations/{}", invitation.id), format!("/v1/invitations/{}/send", invitation.id));
    for answer in [
        invite(&sales, "x@example.org", "sales").await,
        sales.get("/v1/invitations").await,
        sales.send(Method::POST, &send, None).await,
        sales.send(Method::DELETE, &one, None).await,
        // An admin makes no owner.
        invite(&stranger, "x@example.org", "owner").await,
    ] {
        assert_eq!(answer.code(), ApiErrorCode::Forbidden);
    }
    server.clock.advance_ms(60_000);
    for answer in [stranger.send(Method::POST, &send, None).await, stranger.send(Method::DELETE, &one, None).await] {
        assert_eq!(answer.code(), ApiErrorCode::NotFound);
    }
    assert_eq!(list(&stranger).await.invitations, []);
    assert_eq!(list(&owner).await.invitations.len(), 1);
    for (email, code) in [(SALES, ApiErrorCode::AlreadyMember), (" nora@example.ORG", ApiErrorCode::AlreadyInvited)] {
        assert_eq!(invite(&owner, email, "sales").await.code(), code);
    }
    for bad in ["", "nora", "nora@[127.0.0.1]", "a b@example.org", "x@example.org\r\nBcc: y@example.org"] {
        assert_eq!(invite(&owner, bad, "sales").await.field(), "email", "{bad:?}");
    }
    assert_eq!(invite(&owner, "x@example.org", "emperor").await.field(), "role");
}

#[tokio::test]
async fn a_server_without_mail_says_so_before_anything_is_promised() {
    let server = TestServer::start_with(0, 0, |config| Config { mail: None, ..config }).await;
    let owner = server.client(OWNER).await;
    assert!(!list(&owner).await.sends_mail);
    assert_eq!(invite(&owner, NORA, "sales").await.code(), ApiErrorCode::MailNotConfigured);
    assert_eq!(list(&owner).await.invitations, []);
}

/// Waits until the one invitation's mail is so.
async fn wait_for_state(owner: &Client, is_so: impl Fn(MailState) -> bool) -> MailState {
    for _ in 0..600 {
        let state = list(owner).await.invitations[0].mail;
        if is_so(state) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", list(owner).await.invitations[0].mail)
}

async fn with_mail_server(sink: &MailSink) -> TestServer {
    let to = format!("smtp://{}?tls=none", sink.addr).parse().unwrap();
    TestServer::start_with(0, 0, |config| {
        let mail = MailConfig { to, from: "Frontdesk <desk@studio.example>".to_owned(), extra_ca: None };
        Config { mail: Some(mail), ..config }
    })
    .await
}

#[tokio::test]
async fn a_mail_server_that_refuses_for_now_is_asked_again_and_the_owner_sees_it() {
    for (fault, problem) in [(Fault::Busy, MailProblem::Busy), (Fault::CutAfterData, MailProblem::Unreachable)] {
        let sink = MailSink::start(Security::Plain).await;
        sink.fail_with(Some(fault));
        let server = with_mail_server(&sink).await;
        let owner = server.client(OWNER).await;
        assert_eq!(invite(&owner, NORA, "sales").await.status, StatusCode::CREATED);
        wait_for_state(&owner, |state| state == MailState::Postponed { problem }).await;
        assert_eq!(sink.fired(), [fault], "it was tried once");
        sink.fail_with(None);
        server.clock.advance_ms(60_000);
        wait_for_state(&owner, |state| matches!(state, MailState::Sent { .. })).await;
        let mails: Vec<_> = sink.mails().iter().map(|mail| Mail::new(&mail.text)).collect();
        // The one that was cut off arrived after all: a second one is better than none, and says that it is the same.
        assert_eq!(mails.len(), if fault == Fault::CutAfterData { 2 } else { 1 });
        assert!(mails.iter().all(|mail| mail.header("Message-ID") == mails[0].header("Message-ID")));
        assert!(mails.iter().all(|mail| mail.link() == mails[0].link()));
        assert_eq!(open(&server, &mails[0].link().1).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_waits_for_somebody_to_send_it_again() {
    let sink = MailSink::start(Security::Plain).await;
    sink.fail_with(Some(Fault::NoSuchAddress));
    let server = with_mail_server(&sink).await;
    let owner = server.client(OWNER).await;
    let invitation: Invitation = invite(&owner, NORA, "sales").await.json();
    wait_for_state(&owner, |state| state == MailState::Failed { problem: MailProblem::Refused }).await;
    server.clock.advance_ms(6 * 60 * 60 * 1000);
    let owner = server.client(OWNER).await;
    sink.fail_with(None);
    let send = format!("/v1/invitations/{}/send", invitation.id);
    assert_eq!(owner.send(Method::POST, &send, None).await.status, StatusCode::OK);
    wait_for_state(&owner, |state| matches!(state, MailState::Sent { .. })).await;
    assert_eq!((sink.fired().len(), sink.mails().len()), (1, 1), "tried once, and once again when somebody asked");
}

#[tokio::test]
async fn a_mail_is_not_lost_when_the_server_dies_before_it_is_sent() {
    let sink = MailSink::start(Security::Plain).await;
    sink.fail_with(Some(Fault::Busy));
    let server = with_mail_server(&sink).await;
    let owner = server.client(OWNER).await;
    assert_eq!(invite(&owner, NORA, "sales").await.status, StatusCode::CREATED);
    wait_for_state(&owner, |state| matches!(state, MailState::Postponed { .. })).await;
    // Started again it writes to a folder: where mail goes is the server's business, what waits is the database's.
    let server = server.restart().await;
    server.clock.advance_ms(60_000);
    let mails = wait_for_mails(&server.mail_dir(), 1).await;
    assert_eq!(open(&server, &mails[0].link().1).await.status, StatusCode::OK);
    let owner = server.client(OWNER).await;
    wait_for_state(&owner, |state| matches!(state, MailState::Sent { .. })).await;
}

#[tokio::test]
async fn a_link_of_a_key_that_was_forgotten_is_not_mailed() {
    let sink = MailSink::start(Security::Plain).await;
    sink.fail_with(Some(Fault::Busy));
    let server = with_mail_server(&sink).await;
    let owner = server.client(OWNER).await;
    assert_eq!(invite(&owner, NORA, "sales").await.status, StatusCode::CREATED);
    wait_for_state(&owner, |state| matches!(state, MailState::Postponed { .. })).await;
    server.database.change("UPDATE invitation SET token_hash = '9' || substr(token_hash, 2)");
    server.clock.advance_ms(60_000);
    wait_for_state(&owner, |state| state == MailState::Failed { problem: MailProblem::LinkLost }).await;
    assert!(sink.mails().is_empty() && !sink.fired().is_empty());
}
