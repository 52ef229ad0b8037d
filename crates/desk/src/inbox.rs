//! Reviewing the inbox (C1, C2), all from the cache.

use domain::ConversationId;
use store::read::{ConversationPage, ConversationRow, Folder, FolderCounts, MessageAnchor, MessagePage};

use crate::state::MAX_ROWS;
use crate::view::{Changed, DeskEvent};
use crate::{Desk, DeskError};

impl Desk {
    /// A stretch of a folder, newest first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read; so for every question here.
    pub async fn conversation_page(
        &self,
        folder: Folder,
        offset: u64,
        limit: u32,
    ) -> Result<ConversationPage, DeskError> {
        self.query(move |cache| cache.conversation_page(folder, offset, limit.min(MAX_ROWS))).await
    }

    /// One row of the list.
    ///
    /// # Errors
    /// As [`Desk::conversation_page`]; not found when it is gone.
    pub async fn get_conversation(&self, id: ConversationId) -> Result<ConversationRow, DeskError> {
        self.query(move |cache| cache.get_conversation(id)).await
    }

    /// How many conversations each folder holds; `mine` are those of the member who is signed in.
    ///
    /// # Errors
    /// As [`Desk::conversation_page`].
    pub async fn folder_counts(&self) -> Result<FolderCounts, DeskError> {
        let me = self.open()?.profile.member.id;
        self.query(move |cache| cache.folder_counts(me)).await
    }

    /// A stretch of a thread; where the words of `searched` stand in it is told, too, as [`Desk::search`] tells it.
    ///
    /// # Errors
    /// As [`Desk::conversation_page`]; not found when the anchor is gone.
    pub async fn message_page(
        &self,
        id: ConversationId,
        anchor: MessageAnchor,
        limit: u32,
        searched: Option<String>,
    ) -> Result<MessagePage, DeskError> {
        self.query(move |cache| cache.message_page(id, anchor, limit.min(MAX_ROWS), searched.as_deref())).await
    }

    /// Remembers on this device that the newest message was shown.
    ///
    /// # Errors
    /// As [`Desk::conversation_page`].
    pub async fn mark_read(&self, id: ConversationId) -> Result<(), DeskError> {
        let now = self.inner.clock.now();
        self.query(move |cache| cache.mark_read(id, now)).await?;
        self.tell(DeskEvent::Changed(Changed { conversations: true, ..Changed::default() }));
        Ok(())
    }
}
