//! What engines do to the core, and what they are told.

use super::*;

impl Core {
    pub(super) fn attached(&mut self, session: Session, attach: Attach, actions: &mut Vec<Action>) {
        actions.push(Action::Tell(HubEvent::EngineAttached {
            session: session.0.clone(),
            name: attach.engine.name.clone(),
            pid: attach.engine.pid,
        }));
        if attach.loaders.is_empty() {
            let text = format!("engine `{}` offers no loader: it gets no reloads", attach.engine.name);
            actions.push(tell(Level::Warning, text));
        }
        self.engines.push(Engine {
            session,
            attach,
            running: BTreeMap::new(),
            awaited: BTreeMap::new(),
            wanted: BTreeMap::new(),
        });
    }

    pub(super) fn engine_gone(&mut self, session: &Session, actions: &mut Vec<Action>) {
        let before = self.engines.len();
        self.engines.retain(|engine| engine.session != *session);
        if self.engines.len() == before {
            return;
        }
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
            EngineSaid::Fault(fault) => self.fault(session, fault, actions),
            EngineSaid::Ran(ran) => {
                actions.push(Action::Tell(HubEvent::Ran { session: session.0.clone(), ran }))
            }
        }
    }

    pub(super) fn reloaded(
        &mut self,
        session: &Session,
        reloaded: Reloaded,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        let Some(engine) = self.engines.iter_mut().find(|engine| engine.session == *session) else { return };
        let Some(state) = self.libraries.get_mut(&reloaded.library) else { return };
        let is_applied = reloaded.outcome == Answer::Applied;
        let mut save_to_live = None;
        if is_applied {
            engine.running.insert(reloaded.library.clone(), reloaded.generation);
            if engine.awaited.remove(&reloaded.library) == Some(reloaded.generation) {
                save_to_live = state.live(reloaded.generation, now.unix_micros);
            }
        }
        let (name, library) = (engine.attach.engine.name.clone(), &reloaded.library);
        let can_retry = reloaded.outcome == Answer::Refused && reloaded.generation == state.generation();
        if let Some(kind) = reloaded.retry.filter(|_| can_retry) {
            let (reason, library) = (reloaded.reason.clone().unwrap_or_default(), library.clone());
            let text = format!(
                "`{name}` gets generation {} of `{library}` as a {kind}: {reason}",
                reloaded.generation
            );
            actions.push(tell(Level::Warning, text));
            return self.try_other_form(session, &library, kind, actions);
        }
        let text = match (&reloaded.reason, is_applied) {
            (Some(reason), true) => {
                Some(format!("`{name}` runs generation {} of `{library}`: {reason}", reloaded.generation))
            }
            (None, true) => None,
            (Some(reason), false) => Some(format!("`{name}` keeps its code of `{library}`: {reason}")),
            (None, false) => Some(format!("`{name}` keeps its code of `{library}` and gives no reason")),
        };
        let mut faults: Vec<_> = state.faults.iter().filter(|(other, _)| other != session).cloned().collect();
        // What a newer generation has overtaken is nobody's concern.
        let is_current = reloaded.generation == state.generation();
        let source = state.library.source.clone();
        match text {
            Some(text) if is_applied => actions.push(tell(Level::Info, text)),
            Some(text) if is_current => {
                actions.push(tell(Level::Warning, text.clone()));
                faults.push((session.clone(), self.run_diagnostic(text, reloaded.at.as_ref(), &source)));
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

    pub(super) fn fault(&mut self, session: &Session, fault: Fault, actions: &mut Vec<Action>) {
        if let Some(state) = self.libraries.get(&fault.library) {
            let word = match fault.kind {
                FaultKind::Panic => "panicked",
                FaultKind::Crash => "crashed",
                FaultKind::Hang => "hangs",
            };
            let text = format!("generation {} {word}: {}", fault.generation, fault.message);
            let at = fault.frames.iter().find_map(|frame| self.place(frame));
            let entry = (session.clone(), self.run_diagnostic(text, at.as_ref(), &state.library.source));
            let mut faults = state.faults.clone();
            if faults.len() < MOST_FAULTS && !faults.contains(&entry) {
                faults.push(entry);
                self.set_faults(&fault.library, faults, actions);
            }
        }
        actions.push(Action::Tell(HubEvent::Fault { session: session.0.clone(), fault }));
    }

    /// A frame's place, if it is in a file of this workspace.
    pub(super) fn place(&self, frame: &Frame) -> Option<Place> {
        let (file, line) = (frame.file.clone()?, frame.line?);
        let root = &self.project.as_ref()?.root;
        root.join(&file).is_file().then(|| Place { file, line, column: frame.column.unwrap_or(1) })
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
