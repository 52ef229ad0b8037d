//! Mails as they arrived, and the link in them.

use std::path::Path;
use std::time::{Duration, Instant};

/// A mail as it was sent.
#[derive(Debug, Clone)]
pub struct Mail {
    raw: String,
}

impl Mail {
    pub fn new(raw: &str) -> Self {
        Self { raw: raw.replace("\r\n", "\n") }
    }

    /// A header's value, its lines put together.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\n\n").next().unwrap_or_default().replace("\n ", " ");
        let line =
            head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{}:", name.to_ascii_lowercase())));
        line.map(|line| line[name.len() + 1..].trim().to_owned())
    }

    /// All of it, with what was written as `=XX` as it reads.
    pub fn text(&self) -> String {
        let joined = self.raw.replace("=\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let [first, tail @ ..] = rest {
            let code = tail.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
            match (first, code) {
                (b'=', Some(byte)) => {
                    bytes.push(byte);
                    rest = &tail[2..];
                }
                (byte, _) => {
                    bytes.push(*byte);
                    rest = tail;
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The path of the link in it, and what stands before that.
    pub fn link(&self) -> (String, String) {
        let text = self.text();
        let line = text.lines().find(|line| line.starts_with("http") && line.contains("/join/")).expect("a link");
        let at = line.find("/join/").unwrap();
        (line[..at].to_owned(), line[at..].trim().to_owned())
    }
}

/// The mails in the folder, once there are so many; each is a file that was written whole.
pub async fn wait_for_mails(folder: &Path, count: usize) -> Vec<Mail> {
    let started = Instant::now();
    loop {
        let mut mails = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let modified = path.metadata().unwrap().modified().unwrap();
            let raw = std::fs::read_to_string(path).unwrap();
            // Both parts end with the last boundary.
            if raw.trim_end().ends_with("--") {
                mails.push((modified, Mail::new(&raw)));
            }
        }
        if mails.len() >= count {
            mails.sort_by_key(|(modified, _)| *modified);
            return mails.into_iter().map(|(_, mail)| mail).collect();
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{} of {count} mails", mails.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
