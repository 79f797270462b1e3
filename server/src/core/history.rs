//! The good generations of one library: what engines can be sent back to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use liveline_protocol::engine::{Generation, Reload};

use super::Session;
use crate::build::past::{GENERATIONS, Past};
use crate::hash::Hash;

/// The generations, by number.
#[derive(Debug, Default)]
pub struct History {
    known: BTreeMap<Generation, Known>,
}

#[derive(Debug)]
struct Known {
    reload: Reload,
    /// What each of the workspace's files held that it was built from.
    texts: BTreeMap<PathBuf, Hash>,
    /// Whether engines run it or would not.
    verdicts: BTreeMap<Session, bool>,
    /// It ended an engine.
    crashed: bool,
    /// The engines in which a call of it does not return.
    hangs_in: BTreeSet<Session>,
}

impl History {
    /// A generation is good.
    pub fn add(&mut self, reload: Reload) {
        let new = Known {
            reload: reload.clone(),
            texts: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            crashed: false,
            hangs_in: BTreeSet::new(),
        };
        let generation = reload.generation;
        self.known.entry(generation).or_insert(new).reload = reload;
        while self.known.len() > GENERATIONS {
            self.known.pop_first();
        }
    }

    /// What the disk knows of a generation.
    pub fn remember(&mut self, past: Past) {
        let generation = past.reload.generation;
        if !self.known.contains_key(&generation) {
            self.add(past.reload);
        }
        if let Some(known) = self.known.get_mut(&generation) {
            known.texts = past.texts;
        }
    }

    /// What was announced as a generation.
    pub fn get(&self, generation: Generation) -> Option<&Reload> {
        self.known.get(&generation).map(|known| &known.reload)
    }

    /// What a file held when a generation was built from it.
    pub fn text(&self, generation: Generation, path: &Path) -> Option<&Hash> {
        self.known.get(&generation)?.texts.get(path)
    }

    /// Takes note of what an engine made of a generation.
    pub fn judged(&mut self, generation: Generation, session: &Session, runs: bool) {
        if let Some(known) = self.known.get_mut(&generation) {
            known.verdicts.insert(session.clone(), runs);
        }
    }

    /// A generation ended an engine: no other is to be given it unless a person says so.
    pub fn crashed(&mut self, generation: Generation) {
        if let Some(known) = self.known.get_mut(&generation) {
            known.crashed = true;
        }
    }

    /// Whether a generation ended an engine.
    pub fn has_crashed(&self, generation: Generation) -> bool {
        self.known.get(&generation).is_some_and(|known| known.crashed)
    }

    /// A call of a generation does not return in an engine, or has returned; whether that is news.
    pub fn hangs(&mut self, generation: Generation, session: &Session, hangs: bool) -> bool {
        let Some(known) = self.known.get_mut(&generation) else { return false };
        if hangs { known.hangs_in.insert(session.clone()) } else { known.hangs_in.remove(session) }
    }

    /// Whether a call of a generation does not return somewhere.
    pub fn is_hanging(&self, generation: Generation) -> bool {
        self.known.get(&generation).is_some_and(|known| !known.hangs_in.is_empty())
    }

    /// Whether an engine would not run a generation.
    pub fn is_refused_by(&self, generation: Generation, session: &Session) -> bool {
        self.known.get(&generation).is_some_and(|known| known.verdicts.get(session) == Some(&false))
    }

    /// The newest generation that engines can be sent to.
    pub fn newest(&self) -> Option<&Reload> {
        self.known.values().rev().find(|known| known.can_be_run()).map(|known| &known.reload)
    }

    /// The nearest generation before one that engines can be sent to.
    pub fn before(&self, generation: Generation) -> Option<Generation> {
        let mut earlier = self.known.range(..generation).rev();
        earlier.find(|(_, known)| known.can_be_run()).map(|(generation, _)| *generation)
    }

    /// The nearest generation after one that engines can be sent to.
    pub fn after(&self, generation: Generation) -> Option<Generation> {
        let mut later = self.known.range(generation.next()..);
        later.find(|(_, known)| known.can_be_run()).map(|(generation, _)| *generation)
    }

    /// All of them, newest first, and whether each ended an engine.
    pub fn all(&self) -> impl Iterator<Item = (&Reload, bool)> {
        self.known.values().rev().map(|known| (&known.reload, known.crashed))
    }

    /// The numbers, for a person who named another.
    pub fn numbers(&self) -> String {
        let numbers: Vec<String> = self.known.keys().map(ToString::to_string).collect();
        numbers.join(", ")
    }
}

impl Known {
    /// What no engine would take would not be taken now, what ended one would end another, and what was never saved is nobody's to go back to.
    fn can_be_run(&self) -> bool {
        let is_refused = !self.verdicts.is_empty() && !self.verdicts.values().any(|runs| *runs);
        !is_refused && !self.crashed && !self.reload.unsaved
    }
}
