//! Text of the document as HTML.

/// What stands for itself, in text and in an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text in which `` `code` `` is marked, in paragraphs where lines are empty.
pub(super) fn paragraphs(text: &str) -> String {
    let texts = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    texts.map(|text| format!("<p>{}</p>\n", inline(text))).collect()
}

/// The same within a line.
pub(super) fn inline(text: &str) -> String {
    // What stands between backticks has an odd place. A lone backtick is one.
    let parts: Vec<&str> = text.split('`').collect();
    let closed = parts.len() % 2 == 1;
    let marked =
        parts.iter().enumerate().map(|(place, part)| match (place % 2 == 1, closed || place + 1 < parts.len()) {
            (true, true) => format!("<code>{}</code>", escaped(part)),
            (true, false) => format!("`{}", escaped(part)),
            (false, _) => escaped(part),
        });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use super::{inline, paragraphs};

    #[test]
    fn code_is_marked_and_nothing_of_the_text_becomes_markup() {
        for (text, html) in [
            ("plain", "plain"),
            ("`a` and `b<c>`", "<code>a</code> and <code>b&lt;c&gt;</code>"),
            ("a lone ` here", "a lone ` here"),
            ("`one` and a lone `", "<code>one</code> and a lone `"),
            ("<script>\"'&", "&lt;script&gt;&quot;&#39;&amp;"),
        ] {
            assert_eq!(inline(text), html);
        }
        assert_eq!(paragraphs("one\nline\n\n\n\ntwo"), "<p>one\nline</p>\n<p>two</p>\n");
    }
}
