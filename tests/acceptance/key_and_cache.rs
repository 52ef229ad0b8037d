//! A key or a cache that is not right is explained; nothing is made anew over it, and nothing is deleted.

use std::path::{Path, PathBuf};

use desk::{ErrorCode, ErrorView};
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::{STUDIO, manager};

/// A synced, closed desk and its files.
async fn closed_desk() -> anyhow::Result<(TestServer, TestDesk, PathBuf)> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let cache = desk.cache_file()?;
    let desk = desk.restart().await;
    Ok((server, desk, cache))
}

async fn unlock_code(desk: &TestDesk) -> Option<ErrorCode> {
    let error = desk.desk.unlock(Some(PASSPHRASE.to_owned())).await.err();
    error.map(|error| ErrorView::from(error).code)
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the file is still there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_key_beside_a_cache_is_an_error_and_never_a_new_key() -> anyhow::Result<()> {
    let (_server, desk, cache) = closed_desk().await?;
    let envelope = cache.with_file_name("vault.json");
    let kept = tempfile::NamedTempFile::new()?;
    std::fs::rename(&envelope, kept.path())?;
    let before = bytes(&cache);
    assert_eq!(unlock_code(&desk).await, Some(ErrorCode::KeyMissing));
    assert!(!envelope.exists(), "no new envelope was made");
    assert!(bytes(&cache) == before, "the cache is untouched");
    // The control: with its key back it opens.
    std::fs::copy(kept.path(), &envelope)?;
    assert_eq!(unlock_code(&desk).await, None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_key_is_told_from_a_damaged_cache_and_neither_is_touched() -> anyhow::Result<()> {
    let (_server, desk, cache) = closed_desk().await?;
    let (_other_server, _other_desk, other_cache) = closed_desk().await?;
    let envelope = cache.with_file_name("vault.json");
    let right = bytes(&envelope);
    // Somebody else's envelope, with the same passphrase: it opens, but holds another key.
    std::fs::write(&envelope, bytes(&other_cache.with_file_name("vault.json")))?;
    let before = bytes(&cache);
    assert_eq!(unlock_code(&desk).await, Some(ErrorCode::KeyWrong));
    assert!(bytes(&cache) == before);
    std::fs::write(&envelope, right)?;

    let whole = bytes(&cache);
    for (what, damaged) in [
        ("cut short", whole[..whole.len() / 2 - 100].to_vec()),
        ("empty", Vec::new()),
        ("not a database", b"Dear diary".repeat(2_000)),
    ] {
        std::fs::write(&cache, &damaged)?;
        let code = unlock_code(&desk).await;
        assert!(matches!(code, Some(ErrorCode::CacheDamaged | ErrorCode::KeyWrong)), "{what}: {code:?}");
        assert!(bytes(&cache) == damaged, "{what}: left as it was");
    }
    std::fs::write(&cache, whole)?;
    assert_eq!(unlock_code(&desk).await, None, "the control: whole again, it opens");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_shows_what_is_in_the_cache() -> anyhow::Result<()> {
    let (server, desk, cache) = closed_desk().await?;
    let email = manager(&server).email.clone();
    let leads: Vec<String> = server
        .rows
        .iter()
        .filter_map(|row| if let wire::changes::Row::Lead(lead) = row { Some(lead.name.clone()) } else { None })
        .filter(|name| name.len() > 8)
        .take(50)
        .collect();
    let canaries: Vec<&[u8]> = leads
        .iter()
        .map(String::as_bytes)
        .chain([email.as_bytes(), TestServer::PASSWORD.as_bytes(), PASSPHRASE.as_bytes(), b"SQLite format 3"])
        .collect();
    let mut files = 0;
    for entry in std::fs::read_dir(cache.parent().expect("in a folder"))?.chain(std::fs::read_dir(desk.data_dir())?) {
        let path = entry?.path();
        if !path.is_file() {
            continue;
        }
        files += 1;
        let content = bytes(&path);
        for canary in &canaries {
            let found = content.windows(canary.len()).any(|window| window == *canary);
            assert!(!found, "{} holds plain text", path.display());
        }
    }
    assert!(files >= 3, "account, envelope and cache were looked at, not {files} files");
    // The control: the canaries are what the search would find in a file that is not encrypted.
    let plain = tempfile::NamedTempFile::new()?;
    let database = rusqlite::Connection::open(plain.path())?;
    database.execute_batch("CREATE TABLE lead (name TEXT)")?;
    for lead in &leads {
        database.execute("INSERT INTO lead VALUES (?1)", [lead])?;
    }
    drop(database);
    let content = bytes(plain.path());
    for lead in &leads {
        assert!(content.windows(lead.len()).any(|window| window == lead.as_bytes()));
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn files_are_for_their_user_alone() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let (_server, desk, cache) = closed_desk().await?;
    let mode = |path: &Path| std::fs::metadata(path).map(|meta| meta.permissions().mode() & 0o777);
    let folder = cache.parent().expect("in a folder");
    assert_eq!(mode(folder)?, 0o700);
    for file in [cache.clone(), cache.with_file_name("vault.json"), desk.data_dir().join("account.json")] {
        assert_eq!(mode(&file)?, 0o600, "{}", file.display());
    }
    Ok(())
}
