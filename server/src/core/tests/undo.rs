//! Going back and forward over generations, and what engines make of that.

use liveline_protocol::engine::{Api, Cause, StateChange, StateOutcome};

use super::fixture::*;
use super::*;
use crate::build::past::Mark;
use crate::project::items::Change;

pub(super) const SAVED: &str = "/w/a/src/lib.rs";

/// A library with the generations 1 to `last`, all run by `game`.
pub(super) fn built(last: u64) -> Fixture {
    let mut fixture = fixture(&["a"]);
    fixture.attach("game").ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture.runs(1);
    for generation in 2..=last {
        fixture.save(SAVED).stage(generation, "a").ends(
            generation,
            "a",
            Outcome::Built(reload("a", generation)),
        );
        fixture.runs(generation);
    }
    fixture
}

impl Fixture {
    fn runs(&mut self, generation: u64) -> &mut Self {
        self.engine_says("game", answer(generation, Answer::Applied, None))
    }

    fn refuses(&mut self, generation: u64) -> &mut Self {
        self.engine_says("game", answer(generation, Answer::Refused, Some("no")))
    }

    pub(super) fn command(&mut self, command: Command) -> Result<(), String> {
        self.event(Event::Command { face: FaceId(1), id: 7, command });
        let answer = self.actions.iter().find_map(|action| match action {
            Action::Answer { result, .. } => Some(result.clone()),
            _ => None,
        });
        answer.expect("an answer").map(drop)
    }

    pub(super) fn undo(&mut self) -> Result<(), String> {
        self.command(Command::Undo { library: Some("a".to_owned()), generation: None })
    }

    pub(super) fn redo(&mut self) -> Result<(), String> {
        self.command(Command::Redo { library: None })
    }

    fn told(&self) -> Vec<(u64, Trigger)> {
        let told = self.actions.iter().filter_map(|action| match action {
            Action::TellReload { reload, .. } => Some((reload.generation.0, reload.trigger)),
            _ => None,
        });
        told.collect()
    }

    fn status(&self) -> &status::Library {
        &self.core.status.libraries[0]
    }

    fn engine(&self) -> &status::Engine {
        &self.core.status.engines[0]
    }

    /// The diagnostics of the library's source that were told last.
    fn at_source(&self) -> Vec<Diagnostic> {
        let told = self.actions.iter().rev().find_map(|action| match action {
            Action::Tell(HubEvent::Diagnostics { path, diagnostics, .. }) if path == Path::new(SAVED) => {
                Some(diagnostics.clone())
            }
            _ => None,
        });
        told.unwrap_or_default()
    }
}

#[test]
fn undo_goes_back_one_generation_each_time_and_redo_forward_again() {
    let mut fixture = built(3);
    fixture.undo().unwrap();
    assert_eq!(fixture.told(), [(2, Trigger::Undo)]);
    fixture.runs(2).undo().unwrap();
    assert_eq!(fixture.told(), [(1, Trigger::Undo)]);
    assert!(fixture.undo().is_err(), "there is nothing before the first");
    fixture.redo().unwrap();
    assert_eq!(fixture.told(), [(2, Trigger::Command)]);
    fixture.redo().unwrap();
    assert_eq!((fixture.told(), fixture.status().undone), (vec![(3, Trigger::Command)], None));
    assert!(fixture.redo().unwrap_err().contains("newest"));
}

#[test]
fn undo_with_a_number_goes_there_and_one_that_is_not_kept_is_refused_with_those_that_are() {
    let mut fixture = built(4);
    let go = |generation| Command::Undo { library: None, generation: Some(generation) };
    fixture.command(go(1)).unwrap();
    assert_eq!(fixture.told(), [(1, Trigger::Undo)]);
    fixture.command(go(3)).unwrap();
    assert_eq!((fixture.told().len(), fixture.status().undone), (1, Some(Generation(3))));
    assert!(fixture.command(go(9)).unwrap_err().contains("1, 2, 3, 4"));
    fixture.command(go(4)).unwrap();
    assert_eq!(fixture.status().undone, None);
}

#[test]
fn until_the_next_generation_status_late_engines_and_the_editor_know() {
    let mut fixture = built(2);
    fixture.undo().unwrap();
    assert_eq!((fixture.status().undone, fixture.status().generation), (Some(Generation(1)), Generation(2)));
    assert_eq!(fixture.state("a"), StatusState::Idle, "not before the engine says so");
    let shown = fixture.at_source();
    assert_eq!((shown.len(), shown[0].severity, shown[0].span.start.line), (1, Severity::Information, 1));
    assert!(
        shown[0].message.contains("generation 1 of `a` runs; what is saved is generation 2"),
        "{shown:?}"
    );
    assert_eq!(shown[0].commands[0].command, "liveline.redo");
    let late = fixture.core.current(&attach("late", &[ArtifactKind::Dylib]));
    assert_eq!(late[0].generation, Generation(1));
    fixture.runs(1);
    assert_eq!(fixture.state("a"), StatusState::Live);
    fixture.save(SAVED).stage(3, "a").ends(3, "a", Outcome::Built(reload("a", 3)));
    assert_eq!((fixture.told(), fixture.status().undone), (vec![(3, Trigger::Save)], None));
    assert_eq!(fixture.shown(), [(SAVED.to_owned(), 0)]);
}

#[test]
fn a_save_of_unchanged_text_brings_the_newest_back_and_nothing_else_does() {
    let mut fixture = built(2);
    let unchanged = || Outcome::Unchanged { reload: reload("a", 2), diagnostics: Vec::new() };
    assert!(!fixture.core.is_undone(Path::new(SAVED)));
    fixture.undo().unwrap();
    fixture.runs(1);
    assert!(fixture.core.is_undone(Path::new(SAVED)));
    fixture.event(Event::ProjectLoaded(Ok(Arc::new(project(&["a"]))))).ends(3, "a", unchanged());
    assert_eq!((fixture.told(), fixture.status().undone), (vec![], Some(Generation(1))));
    fixture.save(SAVED).ends(4, "a", unchanged());
    assert_eq!((fixture.told(), fixture.status().undone), (vec![(2, Trigger::Save)], None));
}

#[test]
fn a_save_that_does_not_build_leaves_the_undo() {
    let mut fixture = built(2);
    fixture.undo().unwrap();
    fixture.save(SAVED).stage(3, "a").ends(3, "a", Outcome::Failed);
    assert_eq!(fixture.status().undone, Some(Generation(1)));
    assert!(fixture.at_source()[0].message.contains("the last good build is generation 2"));
}

#[test]
fn a_generation_that_no_engine_would_run_is_passed_over() {
    let mut fixture = built(1);
    fixture.save(SAVED).stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2))).refuses(2);
    fixture.save(SAVED).stage(3, "a").ends(3, "a", Outcome::Built(reload("a", 3))).runs(3);
    fixture.undo().unwrap();
    assert_eq!(fixture.told(), [(1, Trigger::Undo)]);
    fixture.redo().unwrap();
    assert_eq!(fixture.told(), [(3, Trigger::Command)]);
}

#[test]
fn an_undo_that_is_refused_is_none_and_the_next_goes_further() {
    let mut fixture = built(3);
    fixture.undo().unwrap();
    fixture.refuses(2);
    assert_eq!((fixture.status().undone, fixture.state("a")), (None, StatusState::Live));
    assert!(fixture.messages()[0].1.contains("keeps its code"), "{:?}", fixture.messages());
    fixture.undo().unwrap();
    assert_eq!(fixture.told(), [(1, Trigger::Undo)]);
}

#[test]
fn what_was_refused_can_be_gone_back_from() {
    let mut fixture = built(1);
    fixture.save(SAVED).stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2))).refuses(2);
    let refused = fixture.engine().refused.get("a").map(|refused| (refused.generation, refused.outcome));
    assert_eq!(refused, Some((Generation(2), Answer::Refused)));
    fixture.undo().unwrap();
    assert_eq!(fixture.shown(), [(SAVED.to_owned(), 0), (SAVED.to_owned(), 1)], "the refusal goes");
    fixture.runs(1);
    assert_eq!((fixture.state("a"), fixture.engine().refused.len()), (StatusState::Live, 0));
}

#[test]
fn the_disk_gives_what_earlier_servers_built() {
    let mut fixture = fixture(&["a"]);
    let past = |generation| crate::build::past::Past {
        reload: reload("a", generation),
        capture: hash(b""),
        texts: BTreeMap::new(),
        at_unix_micros: Some(generation),
        save_to_live_micros: None,
        mark: Mark::default(),
    };
    fixture.event(Event::Past {
        library: "a".to_owned(),
        past: vec![past(4), past(6), past(7)],
        undone: None,
    });
    let outcome = Outcome::Unchanged { reload: reload("a", 7), diagnostics: Vec::new() };
    fixture.attach("game").ends(1, "a", outcome);
    fixture.undo().unwrap();
    assert_eq!(fixture.told(), [(6, Trigger::Undo)]);
}

#[test]
fn a_server_that_starts_on_broken_code_gives_engines_the_last_good_generation() {
    let mut fixture = fixture(&["a"]);
    let past = |generation| crate::build::past::Past {
        reload: reload("a", generation),
        capture: hash(b""),
        texts: BTreeMap::new(),
        at_unix_micros: Some(generation),
        save_to_live_micros: None,
        mark: Mark::default(),
    };
    fixture.attach("game");
    fixture.event(Event::Past { library: "a".to_owned(), past: vec![past(6), past(7)], undone: None });
    fixture.ends(1, "a", Outcome::Failed);
    assert_eq!(fixture.told(), [(7, Trigger::Initial)]);
    assert_eq!((fixture.status().generation, fixture.state("a")), (Generation(7), StatusState::Failed));
    assert_eq!(fixture.core.current(&attach("late", &[ArtifactKind::Dylib])).len(), 1);
}

#[test]
fn a_server_that_comes_back_stays_where_the_one_before_had_gone() {
    let start = |undone| {
        let mut fixture = fixture(&["a"]);
        let past = |generation| crate::build::past::Past {
            reload: reload("a", generation),
            capture: hash(b""),
            texts: BTreeMap::new(),
            at_unix_micros: None,
            save_to_live_micros: None,
            mark: Mark::default(),
        };
        fixture.event(Event::Past { library: "a".to_owned(), past: vec![past(6), past(7)], undone });
        fixture.attach("game");
        fixture
    };
    let unchanged = || Outcome::Unchanged { reload: reload("a", 7), diagnostics: Vec::new() };
    let mut fixture = start(Some(Generation(6)));
    assert!(fixture.core.current(&attach("late", &[ArtifactKind::Dylib])).is_empty());
    fixture.ends(1, "a", unchanged());
    assert_eq!((fixture.told().len(), fixture.told()[0].0), (1, 6));
    assert_eq!(fixture.status().undone, Some(Generation(6)));
    assert_eq!(fixture.at_source().len(), 1);
    fixture.redo().unwrap();
    let kept = fixture.actions.iter().find_map(|action| match action {
        Action::KeepUndone { undone, .. } => Some(*undone),
        _ => None,
    });
    assert_eq!(kept, Some(None));
    assert_eq!(
        start(Some(Generation(3))).ends(1, "a", unchanged()).told()[0].0,
        7,
        "it is not kept any more"
    );
    let mut fixture = start(Some(Generation(6)));
    fixture.ends(1, "a", Outcome::Built(reload("a", 8)));
    assert_eq!((fixture.told()[0].0, fixture.status().undone), (8, None), "the text has changed meanwhile");
}

#[test]
fn an_undo_without_a_name_means_what_moved_last() {
    let mut fixture = fixture(&["a", "b"]);
    let first = |library| Outcome::Built(Reload { trigger: Trigger::Initial, ..reload(library, 1) });
    fixture.attach("game").ends(1, "a", first("a")).ends(2, "b", first("b"));
    let undo = || Command::Undo { library: None, generation: None };
    assert!(fixture.command(undo()).unwrap_err().contains("a, b"));
    fixture.save("/w/b/src/lib.rs").ends(3, "b", Outcome::Built(reload("b", 2)));
    fixture.command(undo()).unwrap();
    assert_eq!((fixture.told().len(), fixture.core.status.libraries[1].undone), (1, Some(Generation(1))));
    fixture.command(Command::Redo { library: None }).unwrap();
    assert_eq!(fixture.core.status.libraries[1].undone, None);
}

#[test]
fn a_library_is_live_when_every_engine_runs_it() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("game").attach("other").attach_with("none", &[]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1))).runs(1);
    assert_eq!(fixture.state("a"), StatusState::Idle);
    fixture.engine_says("other", answer(1, Answer::Refused, Some("other API")));
    assert_eq!(fixture.core.status.engines[1].refused["a"].reason, "other API");
    fixture.engine_says("other", answer(1, Answer::Applied, None));
    assert_eq!(fixture.state("a"), StatusState::Live);
    assert!(fixture.core.status.engines[1].refused.is_empty());
}

#[test]
fn what_an_engine_takes_back_runs_no_more_and_everyone_sees_why() {
    let mut fixture = built(2);
    fixture.engine_says("game", answer(2, Answer::Restored, Some("it panicked")));
    assert_eq!(fixture.engine().libraries["a"], Generation(1));
    assert_eq!(fixture.engine().refused["a"].outcome, Answer::Restored);
    assert_eq!(fixture.state("a"), StatusState::Idle);
    assert_eq!(fixture.messages()[0].1, "`game` took generation 2 of `a` back: it panicked");
    assert_eq!(fixture.at_source().len(), 1);
    fixture.save(SAVED).stage(3, "a").ends(3, "a", Outcome::Built(reload("a", 3))).runs(3);
    assert_eq!((fixture.state("a"), fixture.engine().refused.len()), (StatusState::Live, 0));
    fixture.undo().unwrap();
    assert_eq!(fixture.told(), [(1, Trigger::Undo)], "what failed is passed over");
}

#[test]
fn a_fault_that_says_what_runs_instead_counts_once_whichever_word_comes_first() {
    let fault = || Fault {
        library: "a".to_owned(),
        generation: Generation(2),
        kind: FaultKind::Panic,
        message: "out of range".to_owned(),
        frames: Vec::new(),
        restored: Some(Generation(1)),
    };
    let says_fault = |fixture: &mut Fixture| {
        let session = Session("game".to_owned());
        fixture.event(Event::EngineSaid { session, said: EngineSaid::Fault(fault()) });
    };
    for is_first in [true, false] {
        let mut fixture = built(2);
        if is_first {
            says_fault(&mut fixture);
        }
        fixture.engine_says("game", answer(2, Answer::Restored, Some("it panicked")));
        if !is_first {
            says_fault(&mut fixture);
        }
        assert_eq!(fixture.engine().libraries["a"], Generation(1));
        let faults = &fixture.core.libraries["a"].faults;
        assert!(
            faults.iter().any(|(_, fault)| fault.message.contains("panicked: out of range")),
            "{faults:?}"
        );
    }
}

#[test]
fn a_refusal_for_its_state_offers_to_reset_it_or_to_keep_the_old_code() {
    let mut fixture = built(1);
    let state = vec![StateOutcome {
        type_name: "Player".to_owned(),
        outcome: StateChange::Reset,
        reason: Some("field `hp` was u32 and is String".to_owned()),
    }];
    let at = Some(Place { file: "a/src/lib.rs".to_owned(), line: 9, column: 5 });
    let refused = answer(2, Answer::Refused, Some("the state of `Player` cannot go over"));
    let refused = Reloaded { cause: Some(Cause::State), at, state: Some(state), ..refused };
    fixture.save(SAVED).stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2)));
    fixture.engine_says("game", refused);
    let shown = fixture.at_source();
    assert_eq!((shown.len(), shown[0].span.start.line), (1, 9));
    let titles: Vec<&str> = shown[0].commands.iter().map(|fix| fix.title.as_str()).collect();
    assert_eq!(titles, ["Reset this state and reload", "Keep running the old code"]);
    assert_eq!(shown[0].commands[0].arguments[0]["types"][0], "Player");
    let types = vec!["Player".to_owned()];
    fixture.command(Command::ResetState { library: Some("a".to_owned()), types: types.clone() }).unwrap();
    let reset = fixture.actions.iter().find_map(|action| match action {
        Action::TellReload { reload, .. } => Some((reload.generation, reload.reset.clone())),
        _ => None,
    });
    assert_eq!(reset, Some((Generation(2), Some(types))));
    fixture.command(Command::ClearFaults { library: Some("a".to_owned()) }).unwrap();
    assert_eq!(fixture.shown(), [(SAVED.to_owned(), 0)]);
}

#[test]
fn a_refusal_for_its_api_offers_to_restart_the_engine() {
    for cause in [Cause::Api, Cause::Interface] {
        let mut fixture = built(1);
        fixture.save(SAVED).stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2)));
        fixture
            .engine_says("game", Reloaded { cause: Some(cause), ..answer(2, Answer::Refused, Some("no")) });
        assert_eq!(fixture.at_source()[0].commands[0].command, "liveline.restartEngine");
    }
}

#[test]
fn what_changed_in_the_api_crate_is_said_at_the_item() {
    let api = |hash: &str| Some(Api { package: "api".to_owned(), hash: hash.to_owned() });
    let mut fixture = fixture(&["a"]);
    let attach = Attach { api: api("old"), ..attach("game", &[ArtifactKind::Dylib]) };
    fixture.event(Event::EngineAttached { session: Session("game".to_owned()), attach, address: None });
    fixture.ends(1, "a", Outcome::Built(Reload { api: api("new"), ..reload("a", 1) }));
    fixture.engine_says(
        "game",
        Reloaded { cause: Some(Cause::Api), ..answer(1, Answer::Refused, Some("another build of `api`")) },
    );
    let asked = fixture.actions.iter().find_map(|action| match action {
        Action::CompareApis(asked) => Some(asked.clone()),
        _ => None,
    });
    let asked = asked.expect("it is looked up");
    assert_eq!((asked.running.as_str(), asked.built.as_str()), ("old", "new"));
    let change = Change {
        what: "another `World`: field `hp` is new".to_owned(),
        file: PathBuf::from("/w/api/src/lib.rs"),
        line: 3,
        column: 12,
    };
    fixture.event(Event::ApisCompared { asked: asked.clone(), changes: vec![change] });
    assert_eq!(fixture.shown(), [("/w/a/src/lib.rs".to_owned(), 0), ("/w/api/src/lib.rs".to_owned(), 1)]);
    let reason = &fixture.engine().refused["a"].reason;
    assert_eq!(reason, "the running `game` has another `World`: field `hp` is new; restart the engine");
    fixture.save(SAVED).stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2)));
    assert_eq!(fixture.shown(), [("/w/api/src/lib.rs".to_owned(), 0)]);
    let late = fixture.event(Event::ApisCompared { asked, changes: Vec::new() });
    assert_eq!(late.shown(), [], "a newer generation has overtaken it");
}
