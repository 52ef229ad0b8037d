//! What clients do under load: one request each, with an answer that is looked at.

use anyhow::{Context, ensure};
use domain::{Direction, LeadPatch, MessageId};
use reqwest::{Method, StatusCode};
use uuid::Uuid;
use wire::write::RecordMessage;

use super::studios::{conversation_id, lead_id};
use super::visitor::{CHANGES, Visitor, credentials, told};

/// Of a message and of a lead's notes: about what a webhook brings.
const TEXT_BYTES: usize = 3_000;

/// One kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// Asks nothing of the database: what connections and the request's surroundings cost.
    Health,
    /// Asks the feed for the few changes since a cursor.
    Poll,
    SignIn,
    /// Records a message.
    Message,
    /// Changes a lead's notes.
    Notes,
}

impl Operation {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Poll => "poll with 4 changes",
            Self::SignIn => "sign-in",
            Self::Message => "message of 3 KB",
            Self::Notes => "notes of 3 KB",
        }
    }

    /// Sends the request and reads the answer whole.
    ///
    /// # Errors
    /// The answer is not what it has to be: a refused request is no answer.
    pub(super) async fn run(self, http: &reqwest::Client, url: &str, visitor: &Visitor) -> anyhow::Result<()> {
        let (request, expected) = match self {
            Self::Health => (http.get(format!("{url}/v1/health")), StatusCode::NO_CONTENT),
            Self::Poll => {
                let cursor = visitor.cursor.as_deref().context("this visitor polls")?;
                let request = visitor.request(http, Method::GET, &format!("{url}/v1/sync/changes"));
                (request.query(&[("cursor", cursor)]), StatusCode::OK)
            }
            Self::SignIn => {
                (http.post(format!("{url}/v1/auth/sign-in")).json(&credentials(visitor.studio)), StatusCode::OK)
            }
            Self::Message => {
                let path = format!("{url}/v1/conversations/{}/messages", conversation_id(visitor.studio));
                let id = MessageId::from_uuid(Uuid::now_v7());
                let message = RecordMessage { id, direction: Direction::Inbound, body: text() };
                (visitor.request(http, Method::POST, &path).json(&message), StatusCode::CREATED)
            }
            Self::Notes => {
                let path = format!("{url}/v1/leads/{}", lead_id(visitor.studio));
                let patch = LeadPatch { notes: Some(text()), ..LeadPatch::default() };
                (visitor.request(http, Method::PATCH, &path).json(&patch), StatusCode::OK)
            }
        };
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        ensure!(status == expected, "{}: {status} instead of {expected}", self.name());
        if self == Self::Poll {
            let (_, changes) = told(&body)?;
            ensure!(changes == CHANGES, "a poll told {changes} changes instead of {CHANGES}");
        }
        Ok(())
    }
}

/// Text of its own each time: notes that are the same already would change nothing.
fn text() -> String {
    const WORDS: &str = "Could you tell me the price again, and whether Saturday would still be possible? ";
    let mut text = Uuid::now_v7().to_string();
    while text.len() < TEXT_BYTES {
        text.push(' ');
        text.push_str(WORDS);
    }
    text.truncate(TEXT_BYTES);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_size_they_are_said_to_have_and_differ() {
        assert_eq!(text().len(), TEXT_BYTES);
        assert_ne!(text(), text());
    }
}
