//! What this device has to tell the server: for now, the audit entries of acts that happened here, perhaps offline.

use api_client::ApiClient;
use store::Cache;
use wire::write::AuditBatch;

use crate::SyncError;
use crate::pull::run_blocking;

/// Entries in one request.
const BATCH: u32 = 100;

/// Sends every audit entry the server has not confirmed, oldest first. The ids make a repetition harmless.
///
/// # Errors
/// Network or cache; what was not confirmed is sent again next time.
pub async fn send_audit(client: &ApiClient, cache: &Cache) -> Result<(), SyncError> {
    loop {
        let entries = {
            let cache = cache.clone();
            run_blocking(move || cache.list_unsent_audit(BATCH)).await?
        };
        if entries.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        client.send_audit(&AuditBatch { entries }).await?;
        let cache = cache.clone();
        run_blocking(move || cache.mark_audit_sent(&ids)).await?;
    }
}
