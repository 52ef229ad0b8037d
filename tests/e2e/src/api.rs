//! The hosted API as a colleague at another desk uses it: to learn what the studio holds, and to change it.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail};
use domain::{Conversation, ConversationId, Direction, Lead, LeadId, LeadPatch, Message, MessageId, Stage, StageId};
use futures_util::TryStreamExt;
use reqwest::{Client, Response};
use wire::auth::{Session, SessionForm, SignIn};
use wire::changes::{Change, Line, Row};
use wire::device::{DeviceInfo, DeviceList};
use wire::write::RecordMessage;

/// A signed-in colleague.
pub struct Api {
    http: Client,
    base: String,
    access_token: String,
}

/// What the studio holds, by its own account.
#[derive(Default)]
pub struct Truth {
    pub leads: HashMap<LeadId, Lead>,
    pub conversations: HashMap<ConversationId, Conversation>,
    pub stages: HashMap<StageId, Stage>,
    pub message_count: u64,
    /// A message from deep in the history with words that can be searched for.
    pub old_message: Option<Message>,
}

impl Api {
    /// How these sessions are called in the list of devices.
    pub const DEVICE_NAME: &str = "colleague";

    /// Signs in, trusting the certificate in the PEM file `ca` and no other.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn sign_in(base: &str, ca: &Path, email: &str, password: &str) -> anyhow::Result<Self> {
        let pem = std::fs::read(ca).context("the certificate can't be read")?;
        let http = Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&pem)?])
            .tls_version_min(reqwest::tls::Version::TLS_1_3)
            .build()?;
        let device =
            DeviceInfo { name: Self::DEVICE_NAME.to_owned(), os: "test".to_owned(), app_version: "0".to_owned() };
        let body = SignIn {
            email: email.to_owned(),
            password: password.to_owned(),
            studio_id: None,
            device,
            session: SessionForm::Bearer,
        };
        let answer = http.post(format!("{base}/v1/auth/sign-in")).json(&body).send().await?;
        let session: Session = ok(answer).await?.json().await?;
        Ok(Self { http, base: base.to_owned(), access_token: session.tokens.access_token })
    }

    /// Reads the whole studio from the change feed.
    ///
    /// # Errors
    /// The feed breaks off.
    pub async fn truth(&self) -> anyhow::Result<Truth> {
        let answer =
            self.http.get(format!("{}/v1/sync/changes", self.base)).bearer_auth(&self.access_token).send().await?;
        let mut chunks = ok(answer).await?.bytes_stream();
        let mut truth = Truth::default();
        let mut buffer = Vec::new();
        while let Some(chunk) = chunks.try_next().await? {
            buffer.extend_from_slice(&chunk);
            let mut from = 0;
            while let Some(length) = buffer[from..].iter().position(|&byte| byte == b'\n') {
                match Line::parse(&buffer[from..from + length])? {
                    Line::Change(Change::Upsert(row)) => truth.take(row),
                    Line::End(_) => return Ok(truth),
                    Line::Begin(_) | Line::Page(_) => {}
                    line => bail!("a snapshot has no such line: {line:?}"),
                }
                from += length + 1;
            }
            buffer.drain(..from);
        }
        bail!("the feed broke off")
    }

    /// Names of the devices on which this member is signed in, but for this one.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn other_devices(&self) -> anyhow::Result<Vec<String>> {
        let request = self.http.get(format!("{}/v1/devices", self.base)).bearer_auth(&self.access_token);
        let list: DeviceList = ok(request.send().await?).await?.json().await?;
        Ok(list.devices.into_iter().filter(|device| !device.is_current).map(|device| device.name).collect())
    }

    /// Changes a lead.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn patch_lead(&self, id: LeadId, patch: &LeadPatch) -> anyhow::Result<Lead> {
        let request = self.http.patch(format!("{}/v1/leads/{id}", self.base)).bearer_auth(&self.access_token);
        Ok(ok(request.json(patch).send().await?).await?.json().await?)
    }

    /// Records that a lead wrote.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn record_inbound(&self, conversation: ConversationId, body: &str) -> anyhow::Result<Message> {
        let message = RecordMessage {
            id: MessageId::from_uuid(uuid::Uuid::now_v7()),
            direction: Direction::Inbound,
            body: body.to_owned(),
        };
        let request = self
            .http
            .post(format!("{}/v1/conversations/{conversation}/messages", self.base))
            .bearer_auth(&self.access_token);
        Ok(ok(request.json(&message).send().await?).await?.json().await?)
    }
}

impl Truth {
    fn take(&mut self, row: Row) {
        match row {
            Row::Lead(lead) => {
                self.leads.insert(lead.id, *lead);
            }
            Row::Conversation(conversation) => {
                self.conversations.insert(conversation.id, conversation);
            }
            Row::Stage(stage) => {
                self.stages.insert(stage.id, stage);
            }
            Row::Message(message) => {
                self.message_count += 1;
                // The feed brings the newest first: the last one that fits is the oldest.
                if is_short_and_plain(&message.body) && search_words(&message.body).is_some() {
                    self.old_message = Some(message);
                }
            }
            Row::Studio(_)
            | Row::Member(_)
            | Row::CustomField(_)
            | Row::StageEvent(_)
            | Row::LeadEdit(_)
            | Row::Subscription(_)
            | Row::Invoice(_) => {}
        }
    }
}

/// Two neighbouring words to look a message up by, if it has such.
#[must_use]
pub fn search_words(body: &str) -> Option<(&str, &str)> {
    let words: Vec<&str> = body.split(' ').collect();
    words.windows(2).find_map(|pair| match pair {
        [first, second] if is_searchable(first) && is_searchable(second) && first != second => Some((*first, *second)),
        _ => None,
    })
}

/// Whether the message looks on the screen as it is written, and is shown whole.
fn is_short_and_plain(body: &str) -> bool {
    body.len() < 160 && body.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !body.contains("://")
}

fn is_searchable(word: &str) -> bool {
    word.len() >= 5 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The answer, if it is one of success; else the status and body.
async fn ok(answer: Response) -> anyhow::Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    bail!("the server answered {status}: {}", answer.text().await.unwrap_or_default())
}
