//! The program as an operator runs it, by the commands of the README; and what it writes down while it serves.

use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::{LeadPatch, UnixMs};
use frontdesk_server::{Admin, SecretSource, SystemClock};
use reqwest::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wire::auth::{Session, Tokens};
use wire::changes::Row;
use wire::{ApiErrorCode, REQUEST_ID_HEADER};

use crate::database::TestDatabase;
use crate::feed::Feed;
use crate::harness::{Client, answer, rows, sign_in, stage_id};

/// Stands in everything personal or secret that the test sends, so that it can be looked for.
pub const CANARY: &str = "Zeisig";
pub const EMAIL: &str = "zeisig@studio.example";
pub const PASSWORD: &str = "Zeisig opens the door";
pub const PHONE: &str = "+447700900187";

fn program(database: &TestDatabase, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk-server"));
    // As loud as it gets: what an operator turns on to find a fault must not tell more than is said here.
    command
        .args(args)
        .env("FRONTDESK_LOG", "trace")
        .env("FRONTDESK_DATABASE", database.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs the program to its end, given `input`.
pub async fn run(database: &TestDatabase, args: &[&str], input: &str) -> Output {
    run_with(database, args, input, &[]).await
}

/// The same, with more in its environment.
pub async fn run_with(database: &TestDatabase, args: &[&str], input: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = program(database, args);
    let mut child = command.envs(environment.iter().copied()).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    child.wait_with_output().await.unwrap()
}

/// The one line a command answers with.
pub fn line(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap().trim_end().to_owned()
}

/// A program that serves.
pub struct Serving {
    child: Child,
    /// Read all the time: a program whose pipe is full waits.
    log: JoinHandle<()>,
    logged: watch::Receiver<String>,
    pub client: Client,
}

impl Serving {
    pub async fn start(database: &TestDatabase, data: &str, tls: &Path) -> Self {
        Self::start_with(database, data, tls, &[]).await
    }

    /// The same, with more in its environment.
    pub async fn start_with(database: &TestDatabase, data: &str, tls: &Path, variables: &[(&str, &str)]) -> Self {
        let [cert, key] = ["cert.pem", "key.pem"].map(|name| tls.join(name).display().to_string());
        let args = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--tls-cert", &cert, "--tls-key", &key];
        let mut child = program(database, &args).envs(variables.iter().copied()).spawn().unwrap();
        let mut log_lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, logged) = watch::channel(String::new());
        let log = tokio::spawn(async move {
            while let Some(line) = log_lines.next_line().await.unwrap() {
                sender.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.next_line().await.unwrap().expect("it says where it listens");
        let port = said.rsplit_once(':').unwrap().1;
        let ca = reqwest::Certificate::from_pem(&std::fs::read(tls.join("ca.pem")).unwrap()).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
        Self { child, log, logged, client: Client { http, base: format!("https://localhost:{port}"), token: None } }
    }

    /// Waits until the program has written a line down that has `text`, `times` of them in all.
    pub async fn has_logged(&mut self, text: &str, times: usize) {
        let written = self.logged.wait_for(|log| log.matches(text).count() >= times);
        tokio::time::timeout(Duration::from_secs(30), written).await.expect("in time").unwrap();
    }

    pub fn signed_in(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.client.clone() }
    }

    /// Asks it to end, and says what it wrote down.
    pub async fn stop(mut self) -> String {
        let pid = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await;
        let status = ended.expect("it ends in time").unwrap();
        assert!(status.success(), "{status}");
        self.log.await.unwrap();
        self.logged.borrow().clone()
    }
}

/// A directory of data with a studio and its owner, made as the README says.
pub async fn set_up(dir: &Path) -> (TestDatabase, String, domain::StudioId) {
    let database = TestDatabase::fresh(&dir.join("data")).await;
    let data = dir.join("data").display().to_string();
    line(&run(&database, &["certificate", "--out", &dir.join("tls").display().to_string()], "").await);
    let args = ["studio", "--data", &data, "--name", "Lumen", "--time-zone", "Europe/Lisbon", "--currency", "EUR"];
    let studio = line(&run(&database, &args, "").await);
    let args = ["member", "--data", &data, "--studio", &studio, "--role", "owner"];
    let member = run(&database, &args, &format!("Olga {CANARY}\n{EMAIL}\n{PASSWORD}\n")).await;
    assert_eq!(line(&member).parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
    assert_silent(&String::from_utf8_lossy(&member.stderr), &[]);
    let studio = studio.parse().unwrap();
    (database, data, studio)
}

/// Nothing personal and none of `secrets` is in the text.
fn assert_silent(text: &str, secrets: &[&str]) {
    let lower = text.to_lowercase();
    for secret in [CANARY, "studio.example", PHONE].iter().chain(secrets) {
        assert!(secret.len() > 5, "too short to be looked for");
        let place = lower.find(&secret.to_lowercase());
        assert!(place.is_none(), "{}", &lower[place.unwrap().saturating_sub(200)..][..260]);
    }
}

#[tokio::test]
async fn a_studio_and_its_owner_are_made_by_two_commands_and_the_owner_signs_in() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, studio) = set_up(dir.path()).await;
    let serving = Serving::start(&database, &data, &dir.path().join("tls")).await;
    let session: Session =
        serving.client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(EMAIL, PASSWORD))).await.json();
    assert_eq!((session.studio.id, session.studio.time_zone.as_str()), (studio, "Europe/Lisbon"));
    assert_eq!(session.member.role, domain::Role::Owner);
    let told = Feed::read(&serving.signed_in(&session.tokens.access_token), None).await.upserts();
    let stages: Vec<_> = told.iter().filter(|row| matches!(row, Row::Stage(_))).collect();
    assert_eq!((told.len(), stages.len()), (1 + 1 + 5, 5), "a pipeline to begin with");

    // Made while it serves, a second one can sign in too.
    let args = ["member", "--data", &data, "--studio", &studio.to_string(), "--role", "sales"];
    line(&run(&database, &args, &format!("Sami\nsami@studio.example\n{PASSWORD}\n")).await);
    let second = serving.client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in("sami@studio.example", PASSWORD)));
    assert_eq!(second.await.status, StatusCode::OK);
    let refused = run(&database, &args, &format!("Sami\nsami@studio.example\n{PASSWORD}\n")).await;
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("already"));
    serving.stop().await;
}

/// Rows in which everything a person could have written names the canary.
pub fn personal_rows() -> Vec<Row> {
    let personal = |row: Row| match row {
        Row::Lead(lead) => Row::Lead(Box::new(domain::Lead {
            name: format!("Nora {CANARY}"),
            email: Some(format!("{CANARY}@example.org")),
            phone: Some(PHONE.to_owned().try_into().unwrap()),
            notes: format!("{CANARY} calls at noon"),
            tags: vec![CANARY.to_owned()],
            owner_id: None,
            ..*lead
        })),
        Row::Conversation(conversation) => {
            Row::Conversation(domain::Conversation { preview: CANARY.to_owned(), assignee_id: None, ..conversation })
        }
        Row::Message(message) => {
            Row::Message(domain::Message { body: format!("it is {CANARY}"), author_id: None, ..message })
        }
        row @ (Row::Studio(_)
        | Row::Member(_)
        | Row::Stage(_)
        | Row::CustomField(_)
        | Row::StageEvent(_)
        | Row::LeadEdit(_)
        | Row::Subscription(_)
        | Row::Invoice(_)) => row,
    };
    rows(20, 3).into_iter().map(personal).collect()
}

#[tokio::test]
async fn the_log_has_every_request_and_nothing_personal_or_secret() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, studio) = set_up(dir.path()).await;
    let admin =
        Admin::open(&database.url().parse().unwrap(), &SecretSource::in_dir(data.as_ref()), Arc::new(SystemClock))
            .await
            .unwrap();
    admin.import(studio, personal_rows().into_iter()).await.unwrap();
    drop(admin);
    let serving = Serving::start(&database, &data, &dir.path().join("tls")).await;
    let anonymous = &serving.client;

    let wrong = sign_in(EMAIL, "Zeisig's wrong password");
    assert_eq!(anonymous.send(Method::POST, "/v1/auth/sign-in", Some(wrong)).await.status, StatusCode::UNAUTHORIZED);
    let mut malformed = sign_in(EMAIL, PASSWORD);
    malformed["device"]["name"] = json!([CANARY]);
    assert_eq!(anonymous.send(Method::POST, "/v1/auth/sign-in", Some(malformed)).await.field(), "device.name");
    let mut device = sign_in(EMAIL, PASSWORD);
    device["device"]["name"] = json!(format!("{CANARY}'s desk"));
    let session: Session = anonymous.send(Method::POST, "/v1/auth/sign-in", Some(device)).await.json();

    let client = serving.signed_in(&session.tokens.access_token);
    let first = Feed::read(&client, None).await;
    let cursor = first.end.unwrap();
    let patch = LeadPatch { notes: Some(format!("{CANARY} again")), ..LeadPatch::default() };
    assert_eq!(client.patch_lead(0, serde_json::to_value(patch).unwrap()).await.status, StatusCode::OK);
    assert_eq!(client.patch_lead(0, json!({ "name": "x", "email": CANARY })).await.field(), "email");
    assert_eq!(client.patch_lead(0, json!({ CANARY: CANARY })).await.field(), CANARY);
    assert_eq!(client.patch_lead(1, json!({ "stage_id": stage_id(2) })).await.status, StatusCode::OK);
    assert_eq!(client.record(2, crate::harness::message_id(900), "inbound", CANARY).await.status, StatusCode::CREATED);
    assert_eq!(client.delete_lead(3).await.status, StatusCode::NO_CONTENT);
    let entry = json!({
        "id": uuid::Uuid::from_u128(1), "action": "leads_exported", "at": UnixMs(1),
        "detail": CANARY, "row_count": 1,
    });
    let audit = client.send(Method::POST, "/v1/audit", Some(json!({ "entries": [entry] }))).await;
    assert_eq!(audit.status, StatusCode::NO_CONTENT);
    assert!(!Feed::read(&client, Some(&cursor)).await.pages.is_empty());
    for path in [
        format!("/v1/leads/{CANARY}"),
        format!("/{CANARY}/{EMAIL}"),
        format!("/v1/sync/changes?cursor={CANARY}"),
        format!("/v1/devices?{CANARY}={PHONE}"),
    ] {
        client.get(&path).await;
    }
    let odd = client.request(Method::GET, "/v1/devices").header(REQUEST_ID_HEADER, format!("{CANARY} was here"));
    answer(odd.header("user-agent", CANARY).header("cookie", CANARY)).await;
    let odd = client.request(Method::from_bytes(CANARY.as_bytes()).unwrap(), "/v1/devices");
    answer(odd.header(CANARY, PHONE).header("x-forwarded-for", CANARY).header("referer", EMAIL)).await;
    let named = client.request(Method::GET, "/v1/devices").header(REQUEST_ID_HEADER, "operator-test-1");
    answer(named).await;

    let key = "the-Zeisig-key-of-this-one-exchange";
    let renewed: Tokens = anonymous.refresh(&session.tokens.refresh_token, Some(key)).await.json();
    let stolen = anonymous.refresh(&session.tokens.refresh_token, None).await;
    assert_eq!(stolen.code(), ApiErrorCode::SessionRevoked);
    let requests = 3 + 1 + 4 + 3 + 1 + 4 + 3 + 2;
    let log = serving.stop().await;

    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), requests, "the control: every request is there");
    assert!(answered.iter().all(|line| line["span"]["request_id"].as_str().is_some_and(|id| id.len() >= 8)));
    assert!(answered.iter().any(|line| line["span"]["request_id"] == "operator-test-1"));
    assert!(answered.iter().any(|line| line["route"] == "/v1/leads/{lead_id}" && line["status"] == 200));
    assert!(log.contains("a refresh token is in a second hand"), "so is what an operator has to know");
    assert!(lines.iter().any(|line| line["level"] == "DEBUG"), "it was as loud as it gets");

    let Session { tokens: Tokens { access_token, refresh_token, .. }, .. } = &session;
    let signatures = [access_token, &renewed.access_token].map(|token| token.rsplit_once('.').unwrap().1);
    let secrets = [signatures[0], signatures[1], refresh_token, &renewed.refresh_token, &cursor.0, "argon2id"];
    assert_silent(&log, &secrets);
    let told = std::panic::catch_unwind(|| assert_silent(&format!("{log}\n{}", cursor.0), &secrets));
    assert!(told.is_err(), "the control: it would have been found");
}

#[tokio::test]
async fn a_wrong_environment_ends_the_program_before_it_does_anything() {
    let dir = tempfile::tempdir().unwrap();
    let database = TestDatabase::fresh(&dir.path().join("data")).await;
    let data = dir.path().join("untouched").display().to_string();
    let started = async |name: &str, value: &str, args: &[&str]| {
        let mut command = program(&database, args);
        if name == "FRONTDESK_DATABASE" {
            command.env_remove("FRONTDESK_DATABASE");
        }
        let output = command.env(name, value).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
        (output.status.success(), said)
    };
    let serve = ["serve", "--data", &data, "--listen", "127.0.0.1:0", "--insecure-http-loopback"];
    for (name, value, named) in [
        ("FRONTDESK_TRUSTED_PROXYS", CANARY, "did you mean FRONTDESK_TRUSTED_PROXIES?"),
        ("FRONTDESK_TRUSTED_PROXIES", CANARY, "FRONTDESK_TRUSTED_PROXIES is no whole number"),
        ("FRONTDESK_LISTEN", CANARY, "FRONTDESK_LISTEN is no address"),
        ("FRONTDESK_DATABASE", "postgres://desk:ZeisigZ@localhost/desk", "FRONTDESK_DATABASE has a password that"),
        ("FRONTDESK_SENTRY_DSN", "http://Zeisig@sentry.example.org/1", "FRONTDESK_SENTRY_DSN is no DSN"),
        ("FRONTDESK_POSTHOG_HOST", "https://Zeisig@posthog.example.org", "FRONTDESK_POSTHOG_HOST is no address"),
        ("FRONTDESK_POSTHOG_KEY", "phc_Zeisig", "FRONTDESK_POSTHOG_KEY needs FRONTDESK_POSTHOG_HOST"),
    ] {
        for args in [&serve[..], &["check-config", "--data", &data, "--insecure-http-loopback"]] {
            let (success, said) = started(name, value, args).await;
            assert!(!success && said.contains(named), "{name}: {said}");
            assert!(!said.contains(CANARY), "{said}");
        }
    }
    assert!(!Path::new(&data).exists(), "nothing was made");

    let check = ["check-config", "--data", &data, "--insecure-http-loopback"];
    let (success, said) = started("FRONTDESK_TRUSTED_PROXIES", "1", &check).await;
    assert!(success && said.ends_with("the configuration is fine\n"), "the control: {said}");
    assert!(said.contains("FRONTDESK_TRUSTED_PROXIES: ") && !Path::new(&data).exists());
    let (success, said) = started("FRONTDESK_TRUSTED_PROXYS", CANARY, &["--help"]).await;
    assert!(success && said.contains("check-config"), "help is had all the same");
}
