//! The forms in which a generation can be: which one engines want, and making it for those that want another.

use super::*;

impl Core {
    /// What the next build should make: what most of the attached engines take, by the configuration's word where
    /// they take both or where none is attached.
    pub(super) fn wanted_kind(&self) -> ArtifactKind {
        let kinds: Vec<ArtifactKind> =
            self.engines.iter().filter_map(|engine| self.kind_for(&engine.attach)).collect();
        let preferred = self.preferred();
        match kinds.first() {
            Some(first) if !kinds.contains(&preferred) => *first,
            _ => preferred,
        }
    }

    fn preferred(&self) -> ArtifactKind {
        match self.loader() {
            Some(Loader::Dylib) => ArtifactKind::Dylib,
            Some(Loader::Object) | None => ArtifactKind::Object,
        }
    }

    /// The form that an engine gets: the preferred one if it takes that.
    fn kind_for(&self, attach: &Attach) -> Option<ArtifactKind> {
        let preferred = self.preferred();
        let takes = |kind: &ArtifactKind| attach.loaders.contains(kind);
        [preferred, ArtifactKind::Object, ArtifactKind::Dylib].into_iter().find(takes)
    }

    /// What an engine that attaches is given of a library.
    fn first_for(&self, attach: &Attach, library: &LibraryState) -> Result<Option<Reload>, ArtifactKind> {
        if library.taken_back().is_none() {
            return self.reload_for(attach, library).map(Some);
        }
        match library.before_told() {
            None => Ok(None),
            Some(before) if attach.loaders.contains(&before.artifact.kind) => Ok(Some(before.clone())),
            // One that takes no earlier generation as it was made gets what the others were given.
            Some(_) => self.reload_for(attach, library).map(Some),
        }
    }

    /// What engines are to run of a library, for one of them: in the form that it wants most, or in one that it takes.
    fn reload_for(&self, attach: &Attach, library: &LibraryState) -> Result<Reload, ArtifactKind> {
        let wanted = self.kind_for(attach).unwrap_or(ArtifactKind::Dylib);
        let there = [wanted, ArtifactKind::Object, ArtifactKind::Dylib]
            .iter()
            .filter(|kind| attach.loaders.contains(kind))
            .find_map(|kind| library.forms.get(kind));
        there.cloned().ok_or(wanted)
    }

    /// The current generation of every library, for an engine that attaches now. Their saves are history.
    pub fn current(&self, attach: &Attach) -> Vec<Reload> {
        let reloads = self.libraries.values().filter_map(|library| self.first_for(attach, library).ok()?);
        reloads.map(|reload| Reload { saved_at_unix_micros: None, ..reload }).collect()
    }

    /// The generations that have to be made in another form before an engine can be given all of them.
    pub fn missing(&self, attach: &Attach) -> Vec<(String, Generation, ArtifactKind)> {
        if attach.loaders.is_empty() {
            return Vec::new();
        }
        let missing = |(name, library): (&String, &LibraryState)| {
            let told = library.told()?;
            let kind = self.first_for(attach, library).err()?;
            Some((name.clone(), told.generation, kind))
        };
        self.libraries.iter().filter_map(missing).collect()
    }

    /// Tells engines what they are to run, which an earlier server may have told them already.
    pub(super) fn announce_again(&mut self, reload: Reload, actions: &mut Vec<Action>) {
        let name = reload.library.clone();
        self.show_kept_fault(&name, actions);
        let Some(state) = self.libraries.get_mut(&name) else { return };
        let Some(reason) = state.taken_back().map(str::to_owned) else {
            return self.announce(reload, actions);
        };
        state.announced = Some(reload.clone());
        let text = format!("generation {} of `{name}` was taken back: {reason}", reload.generation);
        actions.push(tell(Level::Warning, text));
        let Some(state) = self.libraries.get(&name) else { return };
        let able = self.engines.iter().filter(|engine| !engine.attach.loaders.is_empty());
        let first =
            |engine: &Engine| Some((engine.session.clone(), self.first_for(&engine.attach, state).ok()??));
        let given: Vec<(Session, Reload)> = able.filter_map(first).collect();
        let sessions: Vec<Session> = self.engines.iter().map(|engine| engine.session.clone()).collect();
        sessions.iter().for_each(|session| self.passed_over(session));
        for (session, given) in given {
            let given = Reload { trigger: reload.trigger, saved_at_unix_micros: None, reset: None, ..given };
            self.send(vec![session], given, actions);
        }
    }

    /// Tells every engine of a generation, in the form that each takes.
    pub(super) fn announce(&mut self, reload: Reload, actions: &mut Vec<Action>) {
        let Some(library) = self.libraries.get_mut(&reload.library) else { return };
        library.announced = Some(reload.clone());
        let Some(library) = self.libraries.get(&reload.library) else { return };
        let mut by_kind: BTreeMap<ArtifactKind, Vec<Session>> = BTreeMap::new();
        let mut missing: BTreeMap<ArtifactKind, Vec<Session>> = BTreeMap::new();
        for engine in self.engines.iter().filter(|engine| !engine.attach.loaders.is_empty()) {
            match self.reload_for(&engine.attach, library) {
                Ok(form) => by_kind.entry(form.artifact.kind).or_default().push(engine.session.clone()),
                Err(kind) => missing.entry(kind).or_default().push(engine.session.clone()),
            }
        }
        let forms = library.forms.clone();
        actions.push(Action::Tell(HubEvent::Announced(reload.clone())));
        for (kind, sessions) in by_kind {
            let Some(form) = forms.get(&kind) else { continue };
            let told = Reload { artifact: form.artifact.clone(), ..reload.clone() };
            self.send(sessions, told, actions);
        }
        for (kind, sessions) in missing {
            self.want_form(&reload, kind, &sessions, actions);
        }
    }

    fn send(&mut self, sessions: Vec<Session>, reload: Reload, actions: &mut Vec<Action>) {
        for engine in self.engines.iter_mut().filter(|engine| sessions.contains(&engine.session)) {
            engine.wanted.remove(&reload.library);
            if reload.saved_at_unix_micros.is_some() {
                engine.awaited.insert(reload.library.clone(), reload.generation);
            }
        }
        actions.push(Action::TellReload { sessions, reload });
    }

    fn want_form(
        &mut self,
        reload: &Reload,
        kind: ArtifactKind,
        sessions: &[Session],
        actions: &mut Vec<Action>,
    ) {
        let (library, generation) = (reload.library.clone(), reload.generation);
        for engine in self.engines.iter_mut().filter(|engine| sessions.contains(&engine.session)) {
            engine.wanted.insert(library.clone(), (generation, kind));
        }
        actions.push(Action::Form { library, generation, kind });
    }

    /// An engine cannot take a generation in the form that it was given.
    pub(super) fn try_other_form(
        &mut self,
        session: &Session,
        library: &str,
        kind: ArtifactKind,
        actions: &mut Vec<Action>,
    ) {
        let Some(state) = self.libraries.get(library) else { return };
        let Some(current) = state.announced.clone() else { return };
        match state.forms.get(&kind).cloned() {
            Some(form) => {
                let told = Reload { artifact: form.artifact, ..current };
                self.send(vec![session.clone()], told, actions);
            }
            None => self.want_form(&current, kind, std::slice::from_ref(session), actions),
        }
    }

    /// A form has been made: engines that wait for it get it.
    pub(super) fn formed(
        &mut self,
        library: &str,
        generation: Generation,
        kind: ArtifactKind,
        result: Result<Reload, String>,
        actions: &mut Vec<Action>,
    ) {
        let Some(state) = self.libraries.get_mut(library) else { return };
        let Some(told) = state.told().filter(|told| told.generation == generation) else { return };
        let announced = state.announced.clone().filter(|announced| announced.generation == generation);
        let announced = announced.unwrap_or_else(|| told.clone());
        let is_waiting = |engine: &&Engine| engine.wanted.get(library) == Some(&(generation, kind));
        let sessions: Vec<Session> =
            self.engines.iter().filter(is_waiting).map(|engine| engine.session.clone()).collect();
        match result {
            Ok(form) => {
                state.forms.insert(kind, Reload { artifact: form.artifact.clone(), ..told.clone() });
                if !sessions.is_empty() {
                    self.send(sessions, Reload { artifact: form.artifact, ..announced }, actions);
                }
            }
            Err(reason) => {
                for engine in &mut self.engines {
                    engine.wanted.remove(library);
                    if sessions.contains(&engine.session) {
                        let (outcome, reason) = (Answer::Refused, reason.clone());
                        engine.refuses(library, status::Refused { generation, outcome, reason });
                    }
                }
                let text = format!(
                    "`{library}` cannot be made in another form for an engine that needs it: {reason}"
                );
                actions.push(tell(Level::Warning, text));
            }
        }
    }
}
