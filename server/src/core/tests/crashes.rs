//! What ended an engine or hangs in one, and what the next one is given.

use std::collections::BTreeMap;

use liveline_protocol::engine::Ran;

use super::fixture::*;
use super::undo::{SAVED, built};
use super::*;

fn fault(generation: u64, kind: FaultKind) -> Event {
    let fault = Fault {
        library: "a".to_owned(),
        generation: Generation(generation),
        kind,
        message: "SIGSEGV".to_owned(),
        frames: Vec::new(),
        restored: None,
    };
    Event::EngineSaid { session: Session("game".to_owned()), said: EngineSaid::Fault(fault) }
}

fn given(fixture: &Fixture) -> Vec<u64> {
    let current = fixture.core.current(&attach("next", &[ArtifactKind::Dylib]));
    current.iter().map(|reload| reload.generation.0).collect()
}

fn restart(fixture: &mut Fixture) -> Result<(), String> {
    fixture.event(Event::Command { face: FaceId(1), id: 7, command: Command::RestartEngine });
    let answer = fixture.actions.iter().find_map(|action| match action {
        Action::Answer { result, .. } => Some(result.clone()),
        _ => None,
    });
    answer.unwrap().map(drop)
}

fn is_restarted(fixture: &Fixture) -> bool {
    let told = |action: &Action| matches!(action, Action::Tell(HubEvent::RestartEngine));
    let kept = |action: &Action| matches!(action, Action::TellSnapshot { sessions } if sessions.len() == 1);
    fixture.actions.iter().any(told) && fixture.actions.iter().any(kept)
}

#[test]
fn the_next_process_gets_the_generation_before_the_one_that_crashed_until_there_is_a_new_one() {
    let mut fixture = built(3);
    fixture.event(fault(3, FaultKind::Crash));
    assert_eq!(given(&fixture), [2]);
    assert!(fixture.messages().iter().any(|(level, text)| *level == Level::Warning
        && text == "generation 3 of `a` crashed (SIGSEGV): generation 2 runs again"));
    // At the source stand the fault and that what runs is not what is saved.
    assert_eq!(fixture.shown().last(), Some(&(SAVED.to_owned(), 2)));
    fixture.event(Event::EngineGone { session: Session("game".to_owned()) });
    fixture.attach("game").event(fault(2, FaultKind::Crash));
    assert_eq!(given(&fixture), [1]);
    fixture.save(SAVED).ends(4, "a", Outcome::Built(reload("a", 4)));
    assert_eq!((given(&fixture), fixture.shown().last()), (vec![4], Some(&(SAVED.to_owned(), 0))));
}

#[test]
fn a_second_save_of_the_same_text_does_not_bring_a_crash_back_and_a_redo_does() {
    let mut fixture = built(2);
    fixture.event(fault(2, FaultKind::Crash)).save(SAVED);
    fixture.ends(3, "a", Outcome::Unchanged { reload: reload("a", 2), diagnostics: Vec::new() });
    assert_eq!(given(&fixture), [1]);
    fixture.event(Event::Command { face: FaceId(1), id: 7, command: Command::Redo { library: None } });
    assert_eq!(given(&fixture), [2]);
}

#[test]
fn a_first_generation_that_crashes_leaves_what_the_game_was_linked_with() {
    let mut fixture = built(1);
    fixture.event(fault(1, FaultKind::Crash));
    assert!(given(&fixture).is_empty());
    fixture.save(SAVED).ends(2, "a", Outcome::Built(reload("a", 2)));
    assert_eq!(given(&fixture), [2]);
}

#[test]
fn a_crash_of_a_generation_that_is_no_longer_the_newest_changes_nothing() {
    let mut fixture = built(3);
    fixture.event(fault(2, FaultKind::Crash));
    assert_eq!(given(&fixture), [3]);
}

#[test]
fn an_engine_is_restarted_by_who_runs_it_only() {
    let mut fixture = built(2);
    assert!(restart(&mut fixture).unwrap_err().contains("`liveline run`"));
    fixture.event(Event::FaceRuns { face: FaceId(5) });
    restart(&mut fixture).unwrap();
    assert!(is_restarted(&fixture));
    assert_eq!(given(&fixture), [2]);
    fixture.event(Event::FaceGone { face: FaceId(5) });
    assert!(restart(&mut fixture).is_err());
}

#[test]
fn what_hangs_is_not_given_to_the_process_after_a_restart() {
    let mut fixture = built(2);
    fixture.event(Event::FaceRuns { face: FaceId(5) }).event(fault(2, FaultKind::Hang));
    assert_eq!(given(&fixture), [2], "it may return");
    restart(&mut fixture).unwrap();
    assert!(is_restarted(&fixture));
    assert_eq!(given(&fixture), [1]);
}

#[test]
fn a_call_that_returns_after_all_is_no_fault_any_more() {
    let mut fixture = built(2);
    fixture.event(fault(2, FaultKind::Hang));
    assert_eq!(fixture.shown(), [(SAVED.to_owned(), 1)]);
    let functions = BTreeMap::from([("A::update".to_owned(), 3)]);
    let ran = Ran { library: "a".to_owned(), generation: Generation(2), functions };
    let session = Session("game".to_owned());
    fixture.event(Event::EngineSaid { session, said: EngineSaid::Ran(ran) });
    assert_eq!(fixture.shown(), [(SAVED.to_owned(), 0)]);
    fixture.event(Event::FaceRuns { face: FaceId(5) });
    restart(&mut fixture).unwrap();
    assert_eq!(given(&fixture), [2]);
}
