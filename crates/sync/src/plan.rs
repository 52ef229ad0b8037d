//! What the lines of the change feed mean, decided purely: which rows belong to one transaction, and what order of
//! lines is one at all. Fetches nothing and writes nothing.

use store::{PageProgress, PullPage};
use wire::changes::{Begin, Change, FeedKind, Line, Row, UnreadableLine};

use crate::FeedError;

/// A page larger than this is refused: it would have to be held in memory as a whole.
pub(crate) const MAX_PAGE_ROWS: usize = 50_000;
/// The same by the size of its lines: rows alone would let a page of longest lines fill the memory.
pub(crate) const MAX_PAGE_BYTES: usize = 64 << 20;

/// What to do after a line.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing yet: the line belongs to a page whose end has not come.
    Gather,
    /// The response has begun.
    Begin(Begin),
    /// Write this page in one transaction.
    Write(PullPage),
    /// Write this page in one transaction; with it everything is told.
    Finish(PullPage),
}

/// Reads the lines of one response in order.
#[derive(Default)]
pub(crate) struct Planner {
    begin: Option<Begin>,
    rows_done: u64,
    changes: Vec<Change>,
    unreadable: Vec<UnreadableLine>,
    /// Bytes of the lines gathered.
    gathered_bytes: usize,
    is_finished: bool,
}

impl Planner {
    /// Takes the next line, which had `size_bytes`.
    ///
    /// # Errors
    /// A line out of its order, a page beyond [`MAX_PAGE_ROWS`] or [`MAX_PAGE_BYTES`], or the server's own word that it
    /// failed.
    pub(crate) fn take(&mut self, line: Line, size_bytes: usize) -> Result<Step, FeedError> {
        if self.is_finished {
            return Err(FeedError::OutOfOrder);
        }
        match (&self.begin, line) {
            (_, Line::Failed(failure)) => Err(FeedError::ServerFailed {
                request_id: Some(failure.request_id).filter(|id| wire::is_request_id(id)),
            }),
            (None, Line::Begin(begin)) => {
                self.rows_done = begin.rows_before;
                self.begin = Some(begin.clone());
                Ok(Step::Begin(begin))
            }
            (None, _) | (Some(_), Line::Begin(_)) => Err(FeedError::OutOfOrder),
            (Some(_), Line::Change(change)) => {
                self.changes.push(change);
                self.gathered(size_bytes)
            }
            (Some(_), Line::Unreadable(line)) => {
                self.unreadable.push(line);
                self.gathered(size_bytes)
            }
            (Some(begin), Line::Page(cursor)) => {
                let kind = begin.kind;
                let totals = begin.totals;
                let counted = self.changes.iter().filter(|change| is_counted(change)).count() as u64;
                self.rows_done = self.rows_done.saturating_add(counted);
                let progress = match kind {
                    FeedKind::Snapshot => PageProgress::Snapshot { totals, rows_done: self.rows_done },
                    FeedKind::Delta => PageProgress::Delta,
                };
                Ok(Step::Write(self.page(cursor, progress)))
            }
            (Some(begin), Line::End(cursor)) => {
                let progress = match begin.kind {
                    FeedKind::Snapshot => PageProgress::SnapshotFinished,
                    FeedKind::Delta => PageProgress::Delta,
                };
                self.is_finished = true;
                Ok(Step::Finish(self.page(cursor, progress)))
            }
        }
    }

    /// Whether the response came to its end.
    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished
    }

    fn gathered(&mut self, size_bytes: usize) -> Result<Step, FeedError> {
        self.gathered_bytes = self.gathered_bytes.saturating_add(size_bytes);
        if self.gathered_bytes > MAX_PAGE_BYTES {
            return Err(FeedError::PageTooHeavy(MAX_PAGE_BYTES));
        }
        if self.changes.len() + self.unreadable.len() > MAX_PAGE_ROWS {
            return Err(FeedError::PageTooLarge(MAX_PAGE_ROWS));
        }
        Ok(Step::Gather)
    }

    fn page(&mut self, cursor: wire::changes::Cursor, progress: PageProgress) -> PullPage {
        self.gathered_bytes = 0;
        PullPage {
            changes: std::mem::take(&mut self.changes),
            unreadable: std::mem::take(&mut self.unreadable),
            cursor,
            progress,
            epoch: self.begin.as_ref().map(|begin| begin.epoch.clone()),
        }
    }
}

/// Whether [`wire::changes::Totals`] counts this row: progress must be measured by what it is compared with.
const fn is_counted(change: &Change) -> bool {
    match change {
        Change::Upsert(Row::Lead(_) | Row::Conversation(_) | Row::Message(_) | Row::StageEvent(_)) => true,
        Change::Upsert(
            Row::Studio(_)
            | Row::Member(_)
            | Row::Stage(_)
            | Row::CustomField(_)
            | Row::LeadEdit(_)
            | Row::Subscription(_)
            | Row::Invoice(_),
        )
        | Change::Delete(_)
        | Change::Forget(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use domain::{LeadId, Member, MemberId, StageEvent, StageEventId, StageId, UnixMs};
    use wire::changes::{Cursor, StreamFailure, Totals};

    use super::*;

    fn begin(kind: FeedKind) -> Line {
        Line::Begin(Begin {
            kind,
            totals: Totals::default(),
            rows_before: 7,
            epoch: "e".to_owned(),
            now: UnixMs(0),
            lease_s: None,
            head: None,
        })
    }

    fn change() -> Line {
        let event: StageEventId = "01890000-0000-7000-8000-000000000001".parse().expect("id");
        let lead_id: LeadId = "01890000-0000-7000-8000-000000000002".parse().expect("id");
        let to_stage_id: StageId = "01890000-0000-7000-8000-000000000003".parse().expect("id");
        Line::Change(Change::Upsert(Row::StageEvent(StageEvent {
            id: event,
            lead_id,
            from_stage_id: None,
            to_stage_id,
            member_id: None,
            at: UnixMs(0),
        })))
    }

    /// A row that the totals do not count.
    fn member() -> Line {
        let id: MemberId = "01890000-0000-7000-8000-000000000004".parse().expect("id");
        Line::Change(Change::Upsert(Row::Member(Member {
            id,
            name: String::new(),
            email: String::new(),
            role: domain::Role::Sales,
            is_former: false,
        })))
    }

    fn cursor(text: &str) -> Cursor {
        Cursor(text.to_owned())
    }

    /// The steps of `lines`, in short: what each says to do.
    fn steps(lines: Vec<Line>) -> Result<Vec<String>, FeedError> {
        let mut planner = Planner::default();
        lines
            .into_iter()
            .map(|line| {
                Ok(match planner.take(line, 100)? {
                    Step::Gather => "gather".to_owned(),
                    Step::Begin(_) => "begin".to_owned(),
                    Step::Write(page) => format!("write {} {:?}", page.changes.len(), page.progress),
                    Step::Finish(page) => format!("finish {} {:?}", page.changes.len(), page.progress),
                })
            })
            .collect()
    }

    #[test]
    fn a_page_holds_what_came_since_the_last() {
        let lines = vec![
            begin(FeedKind::Snapshot),
            member(),
            change(),
            change(),
            Line::Page(cursor("a")),
            change(),
            Line::Page(cursor("b")),
            Line::End(cursor("c")),
        ];
        let steps = steps(lines).expect("in order");
        assert_eq!(
            steps[4],
            format!("write 3 {:?}", PageProgress::Snapshot { totals: Totals::default(), rows_done: 9 })
        );
        assert_eq!(
            steps[6],
            format!("write 1 {:?}", PageProgress::Snapshot { totals: Totals::default(), rows_done: 10 })
        );
        assert_eq!(steps[7], format!("finish 0 {:?}", PageProgress::SnapshotFinished));
    }

    #[test]
    fn lines_out_of_order_are_refused() {
        for lines in [
            vec![change()],
            vec![Line::Page(cursor("a"))],
            vec![begin(FeedKind::Delta), begin(FeedKind::Delta)],
            vec![begin(FeedKind::Delta), Line::End(cursor("a")), change()],
        ] {
            assert_eq!(steps(lines.clone()), Err(FeedError::OutOfOrder), "{lines:?}");
        }
    }

    #[test]
    fn the_server_may_say_that_it_failed_at_any_time() {
        let failure = || Line::Failed(StreamFailure { request_id: "r1".to_owned() });
        let told = Err(FeedError::ServerFailed { request_id: Some("r1".to_owned()) });
        assert_eq!(steps(vec![failure()]), told);
        assert_eq!(steps(vec![begin(FeedKind::Delta), change(), failure()]), told);
    }

    #[test]
    fn what_a_server_says_in_the_place_of_an_id_is_not_passed_on() {
        let failure = Line::Failed(StreamFailure { request_id: "Alice <alice@example.com>\nERROR".to_owned() });
        assert_eq!(steps(vec![failure]), Err(FeedError::ServerFailed { request_id: None }));
    }

    #[test]
    fn absurd_numbers_are_large_and_not_a_panic() {
        let totals = Totals { leads: u64::MAX, conversations: 1, messages: u64::MAX, stage_events: 1 };
        assert_eq!(totals.rows(), u64::MAX);
        let begin = Line::Begin(Begin {
            kind: FeedKind::Snapshot,
            totals,
            rows_before: u64::MAX,
            epoch: String::new(),
            now: UnixMs(i64::MIN),
            lease_s: None,
            head: None,
        });
        let steps = steps(vec![begin, change(), Line::Page(cursor("a"))]).expect("in order");
        assert_eq!(steps[2], format!("write 1 {:?}", PageProgress::Snapshot { totals, rows_done: u64::MAX }));
    }

    #[test]
    fn a_page_is_bounded_by_its_bytes_and_each_page_anew() {
        let mut planner = Planner::default();
        planner.take(begin(FeedKind::Delta), 100).expect("begins");
        for _ in 0..3 {
            planner.take(change(), MAX_PAGE_BYTES).expect("as large as may be");
            planner.take(Line::Page(cursor("a")), 100).expect("a page");
        }
        planner.take(change(), MAX_PAGE_BYTES).expect("as large as may be");
        assert_eq!(planner.take(change(), 1).map(|_| ()), Err(FeedError::PageTooHeavy(MAX_PAGE_BYTES)));
    }

    #[test]
    fn a_page_without_end_is_refused() {
        let mut lines = vec![begin(FeedKind::Delta)];
        lines.extend(std::iter::repeat_n(change(), MAX_PAGE_ROWS + 1));
        assert_eq!(steps(lines), Err(FeedError::PageTooLarge(MAX_PAGE_ROWS)));
    }
}
