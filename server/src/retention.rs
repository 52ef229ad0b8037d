//! How long what is over is kept (F1). The numbers are policy; the clock is the server's, passed in.

use domain::UnixMs;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A session that is over stays in its member's list of devices for so long; then it is forgotten, with the addresses
/// it was seen from and with its tokens, which are merely unknown from then on.
pub(crate) const ENDED_SESSION_KEPT_MS: i64 = 30 * DAY_MS;
/// A refresh token that was exchanged is remembered for so long: presented later, it is merely unknown.
pub(crate) const USED_TOKEN_KEPT_MS: i64 = 30 * DAY_MS;
/// A token key that was replaced is kept for so long, and as long as a refresh token needs it: a client that was away
/// for less goes on from its cursor.
pub(crate) const REPLACED_TOKEN_KEY_KEPT_MS: i64 = 90 * DAY_MS;
/// An invitation is remembered so long after its link ran out, or would have: who made it sees that, and may send it again.
pub(crate) const ENDED_INVITATION_KEPT_MS: i64 = 30 * DAY_MS;
/// What is to be forgotten is looked for this often.
pub(crate) const PURGE_INTERVAL_MS: i64 = DAY_MS;

/// Sessions that were over before this are to be forgotten.
pub(crate) const fn ended_sessions_before(now: UnixMs) -> UnixMs {
    now.plus_ms(-ENDED_SESSION_KEPT_MS)
}

/// Invitations whose link ran out before this are to be forgotten.
pub(crate) const fn ended_invitations_before(now: UnixMs) -> UnixMs {
    now.plus_ms(-ENDED_INVITATION_KEPT_MS)
}

/// Refresh tokens that were exchanged before this are to be forgotten.
pub(crate) const fn used_tokens_before(now: UnixMs) -> UnixMs {
    now.plus_ms(-USED_TOKEN_KEPT_MS)
}

/// Token keys that were replaced before this are to be forgotten.
pub(crate) const fn token_keys_replaced_before(now: UnixMs) -> UnixMs {
    now.plus_ms(-REPLACED_TOKEN_KEY_KEPT_MS)
}

/// Whether it is time to purge, after having done so at `last`. A clock that was put back makes no difference for
/// longer than an interval.
pub(crate) const fn is_purge_due(last: UnixMs, now: UnixMs) -> bool {
    now.since_ms(last).unsigned_abs() >= PURGE_INTERVAL_MS.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_is_due_once_a_day_whatever_the_clock_does() {
        let last = UnixMs(1_790_000_000_000);
        for (later_ms, due) in [(0, false), (DAY_MS - 1, false), (DAY_MS, true), (-1, false), (-DAY_MS, true)] {
            assert_eq!(is_purge_due(last, last.plus_ms(later_ms)), due, "{later_ms}");
        }
    }
}
