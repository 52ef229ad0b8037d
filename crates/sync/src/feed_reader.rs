//! Reads a response of the change feed, in whatever pieces it comes, into pages to be written. Fetches nothing and writes
//! nothing.

use bytes::Bytes;
use store::PullPage;
use wire::changes::Begin;

use crate::FeedError;
use crate::lines::LineSplitter;
use crate::plan::{Planner, Step};

/// What was read.
#[derive(Debug)]
pub enum Read {
    /// The response has begun.
    Begin(Begin),
    /// To be written in one transaction.
    Page(PullPage),
}

/// Reads one response.
#[derive(Default)]
pub struct FeedReader {
    splitter: LineSplitter,
    planner: Planner,
}

impl FeedReader {
    /// Reads the next piece and gives `each` what it completes, in order.
    ///
    /// # Errors
    /// What is wrong with the feed, or what `each` fails with; nothing after it is read.
    pub fn read(
        &mut self,
        chunk: &Bytes,
        mut each: impl FnMut(Read) -> Result<(), FeedError>,
    ) -> Result<(), FeedError> {
        let Self { splitter, planner } = self;
        splitter.push(chunk, |line, size_bytes| match planner.take(line, size_bytes)? {
            Step::Gather => Ok(()),
            Step::Begin(begin) => each(Read::Begin(begin)),
            Step::Write(page) | Step::Finish(page) => each(Read::Page(page)),
        })
    }

    /// The response has ended.
    ///
    /// # Errors
    /// [`FeedError::Cut`] when it was not at its end.
    pub fn end(&self) -> Result<(), FeedError> {
        if self.planner.is_finished() && !self.splitter.is_mid_line() { Ok(()) } else { Err(FeedError::Cut) }
    }
}
