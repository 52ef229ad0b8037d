//! What becomes of a refresh token that is presented: the whole policy, decided from what is known of it (A3).
//!
//! A token is exchanged once, for its successor. Presented again it is either a retry, whose first answer was lost, or
//! a copy in a second hand. The idempotency key tells them apart: it is drawn for one exchange, after the token was
//! received, so a copy of the token does not hold it. Why this rule and no other is in `docs/adr/0006`.

/// What is known of a refresh token that is presented for exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented {
    /// Not one of ours, or forgotten; and nobody is known to have ended the session that it names, if any.
    Unknown,
    /// Somebody ended its session.
    OfEndedSession,
    /// Nobody refreshed its session for too long.
    OfSpentSession,
    /// Of a session in cookies and not in one, or the other way round: no client of ours does that.
    InAnotherForm,
    /// Never exchanged.
    Unused,
    /// Exchanged before.
    Used(Successor),
}

/// What is known of the token that the key presented with a used token leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Successor {
    /// It was never given out: the exchange was made with another key, or none, or this one comes without.
    NotGiven,
    /// It was given out and not exchanged so far.
    Unused,
    /// It was exchanged, so the answer that brought it had arrived.
    Used,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Use up the token and give its successor.
    Exchange,
    /// Give the successor that was given already.
    AnswerAgain,
    /// Two hands hold the token: end the session for both.
    EndSession,
    /// Say that somebody ended the session: at which a device erases what it holds.
    TellEnd,
    /// Say that there is no such session: at which one signs in again, and nothing is erased.
    Refuse,
}

impl Presented {
    /// The policy.
    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Self::OfEndedSession => Verdict::TellEnd,
            Self::Unknown | Self::OfSpentSession | Self::InAnotherForm => Verdict::Refuse,
            Self::Unused => Verdict::Exchange,
            Self::Used(Successor::Unused) => Verdict::AnswerAgain,
            Self::Used(Successor::NotGiven | Successor::Used) => Verdict::EndSession,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy() {
        for (presented, verdict, why) in [
            (Presented::Unknown, Verdict::Refuse, "nothing is known that could be ended"),
            (Presented::OfEndedSession, Verdict::TellEnd, "it has ended already, by somebody's will"),
            (Presented::OfSpentSession, Verdict::Refuse, "it has ended already, by nobody's will"),
            (Presented::InAnotherForm, Verdict::Refuse, "a page of somebody else may have brought it about"),
            (Presented::Unused, Verdict::Exchange, "the usual"),
            (Presented::Used(Successor::Unused), Verdict::AnswerAgain, "its answer was lost"),
            (Presented::Used(Successor::NotGiven), Verdict::EndSession, "somebody else exchanged it, or does now"),
            (Presented::Used(Successor::Used), Verdict::EndSession, "whoever uses a successor had its answer"),
        ] {
            assert_eq!(presented.verdict(), verdict, "{presented:?}: {why}");
        }
    }

    /// Two hands with the same token, each with a key of its own, as the directory would see them.
    #[derive(Default)]
    struct Family {
        /// Each token's predecessor and the key that led to it; the first has neither.
        tokens: Vec<Option<(usize, char)>>,
        used: Vec<usize>,
        is_over: bool,
    }

    impl Family {
        fn new() -> Self {
            Self { tokens: vec![None], ..Self::default() }
        }

        /// Presents `token` with `key`; the token that is given for it.
        fn present(&mut self, token: usize, key: char) -> Result<usize, Verdict> {
            let given = self.tokens.iter().position(|origin| *origin == Some((token, key)));
            let presented = match given {
                _ if self.is_over => Presented::OfEndedSession,
                _ if !self.used.contains(&token) => Presented::Unused,
                None => Presented::Used(Successor::NotGiven),
                Some(given) if self.used.contains(&given) => Presented::Used(Successor::Used),
                Some(_) => Presented::Used(Successor::Unused),
            };
            match presented.verdict() {
                Verdict::Exchange => {
                    self.used.push(token);
                    self.tokens.push(Some((token, key)));
                    Ok(self.tokens.len() - 1)
                }
                Verdict::AnswerAgain => given.ok_or(Verdict::AnswerAgain),
                verdict => {
                    self.is_over |= verdict == Verdict::EndSession;
                    Err(verdict)
                }
            }
        }
    }

    const OWNER: char = 'o';
    const THIEF: char = 't';

    #[test]
    fn a_thief_with_the_token_is_noticed_at_once_in_either_order_and_after_a_lost_answer_too() {
        for (first, second) in [(OWNER, THIEF), (THIEF, OWNER)] {
            let mut family = Family::new();
            let given = family.present(0, first).expect("the first is answered");
            assert_eq!(family.present(0, first), Ok(given), "so is its retry");
            assert_eq!(family.present(0, second), Err(Verdict::EndSession));
            assert_eq!(family.present(given, first), Err(Verdict::TellEnd), "nobody keeps the session");
        }
    }

    #[test]
    fn a_thief_with_the_token_and_the_key_of_a_lost_answer_is_noticed_when_both_have_gone_on() {
        for (first, second) in [(OWNER, THIEF), (THIEF, OWNER)] {
            let mut family = Family::new();
            let shared = 'k';
            let given = family.present(0, shared).expect("whoever it was");
            assert_eq!(family.present(0, shared), Ok(given), "the other");
            family.present(given, first).expect("each goes on with a key of their own");
            assert_eq!(family.present(given, second), Err(Verdict::EndSession));
        }
    }

    #[test]
    fn a_token_and_key_of_long_ago_end_the_session() {
        let mut family = Family::new();
        let second = family.present(0, 'a').expect("exchanged");
        family.present(second, 'b').expect("exchanged");
        assert_eq!(family.present(0, 'a'), Err(Verdict::EndSession));
    }
}
