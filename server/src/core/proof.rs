//! What is known of calls: silence is never taken for success.

use std::collections::BTreeSet;

use liveline_protocol::engine::Ran;

use super::*;
use crate::face::Proven;

/// Of one library's generation that engines are to run.
#[derive(Debug, Default)]
pub(super) struct Proof {
    generation: Generation,
    functions: BTreeMap<String, Function>,
}

#[derive(Debug, Default)]
struct Function {
    /// In all engines.
    calls: u64,
    /// Engines that run the generation and have called another one's code since.
    late: BTreeMap<Session, Late>,
}

#[derive(Debug, Default)]
struct Late {
    /// What was called before the swap is reported after it, once.
    left: BTreeSet<Generation>,
    is_stale: bool,
}

impl Proof {
    fn event(&self, library: &str) -> HubEvent {
        let functions = self.functions.iter().map(|(name, function)| Proven {
            function: name.clone(),
            calls: function.calls,
            is_stale: function.late.values().any(|late| late.is_stale),
        });
        HubEvent::Proof {
            library: library.to_owned(),
            generation: self.generation,
            functions: functions.collect(),
        }
    }
}

impl Core {
    /// An engine has counted calls.
    pub(super) fn ran(&mut self, session: &Session, ran: &Ran, actions: &mut Vec<Action>) {
        let Some(state) = self.libraries.get_mut(&ran.library) else { return };
        let engine = self.engines.iter().find(|engine| engine.session == *session);
        let running = engine.and_then(|engine| engine.running.get(&ran.library)).copied();
        let told = state.told_generation();
        let proof = &mut state.proof;
        let before = proof.event(&ran.library);
        if proof.generation != told {
            *proof = Proof { generation: told, functions: BTreeMap::new() };
        }
        for (name, calls) in &ran.functions {
            let function = proof.functions.entry(name.clone()).or_default();
            if ran.generation == told {
                function.calls = function.calls.saturating_add(*calls);
                function.late.remove(session);
            } else if running == Some(told) {
                let late = function.late.entry(session.clone()).or_default();
                late.is_stale |= !late.left.insert(ran.generation);
            }
        }
        let after = proof.event(&ran.library);
        if after != before {
            actions.push(Action::Tell(after));
        }
    }

    /// What an engine that is gone has called counts; what it had on its stacks does not.
    pub(super) fn forget_late(&mut self, session: &Session) {
        for state in self.libraries.values_mut() {
            state.proof.functions.values_mut().for_each(|function| drop(function.late.remove(session)));
        }
    }

    /// What calls are known of, for a face that has just connected.
    pub(super) fn proofs(&self) -> impl Iterator<Item = HubEvent> {
        let known = self.libraries.iter().filter(|(_, state)| !state.proof.functions.is_empty());
        known.map(|(name, state)| state.proof.event(name))
    }

    /// Which files are which library's.
    pub(super) fn library_files(&self) -> Option<HubEvent> {
        let project = self.project.as_ref()?;
        let libraries = project.libraries.iter().map(|library| crate::face::LibraryFiles {
            library: library.name.clone(),
            file: library.file.as_ref().map(|_| library.source.clone()),
            folders: match library.file {
                Some(_) => Vec::new(),
                None => project.packages_of(library).map(|package| package.folder.clone()).collect(),
            },
        });
        let packages = project.packages.iter().map(|package| package.name.clone()).collect();
        Some(HubEvent::Libraries { libraries: libraries.collect(), packages })
    }
}
