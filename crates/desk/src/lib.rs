//! Floor 4: the use cases of the desk.

mod error;
pub mod view;

pub use error::{ErrorCode, ErrorView};
