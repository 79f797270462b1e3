//! What became of each library's newest generation: so that nothing is loaded twice, and a server that comes back
//! is told at once what runs.

use std::collections::BTreeMap;

use liveline_protocol::engine::{Outcome, Reload, Reloaded, Trigger};

/// What to do with an announced generation.
#[derive(Debug, PartialEq)]
pub(crate) enum Decision {
    /// It is new.
    Load,
    /// It waits for the game's next poll; its answer follows.
    Wait,
    /// It was answered before: the same again.
    Repeat(Box<Reloaded>),
    /// The very bytes that run, under another number.
    Renumber,
}

/// By library.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    libraries: BTreeMap<String, Library>,
}

#[derive(Debug, Default)]
struct Library {
    /// The sha256 of what runs; nothing while that is what the engine was linked with.
    running: Option<String>,
    /// What ran before that.
    before: Option<String>,
    /// Those announced and not answered yet, oldest first.
    waiting: Vec<Announced>,
    /// The newest answer.
    answered: Option<(Announced, Reloaded)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Announced {
    generation: u64,
    sha256: String,
}

impl Announced {
    fn of(reload: &Reload) -> Self {
        Self { generation: reload.generation.0, sha256: reload.artifact.sha256.to_ascii_lowercase() }
    }
}

impl Answers {
    /// Decides on an announced generation, and expects an answer to it unless it is [`Decision::Repeat`]ed.
    pub(crate) fn announce(&mut self, reload: &Reload) -> Decision {
        let library = self.libraries.entry(reload.library.clone()).or_default();
        let announced = Announced::of(reload);
        // Who has state start anew, or asks again for what was not taken, wants it done and not repeated.
        let is_asked = matches!(reload.trigger, Trigger::Command | Trigger::Undo)
            && library.answered.as_ref().is_some_and(|(_, answer)| answer.outcome != Outcome::Applied);
        if reload.reset.is_some() || is_asked {
            library.waiting.push(announced);
            return Decision::Load;
        }
        if library.waiting.contains(&announced) {
            return Decision::Wait;
        }
        if library.waiting.is_empty()
            && let Some((earlier, answer)) = &library.answered
            && *earlier == announced
        {
            return Decision::Repeat(Box::new(again(answer)));
        }
        let runs = library.waiting.is_empty() && library.running.as_ref() == Some(&announced.sha256);
        library.waiting.push(announced);
        if runs { Decision::Renumber } else { Decision::Load }
    }

    /// A library is no more: should one of its name come again, nothing of it runs.
    pub(crate) fn forget(&mut self, library: &str) {
        self.libraries.remove(library);
    }

    /// An announced generation is not waited for any more, and is not answered.
    pub(crate) fn withdraw(&mut self, reload: &Reload) {
        let Some(library) = self.libraries.get_mut(&reload.library) else { return };
        let announced = Announced::of(reload);
        if let Some(index) = library.waiting.iter().position(|waiting| *waiting == announced) {
            library.waiting.remove(index);
        }
    }

    /// Takes note of an answer.
    pub(crate) fn answer(&mut self, answer: &Reloaded) {
        let Some(library) = self.libraries.get_mut(&answer.library) else { return };
        let is_it = |announced: &Announced| announced.generation == answer.generation.0;
        if answer.outcome == Outcome::Restored {
            library.running = library.before.take();
            if let Some((_, last)) = library.answered.as_mut().filter(|(last, _)| is_it(last)) {
                last.clone_from(answer);
            }
            return;
        }
        let Some(index) = library.waiting.iter().position(is_it) else { return };
        let announced = library.waiting.remove(index);
        if answer.outcome == Outcome::Applied {
            library.before = library.running.replace(announced.sha256.clone());
        }
        library.answered = Some((announced, answer.clone()));
    }
}

/// The same answer to a second asking: this time nothing was loaded or swapped.
fn again(answer: &Reloaded) -> Reloaded {
    Reloaded { load_micros: 0, swap_micros: 0, state: None, ..answer.clone() }
}

#[cfg(test)]
mod tests {
    use liveline_protocol::engine::{Artifact, ArtifactKind, Generation};

    use super::*;

    fn reload(generation: u64, sha256: &str) -> Reload {
        Reload {
            library: "scripts".to_owned(),
            generation: Generation(generation),
            artifact: Artifact {
                kind: ArtifactKind::Dylib,
                file: "x.so".to_owned(),
                sha256: sha256.to_owned(),
                bytes: 1,
            },
            changed: Vec::new(),
            trigger: Trigger::Save,
            speculated: false,
            unsaved: false,
            build_micros: 0,
            saved_at_unix_micros: None,
            api: None,
            reset: None,
        }
    }

    fn reloaded(generation: u64, outcome: Outcome) -> Reloaded {
        Reloaded {
            library: "scripts".to_owned(),
            generation: Generation(generation),
            outcome,
            reason: None,
            at: None,
            load_micros: 7,
            swap_micros: 7,
            state: None,
            retry: None,
            cause: None,
        }
    }

    #[test]
    fn a_server_that_comes_back_is_answered_without_a_second_load() {
        let mut answers = Answers::default();
        assert_eq!(answers.announce(&reload(1, "aa")), Decision::Load);
        assert_eq!(answers.announce(&reload(1, "AA")), Decision::Wait);
        answers.answer(&reloaded(1, Outcome::Applied));
        let Decision::Repeat(answer) = answers.announce(&reload(1, "aa")) else { panic!("loaded twice") };
        assert_eq!((answer.outcome, answer.load_micros), (Outcome::Applied, 0));
    }

    #[test]
    fn what_was_lost_on_its_way_is_loaded_when_it_is_announced_again() {
        let mut answers = Answers::default();
        answers.announce(&reload(1, "aa"));
        answers.withdraw(&reload(1, "bb"));
        assert_eq!(answers.announce(&reload(1, "aa")), Decision::Wait);
        answers.withdraw(&reload(1, "AA"));
        assert_eq!(answers.announce(&reload(1, "aa")), Decision::Load);
    }

    #[test]
    fn the_same_number_with_other_bytes_is_loaded() {
        let mut answers = Answers::default();
        answers.announce(&reload(1, "aa"));
        answers.answer(&reloaded(1, Outcome::Applied));
        assert_eq!(answers.announce(&reload(1, "bb")), Decision::Load);
    }

    #[test]
    fn the_running_bytes_under_another_number_are_not_loaded_again() {
        let mut answers = Answers::default();
        answers.announce(&reload(7, "aa"));
        answers.answer(&reloaded(7, Outcome::Applied));
        assert_eq!(answers.announce(&reload(1, "aa")), Decision::Renumber);
        answers.answer(&reloaded(1, Outcome::Applied));
        answers.announce(&reload(2, "bb"));
        answers.answer(&reloaded(2, Outcome::Refused));
        assert_eq!(answers.announce(&reload(3, "aa")), Decision::Renumber);
    }

    #[test]
    fn what_was_taken_back_does_not_run_and_is_loaded_again_when_asked_for() {
        let mut answers = Answers::default();
        for (generation, sha256) in [(1, "aa"), (2, "bb")] {
            answers.announce(&reload(generation, sha256));
            answers.answer(&reloaded(generation, Outcome::Applied));
        }
        answers.answer(&reloaded(2, Outcome::Restored));
        assert!(
            matches!(answers.announce(&reload(2, "bb")), Decision::Repeat(answer) if answer.outcome == Outcome::Restored)
        );
        let asked = Reload { trigger: Trigger::Command, ..reload(2, "bb") };
        assert_eq!(answers.announce(&asked), Decision::Load);
        answers.answer(&reloaded(2, Outcome::Refused));
        assert_eq!(answers.announce(&reload(3, "aa")), Decision::Renumber);
    }

    #[test]
    fn state_that_is_to_start_anew_is_no_repetition() {
        let mut answers = Answers::default();
        answers.announce(&reload(1, "aa"));
        answers.answer(&reloaded(1, Outcome::Applied));
        let reset = Reload { reset: Some(Vec::new()), ..reload(1, "aa") };
        assert_eq!(answers.announce(&reset), Decision::Load);
    }

    #[test]
    fn bytes_that_something_else_waits_to_replace_are_loaded() {
        let mut answers = Answers::default();
        answers.announce(&reload(1, "aa"));
        answers.answer(&reloaded(1, Outcome::Applied));
        answers.announce(&reload(2, "bb"));
        assert_eq!(answers.announce(&reload(3, "aa")), Decision::Load);
        assert_eq!(answers.announce(&reload(1, "aa")), Decision::Load);
    }
}
