//! What was done last, so that it can be taken back: for as long as the desk is open, and no longer.

use std::collections::VecDeque;

use domain::{LeadEdit, LeadId};
use store::read::FieldConflict;
use uuid::Uuid;

/// Acts that can be taken back.
const KEPT: usize = 20;

/// What one act came to.
#[derive(Default)]
pub(crate) struct Done {
    /// Edits, each from what the lead was to what it became.
    pub(crate) edits: Vec<(LeadId, LeadEdit)>,
    /// A conflict that it decided.
    pub(crate) settled: Option<FieldConflict>,
}

impl From<Vec<(LeadId, LeadEdit)>> for Done {
    fn from(edits: Vec<(LeadId, LeadEdit)>) -> Self {
        Self { edits, settled: None }
    }
}

/// What was done last, the newest at the end.
#[derive(Default)]
pub(crate) struct UndoList {
    acts: VecDeque<(Uuid, Done)>,
}

impl UndoList {
    /// Remembers an act; gives the name to take it back by, if it did anything.
    pub(crate) fn note(&mut self, done: Done) -> Option<Uuid> {
        if done.edits.is_empty() && done.settled.is_none() {
            return None;
        }
        let id = Uuid::new_v4();
        self.acts.push_back((id, done));
        if self.acts.len() > KEPT {
            self.acts.pop_front();
        }
        Some(id)
    }

    /// An act, which can then not be taken back again.
    pub(crate) fn take(&mut self, id: Uuid) -> Option<Done> {
        let place = self.acts.iter().position(|(known, _)| *known == id)?;
        self.acts.remove(place).map(|(_, done)| done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done() -> Done {
        vec![(LeadId::from_uuid(Uuid::nil()), LeadEdit::default())].into()
    }

    #[test]
    fn an_act_is_taken_back_once_and_old_ones_are_forgotten() {
        let mut list = UndoList::default();
        assert_eq!(list.note(Done::default()), None);
        let first = list.note(done()).expect("an act");
        let others: Vec<_> = (0..KEPT).map(|_| list.note(done()).expect("an act")).collect();
        assert!(list.take(first).is_none());
        assert!(list.take(others[3]).is_some() && list.take(others[3]).is_none());
        assert!(list.take(others[KEPT - 1]).is_some());
    }
}
