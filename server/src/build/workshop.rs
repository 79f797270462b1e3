//! Where libraries are built: what all builds of a workspace share, and one build from the look at its inputs to
//! its outcome.

use std::collections::HashMap;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use liveline_protocol::engine::{ArtifactKind, Reload};

use super::attempt::{Bench, Compiled, cannot_write, own_folder, remove_attempts};
use super::captures::{Captured, LastFailure, capture_key};
use super::compile::Cancel;
use super::direct::{self, Call};
use super::forms::Forms;
use super::initialisers::Initialisers;
use super::inputs::Inputs;
use super::job::{Order, Outcome, Progress, Purpose};
use super::judge::Judged;
use super::looks::Looks;
use super::members::Members;
use super::pace::{Depth, Pace};
use super::past::Pasts;
use super::prepared::Shelf;
use super::process::Tails;
use super::publish::Apis;
use super::record::{Record, Records};
use super::shadow::Shadow;
use super::spares::Spares;
use super::stamp::{Stamps, hash};
use super::twin::Twins;
use super::{artifact, backend};
use crate::os;
use crate::project::Broken;

/// The shadow trees' folder in the user's cache.
const SHADOWS: &str = "shadow";
/// The file in it that names Liveline's folder of the workspace.
const OF: &str = "of";

/// Where the shadow trees of a workspace are. Not in the workspace: whatever follows symbolic links there, an editor's
/// search for files for one, would walk the whole file system.
fn shadows(folder: &Path) -> PathBuf {
    let name = &hash(folder.as_os_str().as_encoded_bytes()).0[..16];
    let made = os::cache_directory().map(|cache| cache.join(SHADOWS)).and_then(|all| {
        let own = all.join(name);
        os::private_directory(&own).ok()?;
        std::fs::write(own.join(OF), folder.as_os_str().as_encoded_bytes()).ok()?;
        remove_forsaken(&all);
        // One that was made here before there was a cache folder.
        let _ = std::fs::remove_dir_all(folder.join(SHADOWS));
        Some(own)
    });
    made.unwrap_or_else(|| folder.join(SHADOWS))
}

/// Removes the shadow trees of workspaces that are no more.
fn remove_forsaken(all: &Path) {
    for own in std::fs::read_dir(all).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let of = std::fs::read(own.join(OF)).ok();
        let of = of.map(|bytes| PathBuf::from(std::ffi::OsString::from_vec(bytes)));
        if of.is_some_and(|folder| !folder.exists()) {
            let _ = std::fs::remove_dir_all(own);
        }
    }
}

/// How far a compile of unsaved text steps back: nobody may be waiting for it, but a save may come that does.
const UNSAVED: i32 = 4;

/// What all builds of a workspace share.
#[derive(Debug)]
pub struct Workshop {
    pub(super) folder: PathBuf,
    shadows: PathBuf,
    pub(super) program: PathBuf,
    /// By library.
    tails: Mutex<HashMap<String, Arc<Tails>>>,
    pub(super) stamps: Mutex<Stamps>,
    pub(super) records: Mutex<Records>,
    pub(super) looks: Mutex<Looks>,
    pub(super) apis: Mutex<Apis>,
    pub(super) members: Members,
    pub(super) shelf: Mutex<Shelf>,
    pub(super) forms: Mutex<Forms>,
    pub(super) past: Mutex<Pasts>,
    /// Held while the texts of a library's generations are written and removed.
    pub(super) texts: Mutex<()>,
    /// What statics were in the sources of the last generations.
    pub(super) statics: Mutex<Initialisers>,
    rooms: Mutex<HashMap<String, Arc<Mutex<Room>>>>,
    /// What came of building formatted text ahead, by library.
    twins: Mutex<HashMap<String, Twins>>,
    /// Generations are numbered one after the other.
    pub(super) publishing: Mutex<()>,
    /// cargo locks its target directory: a second one would only wait, and could not be killed politely.
    pub(super) cargo: Mutex<LastFailure>,
    /// Ends what only prepares the next build of a library.
    pub(super) preparing: Mutex<Vec<(String, Cancel)>>,
    /// How many preparations there were, and whose turn it is.
    pub(super) preparations: AtomicUsize,
    pub(super) turn: Mutex<()>,
    pub(super) spares: Spares,
    /// The only way to start ahead, where one is asked for.
    pub(super) only: Mutex<Option<Depth>>,
    /// How many builds run.
    pub(super) busy: AtomicUsize,
}

/// What one build of a library at a time has for itself.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) shadow: Shadow,
    /// Which way of starting ahead is the quickest.
    pub(super) pace: Pace,
    /// Why it is no archive of objects, as was told last.
    pub(super) reason: Option<String>,
}

impl Workshop {
    /// For a workspace whose Liveline folder is `folder`. The artifact directory is there from now on: an engine
    /// may attach before anything is built.
    pub fn open(folder: &Path) -> Self {
        let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("liveline"));
        Self::open_with(folder, program)
    }

    /// As [`Self::open`], with the `liveline` program that stands in for compilers and linkers.
    pub fn open_with(folder: &Path, program: PathBuf) -> Self {
        os::liveline_is(&program);
        remove_attempts(folder);
        if let Err(error) = os::private_directory(&folder.join(artifact::FOLDER)) {
            tracing::error!(%error, "cannot make the artifact directory in {}", folder.display());
        }
        Self {
            shadows: shadows(folder),
            folder: folder.to_owned(),
            program,
            tails: Mutex::default(),
            stamps: Mutex::default(),
            records: Mutex::new(Records::load(folder)),
            looks: Mutex::default(),
            apis: Mutex::default(),
            members: Members::default(),
            shelf: Mutex::default(),
            forms: Mutex::default(),
            past: Mutex::new(Pasts::open(folder)),
            texts: Mutex::default(),
            statics: Mutex::default(),
            rooms: Mutex::default(),
            twins: Mutex::default(),
            publishing: Mutex::default(),
            cargo: Mutex::default(),
            preparing: Mutex::default(),
            preparations: AtomicUsize::new(0),
            turn: Mutex::default(),
            spares: Spares::default(),
            only: Mutex::default(),
            busy: AtomicUsize::new(0),
        }
    }

    /// The artifact directory, absolute.
    pub fn artifacts(&self) -> PathBuf {
        self.folder.join(artifact::FOLDER)
    }

    /// The files whose change would change the last good build of a library.
    pub fn inputs(&self, order: &Order) -> Vec<PathBuf> {
        let records = lock(&self.records);
        let files = records.get(&order.library.name).map(|record| record.inputs.files.clone());
        let capture = records.capture(&capture_key(order));
        drop(records);
        let cargo = capture.map(|(capture, _)| self.cargo_files(order, &capture.profile_folder));
        let cargo = cargo.iter().flat_map(|files| files.iter().cloned());
        files.into_iter().flatten().chain(cargo).collect()
    }

    /// The last good build of a library, if its artifact is still there.
    pub fn last_good(&self, library: &str) -> Option<Reload> {
        let reload = lock(&self.records).get(library)?.reload.clone();
        self.artifacts().join(&reload.artifact.file).is_file().then_some(reload)
    }

    /// Does what the order says.
    pub fn build(&self, order: &Order, cancel: &Cancel, say: &mut (dyn FnMut(Progress) + Send)) -> Outcome {
        let started = Instant::now();
        let name = &order.library.name;
        let _busy = self.give_way(name);
        self.doubt(order);
        let mut bench = Bench { order, folder: &self.folder, program: &self.program, cancel, say };
        // What is known already needs no room: whatever is being prepared there goes on.
        let mut captured = self.valid_capture(order);
        if let Some(outcome) = self.known_now(captured.as_ref(), &mut bench, started) {
            return outcome;
        }
        let room = self.room(name);
        let Some((mut room, has_waited)) = self.enter(name, &room, cancel) else { return Outcome::Cancelled };
        if has_waited {
            captured = self.valid_capture(order);
            if let Some(outcome) = self.known_now(captured.as_ref(), &mut bench, started) {
                return outcome;
            }
        }
        let (captured, from_cargo) = match captured {
            Some(captured) => (captured, None),
            None if order.purpose != Purpose::Saved => return Outcome::NotNow,
            None => match self.capture(&mut bench, started) {
                // Another file of the package has had cargo run, and this one may be as it was.
                Ok((captured, None)) => match self.known_now(Some(&captured), &mut bench, started) {
                    Some(outcome) => return outcome,
                    None => (captured, None),
                },
                Ok(from_cargo) => from_cargo,
                Err(outcome) => return *outcome,
            },
        };
        if order.purpose == Purpose::Saved {
            self.with_twins(name, |twins| twins.saved(false));
        }
        let call = match self.call(order, &captured) {
            Ok(call) => call,
            Err(broken) => return Outcome::Broken(broken),
        };
        let before = self.inputs_known(order).snapshot(&order.overlay);
        tracing::debug!(elapsed = ?started.elapsed(), "looked at the inputs");
        let compiled = match from_cargo {
            Some(made) if order.kind == ArtifactKind::Dylib && order.library.file.is_none() => {
                Compiled::Made(made)
            }
            // cargo's rustc has said it all.
            Some(_) => {
                let mut silent = |progress| drop::<Progress>(progress);
                self.compile(&mut Bench { say: &mut silent, ..bench }, &mut room, &call)
            }
            None => self.compile(&mut bench, &mut room, &call),
        };
        tracing::debug!(elapsed = ?started.elapsed(), "compiled");
        let judged = Judged { compiled, call, captured, before, started };
        self.judge(&mut bench, &mut room, judged)
    }

    /// Compiles as a call says: by a compiler that was started ahead, if one fits.
    pub(super) fn compile(&self, bench: &mut Bench<'_>, room: &mut Room, call: &Call) -> Compiled {
        if let Some(spare) = self.spares.take(&bench.order.library.name)
            && let Some(compiled) = self.compile_warm(bench, room, call, spare)
        {
            return compiled;
        }
        self.compile_plain(bench, room, call)
    }

    /// Builds unsaved text in the background, unless what comes of it is known.
    pub(super) fn build_ahead(&self, bench: &mut Bench<'_>, room: &mut Room, call: &Call) {
        let (order, started) = (bench.order, Instant::now());
        let Some(captured) = self.valid_capture(order) else { return };
        if self.known(&captured, bench, started).is_some() {
            return;
        }
        let before = self.inputs_known(order).snapshot(&order.overlay);
        let compiled = self.compile_plain(bench, room, call);
        let judged = Judged { compiled, call: call.clone(), captured, before, started };
        let mut silent = |progress| drop::<Progress>(progress);
        let outcome = self.judge(&mut Bench { say: &mut silent, ..*bench }, room, judged);
        tracing::debug!(library = order.library.name, ?outcome, "built ahead");
    }

    /// Compiles without a compiler that was started ahead. One that waits in the file's place has to go.
    pub(super) fn compile_plain(&self, bench: &mut Bench<'_>, room: &mut Room, call: &Call) -> Compiled {
        self.spares.clear_place(&bench.order.library.name);
        match self.refresh(bench.order, room, &[]) {
            Ok(()) => direct::compile(bench, call, &room.shadow),
            Err(error) => Compiled::Broken(cannot_write(&bench.order.library, &self.folder, &error)),
        }
    }

    /// Makes the shadow tree what an order wants, but for what stands at the paths `left_alone`.
    pub(super) fn refresh(
        &self,
        order: &Order,
        room: &mut Room,
        left_alone: &[PathBuf],
    ) -> std::io::Result<()> {
        let known = self.inputs_known(order);
        let own = known.files.iter().filter(|file| !file.starts_with(&order.project.target));
        let files = own.chain([&order.library.source]).map(PathBuf::as_path);
        room.shadow.refresh(files, &order.overlay, left_alone)
    }

    /// Has the library's room for itself, and says whether it had to wait; what prepared its next build there ends.
    fn enter<'a>(
        &self,
        library: &str,
        room: &'a Mutex<Room>,
        cancel: &Cancel,
    ) -> Option<(MutexGuard<'a, Room>, bool)> {
        let mut has_waited = false;
        while !cancel.is_asked() {
            self.stop_warming(Some(library));
            match room.try_lock() {
                Ok(room) => return Some((room, has_waited)),
                Err(TryLockError::Poisoned(poisoned)) => return Some((poisoned.into_inner(), has_waited)),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_micros(300)),
            }
            has_waited = true;
        }
        None
    }

    /// What a build is known to come to by now, if its order lets it be.
    fn known_now(
        &self,
        captured: Option<&Captured>,
        bench: &mut Bench<'_>,
        started: Instant,
    ) -> Option<Outcome> {
        let order = bench.order;
        if order.force {
            return None;
        }
        let outcome = self.known(captured?, bench, started)?;
        if order.purpose == Purpose::Saved {
            self.with_twins(&order.library.name, |twins| twins.saved(true));
        }
        Some(outcome)
    }

    /// What the text's build is known to come to, without a compiler.
    fn known(
        &self,
        (capture, identity): &Captured,
        bench: &mut Bench<'_>,
        started: Instant,
    ) -> Option<Outcome> {
        let order = bench.order;
        let invocation = capture.invocation.of(&order.library);
        let mut digest =
            |inputs: &Inputs| inputs.digest(&invocation, &order.overlay, &mut lock(&self.stamps));
        let name = &order.library.name;
        let record = lock(&self.records).get(name).cloned();
        if let Some(record) = record.filter(|record| record.capture == *identity)
            && digest(&record.inputs) == record.source_digest
            && let Some(reload) = self.last_good(name)
        {
            return Some(self.unchanged(order, record, reload));
        }
        let mut shelf = lock(&self.shelf);
        let found = shelf.find(name, identity, order.kind, &mut digest)?;
        if !found.diagnostics.is_empty() {
            (bench.say)(Progress::Diagnostics(found.diagnostics.clone()));
        }
        if found.good.is_none() {
            return Some(Outcome::Failed);
        }
        if order.purpose == Purpose::Speculative {
            return Some(Outcome::Ready { micros: micros_since(started) });
        }
        let digest = found.digest.clone();
        let good = shelf.take(name, &digest)?.good?;
        drop(shelf);
        Some(self.publish(bench, good, true))
    }

    fn unchanged(&self, order: &Order, mut record: Record, mut reload: Reload) -> Outcome {
        // What went to engines before it was saved is saved now.
        if reload.unsaved && order.purpose == Purpose::Saved {
            reload.unsaved = false;
            record.reload.unsaved = false;
            lock(&self.past).saved(&order.library.name, reload.generation);
            if let Err(error) = lock(&self.records).keep(record.clone()) {
                return Outcome::Broken(cannot_write(&order.library, &self.folder, &error));
            }
        }
        Outcome::Unchanged { reload, diagnostics: record.diagnostics }
    }

    /// How to compile what an order says.
    pub(super) fn call(&self, order: &Order, (capture, identity): &Captured) -> Result<Call, Broken> {
        let mut invocation = capture.invocation.of(&order.library);
        invocation.arguments.extend(backend::arguments(&order.project, &invocation.program)?);
        let last = lock(&self.records).get(&order.library.name).map(|record| record.reload.artifact.bytes);
        invocation.cut(last);
        let identity = hash(format!("{} {:?} {:?}", identity.0, order.kind, invocation.arguments).as_bytes());
        Ok(Call {
            invocation,
            identity,
            source: order.library.source.clone(),
            kind: order.kind,
            own: own_folder(&self.folder, &order.library.name),
            program: self.program.clone(),
            niceness: if order.purpose == Purpose::Saved { 0 } else { UNSAVED },
            tails: lock(&self.tails).entry(order.library.name.clone()).or_default().clone(),
        })
    }

    /// Forgets what the order's files make doubtful.
    fn doubt(&self, order: &Order) {
        let known = self.inputs_known(order).files;
        let changed = || order.changed.iter();
        lock(&self.looks).forget_if_new(changed().filter(|path| !known.contains(*path)));
        lock(&self.shelf).forget_doubtful(&order.library.name, changed());
    }

    /// What the last good build read.
    pub(super) fn inputs_known(&self, order: &Order) -> Inputs {
        lock(&self.records).get(&order.library.name).map(|record| record.inputs.clone()).unwrap_or_default()
    }

    /// Looks at what came of building a library's formatted text ahead, or notes more of it.
    pub(super) fn with_twins<R>(&self, library: &str, look: impl FnOnce(&mut Twins) -> R) -> R {
        look(lock(&self.twins).entry(library.to_owned()).or_default())
    }

    pub(super) fn room(&self, library: &str) -> Arc<Mutex<Room>> {
        let mut rooms = lock(&self.rooms);
        let fresh = || {
            let shadow = Shadow::new(self.shadows.join(library));
            Arc::new(Mutex::new(Room { shadow, pace: Pace::default(), reason: None }))
        };
        rooms.entry(library.to_owned()).or_insert_with(fresh).clone()
    }
}

pub(super) fn micros_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// A poisoned lock only says that a build panicked; what it guards is replaced whole or not at all.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
