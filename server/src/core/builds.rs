//! What the workspace and its builds do to the core.

use super::*;

impl Core {
    pub(super) fn project_loaded(&mut self, project: Arc<Project>, now: Now, actions: &mut Vec<Action>) {
        self.retry = None;
        self.settle(None, actions);
        let before = self.take_over(&project, actions);
        let trigger = if before.is_none() { Trigger::Initial } else { Trigger::Watch };
        for library in &project.libraries {
            self.want(&library.name, Want::new(trigger), now, actions);
        }
        actions.extend(project.packages.iter().map(|package| Action::Watch(vec![package.folder.clone()])));
        if project.libraries.is_empty() {
            actions.push(tell(Level::Warning, no_libraries(&project)));
        }
        self.tell_with_package(&[], &project, actions);
        self.leave_live_mode(now, actions);
    }

    /// The same workspace, with other script files. What has come is built when its save is told.
    pub(super) fn script_files(&mut self, project: Arc<Project>, actions: &mut Vec<Action>) {
        let before = self.take_over(&project, actions);
        let before = before.map(|before| before.with_package.clone()).unwrap_or_default();
        self.tell_with_package(&before, &project, actions);
    }

    /// From now on the workspace is this, with its libraries and no others; gives what it was before.
    fn take_over(&mut self, project: &Arc<Project>, actions: &mut Vec<Action>) -> Option<Arc<Project>> {
        let before = self.project.replace(project.clone());
        let gone: Vec<String> =
            self.libraries.keys().filter(|name| project.library(name).is_none()).cloned().collect();
        for name in gone {
            self.remove_library(&name, actions);
        }
        for library in &project.libraries {
            let state = self.libraries.entry(library.name.clone());
            state.or_insert_with(|| LibraryState::new(library.clone())).library = library.clone();
        }
        if before.as_ref().is_none_or(|before| before.libraries != project.libraries) {
            actions.extend(self.library_files().map(Action::Tell));
        }
        before
    }

    fn tell_with_package(&self, before: &[WithPackage], project: &Project, actions: &mut Vec<Action>) {
        for file in project.with_package.iter().filter(|file| !before.contains(file)) {
            let level = if project.library(&file.owner).is_some() { Level::Info } else { Level::Warning };
            let text = format!(
                "{} is built with its package `{}`: {}",
                file.path.display(),
                file.owner,
                file.reason
            );
            actions.push(tell(level, text));
        }
    }

    /// Where unsaved text no longer goes to engines, what is saved does.
    pub(super) fn leave_live_mode(&mut self, now: Now, actions: &mut Vec<Action>) {
        let is_live = self.applies_at() == Apply::Pause;
        let names: Vec<String> = self.libraries.keys().cloned().collect();
        for name in names.iter().filter(|_| !is_live) {
            self.back_to_saved(name, now, actions);
        }
    }

    pub(super) fn remove_library(&mut self, name: &str, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.remove(name) else { return };
        self.engines.iter_mut().for_each(|engine| drop(engine.refused.remove(name)));
        actions.extend(state.running_build().map(Action::Cancel));
        show(self.book.remove(name), actions);
        show(self.book.remove(&undo::page(name)), actions);
        show(self.book.remove(&statics_page(name)), actions);
        show(self.book.remove(&live_tests::page(name)), actions);
        actions.push(Action::EndTests(name.to_owned()));
        // A script file that is built with its package from now on is not gone: the package's next generation has it.
        let project = self.project.as_ref();
        if project
            .is_some_and(|project| project.with_package.iter().any(|file| file.path == state.library.source))
        {
            return;
        }
        let text = format!("library `{name}` is gone from the workspace; engines keep its last code");
        actions.push(tell(Level::Info, text));
        actions.push(Action::TellRetired(Retired { library: name.to_owned() }));
    }

    pub(super) fn project_broken(&mut self, broken: Broken, now: Now, actions: &mut Vec<Action>) {
        let wait = self.retry.map_or(FIRST_RETRY, |(_, wait)| (wait * 2).min(SLOWEST_RETRY));
        self.retry = Some((now.instant + wait, wait));
        self.settle(Some(broken), actions);
    }

    /// Shows a trouble with the workspace itself, once; without one, takes it away.
    pub(super) fn settle(&mut self, broken: Option<Broken>, actions: &mut Vec<Action>) {
        if let Some(broken) = broken.as_ref().filter(|broken| self.trouble.as_ref() != Some(*broken)) {
            actions.push(tell(Level::Error, broken.message.clone()));
        }
        let diagnostics = broken.as_ref().map(trouble_diagnostic).into_iter().collect();
        self.trouble = broken;
        show(self.book.replace(WORKSPACE, diagnostics), actions);
    }

    pub(super) fn changed(
        &mut self,
        files: &BTreeMap<PathBuf, Option<Hash>>,
        trigger: Trigger,
        saved_at: u64,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        // What an editor shows was written by it.
        let trigger = if trigger == Trigger::Watch && self.shows(files) { Trigger::Save } else { trigger };
        self.settle_buffers(files, trigger);
        if self.is_first_lock_file(files) {
            return;
        }
        if files.keys().any(|path| project::is_project_file(path)) || self.project.is_none() {
            actions.push(Action::LoadProject);
        }
        let Some(project) = self.project.clone() else { return };
        let names: Vec<String> = self.libraries.keys().cloned().collect();
        for name in names {
            let Some(state) = self.libraries.get(&name) else { continue };
            let mine: BTreeMap<PathBuf, Option<Hash>> = files
                .iter()
                .filter(|(path, _)| state.concerns(path, &project))
                .map(|(path, hash)| (path.clone(), hash.clone()))
                .collect();
            if mine.is_empty() {
                continue;
            }
            let is_served = self.serves(&name, &mine);
            let mut want = Want::new(trigger);
            want.changed.extend(mine.into_keys());
            want.saved_at = Some(saved_at);
            match self.libraries.get_mut(&name).filter(|_| is_served) {
                // What runs builds this very text: it goes on, and the save takes what it makes.
                Some(state) => state.add(want),
                None => self.want(&name, want, now, actions),
            }
        }
    }

    /// An editor has saved what was told of by the file watch. What builds it, or will, is the build of a save.
    pub(super) fn editor_saved(
        &mut self,
        files: &BTreeMap<PathBuf, Option<Hash>>,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        self.settle_buffers(files, Trigger::Save);
        let (chronicle, states) = (&mut self.chronicle, self.libraries.values_mut());
        for state in states {
            actions.extend(state.editor_saved(files).map(Action::IsSave));
            // A busy editor may say so when the build has ended.
            let late = state.current.as_ref().filter(|current| current.trigger == Trigger::Watch);
            let is_it = |path: &String| files.contains_key(Path::new(path));
            let late = late.filter(|current| current.changed.iter().any(is_it));
            actions.extend(late.and_then(|current| chronicle.editor_saved(current, now)));
        }
    }

    /// Whether all that has changed is the lock file that cargo writes in the very first build.
    pub(super) fn is_first_lock_file(&self, files: &BTreeMap<PathBuf, Option<Hash>>) -> bool {
        let is_first =
            |library: &LibraryState| library.current.is_none() && library.running_build().is_some();
        let is_lock = |path: &PathBuf| path.file_name().is_some_and(|name| name == "Cargo.lock");
        !self.libraries.is_empty() && self.libraries.values().all(is_first) && files.keys().all(is_lock)
    }

    /// Builds a library as soon as nothing else builds it; what builds it now is out of date and ends.
    pub(super) fn want(&mut self, name: &str, want: Want, now: Now, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.get_mut(name) else { return };
        state.add(want);
        match state.running_build() {
            Some(build) => actions.push(Action::Cancel(build)),
            None => self.start(name, now, actions),
        }
    }

    pub(super) fn start(&mut self, name: &str, now: Now, actions: &mut Vec<Action>) {
        let saved = self.libraries.values().filter(|state| state.purpose() == Some(Purpose::Saved)).count();
        if saved >= self.parallel {
            return;
        }
        let Some(mut order) = self.order(name, Purpose::Saved) else { return };
        let build = BuildId(self.builds + 1);
        let Some(want) = self.libraries.get_mut(name).and_then(|state| state.begin(build, now.instant))
        else {
            return;
        };
        self.builds = build.0;
        order.force = want.force;
        order.trigger = want.trigger;
        order.changed = want.changed.into_iter().collect();
        order.saved_at = want.saved_at;
        self.give_way(name, now, actions);
        actions.push(Action::EndTests(name.to_owned()));
        actions.push(Action::Build { build, order: Box::new(order) });
    }

    /// Starts what waits for its turn: saves first.
    fn start_waiting(&mut self, now: Now, actions: &mut Vec<Action>) {
        let waiting = self.libraries.iter().filter_map(|(name, state)| Some((name, state.waiting()?)));
        let mut names: Vec<(bool, String)> =
            waiting.map(|(name, want)| (want.saved_at.is_none(), name.clone())).collect();
        names.sort();
        names.iter().for_each(|(_, name)| self.start(name, now, actions));
    }

    /// What to build for a library; of unsaved text, what its buffers hold.
    pub(super) fn order(&self, name: &str, purpose: Purpose) -> Option<Order> {
        let project = self.project.clone()?;
        let library = self.libraries.get(name)?.library.clone();
        let overlay = if purpose == Purpose::Saved { Overlay::default() } else { self.overlay(name) };
        let changed = overlay.keys().cloned().collect();
        let kind = self.wanted_kind();
        let trigger = Trigger::Watch;
        Some(Order {
            project,
            library,
            purpose,
            overlay,
            kind,
            force: false,
            trigger,
            changed,
            saved_at: None,
            is_save: Arc::default(),
        })
    }

    pub(super) fn progress(
        &mut self,
        build: BuildId,
        name: &str,
        progress: Progress,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        let Some(state) = self.libraries.get_mut(name).filter(|state| state.running_build() == Some(build))
        else {
            return;
        };
        match progress {
            Progress::Stage(stage) => {
                let told = state.stage(stage);
                if !told {
                    show(self.book.start(name), actions);
                }
                self.tell_build(name, BuildState::Started, !told, now, actions);
            }
            Progress::Diagnostics(diagnostics) => {
                state.hear(&diagnostics);
                let overlaid = state.overlaid().cloned().unwrap_or_default();
                show_unsaved(self.book.add(name, diagnostics), &overlaid, actions);
            }
            // They stand until the build's end: most of them will be said again.
            Progress::Anew => state.forget_said(),
        }
    }

    pub(super) fn ended(
        &mut self,
        build: BuildId,
        name: &str,
        outcome: Outcome,
        inputs: Vec<PathBuf>,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        let Some(state) = self.libraries.get_mut(name).filter(|state| state.running_build() == Some(build))
        else {
            return;
        };
        actions.push(Action::Watch(inputs.clone()));
        state.inputs = inputs.into_iter().collect();
        let superseded = state.is_superseded();
        if state.purpose() != Some(Purpose::Saved) {
            self.ended_unsaved(name, outcome, now, actions);
            if let Some(state) = self.libraries.get_mut(name) {
                state.end();
            }
            return self.start_waiting(now, actions);
        }
        match outcome {
            Outcome::Built(reload) => self.built(name, reload, now, actions),
            Outcome::Unchanged { reload, diagnostics } => {
                self.unchanged(name, reload, diagnostics, now, actions)
            }
            Outcome::Failed if superseded => self.dropped(name, now, actions),
            Outcome::Failed => self.failed(name, None, now, actions),
            Outcome::Broken(_) if superseded => self.dropped(name, now, actions),
            Outcome::Broken(broken) => self.failed(name, Some(broken), now, actions),
            Outcome::Cancelled | Outcome::NotNow | Outcome::Ready { .. } => self.dropped(name, now, actions),
            Outcome::Stale => {
                state.requeue();
                self.dropped(name, now, actions);
            }
        }
        if let Some(state) = self.libraries.get_mut(name) {
            state.end();
        }
        self.put_off(name, now);
        self.start_waiting(now, actions);
    }

    pub(super) fn built(&mut self, name: &str, reload: Reload, now: Now, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.get_mut(name) else { return };
        let diagnostics = state.said();
        // A new generation ends an undo.
        state.undone = None;
        state.good(reload.clone());
        if reload.trigger != Trigger::Initial {
            state.moved_at = reload.saved_at_unix_micros.unwrap_or(now.unix_micros);
        }
        self.tell_build(name, BuildState::Succeeded, true, now, actions);
        show(self.book.replace(name, diagnostics.clone()), actions);
        show(self.book.remove(&statics_page(name)), actions);
        self.show_undone(name, actions);
        self.set_faults(name, Vec::new(), actions);
        actions.push(Action::KeepDiagnostics { reload: reload.clone(), diagnostics });
        let is_unsaved = reload.unsaved;
        self.announce(reload, actions);
        if !is_unsaved {
            self.restart_hanging(actions);
            self.test_by_itself(name, actions);
        }
    }

    pub(super) fn unchanged(
        &mut self,
        name: &str,
        reload: Reload,
        diagnostics: Vec<Diagnostic>,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        let Some(state) = self.libraries.get(name) else { return };
        // What ended an engine is not given to another because it was saved once more.
        let ends_undo =
            state.undone.is_some() && state.is_of_save() && !state.history.has_crashed(reload.generation);
        let is_news =
            ends_undo || state.current.as_ref().is_none_or(|current| current.generation != reload.generation);
        if state.has_failed() {
            self.tell_build(name, BuildState::Succeeded, true, now, actions);
        }
        if let Some(state) = self.libraries.get_mut(name) {
            state.good(reload.clone());
            if ends_undo {
                state.go_to(None);
                state.moved_at = now.unix_micros;
            } else if is_news {
                // The server before this one had gone back.
                state.go_to(state.undone);
            }
        }
        show(self.book.replace(name, diagnostics), actions);
        self.show_undone(name, actions);
        let state = self.libraries.get(name).filter(|_| is_news);
        let told = state.and_then(|state| state.told().cloned());
        match told.map(|told| Reload { saved_at_unix_micros: None, ..told }) {
            Some(told) if ends_undo => self.announce(told, actions),
            Some(told) => self.announce_again(told, actions),
            None => {}
        }
    }

    pub(super) fn failed(&mut self, name: &str, broken: Option<Broken>, now: Now, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.get_mut(name) else { return };
        let mut diagnostics = state.said();
        if let Some(broken) = &broken {
            if !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
                diagnostics.push(trouble_diagnostic(broken));
                state.hear(&diagnostics[diagnostics.len() - 1..]);
            }
            state.retry_after(FIRST_RETRY, SLOWEST_RETRY, now.instant);
            if state.trouble.as_ref() != Some(broken) {
                actions.push(tell(Level::Error, format!("{name}: {}", broken.message)));
            }
        }
        let regained = state.regain();
        state.bad(broken);
        let told = state.told().filter(|_| regained).cloned();
        self.show_undone(name, actions);
        self.tell_build(name, BuildState::Failed, true, now, actions);
        show(self.book.replace(name, diagnostics), actions);
        if let Some(told) = told {
            let reload =
                Reload { trigger: Trigger::Initial, saved_at_unix_micros: None, reset: None, ..told };
            self.announce_again(reload, actions);
        }
    }

    /// Of a generation that a newer one has followed, nobody asks any more.
    pub(super) fn flagged(
        &mut self,
        name: &str,
        generation: Generation,
        diagnostics: Vec<Diagnostic>,
        actions: &mut Vec<Action>,
    ) {
        if self.libraries.get(name).is_some_and(|state| state.generation() == generation) {
            show(self.book.replace(&statics_page(name), diagnostics), actions);
        }
    }

    pub(super) fn dropped(&mut self, name: &str, now: Now, actions: &mut Vec<Action>) {
        self.tell_build(name, BuildState::Cancelled, true, now, actions);
        show(self.book.abandon(name), actions);
    }

    pub(super) fn tell_build(
        &mut self,
        name: &str,
        state: BuildState,
        to_engines: bool,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        // One that ends before a compiler ran is not worth a word, nor is one of unsaved text.
        let is_news = |library: &&LibraryState| match state {
            BuildState::Cancelled => library.was_told(),
            _ => library.purpose() == Some(Purpose::Saved),
        };
        let Some(library) = self.libraries.get(name).filter(is_news) else { return };
        let root = self.project.as_ref().map(|project| project.root.as_path()).unwrap_or(Path::new(""));
        let build = library.build(state, root);
        let event = HubEvent::Build {
            build: build.clone(),
            stage: library.stage_text(),
            micros: library.micros(now.instant),
        };
        actions.push(Action::Tell(event));
        if to_engines {
            actions.push(Action::TellBuild(build));
        }
    }
}

/// The book's page for statics whose initial value was edited. No library's name has a space.
fn statics_page(library: &str) -> String {
    format!("{library} statics")
}
