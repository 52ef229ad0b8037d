//! Why a file can't be read at all. No path and no cell in it.

/// Why there is nothing to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// There is no row in it.
    #[error("the file is empty")]
    Empty,
    /// A workbook, a picture, an archive: anything that is no text.
    #[error("the file is no text")]
    NotText,
    /// More columns than anybody maps: as a rule another delimiter was meant.
    #[error("the file has too many columns")]
    TooManyColumns,
    #[error("reading failed: {0}")]
    Io(std::io::ErrorKind),
}

/// Keeps the kind only: the text of an error may hold the path.
impl From<std::io::Error> for ImportError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.kind())
    }
}
