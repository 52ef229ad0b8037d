//! Saved views of the lead list, kept in the cache of this device.

use store::StoredView;
use uuid::Uuid;

use crate::view::SavedView;
use crate::{Desk, DeskError};

/// Characters a view's name may have.
const MAX_NAME_CHARS: usize = 80;

impl Desk {
    /// All views, by name.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read.
    pub async fn list_views(&self) -> Result<Vec<SavedView>, DeskError> {
        let views = self.query(|cache| cache.list_views()).await?;
        Ok(views.into_iter().map(|StoredView { id, name, query }| SavedView { id, name, query }).collect())
    }

    /// Creates a view, or replaces the one with the same id.
    ///
    /// # Errors
    /// [`DeskError::InvalidInput`] for an empty or overlong name.
    pub async fn save_view(&self, view: SavedView) -> Result<(), DeskError> {
        let name = view.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
            return Err(DeskError::InvalidInput);
        }
        let stored = StoredView { id: view.id, name, query: view.query };
        self.query(move |cache| cache.save_view(&stored)).await
    }

    /// Deletes a view; one that is gone already is no error.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be written.
    pub async fn delete_view(&self, id: Uuid) -> Result<(), DeskError> {
        self.query(move |cache| cache.delete_view(id)).await
    }
}
