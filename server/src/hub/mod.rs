//! The hub: one loop that owns the core, carries out its actions and feeds it what happens.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use liveline_protocol::engine::{Attach, Attached, Reload, Trigger, method};
use liveline_protocol::message::Message;
use liveline_protocol::status::Status;
use tokio::sync::{mpsc, oneshot};

use crate::build::compile::Cancel;
use crate::build::job::{Order, Outcome, Workshop};
use crate::build::stamp::{modified_micros, now_micros};
use crate::core::{Action, BuildId, Core, EngineSaid, Event, FaceId, Now, Session};
use crate::face::{FaceEvent, HubEvent, Level};
use crate::os;
use crate::project::{Broken, Home, Project};
use crate::watch::{Sighting, Watch, can_hold_sources, files_below};

mod forms;
mod outcome;
mod questions;
mod remote;
mod sight;
mod testing;
use sight::Sight;

/// Frames that wait for an engine that does not read; past that it is let go.
pub const ENGINE_QUEUE: usize = 256;
/// A file's own time is believed as the time of its save if it is not older than this, in microseconds.
const BELIEVED_SAVE: u64 = 2_000_000;

/// What reaches the hub from its edges.
#[derive(Debug)]
pub enum Input {
    /// For the core.
    Core(Box<Event>),
    /// The file system has something to say.
    Sighting(Sighting),
    /// A face joins and wants the whole picture.
    FaceJoined {
        /// Its name.
        face: FaceId,
        /// To it.
        updates: mpsc::UnboundedSender<HubEvent>,
        /// Whether it is in this process.
        owner: bool,
    },
    /// A face has gone.
    FaceLeft(FaceId),
    /// A face says something.
    Face(FaceId, FaceEvent),
    /// An engine attaches.
    Attach(Joining),
    /// An earlier port for engines on other hosts is closed.
    PortClosed,
    /// Someone wants to know how things stand.
    Status(oneshot::Sender<Status>),
}

/// An engine that attaches.
#[derive(Debug)]
pub struct Joining {
    /// Its connection.
    pub session: Session,
    /// What it says.
    pub attach: Box<Attach>,
    /// Where it is, if it is on another host.
    pub address: Option<String>,
    /// To it.
    pub outgoing: mpsc::Sender<Message>,
    /// The answer's way.
    pub reply: oneshot::Sender<Attached>,
    /// Whether the generations that it needs in another form have been made, as far as they can be.
    pub has_waited: bool,
}

/// Why a hub's loop has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nobody needs it any more.
    Unneeded,
    /// cargo's target directory is elsewhere now, so Liveline's folder is.
    Moved,
}

/// What can be done to a running build.
#[derive(Debug)]
struct Running {
    cancel: Cancel,
    is_save: Arc<AtomicBool>,
}

/// The loop's state.
#[derive(Debug)]
pub struct Hub {
    home: Home,
    core: Core,
    workshop: Arc<Workshop>,
    inputs: mpsc::UnboundedSender<Input>,
    faces: BTreeMap<FaceId, mpsc::UnboundedSender<HubEvent>>,
    engines: BTreeMap<Session, mpsc::Sender<Message>>,
    builds: BTreeMap<BuildId, Running>,
    /// Tests that run, by library.
    tests: BTreeMap<String, Cancel>,
    sight: Sight,
    watch: Option<Watch>,
    wake_at: Option<Instant>,
    project: Option<Arc<Project>>,
    is_loading: bool,
    load_again: bool,
    has_moved: bool,
    port: remote::Open,
}

impl Hub {
    /// For a workspace whose lock is held.
    pub fn new(home: Home, inputs: mpsc::UnboundedSender<Input>) -> Self {
        let sender = inputs.clone();
        let on_sighting = move |sighting| drop(sender.send(Input::Sighting(sighting)));
        let watch =
            Watch::start(on_sighting).map_err(|error| tracing::error!(%error, "cannot watch files")).ok();
        Self {
            workshop: Arc::new(Workshop::open(&home.folder)),
            home,
            core: Core::new(std::thread::available_parallelism().map_or(1, NonZero::get)),
            inputs,
            faces: BTreeMap::new(),
            engines: BTreeMap::new(),
            builds: BTreeMap::new(),
            tests: BTreeMap::new(),
            sight: Sight::default(),
            watch,
            wake_at: None,
            project: None,
            is_loading: false,
            load_again: false,
            has_moved: false,
            port: remote::Open::default(),
        }
    }

    /// Runs until the last face has gone or the target directory has moved.
    pub async fn run(mut self, mut inputs: mpsc::UnboundedReceiver<Input>) -> End {
        self.watch_tree(&self.home.root.clone());
        self.act(Action::LoadProject);
        let mut had_face = false;
        loop {
            let wake = [self.wake_at, self.sight.next_look()].into_iter().flatten().min();
            let sleep = async {
                match wake {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                input = inputs.recv() => match input {
                    Some(input) => self.take(input),
                    None => return End::Unneeded,
                },
                () = sleep => self.wake(),
            }
            had_face |= !self.faces.is_empty();
            if self.has_moved {
                return End::Moved;
            }
            if had_face && self.faces.is_empty() {
                return End::Unneeded;
            }
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Core(event) => self.handle(*event),
            Input::Sighting(sighting) => self.sighted(&sighting),
            Input::FaceJoined { face, updates, owner } => self.face_joined(face, updates, owner),
            Input::FaceLeft(face) => {
                self.faces.remove(&face);
                self.handle(Event::FaceGone { face });
            }
            Input::Face(face, event) => self.face_said(face, event),
            Input::Attach(joining) => self.attach(joining),
            Input::PortClosed => self.port_closed(),
            Input::Status(reply) => drop(reply.send(self.core.status().clone())),
        }
    }

    fn handle(&mut self, event: Event) {
        match &event {
            Event::Ended { build, .. } => drop(self.builds.remove(build)),
            Event::EngineGone { session } => drop(self.engines.remove(session)),
            Event::ProjectLoaded(result) => {
                self.is_loading = false;
                if let Ok(project) = result {
                    self.project = Some(project.clone());
                    self.has_moved = project.home() != self.home;
                    self.watch_tree(&project.root.clone());
                    self.open_port(project.config.remote.listen);
                }
                if std::mem::take(&mut self.load_again) {
                    self.act(Action::LoadProject);
                }
            }
            _ => {}
        }
        let now = Now { instant: Instant::now(), unix_micros: now_micros() };
        for action in self.core.handle(event, now) {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::LoadProject => self.load_project(),
            Action::Build { build, order } => self.build(build, *order),
            Action::Cancel(build) => {
                if let Some(running) = self.builds.get(&build) {
                    running.cancel.cancel();
                }
            }
            Action::IsSave(build) => {
                if let Some(running) = self.builds.get(&build) {
                    running.is_save.store(true, Ordering::Relaxed);
                }
            }
            Action::Test { order, generation, only } => self.test(*order, generation, only),
            Action::EndTests(library) => self.end_tests(&library),
            Action::TellBuild(build) => {
                let sessions: Vec<Session> = self.engines.keys().cloned().collect();
                self.tell_engines(&sessions, &Message::notification(method::BUILD, &build));
            }
            Action::TellReload { sessions, reload } => {
                self.tell_engines(&sessions, &Message::notification(method::RELOAD, &reload));
            }
            Action::TellSnapshot { sessions } => {
                self.tell_engines(&sessions, &Message::notification(method::SNAPSHOT, &()));
            }
            Action::Tell(event) => self.tell(&event),
            Action::Answer { face, id, result } => {
                if let Some(updates) = self.faces.get(&face) {
                    let _ = updates.send(HubEvent::CommandDone { id, result });
                }
            }
            Action::KeepDiagnostics { reload: Reload { library, generation, .. }, diagnostics } => {
                self.workshop.keep_diagnostics(&library, generation, diagnostics);
            }
            Action::Watch(paths) => paths.iter().for_each(|path| self.watch_path(path)),
            Action::WakeAt(at) => self.wake_at = at,
            Action::Prepare(order) => {
                let workshop = self.workshop.clone();
                os::work(move || workshop.prepare(&order));
            }
            Action::KeepUndone { library, undone } => self.workshop.keep_undone(&library, undone),
            Action::KeepMark { library, generation, mark } => {
                self.workshop.keep_mark(&library, generation, mark);
            }
            Action::KeepLive { library, generation, micros } => {
                self.keep(move |workshop| workshop.keep_live(&library, generation, micros));
            }
            Action::KeepSave { library, generation } => {
                self.keep(move |workshop| workshop.keep_save(&library, generation));
            }
            Action::CompareApis(asked) => self.compare_apis(asked),
            Action::Form { library, generation, kind } => self.form(vec![(library, generation, kind)], None),
            Action::TellRetired(retired) => {
                let sessions: Vec<Session> = self.engines.keys().cloned().collect();
                self.tell_engines(&sessions, &Message::notification(method::RETIRED, &retired));
            }
        }
    }

    /// Has something written that nobody waits for.
    fn keep(&self, keep: impl FnOnce(&Workshop) + Send + 'static) {
        let workshop = self.workshop.clone();
        os::work(move || keep(&workshop));
    }

    fn tell(&mut self, event: &HubEvent) {
        self.faces.retain(|_, updates| updates.send(event.clone()).is_ok());
    }

    /// An engine that does not read its messages is let go; it attaches again when it can.
    fn tell_engines(&mut self, sessions: &[Session], message: &Message) {
        let stuck: Vec<Session> = sessions
            .iter()
            .filter(|session| {
                self.engines.get(session).is_some_and(|engine| engine.try_send(message.clone()).is_err())
            })
            .cloned()
            .collect();
        for session in stuck {
            self.handle(Event::EngineGone { session });
        }
    }

    fn load_project(&mut self) {
        if self.is_loading {
            self.load_again = true;
            return;
        }
        self.is_loading = true;
        let (root, inputs) = (self.home.root.clone(), self.inputs.clone());
        os::work(move || {
            let result =
                std::panic::catch_unwind(|| Project::load(&root).map(Arc::new)).unwrap_or_else(|_| {
                    Err(Broken::at_file(
                        root.join("Cargo.toml"),
                        "reading the workspace failed inside Liveline; see its log",
                    ))
                });
            let _ = inputs.send(Input::core(Event::ProjectLoaded(result)));
        });
    }

    fn build(&mut self, build: BuildId, order: Order) {
        let cancel = Cancel::default();
        let running = Running { cancel: cancel.clone(), is_save: order.is_save.clone() };
        self.builds.insert(build, running);
        let (workshop, inputs) = (self.workshop.clone(), self.inputs.clone());
        os::work(move || {
            let library = order.library.name.clone();
            let send = |event| drop(inputs.send(Input::core(event)));
            let mut say = |progress| send(Event::Progress { build, library: library.clone(), progress });
            let work = std::panic::AssertUnwindSafe(|| {
                let outcome = workshop.build(&order, &cancel, &mut say);
                (outcome, workshop.inputs(&order))
            });
            let (outcome, inputs) = std::panic::catch_unwind(work).unwrap_or_else(|_| {
                let source = order.library.source.clone();
                (
                    Outcome::Broken(Broken::at_file(source, "the build failed inside Liveline; see its log")),
                    Vec::new(),
                )
            });
            // A script file that nobody has touched is one of many, and its caches are as full as they can be.
            let is_idle = order.trigger == Trigger::Initial && order.library.file.is_some();
            let is_over = !is_idle && outcome::is_decided(&outcome);
            outcome::tell(&workshop, &order, build, outcome, inputs, send);
            if is_over {
                workshop.prepare(&order);
            }
            workshop.rest();
        });
    }

    fn face_joined(&mut self, face: FaceId, updates: mpsc::UnboundedSender<HubEvent>, owner: bool) {
        let connected = HubEvent::Connected { root: self.home.root.clone(), owner, pid: std::process::id() };
        let mut events = std::iter::once(connected).chain(self.core.picture());
        if events.all(|event| updates.send(event).is_ok()) {
            self.faces.insert(face, updates);
        }
    }

    fn face_said(&mut self, face: FaceId, event: FaceEvent) {
        match event {
            FaceEvent::Saved { path } => {
                if self.sight.is_news(&path) || self.core.is_undone(&path) {
                    self.changed(vec![path], Trigger::Save);
                } else {
                    let told = self.sight.told(&path);
                    self.handle(Event::EditorSaved { files: BTreeMap::from([(path, told)]) });
                }
            }
            FaceEvent::Command { id, command } => self.handle(Event::Command { face, id, command }),
            FaceEvent::Opened { path, text } => {
                // A buffer that a face brings along may hold what was typed before it came.
                let is_saved = os::read_file(&path).is_ok_and(|bytes| bytes == text.as_bytes());
                self.handle(match is_saved {
                    true => Event::Opened { path, text },
                    false => Event::Edited { path, text },
                });
            }
            FaceEvent::Edited { path, text } => self.handle(Event::Edited { path, text }),
            FaceEvent::Closed { path } => self.handle(Event::Closed { path }),
            FaceEvent::Runs => self.handle(Event::FaceRuns { face }),
            FaceEvent::Asked { id, question } => self.asked(face, id, question),
            FaceEvent::Prefers(preferences) => self.handle(Event::FacePrefers { face, preferences }),
        }
    }

    fn changed(&mut self, paths: Vec<PathBuf>, trigger: Trigger) {
        if let Some(project) = self.project.as_ref().and_then(|project| project.with_script_files(&paths)) {
            let project = Arc::new(project);
            self.project = Some(project.clone());
            self.handle(Event::ScriptFiles(project));
        }
        let now = now_micros();
        let written = paths.iter().filter_map(|path| modified_micros(path)).max();
        let saved_at = written.filter(|at| *at <= now && now - at < BELIEVED_SAVE).unwrap_or(now);
        let files = paths.into_iter().map(|path| (path.clone(), self.sight.told(&path))).collect();
        self.handle(Event::Changed { files, trigger, saved_at });
    }

    fn sighted(&mut self, sighting: &Sighting) {
        let now = Instant::now();
        match sighting {
            // Most new folders are cargo's or other programs', and many are gone before they can be watched.
            Sighting::Folder(folder) if !self.is_source_folder(folder) => {}
            Sighting::Folder(folder) => {
                self.watch_tree(folder);
                files_below(folder).into_iter().for_each(|path| self.see(&Sighting::Settled(path), now));
            }
            Sighting::Lost => self.sighted(&Sighting::Folder(self.home.root.clone())),
            Sighting::Settled(path) | Sighting::InFlux(path) => {
                if path.is_dir() {
                    self.sighted(&Sighting::Folder(path.clone()));
                } else {
                    self.forget_folder(path);
                    self.see(sighting, now);
                }
            }
        }
    }

    fn is_source_folder(&self, folder: &Path) -> bool {
        can_hold_sources(folder)
            && folder.is_dir()
            && self.watch.as_ref().is_some_and(|watch| watch.is_in_tree(folder))
    }

    fn see(&mut self, sighting: &Sighting, now: Instant) {
        let (Sighting::Settled(path) | Sighting::InFlux(path)) = sighting else { return };
        if self.watch.as_ref().is_some_and(|watch| watch.wants(path)) {
            self.sight.see(sighting, now);
        }
    }

    fn forget_folder(&mut self, path: &Path) {
        if let Some(watch) = self.watch.as_mut().filter(|watch| watch.is_watched(path)) {
            watch.forget(path);
        }
    }

    fn wake(&mut self) {
        let now = Instant::now();
        let mut paths = self.sight.look(now);
        paths.extend(self.sight.rewritten().into_iter().filter(|path| self.core.is_undone(path)));
        if !paths.is_empty() {
            self.changed(paths, Trigger::Watch);
        }
        if self.wake_at.is_some_and(|at| at <= now) {
            self.wake_at = None;
            self.handle(Event::Tick);
        }
    }

    fn watch_tree(&mut self, folder: &Path) {
        let result = self.watch.as_mut().map_or(Ok(()), |watch| watch.add_tree(folder));
        self.complain(folder, result);
    }

    fn watch_path(&mut self, path: &Path) {
        if path.is_dir() {
            return self.watch_tree(path);
        }
        let result = self.watch.as_mut().map_or(Ok(()), |watch| watch.add_file(path));
        self.complain(path, result);
    }

    fn complain(&mut self, path: &Path, result: notify::Result<()>) {
        if let Err(error) = result {
            let text = format!(
                "cannot watch {}: {error}. Saves in an editor that speaks to Liveline still count; for others raise \
                 fs.inotify.max_user_watches",
                path.display()
            );
            self.tell(&HubEvent::Message { level: Level::Warning, text });
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.builds.values().for_each(|running| running.cancel.cancel());
        self.workshop.stop_warming(None);
    }
}

impl Input {
    /// An engine's report.
    pub fn engine_said(session: &Session, said: EngineSaid) -> Self {
        Self::core(Event::EngineSaid { session: session.clone(), said })
    }

    /// Something for the core.
    pub fn core(event: Event) -> Self {
        Self::Core(Box::new(event))
    }
}
