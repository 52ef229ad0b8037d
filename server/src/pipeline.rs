//! The stages a studio begins with.

use domain::StageOutcome;

/// Name, colour and outcome of each, in order.
pub(crate) const FIRST_STAGES: [(&str, &str, StageOutcome); 5] = [
    ("New", "#4b83c4", StageOutcome::Open),
    ("Contacted", "#8b6fc0", StageOutcome::Open),
    ("Trial booked", "#c08a2d", StageOutcome::Open),
    ("Won", "#2f7d54", StageOutcome::Won),
    ("Lost", "#8b857d", StageOutcome::Lost),
];
