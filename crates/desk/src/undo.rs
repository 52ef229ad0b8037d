//! What was done last, so that it can be taken back: for as long as the desk is open, and no longer.

use std::collections::VecDeque;

use domain::{LeadEdit, LeadId};
use store::read::FieldConflict;
use uuid::Uuid;

/// Acts that can be taken back.
const KEPT: usize = 20;

/// What an act did.
pub(crate) enum Done {
    /// It edited leads, each from what it was to what it became.
    Edited(Vec<(LeadId, LeadEdit)>),
    /// It decided a conflict, perhaps by an edit.
    Decided(Vec<(LeadId, LeadEdit)>, FieldConflict),
    /// It added leads.
    Created(Vec<LeadId>),
}

impl Done {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Edited(edits) => edits.is_empty(),
            Self::Decided(..) => false,
            Self::Created(leads) => leads.is_empty(),
        }
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
        if done.is_nothing() {
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
        Done::Edited(vec![(LeadId::from_uuid(Uuid::nil()), LeadEdit::default())])
    }

    #[test]
    fn an_act_is_taken_back_once_and_old_ones_are_forgotten() {
        let mut list = UndoList::default();
        assert_eq!(list.note(Done::Edited(vec![])), None);
        assert_eq!(list.note(Done::Created(vec![])), None);
        let first = list.note(done()).expect("an act");
        let others: Vec<_> = (0..KEPT).map(|_| list.note(done()).expect("an act")).collect();
        assert!(list.take(first).is_none());
        assert!(list.take(others[3]).is_some() && list.take(others[3]).is_none());
        assert!(list.take(others[KEPT - 1]).is_some());
    }
}
