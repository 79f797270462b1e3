//! The good generations of one library: what engines can be sent back to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use liveline_protocol::engine::{Generation, Reload};

use super::Session;
use crate::build::past::{GENERATIONS, KeptFault, Mark, Past};
use crate::hash::Hash;

/// The generations, by number.
#[derive(Debug, Default)]
pub struct History {
    known: BTreeMap<Generation, Known>,
    /// Whether something may have been marked that the disk does not know of.
    marked: bool,
}

#[derive(Debug)]
struct Known {
    reload: Reload,
    /// What each of the workspace's files held that it was built from.
    texts: BTreeMap<PathBuf, Hash>,
    /// What engines that this server knows made of it.
    verdicts: BTreeMap<Session, Verdict>,
    /// The engines in which a call of it does not return.
    hangs_in: BTreeSet<Session>,
    /// What speaks against it, also by engines that earlier servers knew.
    mark: Mark,
    /// What the disk has of that.
    kept: Mark,
}

/// What an engine made of a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It runs it.
    Runs,
    /// It would not.
    Refuses,
    /// It did, and went back, for this reason.
    TookBack(String),
}

impl History {
    /// A generation is good.
    pub fn add(&mut self, reload: Reload) {
        let new = Known {
            reload: reload.clone(),
            texts: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            hangs_in: BTreeSet::new(),
            mark: Mark::default(),
            kept: Mark::default(),
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
        let is_new = !self.known.contains_key(&generation);
        if is_new {
            self.add(past.reload);
        }
        if let Some(known) = self.known.get_mut(&generation) {
            known.texts = past.texts;
            // What this server has seen itself is newer.
            if is_new {
                known.mark.clone_from(&past.mark);
                known.kept = past.mark;
            }
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

    fn change(&mut self, generation: Generation) -> Option<&mut Known> {
        let known = self.known.get_mut(&generation)?;
        self.marked = true;
        Some(known)
    }

    /// Takes note of what an engine made of a generation.
    pub fn judged(&mut self, generation: Generation, session: &Session, verdict: Verdict) {
        let Some(known) = self.change(generation) else { return };
        known.verdicts.insert(session.clone(), verdict);
        let runs = known.verdicts.values().any(|verdict| *verdict == Verdict::Runs);
        let taken_back = known.verdicts.values().find_map(|verdict| match verdict {
            Verdict::TookBack(reason) => Some(reason.clone()),
            Verdict::Runs | Verdict::Refuses => None,
        });
        known.mark.refused = !runs;
        known.mark.taken_back = taken_back.filter(|_| !runs);
    }

    /// Takes note of what stands in the editor of a generation that failed.
    pub fn failed_with(&mut self, generation: Generation, fault: KeptFault) {
        if let Some(known) = self.change(generation) {
            known.mark.fault = Some(fault);
        }
    }

    /// A generation ended an engine: no other is to be given it unless a person says so.
    pub fn crashed(&mut self, generation: Generation) {
        if let Some(known) = self.change(generation) {
            known.mark.crashed = true;
        }
    }

    /// Whether a generation ended an engine.
    pub fn has_crashed(&self, generation: Generation) -> bool {
        self.known.get(&generation).is_some_and(|known| known.mark.crashed)
    }

    /// A call of a generation does not return in an engine, or has returned; whether that is news.
    pub fn hangs(&mut self, generation: Generation, session: &Session, hangs: bool) -> bool {
        let Some(known) = self.change(generation) else { return false };
        let is_news =
            if hangs { known.hangs_in.insert(session.clone()) } else { known.hangs_in.remove(session) };
        if is_news {
            known.mark.hung = !known.hangs_in.is_empty();
        }
        is_news
    }

    /// Whether a call of a generation does not return somewhere.
    pub fn is_hanging(&self, generation: Generation) -> bool {
        self.known.get(&generation).is_some_and(|known| !known.hangs_in.is_empty())
    }

    /// Whether a call of a generation does not return in an engine.
    pub fn hangs_in(&self, generation: Generation, session: &Session) -> bool {
        self.known.get(&generation).is_some_and(|known| known.hangs_in.contains(session))
    }

    /// What speaks against a generation.
    pub fn mark(&self, generation: Generation) -> Option<&Mark> {
        self.known.get(&generation).map(|known| &known.mark)
    }

    /// What speaks against generations and the disk does not know yet; from now on it does.
    pub fn unkept(&mut self) -> Vec<(Generation, Mark)> {
        if !std::mem::take(&mut self.marked) {
            return Vec::new();
        }
        let changed = self.known.iter_mut().filter(|(_, known)| known.mark != known.kept);
        changed
            .map(|(generation, known)| {
                known.kept.clone_from(&known.mark);
                (*generation, known.mark.clone())
            })
            .collect()
    }

    /// Whether an engine would not run a generation.
    pub fn is_refused_by(&self, generation: Generation, session: &Session) -> bool {
        self.known.get(&generation).is_some_and(|known| {
            matches!(known.verdicts.get(session), Some(Verdict::Refuses | Verdict::TookBack(_)))
        })
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

    /// All of them, newest first, and what is held against each.
    pub fn all(&self) -> impl Iterator<Item = (&Reload, &Mark)> {
        self.known.values().rev().map(|known| (&known.reload, &known.mark))
    }

    /// The numbers, for a person who named another.
    pub fn numbers(&self) -> String {
        let numbers: Vec<String> = self.known.keys().map(ToString::to_string).collect();
        numbers.join(", ")
    }
}

impl Known {
    /// What no engine would take would not be taken now, what ended one or hangs in one would do so in another, and
    /// what was never saved is nobody's to go back to.
    fn can_be_run(&self) -> bool {
        self.mark.trouble().is_none() && !self.reload.unsaved
    }
}
