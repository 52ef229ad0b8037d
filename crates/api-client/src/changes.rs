//! The change feed as bytes. What they say is the reader's to find out.

use std::time::Duration;

use bytes::Bytes;

use crate::classify::classify;
use crate::http::Answer;
use crate::{ApiFailure, FailureKind};

/// The bytes of one answer of the change feed, decompressed. Dropping it ends the request.
pub struct ChangeStream {
    answer: Answer,
    idle: Duration,
    /// How it ended, to be told again.
    ended: Option<Result<(), ApiFailure>>,
}

/// Written by hand: nothing of the content.
impl std::fmt::Debug for ChangeStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangeStream").field("request_id", &self.answer.request_id).finish_non_exhaustive()
    }
}

impl ChangeStream {
    pub(crate) fn new(answer: Answer, idle: Duration) -> Result<Self, ApiFailure> {
        if !answer.is_of_type(&["application/x-ndjson", "application/ndjson"]) {
            return Err(answer.failure(FailureKind::BadResponse));
        }
        Ok(Self { answer, idle, ended: None })
    }

    /// The id of the request.
    pub fn request_id(&self) -> &str {
        &self.answer.request_id
    }

    /// The next bytes, cut anywhere; `None` at the end. The feed is whole only if its last line says so. May be
    /// dropped and called again.
    ///
    /// # Errors
    /// [`FailureKind::Unreachable`] when it was cut, [`FailureKind::Timeout`] when nothing came for too long,
    /// [`FailureKind::BadResponse`] when it can't be decompressed; the same again from then on.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ApiFailure> {
        if let Some(ended) = &self.ended {
            return ended.clone().map(|()| None);
        }
        let end = match tokio::time::timeout(self.idle, self.answer.response.chunk()).await {
            Ok(Ok(Some(chunk))) => return Ok(Some(chunk)),
            Ok(Ok(None)) => Ok(()),
            Ok(Err(error)) => Err(self.answer.failure(classify(&error))),
            Err(_) => Err(self.answer.failure(FailureKind::Timeout)),
        };
        self.ended.insert(end).clone().map(|()| None)
    }
}
