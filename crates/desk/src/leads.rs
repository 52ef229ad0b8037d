//! Reviewing leads (B2, B3) and searching, all from the cache.

use domain::LeadId;
use store::read::{LeadDetail, LeadFilter, LeadPage, LeadQuery, SearchResults};

use crate::state::MAX_ROWS;
use crate::{Desk, DeskError};

impl Desk {
    /// A stretch of the lead list, at most [`MAX_ROWS`] rows.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read; so for every question here.
    pub async fn lead_page(&self, query: LeadQuery, offset: u64, limit: u32) -> Result<LeadPage, DeskError> {
        self.query(move |cache| cache.lead_page(&query, offset, limit.min(MAX_ROWS))).await
    }

    /// How many leads a filter lets through.
    ///
    /// # Errors
    /// As [`Desk::lead_page`].
    pub async fn lead_count(&self, filter: LeadFilter) -> Result<u64, DeskError> {
        self.query(move |cache| cache.lead_count(&filter)).await
    }

    /// One lead with its conversations and moves.
    ///
    /// # Errors
    /// As [`Desk::lead_page`]; not found when it is gone.
    pub async fn get_lead_detail(&self, id: LeadId) -> Result<LeadDetail, DeskError> {
        self.query(move |cache| cache.get_lead_detail(id)).await
    }

    /// Leads and messages that hold all words of `text`, at most `limit` of each.
    ///
    /// # Errors
    /// As [`Desk::lead_page`].
    pub async fn search(&self, text: String, limit: u32) -> Result<SearchResults, DeskError> {
        self.query(move |cache| cache.search(&text, limit.min(MAX_ROWS))).await
    }
}
