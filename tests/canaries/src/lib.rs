//! Canaries: words that are drawn, so that they stand nowhere by chance, and a search that knows them in every form that a
//! file, a log or a dump may give them. Goes through what it is handed once, for all of them, and holds a piece of it.

mod forms;
mod scan;

pub use scan::{Found, Scanner};

/// A canary by its number: letters, one of which is none of ASCII, so that each form of it looks different.
#[must_use]
pub fn canary(n: usize) -> String {
    let mut state = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).expect("a letter"))
    };
    let mut half = || (0..7).map(|_| letter()).collect::<String>();
    format!("{}é{}", half(), half())
}

/// What is looked for.
#[derive(Clone)]
pub struct Needle {
    /// What it is called where it is found: never the thing itself, which may be a secret.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Needle {
    /// A needle that is known by this name.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }

    /// The first so many canaries.
    #[must_use]
    pub fn canaries(count: usize) -> Vec<Self> {
        (0..count).map(|n| Self::new(format!("canary {n}"), canary(n))).collect()
    }
}
