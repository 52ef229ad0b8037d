//! What does not hold, to see that it is found.

use wire::changes::Line;

/// Asserts that a feed never tells of a page after a deletion: of the seeds one nearly does, and a line or two more do it.
pub fn control(input: &[u8]) {
    let mut has_deleted = false;
    for line in input.split(|byte| *byte == b'\n') {
        match Line::parse(line) {
            Ok(Line::Change(wire::changes::Change::Delete(_))) => has_deleted = true,
            Ok(Line::Page(_)) => assert!(!has_deleted, "the control: a page after a deletion"),
            _ => {}
        }
    }
}
