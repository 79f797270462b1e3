//! The server and an engine, driven as an editor and its user would.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use liveline_protocol::engine::{ArtifactKind, BuildState};
use liveline_protocol::status::LibraryState;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::UnboundedReceiver;

use super::engine::{self, Order, Said};
use crate::build::stamp::now_micros;
use crate::face::{FaceEvent, HubEvent, Level};
use crate::link::{self, Ended, Link};
use crate::project::{Library, Project};

/// No build of one script takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// An editor tells of typing after so long without a key.
const QUIET: Duration = Duration::from_millis(10);
/// A file's time is coarser than the clock's. An engine that has just attached as another kind may still get the
/// save before, in microseconds much older.
const CLOCKS: u64 = 50_000;

/// One save that has come to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Save {
    /// From the save to its code in the engine, in microseconds.
    pub(super) total: u64,
    /// Whether it was built before.
    pub(super) speculated: bool,
    /// From the save to the compiler's start, where one had to run.
    pub(super) detect: u64,
    /// From the build's start to its artifact.
    pub(super) build: u64,
    /// From the artifact to the engine's knowledge of it.
    pub(super) announce: u64,
    /// In the engine.
    pub(super) load: u64,
    /// From loaded to said.
    pub(super) swap: u64,
}

/// A server of the copied workspace, and an engine that attaches to it.
pub(super) struct Driver {
    link: Link,
    ended: Ended,
    engine: Child,
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
    attached: Option<ArtifactKind>,
}

impl Driver {
    /// Starts both, and waits until every library has been built. `note` is told what is being done.
    pub(super) async fn start(project: &Project, note: &mut dyn FnMut(&str)) -> anyhow::Result<Self> {
        let (mut link, ended) = link::connect(project.root.clone());
        wait_until_built(&mut link.updates, project, note).await?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(engine::COMMAND).arg(project.home().folder);
        command.args(shared_libraries(project));
        let paths = project.library_paths(&project.home().folder).context("cannot start rustc")?;
        command.env("LD_LIBRARY_PATH", std::env::join_paths(paths)?);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut engine = command.spawn().context("cannot start the measuring engine")?;
        let orders = engine.stdin.take().context("the measuring engine has no input")?;
        let said =
            BufReader::new(engine.stdout.take().context("the measuring engine has no output")?).lines();
        Ok(Self { link, ended, engine, orders, said, attached: None })
    }

    /// Makes the engine attach as one that loads this kind of artifact, if it is not; whether it was.
    pub(super) async fn attach(&mut self, kind: ArtifactKind) -> anyhow::Result<bool> {
        if self.attached == Some(kind) {
            return Ok(false);
        }
        let line = serde_json::to_string(&Order::Attach(kind))? + "\n";
        self.orders.write_all(line.as_bytes()).await?;
        self.orders.flush().await?;
        loop {
            match self.next_said().await? {
                Said::Attached => break,
                Said::Live { .. } => {}
                Said::Trouble { message } => bail!("the measuring engine: {message}"),
            }
        }
        self.attached = Some(kind);
        Ok(true)
    }

    /// Tells the server what an editor shows.
    pub(super) fn open(&self, path: &Path, text: &str) {
        self.tell(FaceEvent::Opened { path: path.to_owned(), text: text.to_owned() });
    }

    /// The editor closes the file.
    pub(super) fn close(&self, path: &Path) {
        self.tell(FaceEvent::Closed { path: path.to_owned() });
    }

    fn tell(&self, event: FaceEvent) {
        let _ = self.link.events.send(event);
    }

    /// Writes and saves `text`; with a `pause`, types it first and waits that long.
    pub(super) async fn save(
        &mut self,
        library: &str,
        path: &Path,
        text: &str,
        pause: Option<Duration>,
    ) -> anyhow::Result<Save> {
        self.forget_the_past();
        let edited = || FaceEvent::Edited { path: path.to_owned(), text: text.to_owned() };
        match pause {
            Some(pause) if pause > QUIET => {
                tokio::time::sleep(QUIET).await;
                self.tell(edited());
                tokio::time::sleep(pause - QUIET).await;
            }
            Some(_) => self.tell(edited()),
            None => {}
        }
        std::fs::write(path, text)?;
        let saved = now_micros();
        self.tell(FaceEvent::Saved { path: path.to_owned() });
        self.follow(library, saved).await
    }

    fn forget_the_past(&mut self) {
        while self.link.updates.try_recv().is_ok() {}
    }

    /// Waits for the save's code in the engine.
    async fn follow(&mut self, library: &str, saved: u64) -> anyhow::Result<Save> {
        let (mut began, mut announced) = (None, None);
        let (received, loaded, build, speculated) = loop {
            tokio::select! {
                event = self.link.updates.recv() => match event.context("the server ended")? {
                    HubEvent::Build { build, .. } if build.library == library => match build.state {
                        BuildState::Started => began = Some(now_micros()),
                        BuildState::Failed => bail!("`{library}` does not build: {}", first_error(&build)),
                        BuildState::Succeeded | BuildState::Cancelled => {}
                    },
                    HubEvent::Announced(reload) if reload.library == library => announced = Some(now_micros()),
                    HubEvent::Message { level: Level::Error, text } => bail!(text),
                    _ => {}
                },
                line = self.said.next_line() => match parse(line?)? {
                    Said::Live { library: name, received, loaded, build_micros, speculated, saved: Some(of), .. }
                        if name == library && of + CLOCKS >= saved => break (received, loaded, build_micros, speculated),
                    Said::Trouble { message } => bail!("the measuring engine: {message}"),
                    _ => {}
                },
                () = tokio::time::sleep(PATIENCE) => bail!("a save of `{library}` came to nothing in {PATIENCE:?}"),
            }
        };
        let now = now_micros();
        let since =
            |earlier: Option<u64>, later: u64| earlier.map_or(0, |earlier| later.saturating_sub(earlier));
        let announced = announced.unwrap_or(received).min(received);
        Ok(Save {
            total: loaded.saturating_sub(saved),
            speculated,
            detect: since(Some(saved), began.unwrap_or(saved)),
            build,
            announce: received.saturating_sub(announced),
            load: loaded.saturating_sub(received),
            swap: now.saturating_sub(loaded),
        })
    }

    async fn next_said(&mut self) -> anyhow::Result<Said> {
        let line = tokio::time::timeout(PATIENCE, self.said.next_line()).await;
        parse(line.context("the measuring engine says nothing")??)
    }

    /// Ends both.
    pub(super) async fn end(self) {
        let Self { link, ended, mut engine, orders, .. } = self;
        drop(orders);
        let _ = tokio::time::timeout(Duration::from_secs(2), engine.wait()).await;
        let _ = engine.kill().await;
        drop(link);
        ended.wait().await;
    }
}

fn parse(line: Option<String>) -> anyhow::Result<Said> {
    let line = line.context("the measuring engine has died: did a script's initialiser end it?")?;
    Ok(serde_json::from_str(&line)?)
}

fn first_error(build: &liveline_protocol::engine::Build) -> String {
    build.first.as_ref().map_or_else(
        || "see `cargo check`".to_owned(),
        |first| format!("{}:{}: {}", first.file, first.line, first.message),
    )
}

async fn wait_until_built(
    updates: &mut UnboundedReceiver<HubEvent>,
    project: &Project,
    note: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    loop {
        match updates.recv().await.context("the server ended")? {
            HubEvent::Build { build, stage, .. } => match build.state {
                BuildState::Started => note(&stage),
                BuildState::Failed => bail!("`{}` does not build: {}", build.library, first_error(&build)),
                BuildState::Succeeded | BuildState::Cancelled => {}
            },
            HubEvent::Message { level: Level::Error, text } => bail!(text),
            HubEvent::Status(status) => {
                let is_built = |name: &str| {
                    let library = status.libraries.iter().find(|library| library.library == name);
                    library.is_some_and(|library| {
                        library.generation.0 > 0 && library.state != LibraryState::Building
                    })
                };
                if project.libraries.iter().all(|library| is_built(&library.name)) {
                    return Ok(());
                }
            }
            _ => {}
        }
    }
}

/// What scripts share with a game, by file name.
fn shared_libraries(project: &Project) -> Vec<String> {
    let mut names: Vec<String> = project.libraries.iter().filter_map(Library::shared).collect();
    names.sort();
    names.dedup();
    names
}
