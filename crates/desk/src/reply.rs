//! Answering leads (C3): done here at once and on disk, sent when the server can be reached; and what was typed and not sent.

use domain::{ConversationId, MessageId, OperationId, Permission, check_message_body};
use store::NewReply;
use uuid::Uuid;

use crate::view::{Changed, DeskEvent, Replied};
use crate::{Desk, DeskError};

/// Of a draft: more than can be sent, so that nothing is lost of what is too long.
const MAX_DRAFT_BYTES: usize = 1 << 20;

impl Desk {
    /// Answers a lead. The message is shown and on disk when this returns, and the draft of the conversation is gone.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::InvalidInput`] for a text that no message may have, or where nobody is
    /// answered; not found when the conversation is gone; [`DeskError::Locked`], or the cache can't be written: then nothing
    /// was done.
    pub async fn reply(&self, conversation_id: ConversationId, body: String) -> Result<Replied, DeskError> {
        self.require(Permission::EditLeads).await?;
        check_message_body(&body).map_err(|_| DeskError::InvalidInput)?;
        if self.get_conversation(conversation_id).await?.reply_bar.is_some() {
            return Err(DeskError::InvalidInput);
        }
        let replied = Replied {
            message_id: MessageId::from_uuid(Uuid::now_v7()),
            operation_id: OperationId::from_uuid(Uuid::now_v7()),
        };
        let reply = NewReply {
            id: replied.operation_id,
            at: self.inner.clock.now(),
            message_id: replied.message_id,
            conversation_id,
            body,
        };
        let applied = self.query(move |cache| cache.reply(reply)).await?;
        self.tell(DeskEvent::Changed(applied.into()));
        self.wake_sync();
        Ok(replied)
    }

    /// Takes a reply back that has not left this device; its text is a draft again.
    ///
    /// # Errors
    /// Not found when it may have left; [`DeskError::Locked`], or the cache can't be written.
    pub async fn take_back_reply(&self, id: OperationId) -> Result<(), DeskError> {
        let applied = self.query(move |cache| cache.take_back_reply(id)).await?;
        self.tell(DeskEvent::Changed(applied.into()));
        // Those that waited for it can go now.
        self.wake_sync();
        Ok(())
    }

    /// What was typed in a conversation and not sent.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read.
    pub async fn find_draft(&self, id: ConversationId) -> Result<Option<String>, DeskError> {
        self.query(move |cache| cache.find_draft(id)).await
    }

    /// Keeps what was typed; an empty text is none. It never leaves this device.
    ///
    /// # Errors
    /// Not found when the conversation is gone; [`DeskError::InvalidInput`] when it is far longer than any message;
    /// [`DeskError::Locked`], or the cache can't be written.
    pub async fn save_draft(&self, id: ConversationId, body: String) -> Result<(), DeskError> {
        if body.len() > MAX_DRAFT_BYTES {
            return Err(DeskError::InvalidInput);
        }
        if self.query(move |cache| cache.save_draft(id, &body)).await? {
            self.tell(DeskEvent::Changed(Changed { conversations: true, ..Changed::default() }));
        }
        Ok(())
    }
}
