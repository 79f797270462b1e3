//! From an announced artifact to code in this process, with every check on the way. Runs off the game's thread.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use liveline_protocol::engine::{Api, ArtifactKind, Reload};

use crate::Generation;
use crate::mode::compare::{self, Ours};
use crate::mode::identity::sha256;
use crate::mode::link::Facts;
use crate::mode::mailbox::{Loaded, LoadedScript};
use crate::mode::os::Artifacts;
use crate::mode::registry::{self, ENTRY_VERSION, Entry};
use crate::mode::state::Describer;
use crate::mode::store::Store;
use crate::mode::{file_name, image, section};

/// Where the session's artifacts come from, and where this process keeps its copies.
#[derive(Default)]
pub(crate) struct Loader {
    /// Opened for each artifact: it may come later than the session, or be made anew.
    artifacts: PathBuf,
    /// One for each place; they outlive sessions, for debuggers and backtraces read the copies.
    stores: BTreeMap<PathBuf, Store>,
    engines: PathBuf,
}

impl Loader {
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
        api: &Result<Api, String>,
    ) -> Result<Loaded, String> {
        let start = Instant::now();
        let bytes = self.read(reload)?;
        let section = image::interface_section(&bytes)?;
        let records = section::parse(section)?;
        compare::check(&records, Ours { interface: facts.interface, methods: facts.methods })?;
        check_api(reload.api.as_ref(), api)?;
        let generation = Generation(reload.generation.0);
        let copy = self.store()?.write(&reload.library, generation, &bytes)?;
        let entries = open(&copy)?;
        Ok(Loaded {
            library: reload.library.clone(),
            generation,
            scripts: scripts(entries, facts),
            build: Duration::from_micros(reload.build_micros),
            load: start.elapsed(),
            speculated: reload.speculated,
            saved_at_unix_micros: reload.saved_at_unix_micros,
        })
    }

    /// This process's directory; made anew if someone removed it.
    fn store(&mut self) -> Result<&mut Store, String> {
        if self.stores.get(&self.engines).is_none_or(|store| !store.exists()) {
            let store = Store::create(&self.engines)?;
            self.stores.insert(self.engines.clone(), store);
        }
        self.stores.get_mut(&self.engines).ok_or_else(|| "there is no directory for loaded code".to_owned())
    }

    /// The artifact's bytes, which are those that were announced.
    fn read(&self, reload: &Reload) -> Result<Vec<u8>, String> {
        let artifact = &reload.artifact;
        if artifact.kind != ArtifactKind::Dylib {
            return Err("this engine loads shared libraries only".to_owned());
        }
        file_name::check(&artifact.file)?;
        let bytes = Artifacts::open(&self.artifacts)?.read(&artifact.file, artifact.bytes)?;
        if !sha256(&bytes).eq_ignore_ascii_case(&artifact.sha256) {
            return Err(format!("artifact `{}` has another sha256 than announced", artifact.file));
        }
        Ok(bytes)
    }
}

fn check_api(theirs: Option<&Api>, ours: &Result<Api, String>) -> Result<(), String> {
    let ours = ours.as_ref().map_err(Clone::clone)?;
    match theirs {
        Some(theirs) if theirs.package != ours.package => Err(format!(
            "the library was built against the API crate `{}`, the engine's is `{}`",
            theirs.package, ours.package
        )),
        Some(theirs) if !theirs.hash.eq_ignore_ascii_case(&ours.hash) => Err(format!(
            "the library was built against another build of `{}` than the engine runs: restart the engine",
            ours.package
        )),
        _ => Ok(()),
    }
}

/// Loads a library for as long as the process lives, and gives the scripts that it brought.
fn open(path: &Path) -> Result<Vec<&'static Entry>, String> {
    registry::brought_by(|| {
        // SAFETY: runs the library's constructors. Its bytes are those that this user's server announced, and it
        // was built for this API crate by this compiler, or refused before.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library = library.map_err(|error| format!("the library cannot be loaded: {}", plain(&error)))?;
        // Never unloaded: threads, values and results of earlier calls may use its code and its constants.
        std::mem::forget(library);
        Ok(())
    })
}

/// The system's own sentence.
fn plain(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn scripts(entries: Vec<&'static Entry>, facts: &Facts) -> Vec<LoadedScript> {
    entries
        .into_iter()
        .filter(|entry| entry.version == ENTRY_VERSION && (facts.is_ours)(entry))
        .map(|entry| LoadedScript { entry, layout: (entry.layout)(&mut Describer::default()) })
        .collect()
}
