//! From an announced artifact to code in this process, with every check on the way. Runs off the game's thread.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use liveline_protocol::engine::{Api, ArtifactKind, Cause, Outcome, Reload, Reloaded};

use crate::Generation;
use crate::mode::compare::{self, Ours};
use crate::mode::identity::sha256;
use crate::mode::keep::Brought;
use crate::mode::link::{Facts, InterfaceFacts};
use crate::mode::mailbox::{Loaded, LoadedScript};
use crate::mode::objects::{self, Images};
use crate::mode::os::Artifacts;
use crate::mode::plain::Symbols;
use crate::mode::registry::{self, ENTRY_VERSION, Entry};
use crate::mode::state::Describer;
use crate::mode::store::Store;
use crate::mode::transfer::Arrived;
use crate::mode::verdict::Refusal;
use crate::mode::{file_name, image, os, remote, section};

/// What this engine can load.
pub(crate) fn kinds() -> Vec<ArtifactKind> {
    // Elsewhere objects can be linked, and nobody has loaded them yet.
    const LOADS_OBJECTS: bool = cfg!(all(target_arch = "x86_64", target_env = "gnu"));
    let objects = LOADS_OBJECTS.then_some(ArtifactKind::Object);
    [ArtifactKind::Dylib].into_iter().chain(objects).collect()
}

/// Where the session's artifacts come from, and where this process keeps its copies.
#[derive(Default)]
pub(crate) struct Loader {
    /// Opened for each artifact: it may come later than the session, or be made anew.
    artifacts: PathBuf,
    /// One for each place; they outlive sessions, for debuggers and backtraces read the copies.
    stores: BTreeMap<PathBuf, Store>,
    engines: PathBuf,
    images: Images,
}

impl Loader {
    /// Goes over to a session whose artifacts come over its connection. Fails if there is no directory for them.
    pub(crate) fn open_remote(&mut self) -> Result<(), String> {
        self.engines = remote::code_folder()?;
        Ok(())
    }

    /// Goes over to a session's artifact directory; copies go into a directory of this process beside it.
    /// Fails if it is no absolute path.
    pub(crate) fn open(&mut self, artifacts: &Path) -> Result<(), String> {
        let Some(parent) = artifacts.parent().filter(|_| artifacts.is_absolute()) else {
            return Err(format!("the artifact directory `{}` is no absolute path", artifacts.display()));
        };
        self.engines = parent.join("engines");
        self.artifacts = artifacts.to_owned();
        Ok(())
    }

    /// Loads a generation. Fails, with a sentence, before any of its code has run if it does not fit this engine.
    pub(crate) fn load(
        &mut self,
        reload: &Reload,
        facts: &Facts,
        api: &Result<Option<Api>, String>,
    ) -> Result<Loaded, Refusal> {
        let start = Instant::now();
        check_announced(reload)?;
        let artifact = &reload.artifact;
        let bytes = Artifacts::open(&self.artifacts)?.read(&artifact.file, artifact.bytes)?;
        self.load_bytes(reload, &bytes, facts, api, start)
    }

    /// Loads a generation whose bytes have come over the connection, as [`Self::load`] does.
    pub(crate) fn load_arrived(
        &mut self,
        arrived: &Arrived,
        facts: &Facts,
        api: &Result<Option<Api>, String>,
    ) -> Result<Loaded, Refusal> {
        self.load_bytes(&arrived.reload, &arrived.bytes, facts, api, Instant::now())
    }

    fn load_bytes(
        &mut self,
        reload: &Reload,
        bytes: &[u8],
        facts: &Facts,
        api: &Result<Option<Api>, String>,
        start: Instant,
    ) -> Result<Loaded, Refusal> {
        if !sha256(bytes).eq_ignore_ascii_case(&reload.artifact.sha256) {
            let file = &reload.artifact.file;
            return Err(format!("artifact `{file}` has another sha256 than announced").into());
        }
        let (brought, symbols) = match reload.artifact.kind {
            ArtifactKind::Dylib => {
                let section = image::interface_section(bytes)?;
                if let Some(interface) = &facts.interface {
                    check(&[section], interface)?;
                    check_api(reload.api.as_ref(), api)?;
                }
                self.load_library(reload, bytes)?
            }
            ArtifactKind::Object => {
                let objects = objects::read(bytes)?;
                if let Some(interface) = &facts.interface {
                    check(&objects::interface_sections(&objects)?, interface)?;
                    check_api(reload.api.as_ref(), api)?;
                }
                self.images.load(reload, &objects)?
            }
        };
        Ok(Loaded {
            library: reload.library.clone(),
            generation: Generation(reload.generation.0),
            scripts: facts
                .interface
                .as_ref()
                .map(|facts| scripts(brought.entries, facts))
                .unwrap_or_default(),
            kept: brought.kept,
            symbols,
            build: Duration::from_micros(reload.build_micros),
            load: start.elapsed(),
            speculated: reload.speculated,
            saved_at_unix_micros: reload.saved_at_unix_micros,
            changed: reload.changed.iter().map(PathBuf::from).collect(),
            trigger: reload.trigger,
            reset: reload.reset.clone(),
        })
    }

    /// Takes note of what became of a generation.
    pub(crate) fn answered(&mut self, answer: &Reloaded) {
        let generation = Generation(answer.generation.0);
        match answer.outcome {
            Outcome::Applied => self.images.applied(&answer.library, generation),
            Outcome::Refused => self.images.refused(&answer.library, generation),
            Outcome::Restored => self.images.restored(&answer.library),
        }
    }

    /// The generation of a library that runs has another number.
    pub(crate) fn renumber(&mut self, library: &str, generation: Generation) {
        self.images.renumber(library, generation);
    }

    fn load_library(&mut self, reload: &Reload, bytes: &[u8]) -> Result<(Brought, Symbols), String> {
        let copy = self.store()?.write(&reload.library, Generation(reload.generation.0), bytes)?;
        open(&copy)
    }

    /// This process's directory; made anew if someone removed it.
    fn store(&mut self) -> Result<&mut Store, String> {
        if self.stores.get(&self.engines).is_none_or(|store| !store.exists()) {
            let store = Store::create(&self.engines)?;
            self.stores.insert(self.engines.clone(), store);
        }
        self.stores.get_mut(&self.engines).ok_or_else(|| "there is no directory for loaded code".to_owned())
    }
}

/// Fails unless what is announced can be looked for.
pub(crate) fn check_announced(reload: &Reload) -> Result<(), String> {
    if !kinds().contains(&reload.artifact.kind) {
        return Err("this engine loads shared libraries only".to_owned());
    }
    file_name::check(&reload.artifact.file)?;
    os::check_length(&reload.artifact.file, reload.artifact.bytes)
}

/// Fails unless the scripts that the sections tell of are what this engine calls.
fn check(sections: &[&[u8]], facts: &InterfaceFacts) -> Result<(), Refusal> {
    let mut records = Vec::new();
    for section in sections {
        records.extend(section::parse(section)?);
    }
    compare::check(&records, Ours { interface: facts.name, methods: facts.methods })
        .map_err(|reason| Refusal { reason, cause: Some(Cause::Interface), ..Refusal::default() })
}

fn check_api(theirs: Option<&Api>, ours: &Result<Option<Api>, String>) -> Result<(), Refusal> {
    let Some(ours) = ours.as_ref().map_err(Clone::clone)? else { return Ok(()) };
    let reason = match theirs {
        Some(theirs) if theirs.package != ours.package => format!(
            "the library was built against the API crate `{}`, the engine's is `{}`",
            theirs.package, ours.package
        ),
        Some(theirs) if !theirs.hash.eq_ignore_ascii_case(&ours.hash) => format!(
            "the library was built against another build of `{}` than the engine runs: restart the engine",
            ours.package
        ),
        _ => return Ok(()),
    };
    Err(Refusal { reason, cause: Some(Cause::Api), ..Refusal::default() })
}

/// Loads a library for as long as the process lives, and gives the scripts and symbols that it brought.
fn open(path: &Path) -> Result<(Brought, Symbols), String> {
    let mut symbols = Symbols::default();
    let brought = registry::brought_by(|| {
        // SAFETY: runs the library's constructors. Its bytes are those that this user's server announced, and it
        // was built for this API crate by this compiler, or refused before.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library = library.map_err(|error| format!("the library cannot be loaded: {}", plain(&error)))?;
        // Never unloaded: threads, values and results of earlier calls may use its code and its constants.
        symbols = Symbols::of_library(library);
        Ok::<(), String>(())
    })?;
    Ok((brought, symbols))
}

/// The system's own sentence, with a symbol's name as the source has it.
fn plain(error: &libloading::Error) -> String {
    let sentence = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    liveline_link::load::readable(&sentence)
}

fn scripts(entries: Vec<&'static Entry>, facts: &InterfaceFacts) -> Vec<LoadedScript> {
    entries
        .into_iter()
        .filter(|entry| entry.version == ENTRY_VERSION && (facts.is_ours)(entry))
        .map(|entry| LoadedScript { entry, layout: (entry.layout)(&mut Describer::default()) })
        .collect()
}
