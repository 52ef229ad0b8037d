//! A throw-away PostgreSQL: a cluster of its own for the process that asks, on a Unix socket in a temporary folder.
//!
//! It ends with the process, however that ends: a shell holds it and waits for our end of a pipe to close.

// A cluster outlives its handle, and nobody waits for it but the system.
#![allow(clippy::unwrap_used, clippy::zombie_processes, dead_code)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Debian's `nobody`: PostgreSQL refuses to run as root, as tests in a container often do.
const NOBODY: u32 = 65_534;
/// What an operator runs once a cluster.
const ROLES: &str = include_str!("../../migrations/postgres-roles.sql");

/// A cluster that runs.
pub struct Cluster {
    bin: PathBuf,
    dir: PathBuf,
    /// While it is open, the cluster and its folder stay.
    _alive: ChildStdin,
    databases: AtomicU32,
}

/// The process's own cluster, started when it is first asked for.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(&[]))
}

impl Cluster {
    /// Starts a cluster with these settings besides.
    pub fn start(settings: &[&str]) -> Self {
        let bin = newest_installation();
        let dir = new_folder().keep();
        copy(&seed(&bin), &dir.join("data"));
        let own = as_nobody();
        if own {
            assert!(Command::new("chown").args(["-R", "nobody"]).arg(&dir).status().unwrap().success());
        }
        // The shell outlives us by as long as it takes to end the cluster and to remove its folder.
        let script = "trap '' INT TERM HUP\n\
                      read -r _\n\
                      kill -QUIT \"$(head -n 1 \"$0/data/postmaster.pid\")\" 2>/dev/null\n\
                      rm -rf \"$0\"";
        let mut keeper = Command::new("sh");
        keeper.args(["-c", script]).arg(&dir).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().unwrap();
        let cluster = Self { bin, dir, _alive: keeper.stdin.take().unwrap(), databases: AtomicU32::new(0) };
        for setting in settings {
            cluster.configure(setting);
        }
        cluster.run();
        cluster.sql("postgres", ROLES);
        cluster
    }

    /// Adds a line to the configuration; it counts from the next start on.
    pub fn configure(&self, line: &str) {
        let mut file = fs::OpenOptions::new().append(true).open(self.dir.join("data/postgresql.conf")).unwrap();
        writeln!(file, "{line}").unwrap();
    }

    /// Puts a file beside its data that only it can read, as a key has to be; its path.
    pub fn place(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.dir.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if as_nobody() {
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        path
    }

    /// Starts it, after [`Cluster::stop`] too, and waits until it answers.
    pub fn run(&self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.dir.join("log")).unwrap();
        let mut postgres = unprivileged(&self.bin.join("postgres"));
        postgres.arg("-D").arg(self.dir.join("data")).arg("-k").arg(&self.dir);
        postgres.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let started = Instant::now();
        while !self.psql("postgres", "SELECT 1").args(["-U", "postgres"]).output().unwrap().status.success() {
            assert!(started.elapsed() < Duration::from_secs(60), "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it as a crash would: nobody is told, no connection is closed by it first.
    pub fn stop(&self) {
        let mut stop = unprivileged(&self.bin.join("pg_ctl"));
        stop.args(["stop", "-w", "-s", "-m", "immediate", "-D"]).arg(self.dir.join("data"));
        assert!(stop.status().unwrap().success());
    }

    /// A database of its own for the caller, owned by the role that migrates; its name.
    pub fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        self.sql("postgres", &format!("CREATE DATABASE {name} OWNER frontdesk_migration"));
        name
    }

    /// How `role` reaches the database.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@{}/{database}", self.dir.to_str().unwrap().replace('/', "%2F"))
    }

    /// Runs statements as the superuser and gives what they answer, a line each row.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        self.try_sql("postgres", database, statements).unwrap()
    }

    /// Runs statements as `role`, and gives what they answer or why they were refused.
    pub fn try_sql(&self, role: &str, database: &str, statements: &str) -> Result<String, String> {
        let output = self.psql(database, statements).args(["-U", role]).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// What pg_dump writes of a database.
    pub fn dump(&self, database: &str) -> Vec<u8> {
        let mut dump = Command::new(self.bin.join("pg_dump"));
        let output = dump.args(["-U", "postgres", "-h"]).arg(&self.dir).arg(database).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Puts what pg_dump wrote in place of a database, whoever is connected to it.
    pub fn restore(&self, database: &str, dump: &[u8]) {
        self.sql("postgres", &format!("DROP DATABASE {database} WITH (FORCE)"));
        self.sql("postgres", &format!("CREATE DATABASE {database} OWNER frontdesk_migration"));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(dump).unwrap();
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-h"]).arg(&self.dir);
        let output = psql.arg("-f").arg(file.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    fn psql(&self, database: &str, statements: &str) -> Command {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", database, "-h"]);
        psql.arg(&self.dir).args(["-c", statements]).env_remove("PGOPTIONS").stderr(Stdio::piped());
        psql
    }
}

fn as_nobody() -> bool {
    rustix::process::geteuid().is_root()
}

/// A folder that the cluster's user can reach: the temporary folder of whoever starts it may be closed to others.
fn new_folder() -> tempfile::TempDir {
    if as_nobody() { tempfile::tempdir_in("/tmp").unwrap() } else { tempfile::tempdir().unwrap() }
}

fn unprivileged(program: &Path) -> Command {
    if !as_nobody() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let id = NOBODY.to_string();
    command.args([&format!("--reuid={id}"), &format!("--regid={id}"), "--clear-groups"]).arg(program);
    command
}

/// Where the newest PostgreSQL of this machine has its programs: Debian keeps them off the path.
fn newest_installation() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").map(|dir| dir.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let number = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.iter().map(fs::DirEntry::path).filter(|path| path.join("bin/postgres").exists());
    let newest = newest.max_by_key(|path| number(path)).map(|path| path.join("bin"));
    newest.or_else(on_path).expect("PostgreSQL is installed (scripts/setup.sh test)")
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|dir| dir.join("initdb").exists() && dir.join("postgres").exists())
}

/// An empty cluster, made once for all processes of this build: initialising takes ten times as long as copying.
fn seed(bin: &Path) -> PathBuf {
    let name = format!("postgres-seed-{}", bin.to_str().unwrap().replace('/', "-"));
    let seed = std::env::current_exe().unwrap().with_file_name(name);
    if seed.exists() {
        return seed;
    }
    let work = new_folder();
    if as_nobody() {
        chown(work.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let made = work.path().join("data");
    let mut initdb = unprivileged(&bin.join("initdb"));
    initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
    initdb.args(["--no-instructions", "--wal-segsize=1", "-D"]).arg(&made).current_dir(work.path());
    let output = initdb.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut configuration = fs::OpenOptions::new().append(true).open(made.join("postgresql.conf")).unwrap();
    // What a test writes need not outlast the machine.
    configuration
        .write_all(
            b"listen_addresses = ''\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n\
              shared_buffers = 32MB\nmax_connections = 200\nautovacuum = off\njit = off\n",
        )
        .unwrap();
    // Complete before it bears its name; whoever comes second keeps the first one's.
    let draft = seed.with_extension(format!("new-{}", std::process::id()));
    copy(&made, &draft);
    if fs::rename(&draft, &seed).is_err() {
        fs::remove_dir_all(&draft).unwrap();
    }
    seed
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").args(["-R", "-p"]).args([from, to]).status().unwrap().success());
}
