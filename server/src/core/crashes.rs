//! Generations that ended an engine or hang: the next process is not given them, until there is a new good build.

use liveline_protocol::engine::Ran;

use super::*;

impl Core {
    /// Takes note of a crash or a hang. After a crash engines go back to the last generation that ran, which it gives.
    pub(super) fn fell(
        &mut self,
        session: &Session,
        fault: &Fault,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<Generation> {
        let state = self.libraries.get_mut(&fault.library)?;
        match fault.kind {
            FaultKind::Panic => return None,
            FaultKind::Hang => {
                state.history.hangs(fault.generation, session, true);
                return None;
            }
            FaultKind::Crash => state.history.crashed(fault.generation),
        }
        let target = self.give_up(&fault.library, fault.generation, now, actions)?;
        let text = format!(
            "generation {} of `{}` crashed ({}): {}",
            fault.generation,
            fault.library,
            fault.message,
            runs_again(target)
        );
        actions.push(tell(Level::Warning, text));
        Some(target)
    }

    /// Has engines go back from a generation, if that is what they are to run; gives what they run instead.
    fn give_up(
        &mut self,
        name: &str,
        generation: Generation,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<Generation> {
        let state = self.libraries.get(name)?;
        if generation != state.told_generation() || generation == Generation::default() {
            return None;
        }
        // Where nothing ran before, an engine runs what it was linked with.
        let target = state.history.before(generation).unwrap_or_default();
        self.move_to(name, target, now, actions);
        Some(target)
    }

    /// Keeps over a restart what is new of what speaks against generations.
    pub(super) fn keep_marks(&mut self, actions: &mut Vec<Action>) {
        for (name, state) in &mut self.libraries {
            let unkept = state.history.unkept().into_iter();
            actions.extend(unkept.map(|(generation, mark)| Action::KeepMark {
                library: name.clone(),
                generation,
                mark,
            }));
        }
    }

    /// What the newest generation failed with while an earlier server was there.
    pub(super) fn show_kept_fault(&mut self, name: &str, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.get(name) else { return };
        let generation = state.generation();
        let mark = state.history.mark(generation).filter(|mark| mark.trouble().is_some());
        let Some(fault) = mark.and_then(|mark| mark.fault.clone()) else { return };
        let diagnostic = self.run_diagnostic(fault.text, fault.at.as_ref(), &state.library.source);
        let diagnostic = self.with_texts(diagnostic, name, generation);
        // Nobody knows any more which engine it was.
        self.set_faults(name, vec![(Session(String::new()), diagnostic)], actions);
    }

    /// An engine's functions run: what hung there hangs no more.
    pub(super) fn goes_on(&mut self, session: &Session, ran: &Ran, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.get_mut(&ran.library) else { return };
        if state.history.hangs(ran.generation, session, false) {
            let told = format!("generation {} hangs", ran.generation);
            // One that an earlier server heard of has no session.
            let is_its = |of: &Session| of == session || of.0.is_empty();
            let is_over =
                |(of, fault): &(Session, Diagnostic)| is_its(of) && fault.message.starts_with(&told);
            let faults = state.faults.iter().filter(|fault| !is_over(fault)).cloned().collect();
            self.set_faults(&ran.library, faults, actions);
            let text = format!("generation {} of `{}` goes on", ran.generation, ran.library);
            actions.push(tell(Level::Info, text));
        }
    }

    /// Has the game restarted by the face that runs it, with the state that its scripts have now. What hangs would hang
    /// again: the next process gets the generation before it.
    pub(super) fn restart_engine(&mut self, now: Now, actions: &mut Vec<Action>) -> Result<(), String> {
        if self.runners.is_empty() {
            return Err(
                "nothing here has started the game: start it with `liveline run`, which can restart it, or \
                        restart it by hand"
                    .to_owned(),
            );
        }
        let hanging = self.libraries.iter().filter_map(|(name, state)| {
            let told = state.told_generation();
            state.history.is_hanging(told).then(|| (name.clone(), told))
        });
        let hanging: Vec<(String, Generation)> = hanging.collect();
        for (name, generation) in hanging {
            let faults = self.libraries.get_mut(&name).map(|state| {
                state.history.crashed(generation);
                state.faults.clone()
            });
            if let Some(target) = self.give_up(&name, generation, now, actions) {
                // What it hangs in still stands at its line.
                self.set_faults(&name, faults.unwrap_or_default(), actions);
                let text = format!("generation {generation} of `{name}` hangs: {}", runs_again(target));
                actions.push(tell(Level::Warning, text));
            }
        }
        self.tell_restart(actions);
        Ok(())
    }

    /// There is other code for a game in which a call does not return, which it can take in no other way than as a new
    /// process: who has saved a mend would ask for that next.
    pub(super) fn restart_hanging(&mut self, actions: &mut Vec<Action>) {
        let hangs = |engine: &Engine| {
            engine.running.iter().any(|(name, generation)| {
                let state = self.libraries.get(name);
                state.is_some_and(|state| state.history.hangs_in(*generation, &engine.session))
            })
        };
        if self.engines.iter().any(hangs) && !self.runners.is_empty() {
            self.tell_restart(actions);
        }
    }

    fn tell_restart(&self, actions: &mut Vec<Action>) {
        let sessions = self.engines.iter().map(|engine| engine.session.clone()).collect();
        actions.push(Action::TellSnapshot { sessions });
        actions.push(Action::Tell(HubEvent::RestartEngine));
    }
}

/// What runs in place of a generation that failed.
pub(super) fn runs_again(generation: Generation) -> String {
    match generation.0 {
        0 => "what the game was linked with runs again".to_owned(),
        number => format!("generation {number} runs again"),
    }
}
