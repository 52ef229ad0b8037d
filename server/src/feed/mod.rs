//! The change feed (`wire::changes`): from a cursor to a stream of lines.
//!
//! A page is read whole from the database, then sent: a client that reads slowly holds up to some megabytes of memory,
//! but no transaction, no connection and no thread. How pages are cut is here; what is in them, the tenant knows.

mod cursor;
mod stream;

pub(crate) use cursor::CursorSeal;
pub(crate) use stream::open;
