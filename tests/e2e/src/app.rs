//! The app in its window: starting it under WebDriver, reading what it shows, clicking and typing.
//!
//! What is read is read in one script a time, so that a list which redraws itself can't be caught half-way.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::{By, Capabilities, TypingData, WebDriver};
use tokio::process::Command;

use crate::poll::until;
use crate::process::{Process, free_port, programs_dir};

/// Native half of WebDriver, from the package webkit2gtk-driver.
const NATIVE_DRIVER: &str = "/usr/bin/WebKitWebDriver";

/// How long a click or a key may wait for its target.
const PATIENCE: Duration = Duration::from_secs(10);

/// With what the app is started.
#[derive(Clone)]
pub struct Launch {
    /// The app's own folder, kept from one start to the next.
    pub data_dir: PathBuf,
    pub server_url: String,
    /// PEM of the certificate to trust.
    pub extra_ca: PathBuf,
    pub email: String,
    pub password: String,
    /// Where app and drivers print to.
    pub log: PathBuf,
}

impl Launch {
    /// A command with the environment that tells the app about all this.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env("FRONTDESK_DATA_DIR", &self.data_dir)
            // What it says is looked through at the end.
            .env("FRONTDESK_LOG", "trace")
            .env("FRONTDESK_SERVER_URL", &self.server_url)
            .env("FRONTDESK_EXTRA_CA", &self.extra_ca)
            .env("FRONTDESK_PREFILL_EMAIL", &self.email)
            .env("FRONTDESK_PREFILL_PASSWORD", &self.password);
        command
    }
}

/// The app's program.
///
/// # Errors
/// It is not built.
pub fn program() -> anyhow::Result<PathBuf> {
    let app = programs_dir()?.join("frontdesk");
    ensure!(app.exists(), "{} is not built", app.display());
    Ok(app)
}

/// The running app.
pub struct App {
    driver: WebDriver,
    drivers: Process,
}

impl App {
    /// Starts the app and waits for its window.
    ///
    /// # Errors
    /// Something is not built or installed, or no window came.
    pub async fn open(launch: &Launch) -> anyhow::Result<Self> {
        let app = program()?;
        let tauri_driver = programs_dir()?.join("../tools/bin/tauri-driver");
        ensure!(tauri_driver.exists(), "tauri-driver is missing: run scripts/setup.sh window");

        let (port, native_port) = (free_port()?, free_port()?);
        // The app inherits its environment from the drivers.
        let mut drivers = Process::start(
            launch
                .command(&tauri_driver)
                .args(["--port", &port.to_string(), "--native-port", &native_port.to_string()])
                .args(["--native-driver", NATIVE_DRIVER]),
            &launch.log,
        )?;
        let url = format!("http://127.0.0.1:{port}");
        let status = reqwest::Client::new();
        until("WebDriver", Duration::from_secs(20), async || {
            drivers.check_running()?;
            Ok(status.get(format!("{url}/status")).send().await.ok().filter(|answer| answer.status().is_success()))
        })
        .await?;

        let mut capabilities = Capabilities::new();
        capabilities.set("tauri:options", json!({ "application": app }))?;
        let driver = WebDriver::builder(url.as_str(), capabilities)
            .request_timeout(Duration::from_secs(60))
            .connect()
            .await
            .context("the app did not open a window")?;
        Ok(Self { driver, drivers })
    }

    /// Kills the app, as a power cut or an impatient person would.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn kill(self) -> anyhow::Result<()> {
        self.driver.quit().await.context("the app can't be ended")?;
        self.drivers.stop().await
    }

    /// Has the app's `process`, its folder in `/proc`, end as a fault in its code would end it.
    ///
    /// # Errors
    /// It can't be ended.
    pub async fn crash(self, process: &Path) -> anyhow::Result<()> {
        let id = process.file_name().and_then(|id| id.to_str()).and_then(|id| id.parse().ok());
        let id = id.and_then(Pid::from_raw).context("a process has an id")?;
        rustix::process::kill_process(id, Signal::ABORT).context("the app can't be ended")?;
        // There is no session any more that could be ended in order.
        let _ = self.driver.leak();
        self.drivers.stop().await
    }

    /// Runs a script in the page; `arguments` are its `arguments`.
    ///
    /// # Errors
    /// The script threw, or its result is not a `T`.
    pub async fn ask<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> anyhow::Result<T> {
        let answer = self.driver.execute(script, arguments).await?;
        Ok(answer.convert()?)
    }

    /// The texts of all visible elements that match, in the order of the document.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn texts(&self, selector: &str) -> anyhow::Result<Vec<String>> {
        self.ask(
            "return [...document.querySelectorAll(arguments[0])]
                .filter((element) => element.checkVisibility())
                .map((element) => element.innerText);",
            vec![json!(selector)],
        )
        .await
    }

    /// The text of the first visible element that matches.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn find_text(&self, selector: &str) -> anyhow::Result<Option<String>> {
        Ok(self.texts(selector).await?.into_iter().next())
    }

    /// Waits until an element is visible whose text `is_right`, and returns the text.
    ///
    /// # Errors
    /// It does not come in time; tells what stood there last.
    pub async fn wait_for_text(
        &self,
        selector: &str,
        timeout: Duration,
        is_right: impl Fn(&str) -> bool,
    ) -> anyhow::Result<String> {
        let mut last = Vec::new();
        let answer = until(&format!("the right text at {selector}"), timeout, async || {
            last = self.texts(selector).await?;
            Ok(last.iter().find(|text| is_right(text)).cloned())
        })
        .await;
        answer.with_context(|| format!("there stood {last:?}"))
    }

    /// Waits until an element that matches is visible.
    ///
    /// # Errors
    /// It does not come in time.
    pub async fn wait_for(&self, selector: &str) -> anyhow::Result<()> {
        self.wait_for_text(selector, PATIENCE, |_| true).await.map(drop)
    }

    /// Waits until no element that matches is visible.
    ///
    /// # Errors
    /// It stays.
    pub async fn wait_for_none(&self, selector: &str) -> anyhow::Result<()> {
        until(&format!("{selector} to go"), PATIENCE, async || Ok(self.texts(selector).await?.is_empty().then_some(())))
            .await
    }

    /// Clicks the first element that matches, once it can be clicked.
    ///
    /// # Errors
    /// There is none, or something stays in front of it.
    pub async fn click(&self, selector: &str) -> anyhow::Result<()> {
        until(&format!("a click on {selector}"), PATIENCE, async || {
            self.driver.find(By::Css(selector)).await?.click().await?;
            Ok(Some(()))
        })
        .await
    }

    /// Replaces what a field holds by typing.
    ///
    /// # Errors
    /// There is no such field, or it does not hold the text afterwards.
    pub async fn fill(&self, selector: &str, text: &str) -> anyhow::Result<()> {
        until(&format!("typing into {selector}"), PATIENCE, async || {
            let field = self.driver.find(By::Css(selector)).await?;
            field.clear().await?;
            field.send_keys(text).await?;
            Ok((field.prop("value").await?.as_deref() == Some(text)).then_some(()))
        })
        .await
    }

    /// Types keys to whatever has the focus.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn press(&self, keys: impl Into<TypingData>) -> anyhow::Result<()> {
        let focused = self.driver.active_element().await?;
        Ok(focused.send_keys(keys).await?)
    }

    /// What the first field that matches holds.
    ///
    /// # Errors
    /// There is none.
    pub async fn value(&self, selector: &str) -> anyhow::Result<String> {
        self.ask("return document.querySelector(arguments[0]).value;", vec![json!(selector)]).await
    }

    /// The values of an attribute of all visible elements that match and have it, in the order of the document.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn attributes(&self, selector: &str, name: &str) -> anyhow::Result<Vec<String>> {
        self.ask(
            "return [...document.querySelectorAll(arguments[0])]
                .filter((element) => element.checkVisibility() && element.hasAttribute(arguments[1]))
                .map((element) => element.getAttribute(arguments[1]));",
            vec![json!(selector), json!(name)],
        )
        .await
    }

    /// Waits until what was last changed is also drawn, and nothing moves any more.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn settle(&self) -> anyhow::Result<()> {
        // What moves for ever, such as a skeleton, is not waited for.
        let script = "const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => {
                const moving = document.getAnimations()
                    .filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime));
                Promise.allSettled(moving.map((animation) => animation.finished)).then(() => done());
            }));";
        self.driver.execute_async(script, Vec::new()).await?;
        Ok(())
    }
}

/// Selector of the element with this test id.
#[must_use]
pub fn by_id(test_id: &str) -> String {
    format!("[data-testid=\"{test_id}\"]")
}
