//! What becomes of a request.

use rand::Rng;

/// What the network does with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fate {
    /// It arrives, and so does its answer.
    Answered,
    /// It never arrives.
    Lost,
    /// It arrives; its answer is lost.
    AnswerLost,
    /// It arrives twice; the second answer comes through.
    Twice,
    /// It arrives much later, when nobody waits for the answer any more.
    Late,
    /// It arrives; the server crashes before its answer has left.
    ServerCrashes,
}

impl Fate {
    pub(crate) fn draw(rng: &mut impl Rng) -> Self {
        match rng.random_range(0..100) {
            0..50 => Self::Answered,
            50..62 => Self::Lost,
            62..77 => Self::AnswerLost,
            77..85 => Self::Twice,
            85..98 => Self::Late,
            _ => Self::ServerCrashes,
        }
    }
}
