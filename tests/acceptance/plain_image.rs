//! The bytes of a cache's files, decrypted: every page of the main file, freed ones included, and every frame of the log,
//! those that are over included. What SQL can't see any more is here if it is anywhere in the files.
//!
//! The format is SQLCipher 4's, as `crates/store/src/cipher.rs` describes it: pages of 4,096 bytes, AES-256 in CBC mode,
//! the last 48 bytes IV and HMAC-SHA-256. Each page is proved before it is believed.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aes::Aes256;
use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use anyhow::{Context, ensure};
use ring::{hmac, pbkdf2};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use testkit::{PASSPHRASE, PATIENCE, TestDesk};
use vault::Vault;

const PAGE: usize = 4096;
const SALT: usize = 16;
const IV: usize = 16;
const MAC: usize = 32;
/// Header of the log, and of each of its frames.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What is in the files of one cache.
pub(crate) struct Image {
    /// Of the main file, in order.
    pages: Vec<Vec<u8>>,
    /// Of the log: page number, content, and whether it is of the log's present round.
    frames: Vec<(u32, Vec<u8>, bool)>,
    /// Every other file in the data directory, as it lies there, and the two as they lie there.
    raw: Vec<(PathBuf, Vec<u8>)>,
}

struct Keys {
    encryption: [u8; 32],
    mac: hmac::Key,
}

impl Image {
    /// Reads the files beside a desk that may be open. Files that change meanwhile are read again.
    pub(crate) async fn read(desk: &TestDesk) -> anyhow::Result<Self> {
        let cache = desk.cache_file()?;
        let envelope = cache.with_file_name("vault.json");
        let vault = Vault::open_envelope(&envelope, &SecretString::from(PASSPHRASE))?;
        let key = vault.find_cache_key()?.context("the vault holds the key")?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match Self::try_read(&cache, desk.data_dir(), &key) {
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                read => return read,
            }
        }
    }

    fn try_read(cache: &Path, data_dir: &Path, key: &SecretBox<[u8; 32]>) -> anyhow::Result<Self> {
        let main = std::fs::read(cache)?;
        let log = std::fs::read(cache.with_file_name("cache.db-wal")).unwrap_or_default();
        ensure!(std::fs::read(cache)? == main, "written to meanwhile");
        let keys = Keys::new(key, main.get(..SALT).context("a salt")?);
        ensure!(main.len().is_multiple_of(PAGE), "whole pages");
        let pages = main
            .chunks(PAGE)
            .zip(1..)
            .map(|(page, number)| keys.decrypt(page, number).with_context(|| format!("page {number}")))
            .collect::<anyhow::Result<_>>()?;
        let salts = log.get(16..24).map(<[u8]>::to_vec);
        let mut frames = Vec::new();
        for frame in log.get(LOG_HEADER..).unwrap_or_default().chunks_exact(FRAME_HEADER + PAGE) {
            let number = u32::from_be_bytes(frame[..4].try_into()?);
            let is_current = salts.as_deref() == Some(&frame[8..16]);
            let page = keys.decrypt(&frame[FRAME_HEADER..], number).context("a frame of the log")?;
            frames.push((number, page, is_current));
        }
        let mut raw = Vec::new();
        collect(data_dir, &mut raw)?;
        ensure!(raw.len() >= 3, "account, vault, cache");
        Ok(Self { pages, frames, raw })
    }

    /// Where each of `words` stands, by its number among them; those that stand nowhere are left out. One pass for all of
    /// them: what lies there is large, and they are many.
    pub(crate) fn find(&self, words: &[String]) -> anyhow::Result<BTreeMap<usize, BTreeSet<String>>> {
        // Overlapping below: one of them may end another.
        let search = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(words)?;
        let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut look = |bytes: &[u8], place: &dyn Fn() -> String| {
            for hit in search.find_overlapping_iter(bytes) {
                found.entry(hit.pattern().as_usize()).or_default().insert(place());
            }
        };
        for (page, number) in self.pages.iter().zip(1..) {
            look(page, &|| format!("page {number}"));
        }
        for (number, page, is_current) in &self.frames {
            let round = if *is_current { "" } else { ", of a round before" };
            look(page, &|| format!("a frame of page {number}{round}"));
        }
        for (path, bytes) in &self.raw {
            look(bytes, &|| path.display().to_string());
        }
        Ok(found)
    }

    /// How many pages and frames were looked through.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.pages.len(), self.frames.len())
    }

    /// The database as it is now, unencrypted, for a connection that no authorizer restrains.
    pub(crate) fn open_plain(&self, dir: &Path) -> anyhow::Result<rusqlite::Connection> {
        let mut pages = self.pages.clone();
        for (number, page, _) in self.frames.iter().filter(|(_, _, is_current)| *is_current) {
            let place = *number as usize - 1;
            pages.resize(pages.len().max(place + 1), vec![0; PAGE]);
            pages[place] = page.clone();
        }
        // No log beside it: both versions are that of a rollback journal.
        pages[0][18..20].copy_from_slice(&[1, 1]);
        let path = dir.join("plain.db");
        std::fs::write(&path, pages.concat())?;
        Ok(rusqlite::Connection::open(path)?)
    }
}

impl Keys {
    fn new(key: &SecretBox<[u8; 32]>, salt: &[u8]) -> Self {
        let mac_salt: Vec<u8> = salt.iter().map(|byte| byte ^ 0x3a).collect();
        let rounds = NonZeroU32::new(2).expect("two is not zero");
        let mut mac = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, rounds, &mac_salt, key.expose_secret(), &mut mac);
        Self { encryption: *key.expose_secret(), mac: hmac::Key::new(hmac::HMAC_SHA256, &mac) }
    }

    fn decrypt(&self, page: &[u8], number: u32) -> anyhow::Result<Vec<u8>> {
        let start = if number == 1 { SALT } else { 0 };
        let end = PAGE - IV - MAC;
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(&page[start..PAGE - MAC]);
        context.update(&number.to_le_bytes());
        ensure!(context.sign().as_ref() == &page[PAGE - MAC..], "does not verify");
        let mut plain = page.to_vec();
        let decryptor = cbc::Decryptor::<Aes256>::new_from_slices(&self.encryption, &page[end..end + IV])
            .map_err(|_| anyhow::anyhow!("key or IV of another length"))?;
        decryptor
            .decrypt_padded::<NoPadding>(&mut plain[start..end])
            .map_err(|_| anyhow::anyhow!("no whole blocks"))?;
        if number == 1 {
            plain[..SALT].copy_from_slice(b"SQLite format 3\0");
        }
        Ok(plain)
    }
}

fn collect(dir: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push((path.clone(), std::fs::read(&path)?));
        }
    }
    Ok(())
}
