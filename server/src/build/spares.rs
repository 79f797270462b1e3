//! Compilers that are started ahead and wait: for their arguments, or for a file's text.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::awaited::Pipe;
use super::compile::Cancel;
use super::direct::Call;
use super::pace::Depth;
use super::process::Rustc;
use super::shadow::Shadow;
use super::stamp::Hash;
use super::workshop::lock;
use super::wrapper::{self, Split};
use crate::os::{self, Group};

/// How many wait at most, over all libraries.
pub(super) const MOST: usize = 2;
/// How much memory they hold at most, together.
const MOST_MEMORY: u64 = 400 << 20;
/// One that is not ready after this never will be.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often one that starts is looked at: a build may wait for it.
const LOOK: Duration = Duration::from_micros(500);
/// The pipe's name in the folder of outputs, where rustc waits for its arguments.
const ARGUMENTS: &str = "arguments";

/// One of them.
#[derive(Debug)]
pub(super) struct Spare {
    library: String,
    depth: Depth,
    fit: Fit,
    rustc: Rustc,
    pipe: Pipe,
}

/// What a build must agree in with the spare that it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// The capture, and what else the call depends on.
    pub(super) call: Hash,
    /// What stands in the wrapper, and the crates that it loads; empty where there is none.
    pub(super) head: String,
    pub(super) crates: Vec<String>,
}

impl Spare {
    /// Starts a compiler that waits for its arguments.
    pub(super) fn for_arguments(library: &str, call: &Call, fit: Fit) -> io::Result<Self> {
        let folder = call.fresh_folder()?;
        let pipe = Pipe::make(folder.path().join(ARGUMENTS))?;
        let mut command = call.command();
        command.arg(format!("@{}", pipe.path().display()));
        Self::start(library, Depth::Arguments, fit, command, (call, folder), pipe)
    }

    /// Starts a compiler that has a wrapper for its root. The shadow tree must hold the wrapper, and nothing in the
    /// place of the file.
    pub(super) fn for_text(library: &str, call: &Call, fit: Fit, shadow: &Shadow) -> io::Result<Self> {
        let folder = call.fresh_folder()?;
        let pipe = Pipe::make(shadow.at(&call.source))?;
        let mut command = call.command();
        command.args(call.arguments(&wrapper_of(pipe.path()), shadow));
        Self::start(library, Depth::Head, fit, command, (call, folder), pipe)
    }

    fn start(
        library: &str,
        depth: Depth,
        fit: Fit,
        mut command: std::process::Command,
        (call, folder): (&Call, Arc<tempfile::TempDir>),
        pipe: Pipe,
    ) -> io::Result<Self> {
        let out = call.aim(folder.path(), depth == Depth::Head)?;
        let handover = Rustc::pipes(&mut command, folder.path(), &out, call.hands_over())?;
        let child = os::spawn_group(&mut command)?;
        let rustc = Rustc::new(child, handover, folder, call.tails.clone())?;
        Ok(Self { library: library.to_owned(), depth, fit, rustc, pipe })
    }

    /// How far it has come.
    pub(super) fn depth(&self) -> Depth {
        self.depth
    }

    /// Waits until it waits; whether it does.
    pub(super) fn wait_until_ready(&self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.pipe.is_awaited() {
                Ok(true) => return true,
                Ok(false) if Instant::now() < deadline && os::is_running(self.rustc.group()) => {
                    std::thread::sleep(LOOK);
                }
                _ => return false,
            }
        }
    }

    /// Waits until it waits, or the build that it is for is asked to end.
    pub(super) fn wait(&self, cancel: &Cancel) -> bool {
        cancel.adopt(self.rustc.group());
        self.wait_until_ready()
    }

    /// Gives it what it waits for. From now on it is the build's.
    pub(super) fn feed(self, text: &[u8], call: &Call, cancel: &Cancel) -> io::Result<Rustc> {
        // Another compiler may have been there since.
        if let Err(error) = call.aim(self.rustc.folder().path(), self.depth == Depth::Head) {
            self.discard();
            return Err(error);
        }
        cancel.adopt(self.rustc.group());
        self.rustc.group().go_on();
        let writer = if self.wait_until_ready() { self.pipe.take() } else { None };
        let fed = match writer {
            Some(mut writer) => writer.write_all(text),
            None => Err(io::Error::other("the compiler has not come to wait")),
        };
        match fed {
            Ok(()) => Ok(self.rustc),
            // A cancelled build's compiler is told apart by its caller.
            Err(_) if cancel.is_asked() => Ok(self.rustc),
            Err(error) => {
                cancel.ended();
                self.discard();
                Err(error)
            }
        }
    }

    /// Ends it.
    pub(super) fn discard(self) {
        self.rustc.group().kill();
        self.rustc.discard();
    }

    /// The arguments, as a file of them has them; `None` if one of them cannot be written so.
    pub(super) fn arguments(&self, call: &Call, shadow: &Shadow) -> Option<Vec<u8>> {
        let root = shadow.at(&call.source);
        let arguments = call.arguments(&root, shadow);
        let fits = arguments.iter().all(|argument| !argument.contains(['\n', '\r']));
        fits.then(|| arguments.join("\n").into_bytes())
    }
}

/// The wrapper's file beside that of the text.
pub(super) fn wrapper_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(wrapper::MARK);
    PathBuf::from(name)
}

impl Fit {
    /// For a compile whose root is cut so.
    pub(super) fn of(call: Hash, split: Option<&Split<'_>>, names: &[String]) -> Self {
        let crates = names.iter().filter(|name| split.is_some_and(|split| split.names(name)));
        let crates = crates.cloned().collect();
        Self { call, head: split.map(|split| split.head.to_owned()).unwrap_or_default(), crates }
    }
}

/// All of them, the library that was worked on last at the end.
#[derive(Debug, Default)]
pub(super) struct Spares {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    spares: Vec<Spare>,
    /// The server ends: there are to be none.
    closed: bool,
}

impl Spares {
    /// Keeps one in place of any of its library, and ends those that are too many.
    pub(super) fn put(&self, spare: Spare) {
        let mut waiting = lock(&self.waiting);
        let mut gone = take_of(&mut waiting.spares, &spare.library);
        waiting.spares.push(spare);
        let memory = |spares: &[Spare]| -> u64 {
            spares.iter().filter_map(|spare| spare.rustc.group().resident_memory()).sum()
        };
        while waiting.closed && !waiting.spares.is_empty()
            || waiting.spares.len() > MOST
            || (waiting.spares.len() > 1 && memory(&waiting.spares) > MOST_MEMORY)
        {
            gone.push(waiting.spares.remove(0));
        }
        drop(waiting);
        gone.into_iter().for_each(Spare::discard);
    }

    /// The one that a library has, for a build of its own.
    pub(super) fn take(&self, library: &str) -> Option<Spare> {
        take_of(&mut lock(&self.waiting).spares, library).pop()
    }

    /// Ends the one that stands in the place of a library's file.
    pub(super) fn clear_place(&self, library: &str) {
        let mut waiting = lock(&self.waiting);
        let in_place = |spare: &Spare| spare.library == library && spare.depth == Depth::Head;
        let index = waiting.spares.iter().position(in_place);
        let gone = index.map(|index| waiting.spares.remove(index));
        drop(waiting);
        gone.into_iter().for_each(Spare::discard);
    }

    /// Whether a library has one that agrees with this.
    pub(super) fn has(&self, library: &str, depth: Depth, fit: &Fit) -> bool {
        let waiting = lock(&self.waiting);
        waiting.spares.iter().any(|s| s.library == library && s.depth == depth && s.fit == *fit)
    }

    /// The process groups of the spares of other libraries, which give way to a build.
    pub(super) fn others(&self, library: &str) -> Vec<Group> {
        let waiting = lock(&self.waiting);
        let starting =
            |spare: &&Spare| spare.library != library && matches!(spare.pipe.is_awaited(), Ok(false));
        waiting.spares.iter().filter(starting).map(|spare| spare.rustc.group()).collect()
    }

    /// Waits until a library's spare waits; whether there is one that does.
    pub(super) fn wait_for(&self, library: &str) -> bool {
        let Some(spare) = self.take(library) else { return false };
        let is_ready = spare.wait_until_ready();
        self.put(spare);
        is_ready
    }

    /// Whether there may be one more at all.
    pub(super) fn is_open(&self) -> bool {
        !lock(&self.waiting).closed
    }

    /// Ends all, for ever.
    pub(super) fn close(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.closed = true;
        let gone = std::mem::take(&mut waiting.spares);
        drop(waiting);
        gone.into_iter().for_each(Spare::discard);
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        self.close();
    }
}

fn take_of(spares: &mut Vec<Spare>, library: &str) -> Vec<Spare> {
    let (taken, kept) = std::mem::take(spares).into_iter().partition(|spare| spare.library == library);
    *spares = kept;
    taken
}

impl Spare {
    /// Whether a build agrees with what it was started for.
    pub(super) fn fits(&self, fit: &Fit) -> bool {
        match self.depth {
            Depth::Head => self.fit == *fit,
            _ => self.fit.call == fit.call,
        }
    }
}
