//! What an engine does not run, why, and what a person can do about it.

use super::*;
use crate::diagnostics::{CommandFix, Related};
use crate::project::items::Change;
use liveline_protocol::engine::StateChange;
use liveline_protocol::status::Refused;

impl Engine {
    /// Takes note of its answer; `is_current`: to what it is to run.
    pub(super) fn answered(&mut self, reloaded: &Reloaded, is_current: bool) {
        let (library, generation) = (&reloaded.library, reloaded.generation);
        match reloaded.outcome {
            Answer::Applied => {
                self.runs(library, generation);
                if is_current {
                    self.refused.remove(library);
                }
                return;
            }
            Answer::Restored if self.running.get(library) == Some(&generation) => {
                match self.before.remove(library) {
                    Some(before) => _ = self.running.insert(library.clone(), before),
                    // What it was linked with.
                    None => _ = self.running.remove(library),
                }
            }
            Answer::Refused if !is_current => return,
            Answer::Restored | Answer::Refused => {}
        }
        let reason = reloaded.reason.clone().unwrap_or_else(|| "no reason given".to_owned());
        self.refuses(library, Refused { generation, outcome: reloaded.outcome, reason });
    }

    /// It says that it runs a generation.
    pub(super) fn runs(&mut self, library: &str, generation: Generation) {
        let before = self.running.insert(library.to_owned(), generation);
        if let Some(before) = before.filter(|before| *before != generation) {
            self.before.insert(library.to_owned(), before);
        }
    }

    pub(super) fn refuses(&mut self, library: &str, refused: Refused) {
        self.refused.insert(library.to_owned(), refused);
    }

    /// Code failed, and other code runs in its place.
    pub(super) fn restored(&mut self, fault: &Fault, restored: Generation) {
        self.running.insert(fault.library.clone(), restored);
        let reason = fault.message.clone();
        let refused = Refused { generation: fault.generation, outcome: Answer::Restored, reason };
        self.refuses(&fault.library, refused);
    }
}

impl Core {
    /// Announces what engines are to run once more; the state of the types named, or all of it, starts anew.
    pub(super) fn reset_state(
        &mut self,
        library: Option<&str>,
        types: &[String],
        actions: &mut Vec<Action>,
    ) -> Result<(), String> {
        for name in self.named(library)? {
            let told = self.libraries.get(&name).and_then(|state| state.told().cloned());
            // Where all are meant, one without a build has no state.
            let Some(told) = told else {
                match library {
                    Some(_) => return Err(format!("`{name}` has no good build yet")),
                    None => continue,
                }
            };
            let reset = Some(types.to_vec());
            let reload = Reload { trigger: Trigger::Command, saved_at_unix_micros: None, reset, ..told };
            self.announce(reload, actions);
        }
        Ok(())
    }

    /// An engine is not given what was taken back wherever it ran; it is seen to run something else, and why.
    pub(super) fn passed_over(&mut self, session: &Session) {
        let Some(engine) = self.engines.iter_mut().find(|engine| engine.session == *session) else { return };
        for (name, state) in &self.libraries {
            if let Some(reason) = state.taken_back() {
                let (generation, reason) = (state.told_generation(), reason.to_owned());
                engine.refuses(name, Refused { generation, outcome: Answer::Restored, reason });
            }
        }
    }

    /// Whether every engine that can take a library's generation runs it, and there is one.
    pub(super) fn is_live(&self, library: &LibraryState) -> bool {
        let told = library.told_generation();
        let mut able = self.engines.iter().filter(|engine| !engine.attach.loaders.is_empty()).peekable();
        able.peek().is_some() && able.all(|engine| engine.running.get(&library.library.name) == Some(&told))
    }

    /// What each of the files that a diagnostic speaks of held when the generation was built that it is about.
    pub(super) fn with_texts(
        &self,
        mut diagnostic: Diagnostic,
        library: &str,
        generation: Generation,
    ) -> Diagnostic {
        let Some(state) = self.libraries.get(library) else { return diagnostic };
        let related = diagnostic.related.iter().map(|related| &related.span.path);
        let paths: Vec<PathBuf> = related.chain([&diagnostic.span.path]).cloned().collect();
        for path in paths {
            if let Some(text) = state.history.text(generation, &path) {
                diagnostic.seen.insert(path, text.clone());
            }
        }
        diagnostic
    }

    /// What to look up where an engine runs another build of the API crate.
    pub(super) fn apis_asked(&self, session: &Session, reloaded: &Reloaded) -> Option<ApisAsked> {
        let engine = self.engines.iter().find(|engine| engine.session == *session)?;
        let is_it = reloaded.outcome == Answer::Refused && matches!(reloaded.cause, None | Some(Cause::Api));
        let running = engine.attach.api.as_ref().filter(|_| is_it)?;
        let built = self.libraries.get(&reloaded.library)?.told()?.api.as_ref()?;
        let is_comparable = running.package == built.package && running.hash != built.hash;
        is_comparable.then(|| ApisAsked {
            session: session.clone(),
            library: reloaded.library.clone(),
            generation: reloaded.generation,
            running: running.hash.clone(),
            built: built.hash.clone(),
        })
    }

    /// Says at the items that have changed what an engine's refusal comes from.
    pub(super) fn apis_compared(&mut self, asked: &ApisAsked, changes: &[Change], actions: &mut Vec<Action>) {
        let engine = self.engines.iter().find(|engine| engine.session == asked.session);
        let Some(name) = engine.map(|engine| engine.attach.engine.name.clone()) else { return };
        let Some(state) = self.libraries.get(&asked.library) else { return };
        let refused = state.faults.iter().find(|(session, _)| *session == asked.session).cloned();
        let Some((_, refused)) = refused.filter(|_| state.told_generation() == asked.generation) else {
            return;
        };
        let mut faults = state.faults.clone();
        let shown: Vec<Diagnostic> = match changes.is_empty() {
            true => {
                let why = "of its items none has changed, only comments, macros or what it depends on";
                vec![Diagnostic { message: format!("{}\n{why}", refused.message), ..refused.clone() }]
            }
            false => changes
                .iter()
                .take(MOST_FAULTS)
                .map(|change| {
                    let text = format!("the running `{name}` has {}; restart the engine", change.what);
                    let mut diagnostic = at_file(&change.file, Severity::Error, text);
                    diagnostic.source = Source::Run;
                    diagnostic.span.start = Position { line: change.line, column: change.column };
                    diagnostic.span.end = diagnostic.span.start;
                    diagnostic.commands.clone_from(&refused.commands);
                    diagnostic
                })
                .collect(),
        };
        let words: Vec<&str> = changes.iter().take(3).map(|change| change.what.as_str()).collect();
        if !words.is_empty() {
            let text = format!("the running `{name}` has {}; restart the engine", words.join("; "));
            actions.push(tell(Level::Warning, text.clone()));
            self.name_reason(asked, text);
        }
        faults.retain(|(session, fault)| *session != asked.session || *fault != refused);
        faults.extend(shown.into_iter().map(|diagnostic| (asked.session.clone(), diagnostic)));
        self.set_faults(&asked.library, faults, actions);
    }

    /// For the status: the reason, better known now.
    fn name_reason(&mut self, asked: &ApisAsked, reason: String) {
        let mut engines = self.engines.iter_mut();
        let engine = engines.find(|engine| engine.session == asked.session);
        let refused = engine.and_then(|engine| engine.refused.get_mut(&asked.library));
        if let Some(refused) = refused.filter(|refused| refused.generation == asked.generation) {
            refused.reason = reason;
        }
    }

    /// The frames of a backtrace that are in the workspace, as places that belong to a fault.
    pub(super) fn frames(&self, fault: &Fault) -> Vec<Related> {
        let mut related: Vec<Related> = Vec::new();
        for frame in &fault.frames {
            let Some(place) = self.place(frame) else { continue };
            let at = self.run_diagnostic(String::new(), Some(&place), Path::new(""));
            let here = Related { span: at.span, message: format!("in `{}`", frame.function) };
            if !related.contains(&here) {
                related.push(here);
            }
        }
        related
    }
}

/// What a person can do about a refusal.
pub(super) fn fixes(reloaded: &Reloaded) -> Vec<CommandFix> {
    let library = &reloaded.library;
    let fix = |title: &str, command: &str, arguments: Vec<Value>| CommandFix {
        title: title.to_owned(),
        command: command.to_owned(),
        arguments,
    };
    let keep = || {
        let arguments = vec![serde_json::json!({ "library": library })];
        fix("Keep running the old code", "liveline.clearFaults", arguments)
    };
    match reloaded.cause {
        Some(Cause::State) => {
            let outcomes = reloaded.state.iter().flatten();
            let resets = outcomes.filter(|state| state.outcome == StateChange::Reset);
            let types: Vec<&String> = resets.map(|state| &state.type_name).collect();
            let arguments = vec![serde_json::json!({ "library": library, "types": types })];
            vec![fix("Reset this state and reload", "liveline.resetState", arguments), keep()]
        }
        Some(Cause::Api | Cause::Interface) => {
            vec![fix("Restart the engine", "liveline.restartEngine", Vec::new()), keep()]
        }
        None => Vec::new(),
    }
}
