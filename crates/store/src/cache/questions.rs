//! What the screens ask of the cache, and what a person keeps on this device alone.

use std::ops::ControlFlow;

use domain::{
    ContactKey, ConversationId, CustomField, Invoice, LeadId, Member, MemberId, Stage, Studio, Subscription, UnixMs,
};
use uuid::Uuid;

use super::Cache;
use crate::read::{
    ConversationPage, ConversationRow, Folder, FolderCounts, KnownLead, LeadDetail, LeadFilter, LeadPage, LeadQuery,
    MessageAnchor, MessagePage, SearchResults,
};
use crate::table::{billing, contact_key, custom_field, draft, identity, read_mark, saved_view, setting, studio};
use crate::{CacheIdentity, ExportLead, LeadScope, StoreError, StoredView, inbox, leads, search};

impl Cache {
    /// Whose cache this is.
    pub fn identity(&self) -> Result<CacheIdentity, StoreError> {
        self.read(|db, _| identity::get(db))
    }

    /// The studio, once the first page brought it.
    pub fn find_studio(&self) -> Result<Option<Studio>, StoreError> {
        self.read(|db, _| studio::find(db))
    }

    /// All members, by name.
    pub fn list_members(&self) -> Result<Vec<Member>, StoreError> {
        self.read(|db, _| studio::list_members(db))
    }

    /// All stages, by position.
    pub fn list_stages(&self) -> Result<Vec<Stage>, StoreError> {
        self.read(|db, _| studio::list_stages(db))
    }

    /// The studio's own fields in their order, those put away included.
    pub fn list_custom_fields(&self) -> Result<Vec<CustomField>, StoreError> {
        self.read(|db, _| custom_field::list(db))
    }

    /// All tags in use, by name.
    pub fn list_tags(&self) -> Result<Vec<String>, StoreError> {
        self.read(|db, _| studio::list_tags(db))
    }

    /// The studio's subscription, where one is recorded and the member may see it.
    pub fn find_subscription(&self) -> Result<Option<Subscription>, StoreError> {
        self.read(|db, _| billing::find_subscription(db))
    }

    /// The studio's invoices, the newest first, where the member may see them.
    pub fn list_invoices(&self) -> Result<Vec<Invoice>, StoreError> {
        self.read(|db, _| billing::list_invoices(db))
    }

    /// A small setting of this device.
    pub fn find_setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|db, _| setting::find(db, name))
    }

    /// Sets a small setting of this device.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.write(|tx, _| setting::set(tx, name, value))
    }

    /// `limit` rows of a view, from `offset`.
    pub fn lead_page(&self, query: &LeadQuery, offset: u64, limit: u32) -> Result<LeadPage, StoreError> {
        self.read(|db, lists| leads::page(db, lists, query, offset, limit))
    }

    /// How many leads pass the filter.
    pub fn lead_count(&self, filter: &LeadFilter) -> Result<u64, StoreError> {
        self.read(|db, lists| leads::count(db, lists, filter))
    }

    /// # Errors
    /// [`StoreError::NotFound`] when the lead is not here (any more).
    pub fn get_lead_detail(&self, id: LeadId) -> Result<LeadDetail, StoreError> {
        self.read(|db, _| leads::get_detail(db, id))
    }

    /// Goes through leads one by one, all of one state and in constant memory, until `each` breaks. `each` must not
    /// call the cache: a close that waits for this call would wait for ever.
    pub fn for_each_lead(
        &self,
        scope: LeadScope<'_>,
        each: &mut dyn FnMut(ExportLead) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read(|db, lists| leads::for_each(db, lists, scope, each))
    }

    /// How many leads [`Cache::for_each_lead`] would bring now.
    pub fn scope_count(&self, scope: LeadScope<'_>) -> Result<u64, StoreError> {
        self.read(|db, lists| leads::scope_count(db, lists, scope))
    }

    /// `limit` rows of a folder, newest first, from `offset`.
    pub fn conversation_page(&self, folder: Folder, offset: u64, limit: u32) -> Result<ConversationPage, StoreError> {
        self.read(|db, lists| inbox::page(db, lists, folder, offset, limit))
    }

    /// # Errors
    /// [`StoreError::NotFound`] when the conversation is not here (any more, or yet).
    pub fn get_conversation(&self, id: ConversationId) -> Result<ConversationRow, StoreError> {
        self.read(|db, _| inbox::get(db, id))
    }

    /// Conversations in each folder, `mine` being `me`'s.
    pub fn folder_counts(&self, me: MemberId) -> Result<FolderCounts, StoreError> {
        self.read(|db, _| inbox::folder_counts(db, me))
    }

    /// A stretch of a thread; where the words of `searched` stand in it is told, too, as a search tells it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation, or the message to start at, is not here.
    pub fn message_page(
        &self,
        id: ConversationId,
        anchor: MessageAnchor,
        limit: u32,
        searched: Option<&str>,
    ) -> Result<MessagePage, StoreError> {
        self.read(|db, _| inbox::message_page(db, id, anchor, limit, searched))
    }

    /// Remembers on this device that the conversation's newest message was shown: its unread count is 0 until a newer
    /// inbound message arrives.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation is not here.
    pub fn mark_read(&self, id: ConversationId, now: UnixMs) -> Result<(), StoreError> {
        self.write(|tx, _| read_mark::set(tx, id, now))
    }

    /// Looks for all words of `text` in leads and in all message text; at most `limit` of each.
    pub fn search(&self, text: &str, limit: u32) -> Result<SearchResults, StoreError> {
        self.read(|db, _| search::search(db, text, limit))
    }

    /// Saved views, by name.
    pub fn list_views(&self) -> Result<Vec<StoredView>, StoreError> {
        self.read(|db, _| saved_view::list(db))
    }

    /// Saves a view, or replaces the one with the same id.
    pub fn save_view(&self, view: &StoredView) -> Result<(), StoreError> {
        self.write(|tx, _| saved_view::save(tx, view))
    }

    /// Deletes a view; one that is not there is already deleted.
    pub fn delete_view(&self, id: Uuid) -> Result<(), StoreError> {
        self.write(|tx, _| saved_view::delete(tx, id))
    }

    /// For each of these, the lead that has one of its keys, if there is one: in the same order.
    pub fn find_known_leads(&self, contacts: &[Vec<ContactKey>]) -> Result<Vec<Option<KnownLead>>, StoreError> {
        self.read(|db, _| contacts.iter().map(|keys| contact_key::find_lead(db, keys)).collect())
    }

    /// What was typed in a conversation and not sent.
    pub fn find_draft(&self, id: ConversationId) -> Result<Option<String>, StoreError> {
        self.read(|db, _| draft::find(db, id))
    }

    /// Keeps what was typed; an empty text is none. Says whether the conversation has a draft now and had none, or the other
    /// way round.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation is not here.
    pub fn save_draft(&self, id: ConversationId, body: &str) -> Result<bool, StoreError> {
        self.write(|tx, _| draft::save(tx, id, body))
    }

    /// Conversations with a draft.
    pub fn count_drafts(&self) -> Result<u64, StoreError> {
        self.read(|db, _| draft::count_all(db))
    }
}
