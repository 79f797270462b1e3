//! What engines do to the core, and what they are told.

use super::history::Verdict;
use super::*;
use crate::build::past::KeptFault;

impl Core {
    pub(super) fn attached(
        &mut self,
        session: Session,
        attach: Attach,
        address: Option<String>,
        actions: &mut Vec<Action>,
    ) {
        actions.push(Action::Tell(HubEvent::EngineAttached {
            session: session.0.clone(),
            name: attach.engine.name.clone(),
            pid: attach.engine.pid,
            address: address.clone(),
        }));
        if attach.loaders.is_empty() {
            let text = format!("engine `{}` offers no loader: it gets no reloads", attach.engine.name);
            actions.push(tell(Level::Warning, text));
        }
        let passed_over = session.clone();
        self.engines.push(Engine {
            session,
            attach,
            address,
            running: BTreeMap::new(),
            before: BTreeMap::new(),
            refused: BTreeMap::new(),
            awaited: BTreeMap::new(),
            wanted: BTreeMap::new(),
        });
        self.passed_over(&passed_over);
    }

    pub(super) fn engine_gone(&mut self, session: &Session, actions: &mut Vec<Action>) {
        let before = self.engines.len();
        self.engines.retain(|engine| engine.session != *session);
        if self.engines.len() == before {
            return;
        }
        self.forget_late(session);
        actions.push(Action::Tell(HubEvent::EngineDetached { session: session.0.clone() }));
    }

    pub(super) fn engine_said(
        &mut self,
        session: &Session,
        said: EngineSaid,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        match said {
            EngineSaid::Reloaded(reloaded) => self.reloaded(session, reloaded, now, actions),
            EngineSaid::Fault(fault) => self.fault(session, fault, now, actions),
            EngineSaid::Ran(ran) => {
                self.ran(session, &ran, actions);
                self.goes_on(session, &ran, actions);
                actions.push(Action::Tell(HubEvent::Ran { session: session.0.clone(), ran }))
            }
        }
    }

    pub(super) fn reloaded(
        &mut self,
        session: &Session,
        mut reloaded: Reloaded,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        // Whatever an engine of another version says of it.
        if reloaded.cause.is_none() && self.apis_asked(session, &reloaded).is_some() {
            reloaded.cause = Some(Cause::Api);
        }
        let Some(engine) = self.engines.iter_mut().find(|engine| engine.session == *session) else { return };
        let Some(state) = self.libraries.get_mut(&reloaded.library) else { return };
        let (name, library) = (engine.attach.engine.name.clone(), &reloaded.library);
        let generation = reloaded.generation;
        // What a newer generation has overtaken is nobody's concern.
        let is_current = generation == state.told_generation();
        let can_retry = reloaded.outcome == Answer::Refused && is_current;
        if let Some(kind) = reloaded.retry.filter(|_| can_retry) {
            let (reason, library) = (reloaded.reason.clone().unwrap_or_default(), library.clone());
            let text = format!("`{name}` gets generation {generation} of `{library}` as a {kind}: {reason}");
            actions.push(tell(Level::Warning, text));
            return self.try_other_form(session, &library, kind, actions);
        }
        engine.answered(&reloaded, is_current);
        let is_applied = reloaded.outcome == Answer::Applied;
        let mut save_to_live = None;
        if is_applied && engine.awaited.remove(library) == Some(generation) {
            save_to_live = state.live(generation, now.unix_micros);
        }
        if is_current || reloaded.outcome != Answer::Refused {
            let verdict = match reloaded.outcome {
                Answer::Applied => Verdict::Runs,
                Answer::Refused => Verdict::Refuses,
                Answer::Restored => Verdict::TookBack(reloaded.reason.clone().unwrap_or_default()),
            };
            state.history.judged(generation, session, verdict);
        }
        let reason = reloaded.reason.as_deref();
        let text = match (reloaded.outcome, reason) {
            (Answer::Applied, None) => None,
            (Answer::Applied, Some(reason)) => {
                Some(format!("`{name}` runs generation {generation} of `{library}`: {reason}"))
            }
            (Answer::Restored, reason) => Some(format!(
                "`{name}` took generation {generation} of `{library}` back: {}",
                reason.unwrap_or("it failed")
            )),
            (Answer::Refused, Some(reason)) => {
                Some(format!("`{name}` keeps its code of `{library}`: {reason}"))
            }
            (Answer::Refused, None) => {
                Some(format!("`{name}` keeps its code of `{library}` and gives no reason"))
            }
        };
        let is_restored = reloaded.outcome == Answer::Restored;
        let mut faults = state.faults.clone();
        // What it failed with is why it took the generation back, or, where it survived a crash, was sent back.
        let is_back = state.undone.is_some() && state.history.has_crashed(state.generation());
        faults.retain(|(other, _)| other != session || is_restored || is_back);
        let is_told = faults.iter().any(|(other, _)| other == session);
        let source = state.library.source.clone();
        match text {
            Some(text) if is_applied => actions.push(tell(Level::Info, text)),
            Some(text) if is_current || is_restored => {
                actions.push(tell(Level::Warning, text.clone()));
                if !self.undo_refused(library, actions) && !is_told {
                    let mut diagnostic = self.run_diagnostic(text, reloaded.at.as_ref(), &source);
                    diagnostic.commands = refusals::fixes(&reloaded);
                    faults.push((session.clone(), self.with_texts(diagnostic, library, generation)));
                    actions.extend(self.apis_asked(session, &reloaded).map(Action::CompareApis));
                }
            }
            _ => {}
        }
        self.set_faults(&reloaded.library, faults, actions);
        let session = session.0.clone();
        actions.push(Action::Tell(HubEvent::Reloaded {
            session,
            reloaded,
            save_to_live_micros: save_to_live,
        }));
    }

    pub(super) fn fault(&mut self, session: &Session, fault: Fault, now: Now, actions: &mut Vec<Action>) {
        if let Some(restored) = fault.restored
            && let Some(engine) = self.engines.iter_mut().find(|engine| engine.session == *session)
        {
            engine.restored(&fault, restored);
            if let Some(state) = self.libraries.get_mut(&fault.library) {
                state.history.judged(fault.generation, session, Verdict::TookBack(fault.message.clone()));
            }
        }
        let runs_instead = self.fell(session, &fault, now, actions);
        let is_kept = fault.kind != FaultKind::Panic || fault.restored.is_some();
        if let Some(state) = self.libraries.get(&fault.library) {
            let word = match fault.kind {
                FaultKind::Panic => "panicked",
                FaultKind::Crash => "crashed",
                FaultKind::Hang => "hangs",
            };
            let instead = runs_instead.map(|generation| format!("; {}", crashes::runs_again(generation)));
            let text = format!(
                "generation {} {word}: {}{}",
                fault.generation,
                fault.message,
                instead.unwrap_or_default()
            );
            let at = fault.frames.iter().find_map(|frame| self.place(frame));
            let mut diagnostic = self.run_diagnostic(text.clone(), at.as_ref(), &state.library.source);
            diagnostic.related = self.frames(&fault);
            let entry = (session.clone(), self.with_texts(diagnostic, &fault.library, fault.generation));
            let mut faults = state.faults.clone();
            if faults.len() < MOST_FAULTS && !faults.contains(&entry) {
                faults.push(entry);
                self.set_faults(&fault.library, faults, actions);
            }
            if let Some(state) = self.libraries.get_mut(&fault.library).filter(|_| is_kept) {
                state.history.failed_with(fault.generation, KeptFault { text, at });
            }
        }
        actions.push(Action::Tell(HubEvent::Fault { session: session.0.clone(), fault }));
    }

    /// A frame's place, if it is in a file of this workspace.
    pub(super) fn place(&self, frame: &Frame) -> Option<Place> {
        let (file, line) = (frame.file.clone()?, frame.line?);
        let project = self.project.as_ref()?;
        let path = project.root.join(&file);
        let mut packages = project.packages.iter();
        let is_own = path.starts_with(&project.root) || packages.any(|own| path.starts_with(&own.folder));
        let is_source = is_own && !path.starts_with(&project.target) && path.is_file();
        is_source.then(|| Place { file, line, column: frame.column.unwrap_or(1) })
    }

    pub(super) fn run_diagnostic(&self, text: String, at: Option<&Place>, source: &Path) -> Diagnostic {
        let root = self.project.as_ref().map(|project| project.root.clone()).unwrap_or_default();
        let path = at.map_or_else(|| source.to_owned(), |at| root.join(&at.file));
        let mut diagnostic = at_file(&path, Severity::Error, text);
        diagnostic.source = Source::Run;
        if let Some(at) = at {
            diagnostic.span.start = Position { line: at.line, column: at.column };
            diagnostic.span.end = diagnostic.span.start;
        }
        diagnostic
    }

    pub(super) fn set_faults(
        &mut self,
        name: &str,
        faults: Vec<(Session, Diagnostic)>,
        actions: &mut Vec<Action>,
    ) {
        let mut shown: Vec<Diagnostic> = Vec::new();
        for (_, fault) in &faults {
            if !shown.contains(fault) {
                shown.push(fault.clone());
            }
        }
        if let Some(state) = self.libraries.get_mut(name) {
            state.faults = faults;
        }
        show(self.book.set_faults(name, shown), actions);
    }
}
