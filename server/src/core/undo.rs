//! Going back to earlier generations, and forward again.

use super::*;
use crate::build::past::{Mark, Past};
use crate::diagnostics::CommandFix;

/// The book's page for what is said of a library while an earlier generation runs. No library's name has a space.
pub(super) fn page(library: &str) -> String {
    format!("{library} undone")
}

impl Core {
    /// Goes back one generation, or to the given one. What was never saved goes first.
    pub(super) fn undo(
        &mut self,
        library: Option<&str>,
        generation: Option<Generation>,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<(), String> {
        if generation.is_none() {
            let names = self.named(library)?;
            if names.iter().filter(|name| self.back_to_saved(name, now, actions)).count() > 0 {
                return Ok(());
            }
        }
        let names = self.moved_last(library)?;
        let target = |name: &String| {
            let state = self.libraries.get(name)?;
            match generation {
                Some(generation) => state.history.get(generation).map(|reload| reload.generation),
                None => state.history.before(state.told_generation()),
            }
        };
        let targets: Vec<Option<Generation>> = names.iter().map(target).collect();
        if targets.iter().all(Option::is_none) {
            return Err(self.nothing_before(&names, generation));
        }
        for (name, target) in names.iter().zip(targets) {
            if let Some(target) = target {
                self.go_to(name, target, now, actions);
            }
        }
        self.restart_hanging(actions);
        Ok(())
    }

    /// Goes forward one generation.
    pub(super) fn redo(
        &mut self,
        library: Option<&str>,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<(), String> {
        let undone = self
            .named(library)?
            .into_iter()
            .filter(|name| self.libraries.get(name).is_some_and(|state| state.undone.is_some()));
        let undone: Vec<String> = undone.collect();
        let moved = self.newest_of(undone.clone());
        // Those that an earlier server moved have no time.
        let names = if library.is_some() || moved.is_empty() { undone } else { moved };
        if names.is_empty() {
            return Err("the newest generation runs: there is nothing to go forward to".to_owned());
        }
        let (mut moves, mut blocked) = (Vec::new(), Vec::new());
        for name in names {
            match self.libraries.get(&name).map(LibraryState::forward) {
                Some(Ok(target)) => moves.push((name, target)),
                Some(Err(reason)) => blocked.push(reason),
                None => {}
            }
        }
        if let Some(reason) = blocked.pop().filter(|_| moves.is_empty()) {
            return Err(reason);
        }
        moves.iter().for_each(|(name, target)| self.go_to(name, *target, now, actions));
        Ok(())
    }

    /// The disk says what can be gone back to. Only before the first build is its word on what runs the newest.
    pub(super) fn past_known(&mut self, library: &str, past: Vec<Past>, undone: Option<Generation>) {
        let Some(state) = self.libraries.get_mut(library) else { return };
        past.into_iter().for_each(|past| state.history.remember(past));
        if state.current.is_none() {
            // Zero is what engines were linked with.
            let is_known = |generation: &Generation| {
                *generation == Generation::default() || state.history.get(*generation).is_some()
            };
            state.undone = undone.filter(is_known);
            state.kept_undone = undone;
        }
    }

    /// Whether a file is one whose save brings the newest generation of a library back, changed or not.
    pub fn is_undone(&self, path: &Path) -> bool {
        let Some(project) = &self.project else { return false };
        self.libraries.values().any(|state| state.undone.is_some() && state.concerns(path, project))
    }

    fn go_to(&mut self, name: &str, target: Generation, now: Now, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.get(name) else { return };
        let way = if target < state.told_generation() { "back" } else { "forward" };
        let text = format!("`{name}` goes {way} to generation {target}");
        actions.push(match state.history.mark(target).and_then(Mark::trouble) {
            Some(trouble) => tell(Level::Warning, format!("{text}, although {trouble}")),
            None => tell(Level::Info, text),
        });
        self.move_to(name, target, now, actions);
    }

    /// From now on engines are to run this generation.
    pub(super) fn move_to(&mut self, name: &str, target: Generation, now: Now, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.get_mut(name) else { return };
        let is_back = target < state.told_generation();
        state.go_to(Some(target));
        state.moved_at = now.unix_micros;
        // Nothing unsaved takes its place before the next edit.
        state.speculation.hold();
        let told = state.told().cloned();
        self.set_faults(name, Vec::new(), actions);
        self.show_undone(name, actions);
        let Some(told) = told else { return };
        let trigger = if is_back { Trigger::Undo } else { Trigger::Command };
        self.announce(Reload { trigger, saved_at_unix_micros: None, reset: None, ..told }, actions);
    }

    /// The libraries that a command means that names none: those that the last save or command moved.
    fn moved_last(&self, library: Option<&str>) -> Result<Vec<String>, String> {
        let names = self.named(library)?;
        if library.is_some() || names.len() < 2 {
            return Ok(names);
        }
        let moved = self.newest_of(names.clone());
        match moved.is_empty() {
            false => Ok(moved),
            true => Err(format!("nothing was saved yet; say which library: {}", names.join(", "))),
        }
    }

    fn newest_of(&self, names: Vec<String>) -> Vec<String> {
        let moved_at = |name: &String| self.libraries.get(name).map_or(0, |state| state.moved_at);
        let newest = names.iter().map(moved_at).max().unwrap_or_default();
        names.into_iter().filter(|name| newest > 0 && moved_at(name) == newest).collect()
    }

    fn nothing_before(&self, names: &[String], generation: Option<Generation>) -> String {
        let name = names.first().map(String::as_str).unwrap_or_default();
        let known = self.libraries.get(name).map(|state| state.history.numbers()).unwrap_or_default();
        match (generation, known.is_empty()) {
            (_, true) => format!("`{name}` has no good build yet"),
            (Some(generation), false) => {
                format!("generation {generation} of `{name}` is not kept; there are {known}")
            }
            (None, false) => format!("`{name}` has no earlier generation that engines would run"),
        }
    }

    /// An engine would not go where a command sent it. If no engine does, none is there, and what runs is told.
    pub(super) fn undo_refused(&mut self, name: &str, actions: &mut Vec<Action>) -> bool {
        let Some(state) = self.libraries.get_mut(name) else { return false };
        let Some(undone) = state.undone else { return false };
        let mut able = self.engines.iter().filter(|engine| !engine.attach.loaders.is_empty());
        if !able.all(|engine| state.history.is_refused_by(undone, &engine.session)) {
            return false;
        }
        let running = self.engines.iter().find_map(|engine| engine.running.get(name).copied());
        state.go_to(running.filter(|generation| state.history.get(*generation).is_some()));
        state.announced = state.told().cloned();
        self.show_undone(name, actions);
        true
    }

    /// Says in the editor that what runs is not what is saved, or takes that back.
    pub(super) fn show_undone(&mut self, name: &str, actions: &mut Vec<Action>) {
        if let Some(state) = self.libraries.get_mut(name)
            && state.kept_undone != state.undone
        {
            state.kept_undone = state.undone;
            actions.push(Action::KeepUndone { library: name.to_owned(), undone: state.undone });
        }
        let diagnostic = self.libraries.get(name).and_then(undone_diagnostic);
        show(self.book.replace(&page(name), diagnostic.into_iter().collect()), actions);
    }
}

impl LibraryState {
    /// The generation after the one that engines are to run. The newest is where forward ends, also if no engine ran
    /// it; what ends engines or hangs in them has to be asked for by its number.
    fn forward(&self) -> Result<Generation, String> {
        let newest = self.generation();
        match (self.history.after(self.told_generation()), self.deadly()) {
            (Some(next), _) => Ok(next),
            (None, None) => Ok(newest),
            (None, Some(trouble)) => Err(format!(
                "generation {newest} of `{}` is not run again by itself: {trouble}. Save a change, or give its number \
                 to `liveline.undo`",
                self.library.name
            )),
        }
    }

    /// What the newest generation does to engines.
    fn deadly(&self) -> Option<&'static str> {
        let mark = self.history.mark(self.generation()).filter(|mark| mark.crashed || mark.hung);
        mark.and_then(Mark::trouble)
    }
}

fn undone_diagnostic(state: &LibraryState) -> Option<Diagnostic> {
    let (undone, newest, name) = (state.undone?, state.generation(), &state.library.name);
    let what = if state.has_failed() { "the last good build" } else { "what is saved" };
    let (deadly, next) = (state.deadly(), state.forward().ok());
    let newest_is = deadly.map(|trouble| format!(" ({trouble})")).unwrap_or_default();
    let way = if next.is_some() { "save, or `liveline.redo`" } else { "save a change" };
    let text =
        format!("generation {undone} of `{name}` runs; {what} is generation {newest}{newest_is}: {way}");
    let mut diagnostic = at_file(&state.library.source, Severity::Information, text);
    diagnostic.source = Source::Run;
    diagnostic.commands.extend(next.map(|next| CommandFix {
        title: format!("Go forward to generation {next}"),
        command: "liveline.redo".to_owned(),
        arguments: vec![serde_json::json!({ "library": name })],
    }));
    if next != Some(newest) {
        let title = match deadly {
            Some(trouble) => format!("Run generation {newest} all the same, although {trouble}"),
            None => format!("Go forward to the newest, generation {newest}"),
        };
        diagnostic.commands.push(CommandFix {
            title,
            command: "liveline.undo".to_owned(),
            arguments: vec![serde_json::json!({ "library": name, "generation": newest })],
        });
    }
    Some(diagnostic)
}
