//! A server with a small studio, and clients that are signed in to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::{
    Channel, ChoiceOptionId, Conversation, ConversationId, ConversationStatus, CustomFieldId, CustomValues,
    DeliveryStatus, Direction, Lead, LeadId, LeadState, Member, MemberId, Message, MessageId, Role, Source, Stage,
    StageEvent, StageEventId, StageId, StageOutcome, Studio, StudioId, Touch, UnixMs,
};
use frontdesk_server::{CertificateFiles, Config, MailConfig, Running, Transport, start, write_throw_away};
use reqwest::{Method, StatusCode, tls};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::auth::{Refresh, Session};
use wire::changes::Row;
use wire::{ApiErrorBody, ApiErrorCode};

use crate::database::TestDatabase;

pub const PASSWORD: &str = "correct horse battery";
pub const OWNER: &str = "olga@studio.example";
pub const SALES: &str = "sami@studio.example";
/// Member of the other studio.
pub const STRANGER: &str = "sten@other.example";
/// When the tests' clock starts.
pub const NOW: UnixMs = UnixMs(1_790_000_000_000);

/// A clock that only tests move.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl frontdesk_server::Clock for TestClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

pub struct TestServer {
    pub running: Running,
    pub clock: TestClock,
    pub tls: CertificateFiles,
    pub database: TestDatabase,
    is_plain: bool,
    dir: tempfile::TempDir,
}

/// The id that ends in `n`, of the kind whose number is `kind`.
fn uuid(kind: u16, n: u64) -> Uuid {
    Uuid::from_fields(0x0190_0000, kind, 0x7000, &(0x8000_0000_0000_0000 | n).to_be_bytes())
}

pub fn studio_id() -> StudioId {
    StudioId::from_uuid(uuid(1, 1))
}

pub fn other_studio_id() -> StudioId {
    StudioId::from_uuid(uuid(1, 2))
}

pub fn owner_id() -> MemberId {
    MemberId::from_uuid(uuid(2, 1))
}

pub fn sales_id() -> MemberId {
    MemberId::from_uuid(uuid(2, 2))
}

pub fn stranger_id() -> MemberId {
    MemberId::from_uuid(uuid(2, 3))
}

pub fn stage_id(n: u64) -> StageId {
    StageId::from_uuid(uuid(3, n))
}

pub fn lead_id(n: u64) -> LeadId {
    LeadId::from_uuid(uuid(4, n))
}

pub fn conversation_id(n: u64) -> ConversationId {
    ConversationId::from_uuid(uuid(5, n))
}

pub fn message_id(n: u64) -> MessageId {
    MessageId::from_uuid(uuid(6, n))
}

pub fn field_id(n: u64) -> CustomFieldId {
    CustomFieldId::from_uuid(uuid(9, n))
}

pub fn option_id(n: u64) -> ChoiceOptionId {
    ChoiceOptionId::from_uuid(uuid(10, n))
}

fn studio(id: StudioId, name: &str) -> Studio {
    Studio {
        id,
        name: name.to_owned(),
        brand_colour: "#3f6b5c".to_owned(),
        time_zone: "Europe/Lisbon".to_owned(),
        currency: "EUR".to_owned(),
    }
}

fn member(id: MemberId, email: &str, role: Role) -> Member {
    Member { id, name: "A \"quoted\" name".to_owned(), email: email.to_owned(), role, is_former: false }
}

/// Stages, then `leads` leads with one conversation, one stage event and `messages` messages each. The higher a lead's
/// number, the newer it is; every third is Sami's, every third nobody's, every third Olga's.
pub fn rows(leads: u64, messages: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for n in 0..3 {
        rows.push(Row::Stage(Stage {
            id: stage_id(n),
            name: format!("Stage {n}"),
            position: i64::try_from(n).unwrap(),
            colour: "#808080".to_owned(),
            outcome: [StageOutcome::Open, StageOutcome::Won, StageOutcome::Lost][usize::try_from(n).unwrap()],
        }));
    }
    for n in 0..leads {
        // A day ago and before; three leads share each moment, so that ties have to be broken.
        let at = NOW.plus_ms(-86_400_000 - 60_000 * i64::try_from((leads - n) / 3).unwrap());
        let owner_id = [Some(owner_id()), None, Some(sales_id())][usize::try_from(n % 3).unwrap()];
        rows.push(Row::Lead(Box::new(Lead {
            id: lead_id(n),
            name: format!("Lead {n} \u{202e}\u{1}\u{1f600}"),
            email: (n % 2 == 0).then(|| format!("lead{n}@example.org")),
            phone: (n % 2 == 1).then(|| "+447700900118".to_owned().try_into().unwrap()),
            stage_id: stage_id(n % 3),
            owner_id,
            source: Source::MetaLeadAd,
            campaign: (n % 4 == 0).then(|| "Spring".to_owned()),
            tags: vec!["new".to_owned(), format!("\"tag\\{n}\"")],
            notes: "line\nline".to_owned(),
            value_minor: (n % 5 == 0).then_some(12_345),
            state: LeadState::Active,
            custom: CustomValues::new(),
            first_touch: Touch { utm_source: Some("news\tletter".to_owned()), ..Touch::default() },
            last_touch: Touch::default(),
            created_at: at.plus_ms(-1_000),
            updated_at: at,
            last_activity_at: at,
        })));
        rows.push(Row::StageEvent(StageEvent {
            id: StageEventId::from_uuid(uuid(7, n)),
            lead_id: lead_id(n),
            from_stage_id: None,
            to_stage_id: stage_id(n % 3),
            member_id: None,
            at: at.plus_ms(-1_000),
        }));
        rows.push(Row::Conversation(Conversation {
            id: conversation_id(n),
            lead_id: lead_id(n),
            channel: Channel::Whatsapp,
            status: ConversationStatus::Open,
            assignee_id: owner_id,
            preview: "…".to_owned(),
            preview_direction: Direction::Inbound,
            last_message_at: at,
            unread_count: 1,
        }));
        for m in 0..messages {
            let inbound = m % 2 == 0;
            rows.push(Row::Message(Message {
                id: message_id(n * messages + m),
                conversation_id: conversation_id(n),
                lead_id: lead_id(n),
                direction: if inbound { Direction::Inbound } else { Direction::Outbound },
                author_id: (!inbound).then(self::owner_id),
                body: format!("message {m} of {n}: \u{7}\"\\\n\u{2028}ünï"),
                status: if inbound { DeliveryStatus::Delivered } else { DeliveryStatus::Failed },
                failure_reason: (!inbound).then(|| "131050".to_owned()),
                sent_at: at.plus_ms(-10 * i64::try_from(m).unwrap()),
            }));
        }
    }
    rows
}

impl TestServer {
    /// Two studios, of which the first has `rows(leads, messages)`.
    pub async fn start(leads: u64, messages: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = TestDatabase::fresh(&dir.path().join("data")).await;
        Self::start_on(dir, database, leads, messages).await
    }

    /// The same without TLS, as is allowed on a loopback address.
    pub async fn start_plain(leads: u64, messages: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = TestDatabase::fresh(&dir.path().join("data")).await;
        Self::start_as(dir, database, leads, messages, true, |config| config).await
    }

    /// The same, with no limit that a test of many requests would meet.
    pub async fn generous(leads: u64, messages: u64) -> Self {
        Self::start_with(leads, messages, |mut config| {
            for name in ["API_DEVICE", "API_ADDRESS", "AUTH_ADDRESS", "AUTH_ACCOUNT", "AUTH_ACCOUNT_AT_ADDRESS"] {
                let rate = "1000000/s burst 1000000".parse().unwrap();
                assert!(config.rates.set_by_setting(&format!("FRONTDESK_RATE_{name}"), rate));
            }
            config
        })
        .await
    }

    /// The same, started otherwise than usual.
    pub async fn start_with(leads: u64, messages: u64, alter: impl FnOnce(Config) -> Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = TestDatabase::fresh(&dir.path().join("data")).await;
        Self::start_as(dir, database, leads, messages, false, alter).await
    }

    /// The same, on an empty database of the caller's; in `dir` are the server's own files.
    pub async fn start_on(dir: tempfile::TempDir, database: TestDatabase, leads: u64, messages: u64) -> Self {
        Self::start_as(dir, database, leads, messages, false, |config| config).await
    }

    async fn start_as(
        dir: tempfile::TempDir,
        database: TestDatabase,
        leads: u64,
        messages: u64,
        is_plain: bool,
        alter: impl FnOnce(Config) -> Config,
    ) -> Self {
        // A second installation of the same provider by another test is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let today = UnixMs(chrono::Utc::now().timestamp_millis());
        let tls = write_throw_away(&dir.path().join("tls"), &hosts, 2, today).unwrap();
        let clock = TestClock(Arc::new(AtomicI64::new(NOW.0)));
        let running = start(alter(config(&dir, &tls, &clock, &database, is_plain))).await.unwrap();
        let server = Self { running, clock, tls, database, is_plain, dir };
        server.populate(leads, messages).await;
        server
    }

    async fn populate(&self, leads: u64, messages: u64) {
        let admin = self.running.admin();
        for (id, name) in [(studio_id(), "Lumen"), (other_studio_id(), "Other")] {
            admin.create_studio(studio(id, name)).await.unwrap();
        }
        for (studio, id, email, role) in [
            (studio_id(), owner_id(), OWNER, Role::Owner),
            (studio_id(), sales_id(), SALES, Role::Sales),
            (other_studio_id(), stranger_id(), STRANGER, Role::Admin),
        ] {
            admin.create_member(studio, member(id, email, role), PASSWORD.into()).await.unwrap();
        }
        admin.import(studio_id(), rows(leads, messages).into_iter()).await.unwrap();
    }

    /// Stops it as a crash would and starts it on the same data.
    pub async fn restart(self) -> Self {
        self.restart_after(|_| {}).await
    }

    /// The same, with something done to its database in between.
    pub async fn restart_after(self, between: impl FnOnce(&TestDatabase)) -> Self {
        let Self { running, clock, tls, database, is_plain, dir } = self;
        running.kill().await;
        between(&database);
        let running = start(config(&dir, &tls, &clock, &database, is_plain)).await.unwrap();
        Self { running, clock, tls, database, is_plain, dir }
    }

    /// Where its mails go.
    pub fn mail_dir(&self) -> PathBuf {
        self.dir.path().join("mail")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn http(&self) -> reqwest::ClientBuilder {
        let ca = reqwest::Certificate::from_pem(&std::fs::read(&self.tls.ca).unwrap()).unwrap();
        reqwest::Client::builder().tls_certs_only([ca]).tls_version_min(tls::Version::TLS_1_3)
    }

    pub fn anonymous(&self) -> Client {
        Client { http: self.http().build().unwrap(), base: self.running.base_url(), token: None }
    }

    pub async fn session(&self, email: &str) -> Session {
        let answer = self.anonymous().send(Method::POST, "/v1/auth/sign-in", Some(sign_in(email, PASSWORD))).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.text());
        answer.json()
    }

    pub async fn client(&self, email: &str) -> Client {
        let session = self.session(email).await;
        self.client_with(&session.tokens.access_token)
    }

    /// Exchanges a refresh token, with no idempotency key.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.anonymous().refresh(token, None).await
    }

    pub fn client_with(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.anonymous() }
    }
}

fn config(
    dir: &tempfile::TempDir,
    tls: &CertificateFiles,
    clock: &TestClock,
    database: &TestDatabase,
    is_plain: bool,
) -> Config {
    let transport = match is_plain {
        true => Transport::InsecureHttpLoopback,
        false => Transport::Tls { cert: tls.cert.clone(), key: tls.key.clone() },
    };
    let config = Config::new("127.0.0.1:0".parse().unwrap(), dir.path().join("data"), transport);
    let folder = format!("folder:{}", dir.path().join("mail").display()).parse().unwrap();
    let mail = MailConfig { to: folder, from: "Frontdesk <desk@studio.example>".to_owned(), extra_ca: None };
    let database = database.url().parse().unwrap();
    Config { clock: Arc::new(clock.clone()), database, mail: Some(mail), ..config }
}

pub fn sign_in(email: &str, password: &str) -> Value {
    json!({
        "email": email, "password": password,
        "device": { "name": "Front desk", "os": "Debian GNU/Linux 12", "app_version": "0.1.0" },
    })
}

#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub base: String,
    pub token: Option<String>,
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// Of one whose body is not waited for.
    pub fn head(response: &reqwest::Response) -> Self {
        Self { status: response.status(), headers: response.headers().clone(), body: Vec::new() }
    }

    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The refusal it is; whatever it is, it bears the request's id.
    pub fn refusal(&self) -> ApiErrorBody {
        assert!(!self.status.is_success(), "expected a refusal: {}", self.text());
        let body: ApiErrorBody = self.json();
        assert_eq!(self.headers[wire::REQUEST_ID_HEADER], body.request_id.as_str());
        body
    }

    pub fn code(&self) -> ApiErrorCode {
        self.refusal().code
    }

    /// The field it refuses.
    pub fn field(&self) -> String {
        let refusal = self.refusal();
        assert_eq!(refusal.code, ApiErrorCode::InvalidInput);
        refusal.field.unwrap_or_default()
    }
}

impl Client {
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        answer(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    /// Exchanges a refresh token.
    pub async fn refresh(&self, token: &str, key: Option<&str>) -> Answer {
        let refresh = Refresh { refresh_token: Some(token.to_owned()), idempotency_key: key.map(ToOwned::to_owned) };
        let body = serde_json::to_value(refresh).unwrap();
        self.send(Method::POST, "/v1/auth/refresh", Some(body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn patch_lead(&self, n: u64, patch: Value) -> Answer {
        self.send(Method::PATCH, &format!("/v1/leads/{}", lead_id(n)), Some(patch)).await
    }

    pub async fn record(&self, conversation: u64, id: MessageId, direction: &str, body: &str) -> Answer {
        let path = format!("/v1/conversations/{}/messages", conversation_id(conversation));
        self.send(Method::POST, &path, Some(json!({ "id": id, "direction": direction, "body": body }))).await
    }

    pub async fn delete_lead(&self, n: u64) -> Answer {
        self.send(Method::DELETE, &format!("/v1/leads/{}", lead_id(n)), None).await
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.unwrap().to_vec();
    Answer { status, headers, body }
}
