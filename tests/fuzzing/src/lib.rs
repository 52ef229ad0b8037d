//! What is asserted of any bytes that come from outside. Each target is one function that takes bytes and panics where
//! something does not hold; the programs in `fuzz/` bring it bytes that find new ways through the code (`make fuzz`), and
//! the test beside it the checked-in seeds and some made of them (`make test`).
//!
//! `control` asserts what does not hold, so that both can be seen to find it.

mod change_pages;
mod control;
mod csv_import;
mod envelope;
mod operations;
mod scratch;
mod seeds;
mod studio;

pub use change_pages::change_pages;
pub use control::control;
pub use csv_import::csv_import;
pub use envelope::envelope;
pub use operations::operations;
pub use seeds::seeds;

/// A target by its name.
pub struct Target {
    /// As the program and the folder of its seeds are called.
    pub name: &'static str,
    /// Panics where something does not hold of these bytes.
    pub run: fn(&[u8]),
}

/// Every target, but not the control.
pub const TARGETS: [Target; 4] = [
    Target { name: "change_pages", run: change_pages },
    Target { name: "operations", run: operations },
    Target { name: "csv_import", run: csv_import },
    Target { name: "envelope", run: envelope },
];
