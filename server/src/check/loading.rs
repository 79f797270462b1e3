//! Loads one artifact in a process of its own: an initialiser that crashes or hangs is a finding, not the end.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use liveline_protocol::engine::ArtifactKind;
use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::os::{self, Shared};
use crate::project::{Library, Project};

/// The hidden subcommand that runs [`main`].
pub const COMMAND: &str = "__check-load";
/// Stands before the answer: initialisers may print too.
const ANSWER: &str = "liveline-check: ";
const LOOK: Duration = Duration::from_millis(5);

/// What the process is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    kind: ArtifactKind,
    name: String,
    artifact: PathBuf,
    /// What scripts share with a game, by file name.
    shared: Vec<String>,
    /// Functions that are to be found.
    exports: Vec<String>,
}

/// How libraries of a workspace are loaded.
#[derive(Debug)]
pub(super) struct Loads {
    patience: Duration,
    paths: OsString,
    shared: Vec<(String, Vec<String>)>,
}

impl Loads {
    /// No initialiser takes longer than `patience`.
    pub(super) fn new(project: &Project, folder: &Path, patience: Duration) -> Self {
        let paths = project.library_paths(folder).unwrap_or_default();
        let shared = |library: &Library| (library.name.clone(), library.shared().into_iter().collect());
        Self {
            patience,
            paths: std::env::join_paths(paths).unwrap_or_default(),
            shared: project.libraries.iter().map(shared).collect(),
        }
    }

    /// Loads an artifact as an engine would, and looks for what it is to export.
    pub(super) fn load(
        &self,
        library: &str,
        kind: ArtifactKind,
        artifact: &Path,
        exports: &[String],
    ) -> Verdict {
        let shared = self.shared.iter().find(|(name, _)| name == library);
        let request = Request {
            kind,
            name: library.to_owned(),
            artifact: artifact.to_owned(),
            shared: shared.map(|(_, shared)| shared.clone()).unwrap_or_default(),
            exports: exports.to_vec(),
        };
        match self.ask(&request) {
            Ok(()) => super::loaded(),
            Err(reason) => Verdict::Failed(reason),
        }
    }

    fn ask(&self, request: &Request) -> Result<(), String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg(COMMAND).env("LD_LIBRARY_PATH", &self.paths);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process =
            os::spawn_single(&mut command).map_err(|error| format!("cannot start a process: {error}"))?;
        let child = process.child();
        let text = serde_json::to_vec(request).map_err(|error| error.to_string())?;
        let sent = child.stdin.take().map(|mut input| input.write_all(&text));
        let (said, complained) = (gather(child.stdout.take()), gather(child.stderr.take()));
        let deadline = Instant::now() + self.patience;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(LOOK),
                Ok(None) => break None,
                Err(error) => return Err(error.to_string()),
            }
        };
        let Some(status) = status else {
            let _ = process.child().kill();
            let _ = process.child().wait();
            process.forget();
            let limit = self.patience.as_secs_f64();
            return Err(format!(
                "it was not loaded after {limit} s: an initialiser hangs, or needs more time: `--load-limit`"
            ));
        };
        process.forget();
        let (said, complained) = (said.join().unwrap_or_default(), complained.join().unwrap_or_default());
        let answer = said.lines().rev().find_map(|line| line.strip_prefix(ANSWER));
        match answer.and_then(|answer| serde_json::from_str::<Result<(), String>>(answer).ok()) {
            Some(answer) if status.success() => answer,
            _ if matches!(sent, Some(Err(_))) && status.success() => {
                Err("the process that loads it does not listen".to_owned())
            }
            _ => Err(ended(status, &complained)),
        }
    }
}

fn gather(stream: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The process ended before it could answer: what runs while a library is loaded are its initialisers.
fn ended(status: ExitStatus, complained: &str) -> String {
    let how = match os::death_signal(status) {
        Some(signal) => match name_of(signal) {
            Some(name) => format!("crashed with {name}"),
            None => format!("was ended by signal {signal}"),
        },
        None => format!("ended with {status}"),
    };
    let last: Vec<&str> = complained.lines().rev().take(3).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    let words = if last.is_empty() { String::new() } else { format!(": {}", last.join(" / ")) };
    format!("the process {how} while an initialiser ran{words}")
}

fn name_of(signal: i32) -> Option<&'static str> {
    let known = [(4, "SIGILL"), (6, "SIGABRT"), (7, "SIGBUS"), (8, "SIGFPE"), (11, "SIGSEGV")];
    known.into_iter().find(|(number, _)| *number == signal).map(|(_, name)| name)
}

/// Whether this process was started to load an artifact.
pub fn is_asked() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == COMMAND)
}

/// The whole life of such a process.
pub fn main() -> ExitCode {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    let request = read.ok().and_then(|_| serde_json::from_str::<Request>(&text).ok());
    let Some(request) = request else {
        eprintln!("liveline: `{COMMAND}` is only for `liveline check`");
        return ExitCode::FAILURE;
    };
    let answer = serde_json::to_string(&load(&request)).unwrap_or_default();
    let written = writeln!(std::io::stdout(), "\n{ANSWER}{answer}");
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn load(request: &Request) -> Result<(), String> {
    for name in &request.shared {
        let library = Shared::open(Path::new(name));
        library.map_err(|error| format!("the API crate's library cannot be loaded: {error}"))?.keep();
    }
    let readable = |error: String| liveline_link::load::readable(&error);
    let missing = |is_there: &dyn Fn(&str) -> bool| {
        let missing: Vec<&str> =
            request.exports.iter().map(String::as_str).filter(|name| !is_there(name)).collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(format!("its exported functions cannot be found: {}", missing.join(", "))),
        }
    };
    match request.kind {
        ArtifactKind::Dylib => {
            let library = Shared::open_alone(&request.artifact).map_err(readable)?;
            let result = missing(&|name| library.has(name));
            library.keep();
            result
        }
        ArtifactKind::Object => {
            let bytes = std::fs::read(&request.artifact).map_err(|error| error.to_string())?;
            let objects = liveline_link::members(&bytes).map_err(|error| readable(error.to_string()))?;
            let needed = liveline_link::RUST_LIBRARIES.map(str::to_owned);
            let options =
                liveline_link::Options { needed: &needed, ..liveline_link::Options::new(&request.name) };
            let image =
                liveline_link::link(&objects, &options).map_err(|error| readable(error.to_string()))?;
            let loaded = liveline_link::load::load(image).map_err(|error| readable(error.to_string()))?;
            missing(&|name| loaded.symbol(name).is_some())
        }
    }
}
