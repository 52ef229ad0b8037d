//! Files on the disk: what they tell to somebody who has them and not the secret (A8).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use frontdesk_server::{Admin, AdminError, Config, DbError, SecretError, StartError, Transport, start};
use reqwest::StatusCode;
use serde_json::json;

use crate::database::TestDatabase;
use crate::files;
use crate::harness::{OWNER, TestServer, message_id, studio_id};
use crate::operator::{Serving, line, run, set_up};

/// Stands in what people write, in each of the two files.
const MARKER: &str = "Zaunkoenig";

/// Every file below `dir`, with its content.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in dir.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut contents(&path));
        } else {
            let content = std::fs::read(&path).unwrap();
            found.insert(path, content);
        }
    }
    found
}

/// The files that hold one of the words in the clear, in any case and in either of the encodings that SQLite has.
fn tell(files: &BTreeMap<PathBuf, Vec<u8>>, words: &[&str]) -> Vec<PathBuf> {
    let tells = |content: &[u8]| {
        let content = content.to_ascii_lowercase();
        words.iter().any(|word| {
            let utf8 = word.to_ascii_lowercase().into_bytes();
            let utf16: Vec<u8> = utf8.iter().flat_map(|byte| [*byte, 0]).collect();
            [utf8, utf16].iter().any(|word| content.windows(word.len()).any(|window| window == word))
        })
    };
    files.iter().filter(|(_, content)| tells(content)).map(|(path, _)| path.clone()).collect()
}

/// The same rows in a file that is not encrypted.
fn plain_copy(server: &TestServer, name: &str, to: &Path) {
    std::fs::File::create_new(to).unwrap();
    let live = files::open(&server.data_dir(), name);
    live.execute("ATTACH ?1 AS plain KEY ''", [to.to_str().unwrap()]).unwrap();
    live.query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(())).unwrap();
    live.execute_batch("DETACH plain").unwrap();
}

async fn with_markers() -> TestServer {
    let server = TestServer::start(30, 3).await;
    let olga = server.client(OWNER).await;
    for n in 0..20 {
        let patch = json!({ "name": format!("{MARKER} {n}"), "notes": MARKER.repeat(40) });
        assert_eq!(olga.patch_lead(n, patch).await.status, StatusCode::OK);
        let recorded = olga.record(n, message_id(5_000 + n), "inbound", &format!("it is {MARKER}")).await;
        assert_eq!(recorded.status, StatusCode::CREATED);
    }
    let mut device = crate::harness::sign_in(OWNER, crate::harness::PASSWORD);
    device["device"]["name"] = json!(format!("{MARKER}'s desk"));
    let signed_in = server.anonymous().send(reqwest::Method::POST, "/v1/auth/sign-in", Some(device)).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    server
}

#[tokio::test]
async fn no_file_tells_what_it_holds() {
    // What else a plain file would show: the schema, addresses, hashes of passwords.
    let words = [MARKER, "studio.example", "CREATE TABLE", "argon2id", "SQLite format", "Lumen"];
    let server = with_markers().await;
    let plain = tempfile::tempdir().unwrap();
    for (name, file) in [("directory", "directory.db"), (&*format!("studio {}", studio_id()), "studio.db")] {
        plain_copy(&server, name, &plain.path().join(file));
    }
    assert_eq!(tell(&contents(plain.path()), &words).len(), 2, "the control: it would be found in either");
    for file in contents(plain.path()).into_keys() {
        let one = BTreeMap::from([(file.clone(), std::fs::read(&file).unwrap())]);
        assert_eq!(tell(&one, &[MARKER]).len(), 1, "{file:?}");
    }

    let data = server.data_dir();
    let served = contents(&data);
    let studio_log = data.join(format!("studios/{}.db-wal", studio_id()));
    assert!(served[&studio_log].len() > 20 * 4096, "the log is full of what was written");
    assert!(served.len() >= 8, "two files with log and index, those of the other studio, keys: {:?}", served.keys());
    assert_eq!(tell(&served, &words), Vec::<PathBuf>::new());

    let copy = plain.path().join("backup");
    std::fs::create_dir(&copy).unwrap();
    std::fs::write(copy.join("studio.db"), server.database.back_up(studio_id())).unwrap();
    assert!(contents(&copy).values().all(|content| content.len() > 20 * 4096), "the backup is whole");
    assert_eq!(tell(&contents(&copy), &words), Vec::<PathBuf>::new());

    server.running.shutdown().await.unwrap();
    files::wait_until_unused(&data);
    assert_eq!(tell(&contents(&data), &words), Vec::<PathBuf>::new(), "and what is left when it is stopped");
}

/// Starts a server on a copy of the directory `data`, in which `change` was made, and says why it does not, with
/// the error that asks for a studio when it does. What is there is left as it is.
async fn refusal(data: &Path, change: impl FnOnce(&Path)) -> String {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("data");
    for (path, content) in contents(data) {
        let to = dir.join(path.strip_prefix(data).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&path, &to).unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), content);
    }
    change(&dir);
    let before = contents(&dir);
    let config = Config::new("127.0.0.1:0".parse().unwrap(), &dir, Transport::InsecureHttpLoopback);
    let error = match start(config).await {
        Err(StartError::Db(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(running) => {
            let asked = running.admin().change_seq(studio_id()).await;
            running.kill().await;
            files::wait_until_unused(&dir);
            match asked {
                Err(AdminError::Db(error)) => error,
                asked => return format!("served: {asked:?}"),
            }
        }
    };
    // The log's index is no content, and made by looking.
    let keep = |files: BTreeMap<PathBuf, Vec<u8>>| -> Vec<_> {
        let lasting =
            |path: &Path| !path.to_string_lossy().ends_with("-shm") && !path.to_string_lossy().ends_with("-wal");
        files.into_iter().filter(|(path, _)| lasting(path)).collect()
    };
    let (before, after) = (keep(before), keep(contents(&dir)));
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after), "{error}");
    assert!(before == after, "something was changed: {error}");
    match error {
        DbError::Secret(error) => match *error {
            SecretError::SecretMissing { .. } => "secret missing".to_owned(),
            SecretError::RingMissing { .. } => "keys missing".to_owned(),
            SecretError::RingUnreadable { .. } => "keys unreadable".to_owned(),
            SecretError::OtherSecret { .. } => "other secret".to_owned(),
            SecretError::Tampered => "tampered".to_owned(),
            SecretError::File { source, .. } => format!("secret: {source}"),
            error => error.to_string(),
        },
        DbError::NotEncrypted { .. } => "not encrypted".to_owned(),
        DbError::WrongKey { path } => format!("wrong key: {}", path.strip_prefix(&dir).unwrap().display()),
        DbError::Damaged { path } => format!("damaged: {}", path.strip_prefix(&dir).unwrap().display()),
        error => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_opened_is_refused_by_name_and_left_as_it_is() {
    let server = TestServer::start(30, 3).await;
    let other = server
        .database
        .files(studio_id())
        .pop()
        .unwrap()
        .replace(&studio_id().to_string(), "01900000-0001-7000-8000-000000000002");
    let data = server.data_dir();
    let plain = tempfile::tempdir().unwrap();
    let plain_file = plain.path().join("plain.db");
    plain_copy(&server, "directory", &plain_file);
    server.running.shutdown().await.unwrap();
    files::wait_until_unused(&data);
    let studio = format!("studios/{}.db", studio_id());
    assert!(data.join(&studio).is_file() && data.join(&other).is_file());
    let remove = |names: &'static [&'static str]| {
        move |dir: &Path| {
            for name in names {
                std::fs::remove_file(dir.join(name)).unwrap();
            }
        }
    };
    let write = |name: &str, content: Vec<u8>| {
        let name = name.to_owned();
        move |dir: &Path| std::fs::write(dir.join(name), content).unwrap()
    };
    let flip = |name: &str, at: usize| {
        let name = name.to_owned();
        move |dir: &Path| {
            let mut content = std::fs::read(dir.join(&name)).unwrap();
            content[at] ^= 1;
            std::fs::write(dir.join(name), content).unwrap();
        }
    };

    let another_secret: Vec<u8> = (1..=32_u32).map(|n| (n * n * 7 % 251) as u8).collect();
    assert!(refusal(&data, |_| {}).await.starts_with("served: Ok("), "the control");
    assert_eq!(refusal(&data, remove(&["secret.key"])).await, "secret missing");
    assert_eq!(refusal(&data, remove(&["keys.json"])).await, "keys missing");
    assert_eq!(refusal(&data, remove(&["keys.json", "secret.key"])).await, "keys missing");
    assert_eq!(refusal(&data, remove(&["keys.json", "secret.key", "directory.db"])).await, "keys missing");
    assert_eq!(refusal(&data, write("secret.key", another_secret)).await, "other secret");
    assert!(refusal(&data, write("secret.key", vec![7; 31])).await.contains("31 bytes"));
    assert_eq!(refusal(&data, write("keys.json", b"{}".to_vec())).await, "keys unreadable");
    assert_eq!(refusal(&data, write("keys.json", Vec::new())).await, "keys unreadable");
    let readable = |dir: &Path| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir.join("secret.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    };
    assert!(refusal(&data, readable).await.contains("others can read"));

    let swap = |dir: &Path| std::fs::rename(dir.join(&other), dir.join(&studio)).unwrap();
    assert_eq!(refusal(&data, swap).await, format!("wrong key: {studio}"), "another studio's file");
    let swap = |dir: &Path| {
        std::fs::copy(dir.join("directory.db"), dir.join(&studio)).unwrap();
    };
    assert_eq!(refusal(&data, swap).await, format!("wrong key: {studio}"), "the directory's file");
    assert_eq!(refusal(&data, write("directory.db", vec![9; 40_960])).await, "wrong key: directory.db");

    assert_eq!(refusal(&data, write("directory.db", std::fs::read(&plain_file).unwrap())).await, "not encrypted");
    let plain_studio = write(&studio, std::fs::read(&plain_file).unwrap());
    assert_eq!(refusal(&data, plain_studio).await, "not encrypted");
    let of_before = |dir: &Path| {
        std::fs::remove_file(dir.join("keys.json")).unwrap();
        std::fs::copy(&plain_file, dir.join("directory.db")).unwrap();
    };
    assert_eq!(refusal(&data, of_before).await, "not encrypted", "a version before encryption");

    for (name, at) in [("directory.db", 100), (&*studio, 4_000), (&*studio, 4_095)] {
        assert_eq!(refusal(&data, flip(name, at)).await, format!("damaged: {name}"));
    }
    for length in [1, 15, 16, 100, 4_095] {
        let start = std::fs::read(data.join(&studio)).unwrap()[..length].to_vec();
        assert_eq!(refusal(&data, write(&studio, start)).await, format!("damaged: {studio}"), "{length} bytes");
    }
}

#[tokio::test]
async fn a_damaged_page_fails_what_reads_it_and_nobody_else() {
    let server = TestServer::start(300, 4).await;
    let (olga, sten) = (server.client(OWNER).await, server.client(crate::harness::STRANGER).await);
    let (data, studio) = (server.data_dir(), format!("studios/{}.db", studio_id()));
    assert!(crate::feed::Feed::read(&olga, None).await.end.is_some(), "the control");
    files::open(&data, &format!("studio {}", studio_id()))
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let (olgas, stens) = (olga.token.clone().unwrap(), sten.token.clone().unwrap());
    let server = server
        .restart_after(|_| {
            let mut content = std::fs::read(data.join(&studio)).unwrap();
            let pages = content.len() / 4096;
            assert!(pages > 40, "{pages}");
            // Every page but those of the schema, so that whatever is read meets one.
            for page in 30..pages {
                content[page * 4096 + 2_000] ^= 1;
            }
            std::fs::write(data.join(&studio), content).unwrap();
        })
        .await;
    let answer = server.client_with(&olgas).get("/v1/sync/changes").await;
    let told = answer.text();
    assert!(!told.lines().last().unwrap_or_default().contains("\"end\""), "it says no end: {}", answer.status);
    let patched = server.client_with(&olgas).patch_lead(150, json!({ "notes": "x" })).await;
    assert_eq!(patched.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(server.client_with(&stens).get("/v1/sync/changes").await.status, StatusCode::OK, "the other studio");
}

#[tokio::test]
async fn an_operator_s_backup_of_the_folder_opens_with_the_secret_and_not_without() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, studio) = set_up(dir.path()).await;
    let serving = Serving::start(&database, &data, &dir.path().join("tls")).await;
    // Beside a server that runs, by another program.
    let args = ["member", "--data", &data, "--studio", &studio.to_string(), "--role", "sales"];
    line(&run(&database, &args, "Sami\nsami@studio.example\ncorrect horse battery\n").await);
    serving.stop().await;

    let kept_apart = dir.path().join("vault");
    std::fs::create_dir(&kept_apart).unwrap();
    std::fs::rename(Path::new(&data).join("secret.key"), kept_apart.join("secret.key")).unwrap();
    let restored = dir.path().join("restored");
    std::fs::rename(&data, &restored).unwrap();
    let refused = Admin::open_dir(&restored).await.err().expect("without the secret");
    assert!(refused.to_string().contains("secret.key is missing"), "{refused}");
    assert!(!restored.join("secret.key").exists(), "none was made");

    let restored_database = TestDatabase::fresh(&restored).await;
    let restored_data = restored.display().to_string();
    let file = kept_apart.join("secret.key").display().to_string();
    let args = ["reset-cursors", "--data", &restored_data, "--secret-file", &file];
    assert_eq!(line(&run(&restored_database, &args, "").await), studio.to_string());
    assert!(!restored.join("secret.key").exists(), "it stays where the operator keeps it");
    std::fs::rename(kept_apart.join("secret.key"), restored.join("secret.key")).unwrap();
    let admin = Admin::open_dir(&restored).await.expect("with the secret");
    assert!(admin.has_studio(studio).await.unwrap());
}
