//! The snapshot as the server tells it, kept in a file: the same rows in the same order for the bulk insert.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};
use store::{PageProgress, PullPage};
use wire::changes::{Change, Line, Row, Totals};

use crate::hosted::HostedSession;

/// Writes the whole snapshot to `path`.
///
/// # Errors
/// The server or the disk failed.
pub(crate) async fn record(session: &HostedSession, path: &Path) -> anyhow::Result<()> {
    let mut stream = session.client.changes(None).await?;
    let mut file = BufWriter::new(File::create(path)?);
    while let Some(chunk) = stream.next().await? {
        file.write_all(&chunk)?;
    }
    file.flush()?;
    Ok(())
}

/// Reads a recorded snapshot page by page.
pub(crate) struct Pages {
    lines: BufReader<File>,
    line: Vec<u8>,
    totals: Totals,
    rows_done: u64,
    is_finished: bool,
}

impl Pages {
    /// # Errors
    /// There is none.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            lines: BufReader::with_capacity(1 << 20, File::open(path)?),
            line: Vec::new(),
            totals: Totals::default(),
            rows_done: 0,
            is_finished: false,
        })
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// The recording is not a whole snapshot.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<PullPage>> {
        let mut changes = Vec::new();
        while !self.is_finished {
            self.line.clear();
            self.lines.read_until(b'\n', &mut self.line)?;
            let line = self.line.strip_suffix(b"\n").context("the recording ends early")?;
            match Line::parse(line)? {
                Line::Begin(begin) => self.totals = begin.totals,
                Line::Change(change) => {
                    self.rows_done += u64::from(is_counted(&change));
                    changes.push(change);
                }
                Line::Page(cursor) => {
                    let progress = PageProgress::Snapshot { totals: self.totals, rows_done: self.rows_done };
                    return Ok(Some(PullPage { changes, unreadable: Vec::new(), cursor, progress, epoch: None }));
                }
                Line::End(cursor) => {
                    self.is_finished = true;
                    let progress = PageProgress::SnapshotFinished;
                    return Ok(Some(PullPage { changes, unreadable: Vec::new(), cursor, progress, epoch: None }));
                }
                Line::Failed(_) | Line::Unreadable(_) => bail!("the recording is not a whole snapshot"),
            }
        }
        Ok(None)
    }

    /// Rows so far: leads, conversations, messages and stage events.
    pub(crate) fn rows_done(&self) -> u64 {
        self.rows_done
    }
}

fn is_counted(change: &Change) -> bool {
    matches!(change, Change::Upsert(Row::Lead(_) | Row::Conversation(_) | Row::Message(_) | Row::StageEvent(_)))
}

/// The text of about `count` messages, evenly over the recording.
///
/// # Errors
/// As [`Pages::next`].
pub(crate) fn sample_messages(path: &Path, every: u64) -> anyhow::Result<Vec<String>> {
    let mut pages = Pages::open(path)?;
    let mut texts = Vec::new();
    let mut seen = 0_u64;
    while let Some(page) = pages.next()? {
        for change in page.changes {
            if let Change::Upsert(Row::Message(message)) = change {
                seen += 1;
                if seen.is_multiple_of(every) {
                    texts.push(message.body);
                }
            }
        }
    }
    Ok(texts)
}
