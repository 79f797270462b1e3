//! `liveline exec`: any Rust program, compiled and run from memory in this very process.
//!
//! rustc compiles it with this program as its linker, which hands the objects over instead of linking them
//! ([`hand_over`]). They are linked in memory, or by the system's linker to a shared library, and `main` is called on
//! this process's main thread. What rustc read is recorded ([`record`]), so an unchanged program is not compiled.
//!
//! From the moment a program's code is loaded nothing of Liveline may be noticed: no thread, no child, no open
//! descriptor, no changed variable, no changed signal.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::ExitCode;

mod cache;
mod call;
mod capture;
mod cargo;
mod compile;
mod hand_over;
mod link_line;
mod load;
mod manifest;
mod record;
mod script;
mod shadow;
mod toolchain;

use cache::Program;
use record::Record;
use script::Source;

/// How a program's objects come into this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Loader {
    /// Linked in memory: no linker process, no library file
    Object,
    /// Linked by the system's linker to a shared library
    Dylib,
}

impl Loader {
    /// The word for it on the command line and in the cache.
    pub fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Dylib => "dylib",
        }
    }
}

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// The source of its crate root.
    pub file: PathBuf,
    /// How it is loaded.
    pub loader: Loader,
    /// What it is compiled with.
    pub flags: Flags,
    /// Its own arguments.
    pub arguments: Vec<OsString>,
}

/// rustc's own options, passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Flags {
    /// `-C opt-level`, where it was given.
    pub level: Option<String>,
    /// `--edition`, where it was given.
    pub edition: Option<String>,
    /// Everything else, as rustc is to see it.
    pub others: Vec<String>,
}

impl Flags {
    /// As rustc takes them.
    fn for_rustc(&self) -> Vec<String> {
        let level = self.level.iter().map(|level| format!("-Copt-level={level}"));
        let edition = self.edition.iter().map(|edition| format!("--edition={edition}"));
        level.chain(edition).chain(self.others.iter().cloned()).collect()
    }
}

/// Why a program does not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The compiler, cargo or the linker has said it, and ended with this status.
    Said(u8),
    /// What to tell the user.
    Message(String),
    /// Another process has compiled the program anew, and what was to be loaded is gone.
    Replaced,
}

impl Failure {
    fn message(text: impl fmt::Display) -> Self {
        Self::Message(text.to_string())
    }
}

/// Turns an error into a sentence about what was being done.
trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::Message(format!("cannot {}: {error}", what())))
    }
}

/// How often a program is compiled again because others compile it too at the same time.
const MOST_ATTEMPTS: usize = 5;

/// Compiles and runs a program. Returns only where that fails: else the process ends with the program.
pub fn main(request: &Request) -> ExitCode {
    let mut failure = Failure::Replaced;
    for _ in 0..MOST_ATTEMPTS {
        failure = attempt(request);
        if !matches!(failure, Failure::Replaced) {
            break;
        }
    }
    match failure {
        Failure::Said(code) => ExitCode::from(code),
        Failure::Message(text) => {
            eprintln!("liveline: {text}");
            ExitCode::FAILURE
        }
        Failure::Replaced => {
            eprintln!("liveline: others compile {} all the time; try again", request.file.display());
            ExitCode::FAILURE
        }
    }
}

fn attempt(request: &Request) -> Failure {
    match prepare(request) {
        Ok((program, record)) => {
            let own = program.path(request.loader).into_os_string();
            let arguments = std::iter::once(own).chain(request.arguments.iter().cloned()).collect();
            load::run(&program, &record, request.loader, arguments)
        }
        Err(failure) => failure,
    }
}

fn prepare(request: &Request) -> Result<(Program, Record), Failure> {
    let source = Source::read(&request.file)?;
    let program = Program::of(&source, &request.flags)?;
    program.link_to_self(request.loader)?;
    let record = match Record::read(&program) {
        Some(record) if record.is_fresh(&source, &request.flags) => record,
        old => compile::build(&program, &source, &request.flags, old)?,
    };
    Ok((program, record))
}

/// What this process is, where rustc, cargo or a running program has started it. It must be asked first of all.
pub fn early_main() -> Option<ExitCode> {
    if hand_over::is_linker() {
        return Some(hand_over::linker_main());
    }
    if capture::is_wrapper() {
        return Some(capture::wrapper_main());
    }
    restarted()
}

/// Runs a program again that was started through its own path in the cache, as a program does that starts itself.
///
/// Returns `None` where this process was started in another way.
fn restarted() -> Option<ExitCode> {
    let path = PathBuf::from(OsString::from_vec(rustix::param::linux_execfn().to_bytes().to_owned()));
    let (program, loader) = Program::at(&path)?;
    let arguments: Vec<OsString> = std::env::args_os().collect();
    for _ in 0..MOST_ATTEMPTS {
        let Some(record) = Record::read(&program) else { continue };
        if let Failure::Message(text) = load::run(&program, &record, loader, arguments.clone()) {
            eprintln!("liveline: {text}");
            return Some(ExitCode::FAILURE);
        }
    }
    let path = path.display();
    eprintln!("liveline: {path} is no longer in the cache; run its source again with `liveline exec`");
    Some(ExitCode::FAILURE)
}
