//! The screen as the X server tells it: when a program's window is on it, and when something is drawn in it.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask, ImageFormat, Window,
};
use x11rb::rust_connection::RustConnection;

/// Longer than any start takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a program is looked at while it is silent.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// The part of the screen that is looked at: both programs draw text in it.
const LOOKED_AT: (u16, u16) = (640, 400);
/// Colours of a picture with text in it: its edges are blended. An empty window has one, with a frame a few.
const COLOURS_OF_TEXT: usize = 8;

x11rb::atom_manager! {
    /// Names the window manager uses (Extended Window Manager Hints).
    Atoms: AtomsCookie {
        _NET_CLIENT_LIST,
        _NET_WM_PID,
        WM_PROTOCOLS,
        WM_DELETE_WINDOW,
    }
}

/// The private screen.
pub(crate) struct Screen {
    connection: RustConnection,
    root: Window,
    size: (u16, u16),
    atoms: Atoms,
}

/// A program whose window is on the screen.
pub(crate) struct Shown {
    pub(crate) child: Child,
    window: Window,
    /// From the program's start until its window was on the screen.
    pub(crate) mapped: Duration,
    /// From the program's start until text was drawn in it.
    pub(crate) drawn: Duration,
}

impl Screen {
    /// # Errors
    /// There is none, or no window manager.
    pub(crate) fn connect() -> anyhow::Result<Self> {
        let (connection, number) = x11rb::connect(None).context("no X display")?;
        let atoms = Atoms::new(&connection)?.reply()?;
        let screen = &connection.setup().roots[number];
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        let listen = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        connection.change_window_attributes(root, &listen)?.check()?;
        Ok(Self { connection, root, size, atoms })
    }

    /// Starts a program and waits until its window is on the screen with something drawn in it.
    ///
    /// # Errors
    /// It ends before, or nothing comes.
    pub(crate) fn show(&self, command: &mut Command) -> anyhow::Result<Shown> {
        ensure!(self.windows()?.is_empty(), "a window is on the screen already");
        let started = Instant::now();
        let mut child = command.spawn().with_context(|| command.get_program().to_string_lossy().into_owned())?;
        let window = loop {
            if let Some(window) = self.window_of(child.id())? {
                break window;
            }
            if let Some(status) = child.try_wait()? {
                bail!("the program ended without a window: {status}");
            }
            ensure!(started.elapsed() < PATIENCE, "no window came");
            self.wait_for_news()?;
        };
        let mapped = started.elapsed();
        while self.colours()? < COLOURS_OF_TEXT {
            ensure!(started.elapsed() < PATIENCE, "the window stays empty");
        }
        Ok(Shown { child, window, mapped, drawn: started.elapsed() })
    }

    /// Closes the window as its button would, and waits for the program to end.
    ///
    /// # Errors
    /// It does not end.
    pub(crate) fn close(&self, mut shown: Shown) -> anyhow::Result<()> {
        let data = [self.atoms.WM_DELETE_WINDOW, x11rb::CURRENT_TIME, 0, 0, 0];
        let event = ClientMessageEvent::new(32, shown.window, self.atoms.WM_PROTOCOLS, data);
        self.connection.send_event(false, shown.window, EventMask::NO_EVENT, event)?.check()?;
        let asked = Instant::now();
        while shown.child.try_wait()?.is_none() {
            if asked.elapsed() > PATIENCE {
                shown.child.kill()?;
                shown.child.wait()?;
                bail!("the program did not end when its window was closed");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        while !self.windows()?.is_empty() {
            ensure!(asked.elapsed() < PATIENCE, "a window stays on the screen");
            self.wait_for_news()?;
        }
        Ok(())
    }

    /// Writes a picture of the screen, as PNG.
    ///
    /// # Errors
    /// ImageMagick's `import` failed.
    pub(crate) fn picture(&self, path: &Path) -> anyhow::Result<()> {
        crate::programs::run(Command::new("import").args(["-window", "root"]).arg(path))
    }

    /// Blocks until the X server tells something, or a moment has passed.
    fn wait_for_news(&self) -> anyhow::Result<()> {
        while self.connection.poll_for_event()?.is_none() {
            let stream = self.connection.stream();
            let mut fds = [PollFd::new(stream, PollFlags::IN)];
            if poll(&mut fds, Some(&LOOK))? == 0 {
                return Ok(());
            }
        }
        // What else has come is about the same list.
        while self.connection.poll_for_event()?.is_some() {}
        Ok(())
    }

    /// The windows that the window manager has put onto the screen.
    fn windows(&self) -> anyhow::Result<Vec<Window>> {
        let list = self
            .connection
            .get_property(false, self.root, self.atoms._NET_CLIENT_LIST, AtomEnum::WINDOW, 0, 64)?
            .reply()?;
        Ok(list.value32().map(Iterator::collect).unwrap_or_default())
    }

    fn window_of(&self, process: u32) -> anyhow::Result<Option<Window>> {
        for window in self.windows()? {
            let pid =
                self.connection.get_property(false, window, self.atoms._NET_WM_PID, AtomEnum::CARDINAL, 0, 1)?.reply();
            // Windows may go while they are looked at.
            if pid.ok().and_then(|pid| pid.value32()?.next()) == Some(process) {
                return Ok(Some(window));
            }
        }
        Ok(None)
    }

    /// Different colours in the looked-at part of the screen.
    fn colours(&self) -> anyhow::Result<usize> {
        let (width, height) = (LOOKED_AT.0.min(self.size.0), LOOKED_AT.1.min(self.size.1));
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)?.reply()?;
        let pixels = image.data.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        Ok(pixels.collect::<HashSet<_>>().len())
    }
}
