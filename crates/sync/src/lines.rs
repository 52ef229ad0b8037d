//! Cuts the byte stream of the change feed into lines.
//!
//! Never holds more than one line of the largest allowed size, whatever a server sends.

use bytes::Bytes;
use wire::changes::{Line, LineError, MAX_LINE_BYTES};

/// Collects chunks and gives whole lines.
#[derive(Default)]
pub(crate) struct LineSplitter {
    /// The start of a line whose end has not arrived.
    partial: Vec<u8>,
}

impl LineSplitter {
    /// Gives every line that `chunk` completes to `each`, in order, with its size in bytes. Blank lines are keep-alives and are skipped.
    ///
    /// # Errors
    /// The first error of parsing a line or of `each`; nothing after it is read.
    pub(crate) fn push<E: From<LineError>>(
        &mut self,
        chunk: &Bytes,
        mut each: impl FnMut(Line, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest: &[u8] = chunk;
        while let Some(at) = rest.iter().position(|&b| b == b'\n') {
            let (head, tail) = rest.split_at(at);
            rest = &tail[1..];
            if self.partial.is_empty() {
                Self::give(head, &mut each)?;
            } else {
                self.hold(head)?;
                let line = std::mem::take(&mut self.partial);
                Self::give(&line, &mut each)?;
            }
        }
        self.hold(rest)?;
        Ok(())
    }

    /// Whether the stream stopped inside a line.
    pub(crate) fn is_mid_line(&self) -> bool {
        !self.partial.is_empty()
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        if self.partial.len() + bytes.len() > MAX_LINE_BYTES {
            return Err(LineError::TooLong);
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    fn give<E: From<LineError>>(line: &[u8], each: &mut impl FnMut(Line, usize) -> Result<(), E>) -> Result<(), E> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        each(Line::parse(line)?, line.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::changes::Cursor;

    use super::*;

    fn collect(chunks: &[Bytes]) -> Result<(Vec<Line>, bool), LineError> {
        let mut splitter = LineSplitter::default();
        let mut lines = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, |line, _| {
                lines.push(line);
                Ok::<(), LineError>(())
            })?;
        }
        Ok((lines, splitter.is_mid_line()))
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_where_the_network_cuts(cuts in prop::collection::vec(1usize..40, 1..40)) {
            let lines: Vec<Line> = (0..20).map(|n| Line::Page(Cursor(format!("cursor {n} ✓")))).collect();
            let mut bytes = Vec::new();
            for line in &lines {
                line.write(&mut bytes).expect("lines serialise");
            }
            let mut rest = Bytes::from(bytes);
            let mut chunks = Vec::new();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                chunks.push(rest.split_to((*cut).min(rest.len())));
            }
            prop_assert_eq!(collect(&chunks), Ok((lines, false)));
        }
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let chunk = Bytes::from(vec![b'x'; 1 << 16]);
        let chunks: Vec<Bytes> = std::iter::repeat_n(chunk, 17).collect();
        assert_eq!(collect(&chunks), Err(LineError::TooLong));
    }

    #[test]
    fn a_cut_inside_a_line_is_noticed() {
        let chunks = [Bytes::from_static(b"{\"page\":\"a\"}\n{\"page\":")];
        assert_eq!(collect(&chunks), Ok((vec![Line::Page(Cursor("a".to_owned()))], true)));
    }
}
