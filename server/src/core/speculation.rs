//! Builds of unsaved text: when one begins, when it gives way, and when a save can use it.

use super::*;

/// A pause in typing is at least this long: rustc would be started for every key otherwise.
const SHORTEST_PAUSE: Duration = Duration::from_millis(15);
const LONGEST_PAUSE: Duration = Duration::from_millis(300);

/// Unsaved text that a build was given, by file.
pub type Overlaid = BTreeMap<PathBuf, Hash>;

/// An editor's buffer.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    text: Arc<str>,
    hash: Hash,
    /// Whether it is other text than was last saved, as far as the editor has said.
    edited: bool,
}

/// What is known of one library's builds of unsaved text.
#[derive(Clone, Debug, Default)]
pub struct Speculation {
    due: Option<Instant>,
    /// How long builds took lately.
    usual: Duration,
    /// The unsaved text that was built last.
    tried: Option<Overlaid>,
    /// A person has gone back to the saved text: nothing unsaved goes to engines before the next edit.
    held: bool,
    /// cargo was asked to run so that the text can be built, since the last edit.
    has_asked: bool,
}

impl Speculation {
    /// When the next build may begin.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A build took so long; the next pause is measured by it.
    pub fn took(&mut self, time: Duration) {
        self.usual = if self.usual.is_zero() { time } else { (self.usual * 3 + time) / 4 };
    }

    /// Nothing unsaved goes to engines before the next edit.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// The longer a build takes, the surer the person must be done before one begins.
    fn pause(&self) -> Duration {
        (self.usual / 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
    }
}

impl Core {
    /// An editor shows a file; its first edit should find a compiler ready.
    pub(super) fn opened(&mut self, path: PathBuf, text: String, actions: &mut Vec<Action>) {
        self.config_edited(&path, None, actions);
        let names = self.concerned(&path);
        self.buffers.insert(path, Buffer::new(text, false));
        for order in names.iter().filter_map(|name| self.order(name, Purpose::Speculative)) {
            actions.push(Action::Prepare(Box::new(order)));
        }
    }

    /// Typing ends what was built from the text before, and puts off the next build.
    pub(super) fn edited(&mut self, path: PathBuf, text: String, now: Now, actions: &mut Vec<Action>) {
        self.config_edited(&path, Some(&text), actions);
        let names = self.concerned(&path);
        self.buffers.insert(path, Buffer::new(text, true));
        for name in names {
            if let Some(state) = self.libraries.get_mut(&name) {
                state.speculation.due = Some(now.instant + state.speculation.pause());
                state.speculation.held = false;
                state.speculation.has_asked = false;
            }
            let overlaid = self.overlaid(&name);
            if let Some(state) = self.libraries.get(&name)
                && state.overlaid().is_some_and(|running| *running != overlaid)
            {
                actions.extend(state.running_build().map(Action::Cancel));
            }
        }
    }

    /// What an editor closes without saving never was.
    pub(super) fn closed(&mut self, path: &Path, now: Now, actions: &mut Vec<Action>) {
        let Some(buffer) = self.buffers.remove(path) else { return };
        if !buffer.edited {
            return;
        }
        self.config_edited(path, None, actions);
        for name in self.concerned(path) {
            let Some(state) = self.libraries.get_mut(&name) else { continue };
            let has_shown = state.speculation.tried.take().is_some();
            let unsaved = state.current.as_ref().is_some_and(|current| current.unsaved);
            if has_shown || unsaved || state.overlaid().is_some() {
                self.want(&name, Want::new(Trigger::Watch), now, actions);
            }
            self.put_off(&name, now);
        }
    }

    /// An editor's buffer is what is on the disk now.
    pub(super) fn settle_buffers(&mut self, files: &BTreeMap<PathBuf, Option<Hash>>, trigger: Trigger) {
        for (path, hash) in files {
            // What an editor itself has saved may differ from what it shows, in its line ends for instance.
            if let Some(buffer) = self.buffers.get_mut(path)
                && (trigger == Trigger::Save || hash.as_ref() == Some(&buffer.hash))
            {
                buffer.edited = false;
            }
        }
    }

    /// Whether all of these are as an editor shows them.
    pub(super) fn shows(&self, files: &BTreeMap<PathBuf, Option<Hash>>) -> bool {
        let is_shown = |(path, hash): (&PathBuf, &Option<Hash>)| {
            self.buffers.get(path).is_some_and(|buffer| Some(&buffer.hash) == hash.as_ref())
        };
        !files.is_empty() && files.iter().all(is_shown)
    }

    /// Whether the running build of unsaved text builds what has just been written, so that a save need only wait
    /// for it.
    pub(super) fn serves(&self, name: &str, files: &BTreeMap<PathBuf, Option<Hash>>) -> bool {
        let Some(overlaid) = self.libraries.get(name).and_then(LibraryState::overlaid) else { return false };
        files.iter().all(|(path, hash)| hash.is_some() && overlaid.get(path) == hash.as_ref())
    }

    /// Begins what is due, one build at a time and none beside a build of saved text.
    pub(super) fn speculate(&mut self, now: Now, actions: &mut Vec<Action>) {
        if !self.speculates() {
            return;
        }
        if self.libraries.values().any(|state| state.running_build().is_some() || state.waiting().is_some()) {
            return;
        }
        let applies_at = self.applies_at();
        let is_due = |state: &LibraryState| state.speculation.due.is_some_and(|due| due <= now.instant);
        let due: Vec<String> =
            self.libraries.iter().filter(|(_, state)| is_due(state)).map(|(name, _)| name.clone()).collect();
        for name in due {
            let overlaid = self.overlaid(&name);
            let Some(state) = self.libraries.get_mut(&name) else { continue };
            state.speculation.due = None;
            if overlaid.is_empty() || state.speculation.tried.as_ref() == Some(&overlaid) {
                continue;
            }
            let is_live = applies_at == Apply::Pause && !state.speculation.held;
            let purpose = if is_live { Purpose::Live } else { Purpose::Speculative };
            let Some(order) = self.order(&name, purpose).filter(can_stand_alone) else { continue };
            self.builds += 1;
            let build = BuildId(self.builds);
            if let Some(state) = self.libraries.get_mut(&name) {
                state.begin_unsaved(build, purpose, overlaid, now.instant);
            }
            actions.push(Action::Build { build, order: Box::new(order) });
            return;
        }
    }

    /// A build of saved text has the machine: what is built ahead elsewhere begins anew after it.
    pub(super) fn give_way(&mut self, name: &str, now: Now, actions: &mut Vec<Action>) {
        for (_, state) in self.libraries.iter_mut().filter(|(other, _)| *other != name) {
            if state.overlaid().is_some() {
                state.speculation.due = Some(now.instant + state.speculation.pause());
                actions.extend(state.running_build().map(Action::Cancel));
            }
        }
    }

    /// A build of unsaved text has ended.
    pub(super) fn ended_unsaved(
        &mut self,
        name: &str,
        outcome: Outcome,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        let Some(state) = self.libraries.get_mut(name) else { return };
        let (said, overlaid) = (state.said(), state.overlaid().cloned().unwrap_or_default());
        let micros = state.micros(now.instant);
        let ended = match outcome {
            Outcome::Ready { .. } => Some((Speculated::Ready, said)),
            Outcome::Failed => Some((Speculated::Failed, said)),
            Outcome::Unchanged { diagnostics, .. } => Some((Speculated::Unchanged, diagnostics)),
            Outcome::Built(reload) => {
                state.speculation.tried = Some(overlaid.clone());
                state.speculation.took(Duration::from_micros(micros));
                self.built(name, reload, now, actions);
                return;
            }
            Outcome::Broken(broken) => {
                actions.push(tell(Level::Info, format!("{name}: {}", broken.message)));
                None
            }
            Outcome::Stale => {
                self.put_off(name, now);
                None
            }
            Outcome::NotNow => {
                // What is saved is built first; what is not follows it.
                if !std::mem::replace(&mut state.speculation.has_asked, true) {
                    state.add(Want::new(Trigger::Watch));
                }
                None
            }
            Outcome::Cancelled => None,
        };
        let Some((outcome, diagnostics)) = ended else {
            return show(self.book.abandon(name), actions);
        };
        if let Some(state) = self.libraries.get_mut(name) {
            state.speculation.tried = Some(overlaid.clone());
            state.speculation.took(Duration::from_micros(micros));
        }
        show_unsaved(self.book.replace(name, diagnostics), &overlaid, actions);
        let library = name.to_owned();
        actions.push(Action::Tell(HubEvent::Speculated { library, outcome, seen: overlaid, micros }));
    }

    /// What is edited and not saved is built once more on top of what has just been saved.
    pub(super) fn put_off(&mut self, name: &str, now: Now) {
        let is_edited = !self.overlaid(name).is_empty();
        if let Some(state) = self.libraries.get_mut(name) {
            state.speculation.tried = None;
            state.speculation.due = is_edited.then(|| now.instant + state.speculation.pause());
        }
    }

    /// Goes back to what is saved, if what runs is not.
    pub(super) fn back_to_saved(&mut self, name: &str, now: Now, actions: &mut Vec<Action>) -> bool {
        let Some(state) = self.libraries.get_mut(name) else { return false };
        if !state.current.as_ref().is_some_and(|current| current.unsaved) {
            return false;
        }
        state.speculation.hold();
        state.speculation.due = None;
        self.want(name, Want::new(Trigger::Command), now, actions);
        true
    }

    /// The unsaved text that a library would be built from.
    fn overlaid(&self, name: &str) -> Overlaid {
        self.edits(name).map(|(path, buffer)| (path.clone(), buffer.hash.clone())).collect()
    }

    pub(super) fn overlay(&self, name: &str) -> Overlay {
        self.edits(name).map(|(path, buffer)| (path.clone(), buffer.text.clone())).collect()
    }

    fn edits(&self, name: &str) -> impl Iterator<Item = (&PathBuf, &Buffer)> {
        let state = self.libraries.get(name).zip(self.project.as_ref());
        self.buffers.iter().filter(move |(path, buffer)| {
            buffer.edited && state.is_some_and(|(state, project)| state.concerns(path, project))
        })
    }

    pub(super) fn concerned(&self, path: &Path) -> Vec<String> {
        let Some(project) = &self.project else { return Vec::new() };
        let concerned = self.libraries.iter().filter(|(_, state)| state.concerns(path, project));
        concerned.map(|(name, _)| name.clone()).collect()
    }
}

impl Buffer {
    fn new(text: String, edited: bool) -> Self {
        Self { hash: hash(text.as_bytes()), text: text.into(), edited }
    }
}

/// A script file that has come to need its package is built with it once it is saved.
fn can_stand_alone(order: &Order) -> bool {
    let text = order.overlay.get(&order.library.source);
    order.library.file.is_none() || text.is_none_or(|text| script_file::why_not_alone(text).is_none())
}
