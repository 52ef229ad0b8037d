//! From what `strace` wrote to what happened to the files of one place, in order, with what was told in between.
//!
//! Knows every call that can change a file there, and refuses a log that has another one: a write that was not seen would
//! be taken for durable, and the images would prove nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

/// A file, by when it was made: names come and go.
pub type File = usize;

/// One thing that happened. Names are those in the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An empty file came to be, under this name.
    MadeFile(String, File),
    Wrote {
        file: File,
        offset: u64,
        bytes: Vec<u8>,
    },
    Cut {
        file: File,
        length: u64,
    },
    /// Everything written to the file so far is on the disk.
    Synced(File),
    /// Every name made and taken away so far is on the disk.
    SyncedFolder,
    Linked {
        name: String,
        file: File,
    },
    Unlinked {
        name: String,
    },
    Renamed {
        from: String,
        to: String,
        file: File,
    },
    /// A line of the child's.
    Told(String),
}

/// A call that may be hit: its name, and how many of its name it makes up, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    pub name: &'static str,
    pub number: u64,
}

/// What a child did.
#[derive(Debug, Default)]
pub struct Recording {
    pub events: Vec<Event>,
    /// The calls that changed or synced something in the place, in order.
    pub calls: Vec<Call>,
}

/// Calls at which a child can be hit: those that change or sync.
const HITTABLE: [&str; 12] = [
    "pwrite64",
    "write",
    "fdatasync",
    "fsync",
    "ftruncate",
    "openat",
    "linkat",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
];

#[derive(Debug, Clone)]
enum Handle {
    Standard,
    File {
        file: File,
        offset: u64,
    },
    /// The place itself.
    Folder,
    /// Not in the place.
    Elsewhere,
}

/// Reads the log of a child that worked in `place`.
///
/// # Errors
/// When there is anything in it that this does not understand.
pub fn read(log: &[u8], place: &Path) -> anyhow::Result<Recording> {
    let mut reader = Reader {
        place,
        handles: HashMap::new(),
        names: HashMap::new(),
        files: 0,
        recording: Recording::default(),
        counts: HashMap::new(),
    };
    for handle in 0..3 {
        reader.handles.insert(handle, Handle::Standard);
    }
    let mut child = None;
    for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line = std::str::from_utf8(line).context("strace writes ASCII")?;
        let shown = line.get(..line.len().min(200)).unwrap_or_default();
        let (process, call) = line.split_once(' ').with_context(|| format!("no process in: {shown}"))?;
        ensure!(child.is_none_or(|child| child == process), "a second thread or process: {shown}");
        child = Some(process);
        reader.line(call.trim_start()).with_context(|| format!("in: {shown}"))?;
    }
    Ok(reader.recording)
}

struct Reader<'p> {
    place: &'p Path,
    handles: HashMap<i64, Handle>,
    names: HashMap<String, File>,
    files: usize,
    recording: Recording,
    counts: HashMap<&'static str, u64>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        if line.starts_with("+++ ") {
            return Ok(());
        }
        let (name, rest) = line.split_once('(').context("no call")?;
        let (arguments, rest) = arguments(rest)?;
        let result = rest.trim_start().strip_prefix("= ").context("a call without an end")?;
        let result = result.split(' ').next().unwrap_or_default();
        let result = match result.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16),
            None => result.parse(),
        };
        let before = self.recording.events.len();
        let result = result.context("a result that is no number")?;
        if result >= 0 {
            self.call(name, &arguments, result)?;
        }
        if let Some(name) = HITTABLE.iter().find(|hittable| **hittable == name) {
            let number = self.counts.entry(name).or_default();
            *number += 1;
            let happened = &self.recording.events[before..];
            if !happened.is_empty() && !matches!(happened, [Event::Told(_)]) {
                self.recording.calls.push(Call { name, number: *number });
            }
        }
        Ok(())
    }

    fn call(&mut self, name: &str, arguments: &[Argument], result: i64) -> anyhow::Result<()> {
        let number = |at: usize| match arguments.get(at) {
            Some(Argument::Bare(text)) => text.parse::<i64>().with_context(|| format!("{text} is no number")),
            _ => bail!("argument {at} is no number"),
        };
        match name {
            "openat" => {
                let path = path(arguments, 1)?;
                let Some(Argument::Bare(flags)) = arguments.get(2) else { bail!("no flags") };
                let handle = self.open(&path, flags)?;
                self.handles.insert(result, handle);
            }
            "close" => drop(self.handles.remove(&number(0)?)),
            "lseek" => {
                if let Some(Handle::File { offset, .. }) = self.handles.get_mut(&number(0)?) {
                    *offset = result as u64;
                }
            }
            "write" => self.write(number(0)?, bytes(arguments, 1)?, result, None)?,
            "pwrite64" => self.write(number(0)?, bytes(arguments, 1)?, result, Some(number(3)? as u64))?,
            "ftruncate" => {
                if let Some(file) = self.file(number(0)?)? {
                    self.recording.events.push(Event::Cut { file, length: number(1)? as u64 });
                }
            }
            "fsync" | "fdatasync" => match self.handle(number(0)?)?.clone() {
                Handle::Folder => self.recording.events.push(Event::SyncedFolder),
                Handle::File { file, .. } => self.recording.events.push(Event::Synced(file)),
                Handle::Standard | Handle::Elsewhere => {}
            },
            "linkat" => {
                let (Some(from), to) = (self.inside(&path(arguments, 1)?), self.inside(&path(arguments, 3)?)) else {
                    bail!("a link from elsewhere")
                };
                let name = to.context("a link to elsewhere")?;
                let file = *self.names.get(&from).context("a link to an unknown file")?;
                self.names.insert(name.clone(), file);
                self.recording.events.push(Event::Linked { name, file });
            }
            "rename" => self.rename(&path(arguments, 0)?, &path(arguments, 1)?)?,
            "renameat" | "renameat2" => self.rename(&path(arguments, 1)?, &path(arguments, 3)?)?,
            "unlink" | "unlinkat" => {
                if let Some(name) = self.inside(&path(arguments, usize::from(name == "unlinkat"))?) {
                    self.names.remove(&name).context("an unknown file is unlinked")?;
                    self.recording.events.push(Event::Unlinked { name });
                }
            }
            "mmap" => {
                // `(address, length, access, flags, handle, offset)`: only a shared one that may write changes a file.
                let is = |at: usize, what: &str| matches!(arguments.get(at), Some(Argument::Bare(text)) if text.contains(what));
                if is(2, "PROT_WRITE") && is(3, "MAP_SHARED") && !is(3, "MAP_ANONYMOUS") {
                    ensure!(self.file(number(4)?)?.is_none(), "a file is written to through memory");
                }
            }
            _ => bail!("{name} is not understood"),
        }
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> anyhow::Result<()> {
        match (self.inside(from), self.inside(to)) {
            (Some(from), Some(to)) => {
                let file = self.names.remove(&from).context("an unknown file is renamed")?;
                self.names.insert(to.clone(), file);
                self.recording.events.push(Event::Renamed { from, to, file });
            }
            (None, None) => {}
            _ => bail!("a file comes or goes"),
        }
        Ok(())
    }

    /// What a handle stands for.
    fn handle(&self, handle: i64) -> anyhow::Result<&Handle> {
        self.handles.get(&handle).with_context(|| format!("{handle} was never opened"))
    }

    /// The file of a handle, if it is one in the place.
    fn file(&self, handle: i64) -> anyhow::Result<Option<File>> {
        Ok(match self.handle(handle)? {
            Handle::File { file, .. } => Some(*file),
            Handle::Standard | Handle::Folder | Handle::Elsewhere => None,
        })
    }

    fn open(&mut self, path: &Path, flags: &str) -> anyhow::Result<Handle> {
        if path == self.place {
            return Ok(Handle::Folder);
        }
        let Some(name) = self.inside(path) else { return Ok(Handle::Elsewhere) };
        let flags: Vec<_> = flags.split('|').collect();
        let file = match self.names.get(&name) {
            Some(file) => *file,
            None => {
                ensure!(flags.contains(&"O_CREAT"), "a file that nobody made is opened");
                let file = self.files;
                self.files += 1;
                self.names.insert(name.clone(), file);
                self.recording.events.push(Event::MadeFile(name, file));
                file
            }
        };
        ensure!(!flags.contains(&"O_APPEND") && !flags.contains(&"O_TRUNC"), "opened in a way that is not understood");
        Ok(Handle::File { file, offset: 0 })
    }

    fn write(&mut self, handle: i64, bytes: &[u8], written: i64, offset: Option<u64>) -> anyhow::Result<()> {
        let bytes = bytes.get(..written as usize).context("more was written than there was")?;
        match self.handles.get_mut(&handle).with_context(|| format!("{handle} was never opened"))? {
            Handle::Standard if handle == 1 => {
                let line = std::str::from_utf8(bytes).context("the child tells words")?;
                let line = line.strip_suffix('\n').context("the child tells whole lines")?;
                self.recording.events.push(Event::Told(line.to_owned()));
            }
            Handle::File { file, offset: at } => {
                let from = offset.unwrap_or(*at);
                if offset.is_none() {
                    *at += written as u64;
                }
                self.recording.events.push(Event::Wrote { file: *file, offset: from, bytes: bytes.to_vec() });
            }
            Handle::Standard | Handle::Folder | Handle::Elsewhere => {}
        }
        Ok(())
    }

    /// The name in the place, if the path is of something there whose content counts. The index of the log does not:
    /// it is shared memory, and SQLite makes it anew after a cut.
    fn inside(&self, path: &Path) -> Option<String> {
        let name = path.strip_prefix(self.place).ok()?.to_str()?;
        (!name.ends_with("-shm")).then(|| name.to_owned())
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Argument {
    /// In quotes: the bytes.
    Bytes(Vec<u8>),
    Bare(String),
}

fn path(arguments: &[Argument], at: usize) -> anyhow::Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let path = std::ffi::OsString::from_vec(bytes(arguments, at)?.to_vec());
    if let Some(Argument::Bare(handle)) = at.checked_sub(1).and_then(|before| arguments.get(before)) {
        ensure!(handle == "AT_FDCWD", "a path below a handle");
    }
    Ok(path.into())
}

fn bytes(arguments: &[Argument], at: usize) -> anyhow::Result<&[u8]> {
    match arguments.get(at) {
        Some(Argument::Bytes(bytes)) => Ok(bytes),
        _ => bail!("argument {at} is not in quotes"),
    }
}

/// The arguments of a call, and what follows the bracket that ends them.
fn arguments(text: &str) -> anyhow::Result<(Vec<Argument>, &str)> {
    let mut arguments = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix(')') {
            return Ok((arguments, after));
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let (hex, after) = quoted.split_once('"').context("a quote that does not end")?;
            ensure!(!after.starts_with("..."), "strace cut an argument short");
            arguments.push(Argument::Bytes(unescape(hex)?));
            rest = after;
        } else {
            let end = rest.find([',', ')', '[', '{']).context("arguments that do not end")?;
            ensure!(end > 0 || !rest.starts_with(['[', '{']), "an argument that is not understood");
            arguments.push(Argument::Bare(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
}

/// `\x00\xff…` to bytes.
fn unescape(text: &str) -> anyhow::Result<Vec<u8>> {
    fn digit(byte: u8) -> anyhow::Result<u8> {
        match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => bail!("not a hexadecimal digit"),
        }
    }
    let (codes, rest) = text.as_bytes().as_chunks::<4>();
    ensure!(rest.is_empty(), "not in hexadecimal");
    codes
        .iter()
        .map(|[slash, x, high, low]| {
            ensure!((*slash, *x) == (b'\\', b'x'), "not in hexadecimal");
            Ok(digit(*high)? << 4 | digit(*low)?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
    }

    fn read_lines(lines: &[String]) -> anyhow::Result<Recording> {
        let log: String = lines.iter().map(|line| format!("7 {line}\n")).collect();
        read(log.as_bytes(), Path::new("/place"))
    }

    fn open(path: &str, flags: &str, handle: i64) -> String {
        format!("openat(AT_FDCWD, \"{}\", {flags}, 0600) = {handle}", hex(path))
    }

    #[test]
    fn what_happened_to_files_is_told_in_order_and_calls_are_counted() {
        let recording = read_lines(&[
            open("/lib/x.so", "O_RDONLY|O_CLOEXEC", 3),
            "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0x1a000) = 0x7f00".to_owned(),
            "close(3) = 0".to_owned(),
            open("/place/a", "O_RDWR|O_CREAT|O_EXCL", 3),
            format!("pwrite64(3, \"{}\", 3, 512) = 3", hex("abc")),
            format!("write(1, \"{}\", 5) = 5", hex("done\n")),
            "fsync(3) = 0".to_owned(),
            "ftruncate(3, 0) = -1 EIO (Input/output error)".to_owned(),
            "ftruncate(3, 9) = 0".to_owned(),
            open("/place", "O_RDONLY|O_CLOEXEC", 4),
            "fsync(4) = 0".to_owned(),
            format!("rename(\"{}\", \"{}\") = 0", hex("/place/a"), hex("/place/b")),
            format!("unlinkat(AT_FDCWD, \"{}\", 0) = 0", hex("/place/b")),
            open("/place/a-shm", "O_RDWR|O_CREAT", 5),
            format!("pwrite64(5, \"{}\", 1, 0) = 1", hex("x")),
            "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 5, 0) = 0x7f01".to_owned(),
            "+++ exited with 0 +++".to_owned(),
        ]);
        let recording = recording.expect("understood");
        let expected = [
            Event::MadeFile("a".to_owned(), 0),
            Event::Wrote { file: 0, offset: 512, bytes: b"abc".to_vec() },
            Event::Told("done".to_owned()),
            Event::Synced(0),
            Event::Cut { file: 0, length: 9 },
            Event::SyncedFolder,
            Event::Renamed { from: "a".to_owned(), to: "b".to_owned(), file: 0 },
            Event::Unlinked { name: "b".to_owned() },
        ];
        assert_eq!(recording.events, expected);
        let calls: Vec<_> = recording.calls.iter().map(|call| (call.name, call.number)).collect();
        let expected = [
            ("openat", 2),
            ("pwrite64", 1),
            ("fsync", 1),
            ("ftruncate", 2),
            ("fsync", 2),
            ("rename", 1),
            ("unlinkat", 1),
        ];
        assert_eq!(calls, expected, "calls that failed, and those elsewhere, are counted and not hit");
    }

    #[test]
    fn a_log_with_something_unseen_in_it_is_refused() {
        let made = || open("/place/a", "O_RDWR|O_CREAT", 3);
        for (lines, why) in [
            (vec![made(), "mmap(NULL, 9, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = 0x7f01".to_owned()], "memory"),
            (vec![made(), format!("pwrite64(3, \"{}\"..., 3, 0) = 3", hex("ab"))], "cut short"),
            (vec![made(), "fallocate(3, 0, 0, 4096) = 0".to_owned()], "another call"),
            (vec!["fsync(9) = 0".to_owned()], "an unknown handle"),
            (vec![open("/place/b", "O_RDWR", 3)], "a file of before"),
            (vec![made(), "fsync(3 <unfinished ...>".to_owned()], "unfinished"),
        ] {
            assert!(read_lines(&lines).is_err(), "{why}");
        }
        let two_threads = format!("7 {}\n8 fsync(3) = 0\n", made());
        assert!(read(two_threads.as_bytes(), Path::new("/place")).is_err());
    }
}
