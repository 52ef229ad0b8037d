//! The conversation list and the thread.

use domain::{
    ConversationId, ConversationStatus, Direction, LeadId, LeadState, MemberId, Message, MessageId, ReplyBar, StageId,
    UnixMs,
};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::StoreError;
use crate::code::Code;
use crate::leads::{Lists, Of, Remembered};
use crate::read::{ConversationPage, ConversationRow, Folder, FolderCounts, MessageAnchor, MessagePage};
use crate::table::{code, conversation::status_code, find_id, id, sync_state};
use crate::walk::{Anchors, Walk};
use crate::{outbox, search};

/// Rows between anchors of the conversation list.
const SPACING: u64 = 1_024;

const COLUMNS: &str = "c.id, r.id, l.name, s.id, c.channel, c.status, m.id, c.preview, c.preview_direction,
     c.last_message_at, c.unread_here, EXISTS (SELECT 1 FROM draft d WHERE d.conversation_id = c.id), l.state
     FROM conversation c
     JOIN lead_ref r ON r.n = c.lead_n
     LEFT JOIN lead l ON l.n = c.lead_n
     LEFT JOIN stage s ON s.ref = l.stage_ref
     LEFT JOIN member m ON m.ref = c.assignee_ref";

fn read(row: &Row<'_>) -> Result<ConversationRow, StoreError> {
    let channel = code(row, 4)?;
    // The lead may still be on its way: then it is told what became of it.
    let lead_state = row.get::<_, Option<i64>>(12)?.map_or(Ok(LeadState::Active), LeadState::from_code)?;
    Ok(ConversationRow {
        id: id(row, 0)?,
        lead_id: id(row, 1)?,
        // The lead may still be on its way: no name and the stage that no stage is.
        lead_name: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        stage_id: find_id::<StageId>(row, 3)?.unwrap_or(StageId::from_uuid(uuid::Uuid::nil())),
        channel,
        status: code(row, 5)?,
        assignee_id: find_id(row, 6)?,
        preview: row.get(7)?,
        preview_direction: code(row, 8)?,
        last_message_at: UnixMs(row.get(9)?),
        unread_count: row.get(10)?,
        has_draft: row.get(11)?,
        reply_bar: ReplyBar::find(channel, lead_state),
    })
}

/// The index a folder is read along; `None` when it must be empty.
pub(crate) fn walk_of(db: &Connection, folder: Folder) -> Result<Option<Walk>, StoreError> {
    let status = |status| format!("is_hidden = 0 AND status = {}", status_code(status));
    let open = status(ConversationStatus::Open);
    let (index, segment) = match folder {
        Folder::Open => ("conversation_by_status", open),
        Folder::Unread => ("conversation_unread", format!("{open} AND unread_here > 0")),
        Folder::Mine(member) => {
            let Some(member) = find_member(db, member)? else { return Ok(None) };
            ("conversation_by_assignee", format!("{open} AND assignee_ref = {member}"))
        }
        Folder::Unassigned => ("conversation_by_assignee", format!("{open} AND assignee_ref = 0")),
        Folder::Snoozed => ("conversation_by_status", status(ConversationStatus::Snoozed)),
        Folder::Archived => ("conversation_by_status", status(ConversationStatus::Archived)),
    };
    Ok(Some(Walk {
        table: "conversation",
        index,
        key: "last_message_at",
        tie: "n",
        segments: vec![segment],
        conditions: String::new(),
        descending: true,
    }))
}

fn find_member(db: &Connection, id: MemberId) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached("SELECT ref FROM member WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?)
}

pub(crate) fn page(
    db: &Connection,
    lists: &Lists,
    folder: Folder,
    offset: u64,
    limit: u32,
) -> Result<ConversationPage, StoreError> {
    let Some(walk) = walk_of(db, folder)? else { return Ok(ConversationPage { offset, rows: Vec::new() }) };
    let (_, version) = sync_state::versions(db)?;
    let total = count_of(db, folder)?;
    let limit = u64::from(limit);
    let end = offset.saturating_add(limit).min(total);
    if offset >= end {
        return Ok(ConversationPage { offset, rows: Vec::new() });
    }
    let is_near_end = total - end < offset;
    let of = Of::Conversations(folder, is_near_end);
    let mut anchors = match lists.find(&of, version) {
        Some(Remembered::Anchors(anchors)) => anchors,
        _ => Anchors::new(SPACING),
    };
    let known = anchors.len();
    let count = usize::try_from(end - offset).expect("no more than the limit, which is 32 bits");
    let ns = if is_near_end {
        let mut ns = anchors.rows(db, &walk.reversed(), total - end, count)?;
        ns.reverse();
        ns
    } else {
        anchors.rows(db, &walk, offset, count)?
    };
    if anchors.len() > known {
        lists.keep(of, version, Remembered::Anchors(anchors));
    }
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} WHERE c.n = ?1"))?;
    let mut page = Vec::with_capacity(ns.len());
    for n in ns {
        let mut rows = statement.query([n])?;
        page.push(read(rows.next()?.ok_or(StoreError::Damaged)?)?);
    }
    Ok(ConversationPage { offset, rows: page })
}

pub(crate) fn get(db: &Connection, id: ConversationId) -> Result<ConversationRow, StoreError> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} WHERE c.id = ?1 AND c.status >= 0"))?;
    let mut rows = statement.query([id.as_bytes()])?;
    read(rows.next()?.ok_or(StoreError::NotFound)?)
}

/// A lead's conversations, newest first.
pub(crate) fn list_of_lead(db: &Connection, lead_n: i64) -> Result<Vec<ConversationRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} WHERE c.lead_n = ?1 AND c.status >= 0 ORDER BY c.last_message_at DESC, c.n DESC"
    ))?;
    let mut rows = statement.query([lead_n])?;
    let mut conversations = Vec::new();
    while let Some(row) = rows.next()? {
        conversations.push(read(row)?);
    }
    Ok(conversations)
}

fn sum(db: &Connection, condition: &str, value: i64) -> Result<u64, StoreError> {
    let sql =
        format!("SELECT coalesce(sum(conversations), 0) FROM conversation_facet WHERE status = ?1 AND {condition}");
    let rows: i64 = db.prepare_cached(&sql)?.query_row([value], |row| row.get(0))?;
    u64::try_from(rows).map_err(|_| StoreError::Damaged)
}

fn count_of(db: &Connection, folder: Folder) -> Result<u64, StoreError> {
    let open = status_code(ConversationStatus::Open);
    match folder {
        Folder::Open => sum(db, "1", open),
        Folder::Unread => sum(db, "is_unread = 1", open),
        Folder::Mine(member) => match find_member(db, member)? {
            Some(member) => sum(db, &format!("assignee_ref = {member}"), open),
            None => Ok(0),
        },
        Folder::Unassigned => sum(db, "assignee_ref = 0", open),
        Folder::Snoozed => sum(db, "1", status_code(ConversationStatus::Snoozed)),
        Folder::Archived => sum(db, "1", status_code(ConversationStatus::Archived)),
    }
}

pub(crate) fn folder_counts(db: &Connection, me: MemberId) -> Result<FolderCounts, StoreError> {
    Ok(FolderCounts {
        open: count_of(db, Folder::Open)?,
        unread: count_of(db, Folder::Unread)?,
        mine: count_of(db, Folder::Mine(me))?,
        unassigned: count_of(db, Folder::Unassigned)?,
        snoozed: count_of(db, Folder::Snoozed)?,
        archived: count_of(db, Folder::Archived)?,
    })
}

/// A thread is in the order of sending; of one moment, the newer message has the smaller row id.
type Place = (i64, i64);

struct Thread<'d> {
    db: &'d Connection,
    id: ConversationId,
    lead_id: LeadId,
    n: i64,
}

impl Thread<'_> {
    /// Messages on one side of a place, nearest first; the place itself is not among them.
    fn side(&self, place: Place, is_older: bool, limit: usize) -> Result<Vec<Message>, StoreError> {
        let (beyond, direction, beyond_n, direction_n) =
            if is_older { ("<", "DESC", ">", "ASC") } else { (">", "ASC", "<", "DESC") };
        let sql = format!(
            "SELECT g.id, g.direction, m.id, g.body, g.status, g.failure_reason, g.sent_at
             FROM message g INDEXED BY message_by_conversation LEFT JOIN member m ON m.ref = g.author_ref
             WHERE g.conversation_n = ?1 AND g.sent_at {beyond}= ?2 AND (g.sent_at <> ?2 OR g.n {beyond_n} ?3)
             ORDER BY g.sent_at {direction}, g.n {direction_n} LIMIT ?4"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query((self.n, place.0, place.1, limit))?;
        let mut messages = Vec::new();
        while let Some(row) = rows.next()? {
            messages.push(Message {
                id: id(row, 0)?,
                conversation_id: self.id,
                lead_id: self.lead_id,
                direction: code::<Direction>(row, 1)?,
                author_id: find_id(row, 2)?,
                body: row.get(3)?,
                status: code(row, 4)?,
                failure_reason: row.get(5)?,
                sent_at: UnixMs(row.get(6)?),
            });
        }
        Ok(messages)
    }

    fn get_place(&self, id: MessageId) -> Result<Place, StoreError> {
        self.db
            .prepare_cached("SELECT sent_at, n FROM message WHERE id = ?1 AND conversation_n = ?2")?
            .query_row((id.as_bytes(), self.n), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .ok_or(StoreError::NotFound)
    }
}

/// A stretch of a thread, with the places in it of the words of `searched`.
pub(crate) fn message_page(
    db: &Connection,
    conversation: ConversationId,
    anchor: MessageAnchor,
    limit: u32,
    searched: Option<&str>,
) -> Result<MessagePage, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT c.n, r.id, l.name FROM conversation c JOIN lead_ref r ON r.n = c.lead_n
         LEFT JOIN lead l ON l.n = c.lead_n WHERE c.id = ?1",
    )?;
    let mut rows = statement.query([conversation.as_bytes()])?;
    let row = rows.next()?.ok_or(StoreError::NotFound)?;
    let lead_name = row.get::<_, Option<String>>(2)?.unwrap_or_default();
    let thread = Thread { db, id: conversation, lead_id: id(row, 1)?, n: row.get(0)? };
    let mut page = thread_page(db, &thread, anchor, limit)?;
    page.unsent = outbox::list_unsent_replies(db, conversation)?;
    page.unsent.retain(|reply| page.messages.iter().any(|message| message.id == reply.message_id));
    if let Some(searched) = searched {
        page.found = search::found_in(&page.messages, &lead_name, searched);
    }
    Ok(page)
}

fn thread_page(
    db: &Connection,
    thread: &Thread<'_>,
    anchor: MessageAnchor,
    limit: u32,
) -> Result<MessagePage, StoreError> {
    let limit = limit as usize;
    // After everything: no row has this place.
    let end = (i64::MAX, -1);

    // One row more than wanted tells whether there are more.
    let (mut older, newer_end, has_newer) = match anchor {
        MessageAnchor::Newest => (thread.side(end, true, limit + 1)?, Vec::new(), false),
        MessageAnchor::Before(message) => (thread.side(thread.get_place(message)?, true, limit + 1)?, Vec::new(), true),
        MessageAnchor::After(message) => {
            let mut newer = thread.side(thread.get_place(message)?, false, limit + 1)?;
            let has_newer = newer.len() > limit;
            newer.truncate(limit);
            let page = MessagePage {
                messages: newer,
                has_older: true,
                has_newer,
                history_incomplete: !sync_state::held(db)?.is_complete,
                found: Vec::new(),
                unsent: Vec::new(),
            };
            return Ok(page);
        }
        MessageAnchor::Around(message) => {
            let place = thread.get_place(message)?;
            // The message itself counts to the newer half.
            let mut newer = thread.side((place.0, place.1 + 1), false, limit - limit / 2 + 1)?;
            let has_newer = newer.len() > limit - limit / 2;
            newer.truncate(limit - limit / 2);
            let room = limit - newer.len();
            (thread.side(place, true, room + 1)?, newer, has_newer)
        }
    };
    let room = limit - newer_end.len();
    let has_older = older.len() > room;
    older.truncate(room);
    older.reverse();
    older.extend(newer_end);
    Ok(MessagePage {
        messages: older,
        has_older,
        has_newer,
        history_incomplete: !sync_state::held(db)?.is_complete,
        found: Vec::new(),
        unsent: Vec::new(),
    })
}
