//! Several tags in one cell of CSV or XLSX: separated by semicolons, with `\;` for a semicolon and `\\` for a backslash
//! inside a tag, so that they can be told apart again.

/// Appends `tags` to `out` as one cell.
pub fn join_tags(tags: &[String], out: &mut String) {
    for (i, tag) in tags.iter().enumerate() {
        if i > 0 {
            out.push(';');
        }
        for c in tag.chars() {
            if matches!(c, ';' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
    }
}

/// The tags of a cell that [`join_tags`] made. An empty cell has none, so a single empty tag does not survive.
pub fn split_tags(cell: &str) -> Vec<String> {
    if cell.is_empty() {
        return Vec::new();
    }
    let mut tags = vec![String::new()];
    let mut characters = cell.chars();
    while let Some(c) = characters.next() {
        match (c, tags.last_mut()) {
            (';', _) => tags.push(String::new()),
            ('\\', Some(tag)) => tag.extend(characters.next()),
            (c, Some(tag)) => tag.push(c),
            (_, None) => {}
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{join_tags, split_tags};

    proptest! {
        #[test]
        fn tags_read_back(tags in prop::collection::vec("[a;\\\\, é]{1,5}", 0..5)) {
            let mut cell = String::new();
            join_tags(&tags, &mut cell);
            prop_assert_eq!(split_tags(&cell), tags);
        }
    }
}
