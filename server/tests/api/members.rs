//! Members of a studio: seen, given other roles, removed.

use domain::{Member, MemberId, Role};
use reqwest::{Method, StatusCode};
use serde_json::json;
use wire::ApiErrorCode;
use wire::member::MemberList;

use crate::feed::Replica;
use crate::harness::{
    Client, OWNER, PASSWORD, SALES, STRANGER, TestServer, lead_id, owner_id, sales_id, sign_in, studio_id,
};

const ADMIN: &str = "ada@studio.example";
const MANAGER: &str = "max@studio.example";

fn member_id(n: u128) -> MemberId {
    MemberId::from_uuid(uuid::Uuid::from_u128(n))
}

/// With an admin, a manager and, as always, an owner and a seller.
async fn team(leads: u64) -> TestServer {
    let server = TestServer::start(leads, 2).await;
    for (n, email, role) in [(11, ADMIN, Role::Admin), (12, MANAGER, Role::Manager)] {
        let member =
            Member { id: member_id(n), name: email.to_owned(), email: email.to_owned(), role, is_former: false };
        server.running.admin().create_member(studio_id(), member, PASSWORD.into()).await.unwrap();
    }
    server
}

async fn set_role(client: &Client, member: MemberId, role: &str) -> crate::harness::Answer {
    client.send(Method::PATCH, &format!("/v1/members/{member}"), Some(json!({ "role": role }))).await
}

async fn remove(client: &Client, member: MemberId) -> crate::harness::Answer {
    client.send(Method::DELETE, &format!("/v1/members/{member}"), None).await
}

#[tokio::test]
async fn who_manages_members_sees_them_and_nobody_else_does() {
    let server = team(0).await;
    for email in [OWNER, ADMIN] {
        let list: MemberList = server.client(email).await.get("/v1/members").await.json();
        let mut roles: Vec<_> = list.members.iter().map(|member| (member.email.as_str(), member.role)).collect();
        roles.sort_by_key(|(email, _)| *email);
        let all = [(ADMIN, Role::Admin), (MANAGER, Role::Manager), (OWNER, Role::Owner), (SALES, Role::Sales)];
        assert_eq!(roles, all);
    }
    for email in [MANAGER, SALES] {
        let client = server.client(email).await;
        for answer in [
            client.get("/v1/members").await,
            set_role(&client, sales_id(), "owner").await,
            remove(&client, owner_id()).await,
        ] {
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, ApiErrorCode::Forbidden), "{email}");
        }
    }
    let stranger = server.client(STRANGER).await;
    for answer in [set_role(&stranger, sales_id(), "owner").await, remove(&stranger, sales_id()).await] {
        assert_eq!(answer.code(), ApiErrorCode::NotFound, "one of another studio is not there");
    }
    assert_eq!(server.anonymous().get("/v1/members").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_role_that_is_changed_counts_at_once_and_is_told_to_everybody() {
    let server = team(0).await;
    let (owner, sales) = (server.client(OWNER).await, server.client(SALES).await);
    let audited = server.running.admin().count_audit(studio_id()).await.unwrap();
    let answer = set_role(&owner, sales_id(), "admin").await;
    let changed: Member = answer.json();
    assert_eq!((changed.id, changed.role), (sales_id(), Role::Admin));
    assert_eq!(sales.get("/v1/members").await.status, StatusCode::OK, "the session that was there has the new role");
    let told = Replica::pull(&server.client(MANAGER).await).await;
    assert_eq!(told.get("member", &sales_id()).unwrap()["role"], "admin");
    assert_eq!(server.running.admin().count_audit(studio_id()).await.unwrap(), audited + 1);

    assert_eq!(set_role(&sales, owner_id(), "sales").await.code(), ApiErrorCode::Forbidden);
    assert_eq!(set_role(&sales, sales_id(), "owner").await.code(), ApiErrorCode::Forbidden);
    assert_eq!(set_role(&owner, owner_id(), "admin").await.code(), ApiErrorCode::LastOwner);
    assert_eq!(set_role(&owner, sales_id(), "emperor").await.field(), "role");
    assert_eq!(set_role(&owner, member_id(99), "sales").await.code(), ApiErrorCode::NotFound);
    let broken = owner.send(Method::PATCH, "/v1/members/x", Some(json!({ "role": "sales" }))).await;
    assert_eq!(broken.code(), ApiErrorCode::NotFound);
    assert_eq!(server.running.admin().count_audit(studio_id()).await.unwrap(), audited + 1, "none of these was an act");
}

#[tokio::test]
async fn a_removed_member_is_out_at_once_and_their_leads_are_the_pools() {
    let server = team(6).await;
    let owner = server.client(OWNER).await;
    let session = server.session(SALES).await;
    let sales = server.client_with(&session.tokens.access_token);
    assert_eq!(sales.get("/v1/devices").await.status, StatusCode::OK, "the control");
    let audited = server.running.admin().count_audit(studio_id()).await.unwrap();

    assert_eq!(remove(&owner, sales_id()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(sales.get("/v1/devices").await.code(), ApiErrorCode::SessionRevoked);
    let refreshed = server.refresh(&session.tokens.refresh_token).await;
    assert_eq!(refreshed.code(), ApiErrorCode::SessionRevoked);
    let again = server.anonymous().send(Method::POST, "/v1/auth/sign-in", Some(sign_in(SALES, PASSWORD))).await;
    assert_eq!(again.code(), ApiErrorCode::InvalidCredentials);

    let told = Replica::pull(&owner).await;
    // Lead 2 and lead 5 were theirs.
    for n in [2, 5] {
        assert!(told.get("lead", &lead_id(n)).unwrap()["owner_id"].is_null());
    }
    let former = told.get("member", &sales_id()).unwrap();
    assert_eq!((&former["is_former"], &former["email"]), (&json!(true), &json!("")));
    assert_ne!(former["name"], "", "history names them");
    assert_eq!(server.running.admin().count_audit(studio_id()).await.unwrap(), audited + 1);
    assert_eq!(remove(&owner, sales_id()).await.code(), ApiErrorCode::NotFound);
    assert_eq!(remove(&owner, owner_id()).await.code(), ApiErrorCode::LastOwner);
    assert_eq!(remove(&server.client(ADMIN).await, owner_id()).await.code(), ApiErrorCode::Forbidden);
}

#[tokio::test]
async fn a_removed_members_stream_of_hints_ends() {
    let server = team(0).await;
    let (owner, sales) = (server.client(OWNER).await, server.client(SALES).await);
    let mut events = sales.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    assert_eq!(events.status(), StatusCode::OK);
    assert!(events.chunk().await.unwrap().is_some(), "the first hint");
    assert_eq!(remove(&owner, sales_id()).await.status, StatusCode::NO_CONTENT);
    let ended = async { while events.chunk().await.unwrap().is_some() {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), ended).await.expect("it ends by itself");
}
