//! Where in a text the words stand, as a person reads them: folded letters against the letters that were written.

use domain::fold;

use super::unspaced::is_unspaced;
use crate::read::Span;

/// A text with its folded form, letter by letter.
pub(crate) struct Folded<'t> {
    text: &'t str,
    /// Folded characters, each with the place in `letters` it came from.
    chars: Vec<(char, u32)>,
    /// Byte offsets of the letters; a letter goes up to the next one, with the marks that follow it.
    letters: Vec<u32>,
}

/// Letters from..to of a [`Folded`] text.
pub(crate) type Letters = (u32, u32);

impl<'t> Folded<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let mut chars = Vec::with_capacity(text.len());
        let mut letters = Vec::with_capacity(text.len());
        let mut buffer = [0; 4];
        for (at, c) in text.char_indices() {
            let mut folded_ascii = None;
            let folded;
            let folded: &str = if c.is_ascii() {
                folded_ascii = Some(c.to_ascii_lowercase());
                ""
            } else {
                folded = fold(c.encode_utf8(&mut buffer));
                // A mark belongs to the letter before it; at the very start it is its own.
                if folded.is_empty() && !letters.is_empty() {
                    continue;
                }
                &folded
            };
            let letter = letters.len() as u32;
            letters.push(at as u32);
            chars.extend(folded_ascii.into_iter().chain(folded.chars()).map(|c| (c, letter)));
        }
        Self { text, chars, letters }
    }

    /// Whether a word could begin here; in scripts without spaces, anywhere.
    fn is_start(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).map(|before| self.chars[before].0) else { return true };
        !before.is_alphanumeric() || is_unspaced(before) || is_unspaced(self.chars[at].0)
    }

    /// Where `word` ends, if it begins here. Between characters that are words of their own, what separates words does
    /// not count, as it does not in the index.
    fn end_of(&self, word: &[char], at: usize) -> Option<usize> {
        let mut here = at;
        for (place, wanted) in word.iter().enumerate() {
            if place > 0 && is_unspaced(*wanted) && is_unspaced(word[place - 1]) {
                here += self.chars[here..].iter().take_while(|(c, _)| !c.is_alphanumeric()).count();
            }
            if self.chars.get(here)?.0 != *wanted {
                return None;
            }
            here += 1;
        }
        Some(here)
    }

    /// Letters in which `word` (folded) stands; with `at_start`, only where a word begins.
    pub(crate) fn find(&self, word: &str, at_start: bool) -> Vec<Letters> {
        let word: Vec<char> = word.chars().collect();
        let mut found = Vec::new();
        if word.is_empty() {
            return found;
        }
        let mut at = 0;
        while at + word.len() <= self.chars.len() {
            match self.end_of(&word, at).filter(|_| !at_start || self.is_start(at)) {
                Some(end) => {
                    found.push((self.chars[at].1, self.chars[end - 1].1 + 1));
                    at = end;
                }
                None => at += 1,
            }
        }
        found
    }

    pub(crate) fn has(&self, word: &str, at_start: bool) -> bool {
        !self.find(word, at_start).is_empty()
    }

    fn byte(&self, letter: u32) -> usize {
        self.letters.get(letter as usize).map_or(self.text.len(), |at| *at as usize)
    }

    /// Letters as UTF-16 offsets into the whole text, in order and without overlaps.
    pub(crate) fn spans(&self, found: Vec<Letters>) -> Vec<Span> {
        self.spans_within(found, 0, self.letters.len() as u32)
    }

    fn spans_within(&self, mut found: Vec<Letters>, from: u32, to: u32) -> Vec<Span> {
        found.sort_unstable();
        let mut spans: Vec<Span> = Vec::new();
        let (mut byte, mut utf16) = (self.byte(from), 0u32);
        let mut upto = |target: usize| {
            utf16 += self.text[byte..target].chars().map(|c| c.len_utf16() as u32).sum::<u32>();
            byte = target;
            utf16
        };
        let mut reached = from;
        for (start, end) in found {
            // A match that begins inside the one before goes on from its end; one cut by the stretch ends with it.
            let (start, end) = (start.max(reached), end.min(to));
            if start >= end {
                continue;
            }
            let span = Span { start: upto(self.byte(start)), end: upto(self.byte(end)) };
            match spans.last_mut() {
                Some(last) if last.end == span.start => last.end = span.end,
                _ => spans.push(span),
            }
            reached = end;
        }
        spans
    }

    /// At most `most_chars` characters around the first of `found`, and where the found letters stand in them.
    pub(crate) fn snippet(&self, found: Vec<Letters>, most_chars: usize, lead_in: u32) -> (String, Vec<Span>) {
        let first = found.iter().map(|(start, _)| *start).min().unwrap_or(0);
        let mut from = first.saturating_sub(lead_in);
        if from > 0 {
            // Rather from the beginning of a word.
            let begins = (from..first).find(|letter| {
                let before = &self.text[self.byte(letter - 1)..self.byte(*letter)];
                before.chars().next().is_some_and(char::is_whitespace)
            });
            from = begins.unwrap_or(from);
        }
        let start = self.byte(from);
        let mut to = from;
        let mut left = most_chars;
        let letters = self.letters.len() as u32;
        while to < letters {
            let chars = self.text[self.byte(to)..self.byte(to + 1)].chars().count();
            if chars > left {
                break;
            }
            left -= chars;
            to += 1;
        }
        // A letter with more marks than fit: its beginning.
        let end = if to == from {
            self.text[start..].char_indices().nth(most_chars).map_or(self.text.len(), |(at, _)| start + at)
        } else {
            self.byte(to)
        };
        let spans = self.spans_within(found, from, to);
        (self.text[start..end].to_owned(), spans)
    }
}
