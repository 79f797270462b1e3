//! The game as a child process: its environment, and starting it again when it dies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use liveline_protocol::endpoint;
use tokio::sync::{mpsc, oneshot};

use crate::os;

/// A game that lived at least this long is started again at once.
const SETTLED: Duration = Duration::from_secs(5);
/// How long a game that dies at its start is waited with, at the most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What to start, and where.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    pub(super) command: Vec<String>,
    pub(super) folder: PathBuf,
    /// Liveline's folder.
    pub(super) liveline: PathBuf,
}

/// How one run of the game ended.
#[derive(Debug)]
pub(super) enum Run {
    /// With this status.
    Ended(ExitStatus),
    /// It could not be started.
    NotStarted(std::io::Error),
}

/// What the game does.
#[derive(Debug)]
pub(super) enum Told {
    /// It was started.
    Started,
    /// It ended and is started again after a pause.
    Again { run: Run, pause: Duration },
    /// It ended by itself and well.
    Done,
}

impl Engine {
    /// Runs the game, again and again unless it ends well, until `stop` is dropped or sent.
    pub(super) fn supervise(self, told: mpsc::UnboundedSender<Told>) -> oneshot::Sender<()> {
        let (stop, mut stopped) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            let mut pause = Duration::from_millis(250);
            loop {
                let _ = told.send(Told::Started);
                let began = Instant::now();
                let run = self.run(&mut stopped);
                if is_stopped(&mut stopped) || matches!(&run, Run::Ended(status) if status.success()) {
                    let _ = told.send(Told::Done);
                    return;
                }
                pause = if began.elapsed() > SETTLED {
                    Duration::from_millis(250)
                } else {
                    (pause * 2).min(LONGEST_PAUSE)
                };
                let _ = told.send(Told::Again { run, pause });
                let until = Instant::now() + pause;
                while Instant::now() < until {
                    if is_stopped(&mut stopped) {
                        return;
                    }
                    std::thread::park_timeout(Duration::from_millis(20));
                }
            }
        });
        stop
    }

    fn run(&self, stopped: &mut oneshot::Receiver<()>) -> Run {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).current_dir(&self.folder);
        command.env(endpoint::ENDPOINT_VARIABLE, self.liveline.join(endpoint::FILE));
        command.env("LD_LIBRARY_PATH", self.search_path());
        let mut child = match os::spawn_single(&mut command) {
            Ok(child) => child,
            Err(error) => return Run::NotStarted(error),
        };
        loop {
            match child.child().try_wait() {
                Ok(Some(status)) => {
                    child.forget();
                    return Run::Ended(status);
                }
                Ok(None) => {}
                Err(error) => return Run::NotStarted(error),
            }
            if is_stopped(stopped) {
                return end(child);
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Started without cargo, a development build finds neither `libstd` nor the API crate's library.
    fn search_path(&self) -> OsString {
        let target = self.liveline.parent().unwrap_or(Path::new("."));
        let mut folders = vec![target.join("debug"), target.join("debug/deps")];
        folders.extend(std_folder());
        folders.extend(std::env::var_os("LD_LIBRARY_PATH").iter().flat_map(std::env::split_paths));
        std::env::join_paths(folders).unwrap_or_default()
    }
}

fn is_stopped(stopped: &mut oneshot::Receiver<()>) -> bool {
    !matches!(stopped.try_recv(), Err(oneshot::error::TryRecvError::Empty))
}

/// Asks the game to end, and makes it end if it does not.
fn end(mut child: os::GroupChild) -> Run {
    os::terminate(&child);
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        if let Ok(Some(status)) = child.child().try_wait() {
            child.forget();
            return Run::Ended(status);
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    let _ = child.child().kill();
    let status = child.child().wait();
    child.forget();
    status.map_or_else(Run::NotStarted, Run::Ended)
}

/// Where the toolchain keeps its shared `libstd`.
fn std_folder() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "target-libdir"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}
