//! In which encoding a file is, and its text as UTF-8.

use std::io::{ErrorKind, Read};

use encoding_rs::{CoderResult, Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ImportError;

const CHUNK_BYTES: usize = 1 << 16;
/// What is looked at for the zeros of UTF-16.
const HEAD_BYTES: usize = 4_096;

/// How a file's text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Encoding {
    #[serde(rename = "utf8")]
    Utf8,
    #[serde(rename = "utf16_le")]
    Utf16Le,
    #[serde(rename = "utf16_be")]
    Utf16Be,
    /// Of Western European Windows. Every byte is a letter in it, so that it is what is left.
    #[serde(rename = "windows1252")]
    Windows1252,
}

impl Encoding {
    /// Reads the whole file to tell: its first letter that is none of ASCII may stand at its end.
    ///
    /// # Errors
    /// [`ImportError::Empty`], [`ImportError::NotText`], [`ImportError::Io`].
    pub(crate) fn find(file: &mut impl Read) -> Result<Self, ImportError> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut filled = fill(file, &mut chunk)?;
        if filled == 0 {
            return Err(ImportError::Empty);
        }
        let head = &chunk[..filled.min(HEAD_BYTES)];
        if is_no_text(head) {
            return Err(ImportError::NotText);
        }
        if let Some(found) = by_mark(head).or_else(|| by_zeros(head)) {
            return Ok(found);
        }
        let mut whole = Utf8Check::default();
        while filled > 0 {
            if !whole.takes(&chunk[..filled]) {
                return Ok(Self::Windows1252);
            }
            filled = fill(file, &mut chunk)?;
        }
        Ok(if whole.is_over() { Self::Utf8 } else { Self::Windows1252 })
    }

    fn decoder(self) -> Decoder {
        match self {
            Self::Utf8 => UTF_8,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Windows1252 => WINDOWS_1252,
        }
        .new_decoder_with_bom_removal()
    }
}

/// What workbooks, archives, documents and pictures begin with.
fn is_no_text(head: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 7] =
        [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"SQLite format 3\0"];
    BEGINNINGS.iter().any(|beginning| head.starts_with(beginning))
}

fn by_mark(head: &[u8]) -> Option<Encoding> {
    match head {
        [0xef, 0xbb, 0xbf, ..] => Some(Encoding::Utf8),
        [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Text of letters that are mostly Latin has a zero in every second byte, and nowhere else.
fn by_zeros(head: &[u8]) -> Option<Encoding> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let pairs = head.len() / 2;
    match () {
        () if pairs >= 2 && odd * 2 > pairs && even * 10 < pairs => Some(Encoding::Utf16Le),
        () if pairs >= 2 && even * 2 > pairs && odd * 10 < pairs => Some(Encoding::Utf16Be),
        () => None,
    }
}

/// Whether bytes that come in pieces are UTF-8.
#[derive(Default)]
struct Utf8Check {
    /// The beginning of a character whose rest has not come yet.
    begun: Vec<u8>,
}

impl Utf8Check {
    fn takes(&mut self, chunk: &[u8]) -> bool {
        let mut rest = chunk;
        while !self.begun.is_empty() {
            let Some((next, others)) = rest.split_first() else { return true };
            self.begun.push(*next);
            rest = others;
            match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => true,
            Err(error) if error.error_len().is_some() => false,
            Err(error) => {
                self.begun.extend_from_slice(&rest[error.valid_up_to()..]);
                true
            }
        }
    }

    /// Whether no character is begun.
    fn is_over(&self) -> bool {
        self.begun.is_empty()
    }
}

/// Reads until the chunk is full or the file over.
fn fill(file: &mut impl Read, chunk: &mut [u8]) -> Result<usize, ImportError> {
    let mut filled = 0;
    while filled < chunk.len() {
        match file.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

/// A file's text as UTF-8, piece by piece, without its byte order mark. What is no character is U+FFFD.
pub(crate) struct Decoded<R> {
    file: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// What of `raw` was not decoded yet.
    waiting: std::ops::Range<usize>,
    is_last: bool,
    is_over: bool,
    read_bytes: u64,
}

impl<R: Read> Decoded<R> {
    pub(crate) fn new(file: R, encoding: Encoding) -> Self {
        Self {
            file,
            decoder: encoding.decoder(),
            raw: vec![0; CHUNK_BYTES],
            waiting: 0..0,
            is_last: false,
            is_over: false,
            read_bytes: 0,
        }
    }

    /// Bytes of the file read so far.
    pub(crate) const fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// Puts the next piece into `text`, in the place of what was there. Empty at the end.
    pub(crate) fn next_piece(&mut self, text: &mut Vec<u8>) -> Result<(), ImportError> {
        text.clear();
        // Room for what any encoding makes of a chunk, replacements included.
        text.resize(CHUNK_BYTES * 3 + 16, 0);
        let mut length = 0;
        while length == 0 && !self.is_over {
            if self.waiting.is_empty() && !self.is_last {
                let count = fill(&mut self.file, &mut self.raw)?;
                self.read_bytes += count as u64;
                self.is_last = count < self.raw.len();
                self.waiting = 0..count;
            }
            let (result, taken, written, _) =
                self.decoder.decode_to_utf8(&self.raw[self.waiting.clone()], text, self.is_last);
            self.waiting.start += taken;
            length = written;
            self.is_over = self.is_last && result == CoderResult::InputEmpty;
        }
        text.truncate(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Result<Encoding, ImportError> {
        Encoding::find(&mut &bytes[..])
    }

    fn text(bytes: &[u8]) -> String {
        let encoding = found(bytes).expect("text");
        let mut decoded = Decoded::new(bytes, encoding);
        let (mut all, mut piece) = (Vec::new(), Vec::new());
        loop {
            decoded.next_piece(&mut piece).expect("no I/O");
            if piece.is_empty() {
                return String::from_utf8(all).expect("UTF-8");
            }
            all.extend_from_slice(&piece);
        }
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn each_encoding_is_found_and_read_without_its_mark() {
        let words = "name;note\r\nŽofie;José 日本 🎉\r\n";
        let le = utf16(words, u16::to_le_bytes);
        let be = utf16(words, u16::to_be_bytes);
        for (bytes, encoding) in [
            (words.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xef\xbb\xbf", words.as_bytes()].concat(), Encoding::Utf8),
            (le.clone(), Encoding::Utf16Le),
            ([b"\xff\xfe".to_vec(), le].concat(), Encoding::Utf16Le),
            (be.clone(), Encoding::Utf16Be),
            ([b"\xfe\xff".to_vec(), be].concat(), Encoding::Utf16Be),
        ] {
            assert_eq!(found(&bytes), Ok(encoding));
            assert_eq!(text(&bytes), words, "{encoding:?}");
        }
        assert_eq!(found(b"name\nJos\xe9"), Ok(Encoding::Windows1252));
        assert_eq!(text(b"name\nJos\xe9 \x80"), "name\nJosé €");
    }

    #[test]
    fn one_letter_at_the_end_of_a_large_file_decides() {
        let mut bytes = b"name\n".repeat(100_000);
        bytes.extend_from_slice("é".as_bytes());
        assert_eq!(found(&bytes), Ok(Encoding::Utf8));
        bytes.pop();
        assert_eq!(found(&bytes), Ok(Encoding::Windows1252), "cut in the middle of a letter");
    }

    #[test]
    fn a_letter_over_the_border_of_two_pieces_is_one() {
        for before in CHUNK_BYTES - 4..CHUNK_BYTES + 1 {
            let words = format!("{}🎉é", "x".repeat(before));
            assert_eq!(found(words.as_bytes()), Ok(Encoding::Utf8));
            assert_eq!(text(words.as_bytes()), words);
        }
    }

    #[test]
    fn what_is_no_text_is_told() {
        assert_eq!(found(b""), Err(ImportError::Empty));
        assert_eq!(found(b"PK\x03\x04workbook"), Err(ImportError::NotText));
        assert_eq!(found(b"\xd0\xcf\x11\xe0old workbook"), Err(ImportError::NotText));
    }

    #[test]
    fn half_a_unit_of_utf16_at_the_end_is_a_replacement() {
        let mut bytes = b"\xff\xfe".to_vec();
        bytes.extend(utf16("ab", u16::to_le_bytes));
        bytes.push(b'c');
        assert_eq!(text(&bytes), "ab\u{fffd}");
    }
}
