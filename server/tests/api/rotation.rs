//! Replacing the keys of embedded files, also where it is cut in the middle.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use domain::UnixMs;
use frontdesk_server::{
    Clock, DatabaseUrl, DbError, Rotated, RotationStep, Secret, SecretError, SecretSource, finish_rotation, rotate,
};
use reqwest::StatusCode;
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;
use wire::auth::Tokens;

use crate::feed::Replica;
use crate::files::{self, wait_until_unused};
use crate::harness::{OWNER, STRANGER, TestServer, studio_id};
use crate::invitations::invited;
use crate::operator::{line, run_with};

/// What the child is told by.
const DATA: &str = "TEST_ROTATION_DATA";
const NOW: &str = "TEST_ROTATION_NOW";
const KILLED_AFTER: &str = "TEST_ROTATION_KILLED_AFTER";

/// A rotation of a directory by its own secret, with all that it told.
async fn rotate_dir(dir: &Path, now: UnixMs) -> (Result<Rotated, DbError>, Vec<RotationStep>) {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&steps);
    let (url, secret) = (DatabaseUrl::Sqlite(dir.to_owned()), SecretSource::in_dir(dir));
    let rotated = rotate(&url, &secret, None, now, move |step| told.lock().unwrap().push(step)).await;
    let steps = steps.lock().unwrap().clone();
    (rotated, steps)
}

/// A process that rotates, and is killed by the system after so many steps.
#[tokio::test]
#[ignore = "started by the tests of this file"]
async fn child() {
    let Some(dir) = std::env::var_os(DATA).map(PathBuf::from) else { panic!("started by hand") };
    let number = |name| std::env::var(name).unwrap().parse::<i64>().unwrap();
    let (mut left, now) = (number(KILLED_AFTER), UnixMs(number(NOW)));
    let (url, secret) = (DatabaseUrl::Sqlite(dir.clone()), SecretSource::in_dir(&dir));
    let done = move |_| {
        left -= 1;
        if left == 0 {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
    };
    rotate(&url, &secret, None, now, done).await.unwrap();
}

/// Rotates in another process, which is killed after so many steps; says whether it was.
fn rotate_and_die(dir: &Path, now: UnixMs, steps: usize) -> bool {
    use std::os::unix::process::ExitStatusExt;
    wait_until_unused(dir);
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "rotation::child"])
        .env(DATA, dir)
        .env(NOW, now.0.to_string())
        .env(KILLED_AFTER, steps.to_string())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.signal() == Some(9) || status.success(), "{status}");
    status.signal() == Some(9)
}

/// A copy of a file that is on its way.
fn leftovers(dir: &Path) -> usize {
    let names = |dir: PathBuf| dir.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let all = names(dir.to_owned()).chain(names(dir.join("studios")));
    all.filter(|name| name.contains(".changing-key") || name.contains(".new-") || name.ends_with(".next")).count()
}

/// The files that the newest data key opens, by reading every row of them.
fn encrypted_by_the_newest(dir: &Path) -> usize {
    let mut files = vec!["directory".to_owned()];
    files.extend(dir.join("studios").read_dir().unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".db").map(|id| format!("studio {id}"))
    }));
    assert_eq!(files.len(), 3);
    let opens = |name: &&String| {
        let checked = files::open(dir, name).query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        checked.is_ok_and(|said| said == "ok")
    };
    files.iter().filter(opens).count()
}

/// What a rotation of three files tells.
const STEPS: usize = 3 + 3 * 3 + 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_is_killed_after_any_step_leaves_all_open_and_is_gone_on_with() {
    let mut server = TestServer::start(12, 2).await;
    let dir = server.data_dir();
    let mut tokens = server.session(OWNER).await.tokens;
    let before = Replica::pull(&server.client_with(&tokens.access_token)).await;
    let mut seen_half = 0;
    for steps in 1..=STEPS {
        let now = server.clock.now();
        server =
            server.restart_after(|_| assert!(rotate_and_die(&dir, now, steps), "the fault, after step {steps}")).await;
        // Served in whatever state it was left.
        tokens = goes_on(&server, &tokens, &before).await;
        let at_the_newest = {
            let by_newest = encrypted_by_the_newest(&dir);
            seen_half += usize::from(by_newest == 1 || by_newest == 2);
            by_newest
        };
        assert!(steps < 6 || at_the_newest >= (steps - 3) / 3, "after step {steps}: {at_the_newest}");
        server = server
            .restart_after(|_| assert!(!rotate_and_die(&dir, now, 1_000), "gone on with to its end, after {steps}"))
            .await;
        assert_eq!((encrypted_by_the_newest(&dir), leftovers(&dir)), (3, 0), "after step {steps}");
        tokens = goes_on(&server, &tokens, &before).await;
        server.clock.advance_ms(60_000);
    }
    assert!(seen_half >= 4, "the control: it was cut between files, {seen_half} times");
}

/// The session is let in and renewed, by the secret and keys of now, and everything is there.
async fn goes_on(server: &TestServer, tokens: &Tokens, before: &Replica) -> Tokens {
    let client = server.client_with(&tokens.access_token);
    let mut again = Replica { cursor: before.cursor.clone(), rows: before.rows.clone() };
    again.update(&client).await;
    assert_eq!(Replica::pull(&client).await.rows, before.rows);
    assert_eq!(again.rows, before.rows, "from a cursor of before");
    let sten = server.client(STRANGER).await;
    assert_eq!(sten.get("/v1/sync/changes").await.status, StatusCode::OK, "the other studio");
    server.refresh(&tokens.refresh_token).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_locks_the_old_secret_out_and_signs_nobody_out() {
    let server = TestServer::start(12, 2).await;
    let (dir, now) = (server.data_dir(), server.clock.now());
    let session = server.session(OWNER).await;
    let copy = server.database.back_up(studio_id());
    let before = Replica::pull(&server.client_with(&session.tokens.access_token)).await;
    let old_secret = std::fs::read(dir.join("secret.key")).unwrap();
    let (_, mail) = invited(&server, "sales").await;
    let (_, link) = mail.link();

    let (refused, _) = rotate_dir(&dir, now).await;
    assert!(matches!(refused, Err(DbError::InUse)), "beside a server: {refused:?}");
    assert_eq!(std::fs::read(dir.join("secret.key")).unwrap(), old_secret);
    assert_eq!(leftovers(&dir), 0, "and nothing was begun");

    // Not within the server's restart, which does not wait.
    let plain = |_: &crate::database::TestDatabase| {
        assert!(!rotate_and_die(&dir, now, 1_000));
    };
    let server = server.restart_after(plain).await;
    let tokens = goes_on(&server, &session.tokens, &before).await;
    assert!(session.tokens.refresh_token.starts_with("1.") && tokens.refresh_token.starts_with("2."));
    let page = server.anonymous().get(&link).await;
    assert!(page.status == StatusCode::OK && page.text().contains("Join Lumen"), "an invitation of before");
    let new_secret = std::fs::read(dir.join("secret.key")).unwrap();
    assert_ne!(new_secret, old_secret);
    let kept = dir.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> = kept.filter(|path| path.to_string_lossy().contains("secret.key.")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(std::fs::read(&kept[0]).unwrap(), old_secret, "for backups of before");

    // A studio from a backup of before the rotation.
    let server = server.restart_after(|database| database.restore(studio_id(), &copy)).await;
    let client = server.client_with(&tokens.access_token);
    assert_eq!(Replica::pull(&client).await.rows, before.rows);
    assert_eq!(client.patch_lead(1, json!({ "notes": "after it" })).await.status, StatusCode::OK);
    server.running.shutdown().await.unwrap();
    wait_until_unused(&dir);

    std::fs::write(dir.join("secret.key"), &old_secret).unwrap();
    let (refused, _) = rotate_dir(&dir, now).await;
    let fingerprint = kept[0].extension().unwrap().to_string_lossy().into_owned();
    match refused {
        Err(DbError::Secret(error)) => assert!(
            matches!(&*error, SecretError::OtherSecret { found, wanted } if *found == fingerprint && wanted.len() == 1),
            "{error}"
        ),
        other => panic!("{other:?}"),
    }
    std::fs::write(dir.join("secret.key"), &new_secret).unwrap();
    let (rotated, steps) = rotate_dir(&dir, now).await;
    assert!(matches!(rotated, Ok(Rotated::Done { .. })), "{rotated:?}");
    assert_eq!(steps.len(), STEPS);
}

#[tokio::test]
async fn a_damaged_file_stops_a_rotation_and_is_left_as_it_is() {
    let server = TestServer::start(300, 4).await;
    let (dir, now) = (server.data_dir(), server.clock.now());
    server.running.shutdown().await.unwrap();
    wait_until_unused(&dir);
    let path = dir.join(format!("studios/{}.db", studio_id()));
    let mut content = std::fs::read(&path).unwrap();
    let at = content.len() / 2;
    content[at] ^= 1;
    std::fs::write(&path, &content).unwrap();
    let (refused, steps) = rotate_dir(&dir, now).await;
    assert!(refused.is_err(), "{steps:?}");
    assert!(std::fs::read(&path).unwrap() == content, "as it was");
    content[at] ^= 1;
    std::fs::write(&path, &content).unwrap();
    let (rotated, _) = rotate_dir(&dir, now).await;
    assert!(matches!(rotated, Ok(Rotated::Done { .. })), "{rotated:?}");
    assert_eq!((encrypted_by_the_newest(&dir), leftovers(&dir)), (3, 0));
}

#[tokio::test]
async fn a_secret_of_the_environment_is_replaced_by_the_next_one_there() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data").display().to_string();
    let database = crate::database::TestDatabase::fresh(data.as_ref()).await;
    let old = "8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d";
    let new = "6512bd43d9caa6e02c990b0a82652dca1679091c5a880faf6fb5e6087eb1b2dc";
    let with = async |args: &[&str], secrets: &[(&str, &str)]| {
        let mut all = args.to_vec();
        all.extend(["--data", &data]);
        run_with(&database, &all, "", secrets).await
    };
    let studio = ["studio", "--name", "Lumen", "--currency", "EUR"];
    let made = line(&with(&studio, &[("FRONTDESK_SECRET", old)]).await);
    assert!(!Path::new(&data).join("secret.key").exists(), "it is in the environment alone");

    let fails = async |args: &[&str], secrets: &[(&str, &str)], why: &str| {
        let output = with(args, secrets).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{why}: {said}");
        assert!(!said.contains(old) && !said.contains(new), "no secret is repeated: {said}");
    };
    fails(&["rotate-key"], &[("FRONTDESK_SECRET", old)], "FRONTDESK_SECRET_NEXT").await;
    fails(&["rotate-key"], &[("FRONTDESK_SECRET", old), ("FRONTDESK_SECRET_NEXT", old)], "is the old one").await;
    fails(&["rotate-key"], &[("FRONTDESK_SECRET", old), ("FRONTDESK_SECRET_NEXT", "abc")], "FRONTDESK_SECRET_NEXT")
        .await;
    fails(&["reset-cursors"], &[("FRONTDESK_SECRET", &old[1..])], "FRONTDESK_SECRET is not of 64 hexadecimal digits")
        .await;
    fails(&["reset-cursors"], &[("FRONTDESK_SECRET", new)], "sealed by the secret").await;
    fails(&["reset-cursors"], &[], "secret.key is missing").await;

    line(&with(&["rotate-key"], &[("FRONTDESK_SECRET", old), ("FRONTDESK_SECRET_NEXT", new)]).await);
    for secret in [old, new] {
        let reset = with(&["reset-cursors"], &[("FRONTDESK_SECRET", secret)]).await;
        assert_eq!(line(&reset), made, "either opens it, until the operator has changed over");
    }
    fails(&["rotate-key", "--finish"], &[("FRONTDESK_SECRET", old)], "the newest secret").await;
    line(&with(&["rotate-key", "--finish"], &[("FRONTDESK_SECRET", new)]).await);
    fails(&["reset-cursors"], &[("FRONTDESK_SECRET", old)], "sealed by the secret").await;
    assert_eq!(line(&with(&["reset-cursors"], &[("FRONTDESK_SECRET", new)]).await), made);

    let secret = SecretSource::Given(Arc::new(Secret::parse(new).unwrap()));
    let url = DatabaseUrl::Sqlite(data.clone().into());
    finish_rotation(&url, &secret).await.expect("again is no error");
}
