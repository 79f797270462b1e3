//! The game as a child process: its environment, and starting it again when it dies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use liveline_protocol::endpoint;
use tokio::sync::mpsc;

use super::snapshot::Snapshot;
use crate::os;
use crate::project::standard_library;

/// A game that lived at least this long is started again at once.
const SETTLED: Duration = Duration::from_secs(5);
/// How long a game that dies at its start is waited with, at the most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// How often it is looked whether the game lives.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a game that is to be restarted has for writing its scripts' state.
const STATE_WITHIN: Duration = Duration::from_millis(500);

/// How long a game that is started anew waits for the server's code.
const AWAIT_MILLIS: &str = "5000";

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
    /// It was ended, to be started again.
    Restarted,
    /// It could not be started.
    NotStarted(std::io::Error),
}

/// What the game does.
#[derive(Debug)]
pub(super) enum Told {
    /// It was started.
    Started,
    /// It ended and is started again after a pause.
    Again {
        /// How it ended.
        run: Run,
        /// Before the next start.
        pause: Duration,
        /// The age of the scripts' state that the next process gets, if it gets any.
        state: Option<Duration>,
    },
    /// It ended by itself and well.
    Done,
}

/// What whoever watches the game wants of it. Who wants nothing more drops the sender: the game ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// End it and start it again.
    Restart,
    /// There is new code: a game that waits to be started again need not wait.
    Hurry,
}

impl Engine {
    /// Runs the game, again and again unless it ends well, until the orders are over.
    pub(super) fn supervise(self, told: mpsc::UnboundedSender<Told>) -> Sender<Order> {
        let (sender, orders) = channel();
        std::thread::spawn(move || {
            let snapshot = Snapshot::new(&self.liveline)
                .map_err(|error| tracing::warn!(%error, "no place for the scripts' state"))
                .ok();
            let mut pause = Duration::ZERO;
            let mut is_anew = false;
            loop {
                let _ = told.send(Told::Started);
                let began = Instant::now();
                let (run, is_over) = self.run(&orders, snapshot.as_ref(), is_anew);
                is_anew = true;
                if is_over || matches!(&run, Run::Ended(status) if status.success()) {
                    drop(snapshot);
                    let _ = told.send(Told::Done);
                    return;
                }
                pause = match &run {
                    Run::Restarted => Duration::ZERO,
                    _ if began.elapsed() > SETTLED => FIRST_PAUSE,
                    _ => (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE),
                };
                let state = snapshot.as_ref().and_then(Snapshot::age);
                let _ = told.send(Told::Again { run, pause, state });
                match orders.recv_timeout(pause) {
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) | Ok(Order::Restart | Order::Hurry) => {}
                }
            }
        });
        sender
    }

    /// Runs the game once; how it ended, and whether it was ended for good.
    fn run(&self, orders: &Receiver<Order>, snapshot: Option<&Snapshot>, is_anew: bool) -> (Run, bool) {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).current_dir(&self.folder);
        command.env(endpoint::ENDPOINT_VARIABLE, self.liveline.join(endpoint::FILE));
        command.env("LD_LIBRARY_PATH", self.search_path());
        match is_anew {
            // What cargo links into the game now may be the code that the last one crashed with.
            true => command.env(endpoint::AWAIT_VARIABLE, AWAIT_MILLIS),
            false => command.env_remove(endpoint::AWAIT_VARIABLE),
        };
        match snapshot {
            Some(snapshot) => command.env(endpoint::STATE_VARIABLE, snapshot.path()),
            None => command.env_remove(endpoint::STATE_VARIABLE),
        };
        let mut child = match os::spawn_single(&mut command) {
            Ok(child) => child,
            Err(error) => return (Run::NotStarted(error), false),
        };
        loop {
            match child.child().try_wait() {
                Ok(Some(status)) => {
                    child.forget();
                    return (Run::Ended(status), false);
                }
                Ok(None) => {}
                Err(error) => return (Run::NotStarted(error), false),
            }
            match orders.recv_timeout(LOOK_EVERY) {
                Err(RecvTimeoutError::Disconnected) => return (end(child), true),
                Ok(Order::Restart) => {
                    wait_for_state(snapshot);
                    return (restarted(end(child)), false);
                }
                Err(RecvTimeoutError::Timeout) | Ok(Order::Hurry) => {}
            }
        }
    }

    /// Started without cargo, a development build finds neither `libstd` nor the API crate's library.
    fn search_path(&self) -> OsString {
        let target = self.liveline.parent().unwrap_or(Path::new("."));
        let mut folders = vec![target.join("debug"), target.join("debug/deps")];
        folders.extend(standard_library(&self.folder));
        folders.extend(std::env::var_os("LD_LIBRARY_PATH").iter().flat_map(std::env::split_paths));
        std::env::join_paths(folders).unwrap_or_default()
    }
}

/// What a game that was told to restart ended with is no news, unless it could not be ended.
fn restarted(run: Run) -> Run {
    match run {
        Run::Ended(_) => Run::Restarted,
        other => other,
    }
}

/// Engines have been told to write the scripts' state: gives them a moment. One that hangs does not.
fn wait_for_state(snapshot: Option<&Snapshot>) {
    let Some(snapshot) = snapshot else { return };
    let until = Instant::now() + STATE_WITHIN;
    // It may have been written between the command and now.
    while snapshot.age().is_none_or(|age| age > STATE_WITHIN) && Instant::now() < until {
        std::thread::park_timeout(Duration::from_millis(10));
    }
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
