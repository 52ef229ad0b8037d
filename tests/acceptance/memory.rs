//! What is in the memory of the process: looked at from outside, byte by byte.
//!
//! SQLCipher keeps the key of an open cache under a mask, so even then nothing of it can be found; what this test proves
//! is that no copy of ours is left, in the vault, in a `PRAGMA` or in a buffer on the way.
//!
//! The key of the cache alone is looked for, in an account with a passphrase. The passphrase and the tokens also pass
//! through buffers of the web view and of the network's libraries, which are not ours to wipe.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use secrecy::{ExposeSecret, SecretString};
use testkit::{PASSPHRASE, TestServer};
use vault::Vault;

use crate::STUDIO;
use crate::child::{Child, Parent, Place, tell};

/// How often `needle` is found in the memory of a process.
fn count_in_memory(pid: u32, needle: &[u8]) -> anyhow::Result<usize> {
    const CHUNK: usize = 1 << 20;
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let mut memory = File::open(format!("/proc/{pid}/mem"))?;
    let mut found = 0;
    let mut scanned = 0_u64;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(access)) = (words.next(), words.next()) else { continue };
        let (Some((from, to)), true) = (range.split_once('-'), access.starts_with("rw")) else { continue };
        let (mut at, end) = (u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?);
        let mut held = Vec::with_capacity(CHUNK + needle.len());
        while at < end {
            memory.seek(SeekFrom::Start(at))?;
            // What is guarded or was given back meanwhile holds nothing.
            let Ok(size) = (&mut memory).take((end - at).min(CHUNK as u64)).read_to_end(&mut held) else { break };
            if size == 0 {
                break;
            }
            at += size as u64;
            scanned += size as u64;
            let mut rest = held.as_slice();
            while let Some(place) = rest.iter().position(|&byte| byte == needle[0]) {
                found += usize::from(rest[place..].starts_with(needle));
                rest = &rest[place + 1..];
            }
            // The end of this chunk may be the start of a hit.
            let keep = held.len().min(needle.len() - 1);
            held.drain(..held.len() - keep);
        }
    }
    anyhow::ensure!(scanned > 1 << 20, "only {scanned} bytes could be read");
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_copy_of_the_key_is_in_memory_neither_open_nor_locked() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let dir = tempfile::tempdir()?;
    let data_dir = dir.path().join("desk");
    let mut child = Child::start("memory::child", &server, &data_dir, &Place::Here)?;
    assert_eq!(child.told().await?, "holding the key");

    let account = std::fs::read_dir(data_dir.join("accounts"))?.next().expect("an account")?.path();
    let vault = Vault::open_envelope(&account.join("vault.json"), &SecretString::from(PASSPHRASE))?;
    let key = vault.find_cache_key()?.expect("the account has a key");
    let hex: String = key.expose_secret().iter().map(|byte| format!("{byte:02x}")).collect();
    let pid = child.pid()?;
    let count = || -> anyhow::Result<(usize, usize)> {
        Ok((count_in_memory(pid, key.expose_secret())?, count_in_memory(pid, hex.as_bytes())?))
    };
    let (raw, _) = count()?;
    assert!(raw > 0, "the control: a key that is held is found");

    for state in ["open", "locked", "locked again"] {
        child.cue().await?;
        assert_eq!(child.told().await?, state);
        assert_eq!(count()?, (0, 0), "{state}: raw and as text");
    }
    child.cue().await?;
    child.ended().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child() -> anyhow::Result<()> {
    let Some(mut parent) = Parent::find()? else { return Ok(()) };
    parent.desk.sign_in(&parent.email, TestServer::PASSWORD).await?;
    parent.desk.wait_until_synced().await?;
    {
        let envelope = parent.desk.cache_file()?.with_file_name("vault.json");
        let key = Vault::open_envelope(&envelope, &SecretString::from(PASSPHRASE))?.find_cache_key()?;
        tell("holding the key");
        parent.cued().await?;
        drop(key);
    }
    tell("open");
    parent.cued().await?;
    parent.desk.desk.lock().await?;
    tell("locked");
    parent.cued().await?;
    parent.desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    parent.desk.desk.lock().await?;
    tell("locked again");
    parent.cued().await
}
