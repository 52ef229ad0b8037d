//! What was typed, as words to look for. All of it may be hostile: it reaches SQL as bound text, and the index's own
//! query language inside quotes.

use domain::fold;

use super::unspaced::{cut_at_scripts, index_text, is_unspaced};

/// More words than this are left out: nobody types them, and each costs.
const MOST_WORDS: usize = 12;
/// Characters of a word that are looked for.
const MOST_CHARS: usize = 64;
/// A trigram index knows nothing shorter.
pub(crate) const TRIGRAM: usize = 3;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As the index of messages is given it; that index folds by itself.
    indexed: String,
    /// Folded, for leads and for finding the place.
    pub(crate) folded: String,
    /// The digits of a phone number it may be part of.
    pub(crate) digits: Option<String>,
}

impl Word {
    fn new(raw: &str) -> Option<Self> {
        let raw: String = raw.chars().take(MOST_CHARS).collect();
        let folded = fold(&raw);
        let indexed = index_text(&raw).into_owned();
        folded.chars().any(char::is_alphanumeric).then(|| Self { digits: phone_digits(&raw), indexed, folded })
    }

    /// Characters that count.
    pub(crate) fn len(&self) -> usize {
        self.folded.chars().filter(|c| c.is_alphanumeric()).count()
    }

    /// Whether it says enough to be looked for in messages, and to be taken for a name beside words that are.
    pub(crate) fn is_telling(&self) -> bool {
        self.len() >= TRIGRAM || self.folded.chars().any(is_unspaced)
    }

    /// Whether folding did no more to it than the index of messages does.
    pub(crate) fn is_plain(&self) -> bool {
        self.indexed.is_ascii()
    }

    /// The query for messages that hold words which begin so.
    pub(crate) fn query(&self) -> String {
        // A character that is a word of its own has no longer words to begin.
        let ends_whole = self.folded.chars().rfind(|c| c.is_alphanumeric()).is_some_and(is_unspaced);
        if ends_whole { quoted(&self.indexed) } else { format!("{}*", quoted(&self.indexed)) }
    }

    /// The same for its first three letters, when it has more and they are its letters folded, too.
    pub(crate) fn query_of_beginning(&self) -> Option<String> {
        let is_one_word = self.indexed.chars().all(char::is_alphanumeric)
            && self.indexed.chars().count() == self.folded.chars().count();
        let (end, _) = self.indexed.char_indices().nth(TRIGRAM)?;
        is_one_word.then(|| format!("{}*", quoted(&self.indexed[..end])))
    }

    /// The pieces the index of messages has it in: folded, as highlights compare.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.folded.split(|c: char| !c.is_alphanumeric()).flat_map(cut_at_scripts)
    }
}

/// All words of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) words: Vec<Word>,
    /// The whole of it read as part of a phone number, such as `07700 900`.
    pub(crate) phone: Option<String>,
}

impl Terms {
    pub(crate) fn new(text: &str) -> Self {
        // Control characters mean nothing to a person, and a NUL would end the index's query.
        let words: Vec<Word> =
            text.split(|c: char| c.is_whitespace() || c.is_control()).filter_map(Word::new).take(MOST_WORDS).collect();
        let phone = phone_digits(text).filter(|digits| digits.len() >= TRIGRAM);
        Self { words, phone }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether any word is long enough for a trigram index.
    pub(crate) fn have_trigrams(&self) -> bool {
        self.words.iter().any(|word| word.len() >= TRIGRAM)
    }

    /// Whether any word says enough to look for in messages.
    pub(crate) fn are_for_messages(&self) -> bool {
        self.words.iter().any(Word::is_telling)
    }
}

/// The digits, as E.164 has them, of text that could be part of a phone number: without separators, without the `(0)` of
/// international notation, without the zeros that stand for the country or the exit code.
fn phone_digits(text: &str) -> Option<String> {
    let text = text.trim().replace("(0)", "");
    let is_phone = text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+-().,/\u{a0}".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (is_phone && !digits.is_empty()).then(|| digits.to_owned())
}

/// A phrase of FTS5's query language: whatever stands in it is text.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
