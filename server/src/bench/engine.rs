//! A process that loads what the server announces, as a game's `liveline` does, and says when: so that a bench
//! needs no game on the screen and no crash of a script ends it.
//!
//! It is told on its standard input what to attach as, and says on its standard output what has come.

use std::io::{BufRead, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use liveline_protocol::PROTOCOL_VERSION;
use liveline_protocol::endpoint::{self, Endpoint, Transport};
use liveline_protocol::engine::{
    ArtifactKind, Attach, Attached, Engine, Generation, Outcome, Reload, Reloaded, method,
};
use liveline_protocol::frame::{Decoder, read_body};
use liveline_protocol::message::{Message, parse_params};
use serde::{Deserialize, Serialize};

use crate::build::stamp::now_micros;
use crate::os::Shared;

/// The hidden subcommand that runs [`main`].
pub const COMMAND: &str = "__bench-engine";
/// How often a server that is not there yet is looked for.
const LOOK: std::time::Duration = std::time::Duration::from_millis(10);
const ATTACH_ID: u64 = 1;

/// A line on its standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Order {
    /// End the connection, if there is one, and attach with this loader.
    Attach(ArtifactKind),
}

/// A line on its standard output. Times are microseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "said")]
pub(super) enum Said {
    /// The current generations have been loaded.
    Attached,
    /// A generation has been loaded.
    Live {
        /// Its library.
        library: String,
        /// Its number.
        generation: Generation,
        /// The artifact's kind.
        kind: ArtifactKind,
        /// When it was saved.
        saved: Option<u64>,
        /// How long it was built.
        build_micros: u64,
        /// Whether it was built before it was saved.
        speculated: bool,
        /// When the announcement came.
        received: u64,
        /// When its code was in the process.
        loaded: u64,
    },
    /// Something went wrong.
    Trouble {
        /// What, and where.
        message: String,
    },
}

/// Liveline's folder, if this process was started as such an engine.
pub fn folder() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == COMMAND).then(|| arguments.next().map(PathBuf::from))?
}

/// The whole life of the process: `folder` is Liveline's, `shared` are the libraries that scripts share with games.
pub fn main(folder: &Path, shared: &[String]) -> ExitCode {
    for name in shared {
        match Shared::open(Path::new(name)) {
            Ok(library) => library.keep(),
            Err(error) => {
                say(&Said::Trouble { message: format!("cannot load {name}: {error}") });
                return ExitCode::FAILURE;
            }
        }
    }
    let current: Arc<Mutex<Option<UnixStream>>> = Arc::default();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(Order::Attach(kind)) = serde_json::from_str(&line) else { continue };
        let before = current.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stream) = before {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        match connect(folder) {
            Ok(stream) => {
                let kept = stream.try_clone().ok();
                *current.lock().unwrap_or_else(PoisonError::into_inner) = kept;
                std::thread::spawn(move || {
                    if let Err(error) = serve(stream, kind) {
                        say(&Said::Trouble { message: error.to_string() });
                    }
                });
            }
            Err(message) => say(&Said::Trouble { message }),
        }
    }
    ExitCode::SUCCESS
}

fn say(said: &Said) {
    let Ok(line) = serde_json::to_string(said) else { return };
    let mut out = std::io::stdout().lock();
    // Nobody who listens is nobody to tell.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn connect(folder: &Path) -> Result<UnixStream, String> {
    let file = folder.join(endpoint::FILE);
    let deadline = Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let endpoint: Option<Endpoint> =
            std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let stream =
            endpoint.map(|Endpoint { transport: Transport::Unix(socket), .. }| UnixStream::connect(socket));
        match stream {
            Some(Ok(stream)) => return Ok(stream),
            _ if Instant::now() > deadline => return Err(format!("no server answers at {}", file.display())),
            _ => std::thread::sleep(LOOK),
        }
    }
}

fn serve(mut stream: UnixStream, kind: ArtifactKind) -> std::io::Result<()> {
    let engine = Engine { name: "liveline bench".to_owned(), pid: std::process::id(), version: None };
    let attach = Attach {
        protocol: PROTOCOL_VERSION,
        engine,
        target: format!("{}-unknown-linux-gnu", std::env::consts::ARCH),
        rustc: None,
        loaders: vec![kind],
        api: None,
    };
    send(&mut stream, &Message::request(ATTACH_ID, method::ATTACH, &attach))?;
    let mut decoder = Decoder::default();
    let mut folder = PathBuf::new();
    let mut reader = stream.try_clone()?;
    while let Some(body) = read_body(&mut reader, &mut decoder)? {
        let received = now_micros();
        match Message::parse(&body) {
            Ok(Message::Response { result: Ok(value), .. }) => {
                let attached: Attached = serde_json::from_value(value)?;
                folder = PathBuf::from(attached.artifacts);
                for reload in &attached.libraries {
                    take(&mut stream, &folder, reload, received)?;
                }
                say(&Said::Attached);
            }
            Ok(Message::Response { result: Err(error), .. }) => {
                return Err(std::io::Error::other(error.message));
            }
            Ok(Message::Notification { method: name, params }) if name == method::RELOAD => {
                let reload: Reload = parse_params(&name, params).map_err(std::io::Error::other)?;
                take(&mut stream, &folder, &reload, received)?;
            }
            Ok(_) => {}
            Err(error) => return Err(std::io::Error::other(error)),
        }
    }
    Ok(())
}

fn send(stream: &mut UnixStream, message: &Message) -> std::io::Result<()> {
    stream.write_all(&message.to_frame().map_err(std::io::Error::other)?)
}

fn take(stream: &mut UnixStream, folder: &Path, reload: &Reload, received: u64) -> std::io::Result<()> {
    let result = load(&folder.join(&reload.artifact.file), reload);
    let loaded = now_micros();
    let answer = Reloaded {
        library: reload.library.clone(),
        generation: reload.generation,
        outcome: if result.is_ok() { Outcome::Applied } else { Outcome::Refused },
        reason: result.as_ref().err().cloned(),
        at: None,
        load_micros: loaded.saturating_sub(received),
        swap_micros: 0,
        state: None,
        retry: None,
        cause: None,
    };
    // Said last: the connection may be ended as soon as it is.
    send(stream, &Message::notification(method::RELOADED, &answer))?;
    match result {
        Ok(()) => say(&Said::Live {
            library: reload.library.clone(),
            generation: reload.generation,
            kind: reload.artifact.kind,
            saved: reload.saved_at_unix_micros,
            build_micros: reload.build_micros,
            speculated: reload.speculated,
            received,
            loaded,
        }),
        Err(message) => say(&Said::Trouble { message }),
    }
    Ok(())
}

/// As a game does it, the checks of size and hash included.
fn load(path: &Path, reload: &Reload) -> Result<(), String> {
    let fail = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let bytes = std::fs::read(path).map_err(|error| fail(&error))?;
    if crate::hash::hash(&bytes).0 != reload.artifact.sha256 {
        return Err(fail(&"another sha256 than announced"));
    }
    match reload.artifact.kind {
        ArtifactKind::Dylib => Shared::open_alone(path).map(Shared::keep).map_err(|error| fail(&error)),
        ArtifactKind::Object => {
            let objects = liveline_link::members(&bytes).map_err(|error| fail(&error))?;
            let options = liveline_link::Options::new(&reload.library);
            let image = liveline_link::link(&objects, &options).map_err(|error| fail(&error))?;
            liveline_link::load::load(image).map(drop).map_err(|error| fail(&error))
        }
    }
}
