//! Sends what was done on this device, in its order, and stores what the server said of it.
//!
//! An act is sent until its result is stored, as often as that takes: its id makes sure that it is done once. What fails for
//! the whole request (no network, a server that is busy) changes nothing; the engine tries again when it pulls again.

use api_client::{ApiClient, ApiFailure, FailureKind};
use domain::OperationId;
use store::read::OutboxRefusal;
use store::{Applied, Cache, StoreError, Verdict};
use wire::ApiErrorCode;
use wire::operation::{
    ChainHead, MAX_OPERATIONS, Operation, OperationOutcome, OperationResult, OperationResults, Operations,
    RefusalReason, Refused,
};

use crate::pull::run_blocking;
use crate::{FeedError, SyncError};

/// Of the acts in one request, as JSON: a quarter of what the server takes.
const MAX_BYTES: usize = 256 << 10;

/// What a batch that was sent has come to.
pub(crate) struct Pushed {
    /// What it changed in the cache.
    pub(crate) applied: Applied,
    /// The cache was found to be an older copy: so many acts of this device are not in it.
    pub(crate) missing: Option<u64>,
}

/// What the server says of acts.
struct Answer {
    verdicts: Vec<(OperationId, Verdict)>,
    /// The run of its changes.
    epoch: String,
    /// What it was told of the chain of acts before.
    head: Option<ChainHead>,
}

/// Sends all that waits, and tells `pushed` of each batch.
///
/// # Errors
/// The first failure of network, server or cache. What had a result by then has it for good.
pub(crate) async fn push(client: &ApiClient, cache: &Cache, mut pushed: impl FnMut(Pushed)) -> Result<(), SyncError> {
    loop {
        let reading = cache.clone();
        let request = run_blocking(move || {
            let operations = reading.operations_to_send(MAX_OPERATIONS, MAX_BYTES)?;
            Ok(Operations { epoch: reading.sync_state()?.epoch, operations, head: reading.find_chain_head()? })
        })
        .await?;
        if request.operations.is_empty() {
            return Ok(());
        }
        let Answer { verdicts, epoch, head } = send(client, request).await?;
        let writing = cache.clone();
        let done = move || {
            let missing = head.map_or(Ok(None), |head| note_server_head(&writing, &head))?;
            Ok(Pushed { applied: writing.judge_operations(&verdicts, &epoch)?, missing })
        };
        pushed(run_blocking(done).await?);
    }
}

/// Sends all that waits, before the account leaves this computer.
///
/// # Errors
/// As the engine's own: what had a result by then has it for good.
pub async fn push_all(client: &ApiClient, cache: &Cache) -> Result<(), SyncError> {
    push(client, cache, |_| ()).await
}

/// Holds what the server knows of the chain of acts against the cache. Where the cache does not know it, it is an older copy of
/// itself, and goes on as that: gives the number of acts that are not in it.
pub(crate) fn note_server_head(cache: &Cache, head: &ChainHead) -> Result<Option<u64>, StoreError> {
    if cache.knows_chain_head(head)? { Ok(None) } else { cache.resume_chain(head).map(Some) }
}

/// What the server says of acts. When it refuses them as a whole, the first is sent alone, and
/// if it refuses that, too, it is the verdict: no act can stop all others.
async fn send(client: &ApiClient, request: Operations) -> Result<Answer, SyncError> {
    match client.push(&request).await {
        Ok(results) => {
            let (epoch, head) = (results.epoch.clone(), results.head);
            Ok(Answer { verdicts: verdicts(&request.operations, results)?, epoch, head })
        }
        Err(failure) => match (refusal(&failure), request) {
            (Some(refusal), Operations { epoch: Some(epoch), operations, .. }) if operations.len() == 1 => {
                let verdicts = operations.into_iter().map(|act| (act.id, Verdict::Refused(refusal.clone()))).collect();
                Ok(Answer { verdicts, epoch, head: None })
            }
            (Some(_), Operations { epoch: epoch @ Some(_), mut operations, head }) => {
                operations.truncate(1);
                Box::pin(send(client, Operations { epoch, operations, head })).await
            }
            // Nothing was told yet: there is nothing to say of acts, either.
            (None, _) | (Some(_), Operations { epoch: None, .. }) => Err(failure.into()),
        },
    }
}

/// What a refused request means for a single act in it; nothing when it is not about the act.
fn refusal(failure: &ApiFailure) -> Option<OutboxRefusal> {
    match failure.kind {
        FailureKind::Api(ApiErrorCode::Forbidden) => Some(OutboxRefusal::Forbidden),
        FailureKind::Api(ApiErrorCode::InvalidInput) => Some(OutboxRefusal::Invalid(None)),
        FailureKind::Api(ApiErrorCode::TooLarge) => Some(OutboxRefusal::Other("too_large".to_owned())),
        _ => None,
    }
}

/// One verdict for each act that the server looked at.
///
/// # Errors
/// [`FeedError::OtherResults`].
pub fn verdicts(
    operations: &[Operation],
    OperationResults { results, .. }: OperationResults,
) -> Result<Vec<(OperationId, Verdict)>, FeedError> {
    if !results.iter().map(|result| result.id).eq(operations.iter().map(|operation| operation.id)) {
        return Err(FeedError::OtherResults);
    }
    let verdicts: Vec<_> = results.into_iter().filter_map(verdict).collect();
    // A server that holds everything without having refused anything would be asked without end.
    if verdicts.is_empty() { Err(FeedError::OtherResults) } else { Ok(verdicts) }
}

fn verdict(OperationResult { id, outcome }: OperationResult) -> Option<(OperationId, Verdict)> {
    let verdict = match outcome {
        OperationOutcome::Done(done) => Verdict::Done(done.fields),
        OperationOutcome::Refused(Refused { reason, field }) => Verdict::Refused(match reason {
            RefusalReason::NotFound => OutboxRefusal::NotFound,
            RefusalReason::Invalid => OutboxRefusal::Invalid(field),
            RefusalReason::Forbidden => OutboxRefusal::Forbidden,
            RefusalReason::LeadDeleted => OutboxRefusal::LeadDeleted,
            RefusalReason::Taken => OutboxRefusal::Other("taken".to_owned()),
            RefusalReason::OtherAct => OutboxRefusal::Other("other_act".to_owned()),
            RefusalReason::Unknown => OutboxRefusal::Other("unknown".to_owned()),
        }),
        // One before it was refused: it waits with that one.
        OperationOutcome::Held => return None,
    };
    Some((id, verdict))
}

#[cfg(test)]
mod tests {
    use domain::{LeadEdit, LeadId, UnixMs};
    use uuid::Uuid;
    use wire::operation::{Act, Done, EditLead};

    use super::*;

    fn operation(n: u128) -> Operation {
        Operation {
            id: OperationId::from_uuid(Uuid::from_u128(n)),
            at: UnixMs(0),
            act: Act::EditLead(Box::new(EditLead {
                lead_id: LeadId::from_uuid(Uuid::nil()),
                edit: LeadEdit::default(),
            })),
        }
    }

    fn result(n: u128, outcome: OperationOutcome) -> OperationResult {
        OperationResult { id: operation(n).id, outcome }
    }

    fn done() -> OperationOutcome {
        OperationOutcome::Done(Done { is_repeated: true, fields: vec![] })
    }

    fn judged(results: Vec<OperationResult>) -> Result<Vec<(OperationId, Verdict)>, FeedError> {
        verdicts(&[operation(1), operation(2)], OperationResults { epoch: String::new(), results, head: None })
    }

    #[test]
    fn each_act_has_its_verdict_and_one_that_is_held_none() {
        let refused = Refused { reason: RefusalReason::Invalid, field: Some("tags".to_owned()) };
        let verdicts = judged(vec![result(1, OperationOutcome::Refused(refused)), result(2, OperationOutcome::Held)]);
        let invalid = Verdict::Refused(OutboxRefusal::Invalid(Some("tags".to_owned())));
        assert_eq!(verdicts.expect("verdicts"), [(operation(1).id, invalid)]);
        assert_eq!(judged(vec![result(1, done()), result(2, done())]).expect("verdicts").len(), 2);
    }

    #[test]
    fn results_of_other_acts_or_of_none_are_refused() {
        for results in [
            vec![],
            vec![result(1, done())],
            vec![result(2, done()), result(1, done())],
            vec![result(1, OperationOutcome::Held), result(2, OperationOutcome::Held)],
        ] {
            let refused = judged(results.clone());
            assert!(matches!(refused, Err(FeedError::OtherResults)), "{results:?}");
        }
    }
}
