//! What came of each generation, for a person who looks back: heard from what faces are told.

use liveline_protocol::history::{self, Entry, Outcome};

use super::*;
use crate::build::past::{GENERATIONS, Mark, Past};

/// So long after a generation was announced an editor may say that it was its save, in microseconds.
const LATE: u64 = 2_000_000;

/// By library and generation.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    libraries: BTreeMap<String, BTreeMap<Generation, Heard>>,
}

/// What was heard of one generation.
#[derive(Debug, Default)]
struct Heard {
    /// When it was built, in microseconds since the Unix epoch.
    at: Option<u64>,
    save_to_live: Option<u64>,
    /// Whether an editor has said that it was its save, after the build.
    is_save: bool,
    /// By engine, what it said last, and why.
    answers: BTreeMap<String, (Outcome, Option<String>)>,
}

impl Chronicle {
    /// The disk knows when generations were built, and how soon they were live.
    pub(super) fn past_known(&mut self, library: &str, past: &[Past]) {
        for past in past.iter().filter(|past| past.at_unix_micros.is_some()) {
            let heard = self.heard(library, past.reload.generation);
            heard.at = past.at_unix_micros;
            heard.save_to_live = heard.save_to_live.or(past.save_to_live_micros);
        }
    }

    /// Listens to what faces are told; gives what of it is to be kept.
    pub(super) fn observe(&mut self, actions: &[Action], now: Now) -> Vec<Action> {
        let mut kept = Vec::new();
        let told = actions.iter().filter_map(|action| match action {
            Action::Tell(event) => Some(event),
            _ => None,
        });
        for event in told {
            match event {
                HubEvent::Announced(reload) => {
                    self.heard(&reload.library, reload.generation).at.get_or_insert(now.unix_micros);
                }
                HubEvent::Reloaded { session, reloaded, save_to_live_micros } => {
                    let outcome = match reloaded.outcome {
                        Answer::Applied => Outcome::Applied,
                        Answer::Refused => Outcome::Refused,
                        Answer::Restored => Outcome::Restored,
                    };
                    let reason = reloaded.reason.clone().filter(|_| outcome != Outcome::Applied);
                    let heard = self.heard(&reloaded.library, reloaded.generation);
                    // Of several engines, the first.
                    if let Some(micros) = save_to_live_micros.filter(|_| heard.save_to_live.is_none()) {
                        heard.save_to_live = Some(micros);
                        let (library, generation) = (reloaded.library.clone(), reloaded.generation);
                        kept.push(Action::KeepLive { library, generation, micros });
                    }
                    heard.answers.insert(session.clone(), (outcome, reason));
                }
                HubEvent::Fault { session, fault } => {
                    let outcome = match (fault.kind, fault.restored) {
                        (FaultKind::Crash, _) => Outcome::Crashed,
                        (_, Some(_)) => Outcome::Restored,
                        (_, None) => continue,
                    };
                    let heard = self.heard(&fault.library, fault.generation);
                    heard.answers.insert(session.clone(), (outcome, Some(fault.message.clone())));
                }
                _ => {}
            }
        }
        kept
    }

    /// An editor has saved what a generation was built from; gives what of it is to be kept, if it was only just built.
    pub(super) fn editor_saved(&mut self, reload: &Reload, now: Now) -> Option<Action> {
        let heard = self.heard(&reload.library, reload.generation);
        let is_late = heard.at.is_none_or(|at| now.unix_micros > at + LATE);
        if is_late || std::mem::replace(&mut heard.is_save, true) {
            return None;
        }
        Some(Action::KeepSave { library: reload.library.clone(), generation: reload.generation })
    }

    fn heard(&mut self, library: &str, generation: Generation) -> &mut Heard {
        let library = self.libraries.entry(library.to_owned()).or_default();
        while library.len() > GENERATIONS && !library.contains_key(&generation) {
            library.pop_first();
        }
        library.entry(generation).or_default()
    }
}

impl Core {
    /// The generations that are kept, and what came of them.
    pub fn history(&self) -> history::History {
        let libraries = self.libraries.values().map(|state| history::Library {
            library: state.library.name.clone(),
            told: state.told_generation(),
            generations: state.history.all().map(|(reload, mark)| self.entry(reload, mark)).collect(),
        });
        history::History { libraries: libraries.collect() }
    }

    fn entry(&self, reload: &Reload, mark: &Mark) -> Entry {
        let (library, generation) = (&reload.library, reload.generation);
        let heard = self.chronicle.libraries.get(library).and_then(|heard| heard.get(&generation));
        let answers = heard.into_iter().flat_map(|heard| heard.answers.values());
        // What an earlier server has seen was not heard here.
        let kept = kept(mark);
        let worst = kept.iter().chain(answers).max_by_key(|(outcome, _)| *outcome);
        let runs = self.engines.iter().filter(|engine| engine.running.get(library) == Some(&generation));
        let is_save = reload.trigger == Trigger::Watch && heard.is_some_and(|heard| heard.is_save);
        Entry {
            generation,
            trigger: if is_save { Trigger::Save } else { reload.trigger },
            at_unix_micros: heard.and_then(|heard| heard.at).or(reload.saved_at_unix_micros),
            build_micros: reload.build_micros,
            save_to_live_micros: heard.and_then(|heard| heard.save_to_live),
            speculated: reload.speculated,
            unsaved: reload.unsaved,
            outcome: worst.map(|(outcome, _)| *outcome),
            reason: worst.and_then(|(_, reason)| reason.clone()),
            runs_in: runs.map(|engine| engine.attach.engine.name.clone()).collect(),
        }
    }
}

/// What is held against a generation. One that hangs counts as crashed: so it does for the next process.
fn kept(mark: &Mark) -> Option<(Outcome, Option<String>)> {
    let fault = mark.fault.as_ref().map(|fault| fault.text.clone());
    match mark {
        Mark { crashed: true, .. } | Mark { hung: true, .. } => Some((Outcome::Crashed, fault)),
        Mark { taken_back: Some(reason), .. } => Some((Outcome::Restored, Some(reason.clone()))),
        Mark { refused: true, .. } => Some((Outcome::Refused, fault)),
        Mark { .. } => None,
    }
}
