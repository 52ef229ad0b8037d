//! What a server tells of changes, as a client takes it: read, and written into a real cache.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use bytes::Bytes;
use domain::{Edited, Lead, LeadEdit, LeadId, LeadState};
use secrecy::SecretBox;
use serde_json::{Value, json};
use store::read::{Folder, LeadColumn, LeadFilter, LeadQuery, LeadSort, MessageAnchor};
use store::{Cache, CacheIdentity, NewEdit, NewReply, PageProgress, PullPage};
use sync::{FeedReader, Read};
use wire::changes::{Change, Cursor, Line, Row};

use crate::{scratch, studio};

/// More than one input can bring.
const ALL: u32 = 10_000;
const PIECE_BYTES: usize = 7;

/// What is read does not depend on where the network cuts; each line is read as it is written; a page is written with its
/// cursor, the same twice as once, or nothing of it is; what was typed here stays; and what was told is shown, after a
/// restart too.
pub fn change_pages(input: &[u8]) {
    let pages = read(std::iter::once(input));
    same_pages(&pages, &read(input.chunks(PIECE_BYTES)));
    for line in input.split(|byte| *byte == b'\n') {
        read_as_written(line);
    }
    if pages.iter().any(|page| !page.changes.is_empty()) {
        write(&pages);
    }
}

/// The pages that were whole before the feed ended or was refused.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<PullPage> {
    let mut reader = FeedReader::default();
    let mut pages = Vec::new();
    for piece in pieces {
        let read = reader.read(&Bytes::copy_from_slice(piece), |read| {
            if let Read::Page(page) = read {
                pages.push(page);
            }
            Ok(())
        });
        if read.is_err() {
            break;
        }
    }
    pages
}

fn same_pages(whole: &[PullPage], cut: &[PullPage]) {
    assert_eq!(whole.len(), cut.len(), "pages");
    for (whole, cut) in whole.iter().zip(cut) {
        assert!(whole.changes == cut.changes && whole.unreadable == cut.unreadable, "what a page holds");
        assert_eq!((&whole.cursor, whole.progress, &whole.epoch), (&cut.cursor, cut.progress, &cut.epoch));
    }
}

fn read_as_written(line: &[u8]) {
    match Line::parse(line) {
        // Kept as it came.
        Ok(Line::Unreadable(unreadable)) => assert_eq!(unreadable.0.as_bytes(), line),
        Ok(read) => {
            let mut written = Vec::new();
            read.write(&mut written).expect("lines serialise");
            assert_eq!(written.pop(), Some(b'\n'));
            assert!(!written.contains(&b'\n'), "one line is one line");
            assert!(Line::parse(&written) == Ok(read), "a line is read as it was written");
        }
        Err(_) => {}
    }
}

fn write(pages: &[PullPage]) {
    let folder = scratch::folder();
    let path = folder.path().join("account/cache.db");
    TEMPLATE.lay(folder.path());
    let cache = Cache::open(&path, &key()).expect("a copy of the template");
    for page in pages {
        let (before, waiting) = (shown(&cache), waiting(&cache));
        match cache.apply_page(page) {
            Ok(applied) => {
                assert_eq!(applied.rows, page.changes.len() as u64);
                assert_eq!(cache.sync_state().expect("a state").cursor.as_ref(), Some(&page.cursor));
            }
            Err(error) => {
                assert!(shown(&cache) == before, "what was refused ({error}) left something behind");
                continue;
            }
        }
        let after = shown(&cache);
        if page.progress == PageProgress::Delta && page.unreadable.is_empty() {
            cache.apply_page(page).expect("what was written once");
            assert!(shown(&cache) == after, "a page that is told twice is not what it is told once");
        }
        assert_eq!(self::waiting(&cache), waiting, "acts of this device are what they were");
        check_told(&cache, page);
    }
    let last = shown(&cache);
    cache.close().expect("closes");
    let cache = Cache::open(&path, &key()).expect("what was written opens");
    assert!(shown(&cache) == last, "another after a restart");
    cache.prove().expect("every page of the file is whole");
}

/// A lead that the page told last of all is shown as it was told, unless this device has done something to it.
fn check_told(cache: &Cache, page: &PullPage) {
    let mut told: BTreeMap<LeadId, Option<&Lead>> = BTreeMap::new();
    for change in &page.changes {
        match change {
            Change::Upsert(Row::Lead(lead)) => told.insert(lead.id, Some(lead)),
            Change::Delete(wire::changes::RowId::Lead(id)) | Change::Forget(wire::changes::RowId::Lead(id)) => {
                told.insert(*id, None)
            }
            _ => None,
        };
    }
    told.remove(&studio::lead_id(1));
    for (id, lead) in told {
        let shown = cache.get_lead_detail(id).ok().map(|detail| detail.lead);
        assert!(shown.as_ref() == lead, "a lead is shown as it was told");
    }
}

/// All that a window could show, by ids: of two that are alike in all that they are sorted by, either may come first.
fn shown(cache: &Cache) -> Value {
    let states = [LeadState::Active, LeadState::Archived, LeadState::Deleted].map(|state| {
        let filter = LeadFilter { state, ..LeadFilter::default() };
        assert_eq!(
            cache.lead_count(&filter).expect("a count"),
            leads(cache, &filter).len() as u64,
            "leads are counted"
        );
        leads(cache, &filter)
    });
    let folders = [Folder::Open, Folder::Snoozed, Folder::Archived].map(|folder| {
        let page = cache.conversation_page(folder, 0, ALL).expect("conversations");
        let threads = page.rows.iter().map(|row| {
            let thread = cache.message_page(row.id, MessageAnchor::Newest, ALL, None).expect("its messages");
            (row.id.to_string(), json!([row, by_id(thread.messages.iter().map(|message| (message.id, message)))]))
        });
        threads.collect::<BTreeMap<_, _>>()
    });
    let state = cache.sync_state().expect("a state");
    json!({
        "cursor": state.cursor, "complete": state.complete, "epoch": state.epoch, "unreadable": state.unreadable,
        "studio": cache.find_studio().expect("a studio"),
        "members": by_id(cache.list_members().expect("members").iter().map(|member| (member.id, member))),
        "stages": by_id(cache.list_stages().expect("stages").iter().map(|stage| (stage.id, stage))),
        "fields": by_id(cache.list_custom_fields().expect("fields").iter().map(|field| (field.id, field))),
        "leads": states, "conversations": folders,
        "subscription": cache.find_subscription().expect("a subscription"),
        "invoices": by_id(cache.list_invoices().expect("invoices").iter().map(|invoice| (invoice.id, invoice))),
    })
}

fn leads(cache: &Cache, filter: &LeadFilter) -> BTreeMap<String, Value> {
    let sort = LeadSort { column: LeadColumn::CreatedAt, descending: true };
    let page = cache.lead_page(&LeadQuery { filter: filter.clone(), sort }, 0, ALL).expect("leads");
    by_id(page.rows.iter().map(|row| (row.id, row)))
}

fn by_id(rows: impl Iterator<Item = (impl ToString, impl serde::Serialize)>) -> BTreeMap<String, Value> {
    rows.map(|(id, row)| (id.to_string(), json!(row))).collect()
}

/// What this device has done that the server has not heard of.
fn waiting(cache: &Cache) -> Value {
    json!(cache.next_operations(100, usize::MAX).expect("operations"))
}

fn key() -> SecretBox<[u8; 32]> {
    SecretBox::new(Box::new([7; 32]))
}

static TEMPLATE: LazyLock<Template> = LazyLock::new(Template::make);

/// The files of a closed cache with a small studio, and with acts that wait: made once, laid down for each input.
struct Template {
    files: Vec<(String, Vec<u8>)>,
}

impl Template {
    fn make() -> Self {
        let folder = scratch::folder();
        let path = folder.path().join("account/cache.db");
        let identity = CacheIdentity {
            studio_id: studio::studio().id,
            member_id: studio::member_id(1),
            device_id: studio::device_id(),
        };
        let cache = Cache::create(&path, &key(), &identity).expect("a new cache");
        let page = PullPage {
            changes: rows().into_iter().map(Change::Upsert).collect(),
            unreadable: Vec::new(),
            cursor: Cursor("template".to_owned()),
            progress: PageProgress::SnapshotFinished,
            epoch: Some("e1".to_owned()),
        };
        cache.apply_page(&page).expect("a small studio");
        do_something(&cache);
        cache.close().expect("closes");
        let folder = std::fs::read_dir(folder.path().join("account")).expect("a folder");
        let files = folder.map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            (name, std::fs::read(path).expect("its bytes"))
        });
        Self { files: files.collect() }
    }

    fn lay(&self, folder: &Path) {
        let account = folder.join("account");
        std::fs::create_dir(&account).expect("a folder");
        for (name, bytes) in &self.files {
            std::fs::write(account.join(name), bytes).expect("a file");
        }
    }
}

fn rows() -> Vec<Row> {
    let mut rows = vec![Row::Studio(studio::studio())];
    rows.extend(studio::members().map(Row::Member));
    rows.extend(studio::stages().map(Row::Stage));
    for n in 1..=studio::LEADS {
        rows.push(Row::Lead(Box::new(studio::lead(n))));
        rows.push(Row::Conversation(studio::conversation(n)));
        rows.push(Row::Message(studio::message(n)));
    }
    rows
}

/// An edit, an answer and a draft.
fn do_something(cache: &Cache) {
    let edit = |lead: &Lead| {
        let name = Edited { from: lead.name.clone(), to: "Nora Lee".to_owned() };
        let edit = LeadEdit { name: Some(name), ..LeadEdit::default() };
        Some(NewEdit { id: studio::operation_id(1), at: studio::NOW, edit })
    };
    cache.edit_leads(&[studio::lead_id(1)], &mut { edit }).expect("an edit");
    let reply = NewReply {
        id: studio::operation_id(2),
        at: studio::NOW,
        message_id: studio::message_id(100),
        conversation_id: studio::conversation_id(2),
        body: "There is one on Saturday".to_owned(),
    };
    cache.reply(reply).expect("an answer");
    cache.save_draft(studio::conversation_id(3), "Dear").expect("a draft");
}
