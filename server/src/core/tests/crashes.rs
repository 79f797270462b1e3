//! What ended an engine or hangs in one, and what the next one is given.

use std::collections::BTreeMap;

use liveline_protocol::engine::Ran;

use super::fixture::*;
use super::undo::{SAVED, built};
use super::*;
use crate::build::past::{Mark, Past};

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

fn go(generation: u64) -> Command {
    Command::Undo { library: None, generation: Some(generation) }
}

/// What stands at the source while an earlier generation runs.
fn undone(fixture: &Fixture) -> Diagnostic {
    let shown = fixture.core.picture().into_iter().find_map(|event| match event {
        HubEvent::Diagnostics { diagnostics, .. } => {
            diagnostics.into_iter().find(|one| one.severity == Severity::Information)
        }
        _ => None,
    });
    shown.expect("something runs that is not saved")
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
fn what_crashed_comes_back_by_its_number_only() {
    let mut fixture = built(2);
    fixture.event(fault(2, FaultKind::Crash)).save(SAVED);
    fixture.ends(3, "a", Outcome::Unchanged { reload: reload("a", 2), diagnostics: Vec::new() });
    assert_eq!(given(&fixture), [1], "not by a second save of the same text");
    let refused = fixture.command(Command::Redo { library: None }).unwrap_err();
    assert!(refused.contains("generation 2 of `a` is not run again by itself: it crashed"), "{refused}");
    assert_eq!(given(&fixture), [1], "nor by a redo");
    let back = undone(&fixture);
    assert!(back.message.ends_with("what is saved is generation 2 (it crashed): save a change"), "{back:?}");
    let fixes: Vec<(&str, &str)> =
        back.commands.iter().map(|fix| (fix.title.as_str(), fix.command.as_str())).collect();
    assert_eq!(fixes, [("Run generation 2 all the same, although it crashed", "liveline.undo")]);
    fixture.command(go(2)).unwrap();
    assert_eq!(given(&fixture), [2]);
    let warned = (Level::Warning, "`a` goes forward to generation 2, although it crashed".to_owned());
    assert!(fixture.messages().contains(&warned), "{:?}", fixture.messages());
}

#[test]
fn undo_and_redo_pass_over_what_hangs_and_by_its_number_it_is_said_that_it_hung() {
    let mut fixture = built(2);
    fixture.event(fault(2, FaultKind::Hang)).save(SAVED);
    fixture.ends(3, "a", Outcome::Built(reload("a", 3)));
    fixture.undo().unwrap();
    assert_eq!(given(&fixture), [1]);
    fixture.redo().unwrap();
    assert_eq!(given(&fixture), [3]);
    fixture.command(go(2)).unwrap();
    assert_eq!(given(&fixture), [2]);
    let warned =
        (Level::Warning, "`a` goes back to generation 2, although a call of it did not return".to_owned());
    assert!(fixture.messages().contains(&warned), "{:?}", fixture.messages());
}

/// A second server, with what the first one kept on the disk.
fn again(kept: &[(u64, Mark)], last: u64, undone: Option<u64>) -> Fixture {
    let mark = |generation| kept.iter().rev().find(|(of, _)| *of == generation).map(|(_, mark)| mark.clone());
    let past = |generation| Past {
        reload: reload("a", generation),
        capture: hash(b""),
        texts: BTreeMap::new(),
        at_unix_micros: None,
        save_to_live_micros: None,
        mark: mark(generation).unwrap_or_default(),
    };
    let mut fixture = fixture(&["a"]);
    let (past, undone) = ((1..=last).map(past).collect(), undone.map(Generation));
    fixture.attach("game").event(Event::Past { library: "a".to_owned(), past, undone });
    fixture.ends(1, "a", Outcome::Unchanged { reload: reload("a", last), diagnostics: Vec::new() });
    fixture
}

#[test]
fn a_second_server_knows_what_crashed_hung_and_was_refused() {
    for kind in [FaultKind::Crash, FaultKind::Hang] {
        let mut first = built(2);
        let mut kept = first.event(fault(2, kind)).kept();
        first.save(SAVED).ends(3, "a", Outcome::Built(reload("a", 3)));
        first.engine_says("game", answer(3, Answer::Refused, Some("no")));
        kept.extend(first.kept());
        assert_eq!(kept.iter().map(|(generation, _)| *generation).collect::<Vec<_>>(), [2, 3], "{kept:?}");
        let mut second = again(&kept, 4, None);
        second.undo().unwrap();
        assert_eq!(given(&second), [1], "{kind:?}");
        second.redo().unwrap();
        assert_eq!(given(&second), [4]);
    }
}

#[test]
fn a_redo_after_a_restart_does_not_land_on_what_crashed() {
    let mut first = built(2);
    let kept = first.event(fault(2, FaultKind::Crash)).kept();
    let mut second = again(&kept, 2, Some(1));
    assert_eq!(given(&second), [1]);
    assert_eq!(second.shown().last(), Some(&(SAVED.to_owned(), 2)), "the crash, and what runs instead");
    assert!(second.redo().is_err());
    assert_eq!(given(&second), [1]);
}

#[test]
fn a_call_that_returned_and_a_generation_that_is_taken_after_all_have_nothing_against_them() {
    let mut fixture = built(2);
    let mut kept = fixture.event(fault(2, FaultKind::Hang)).kept();
    let ran = Ran { library: "a".to_owned(), generation: Generation(2), functions: BTreeMap::new() };
    let said = EngineSaid::Ran(ran);
    kept.extend(fixture.event(Event::EngineSaid { session: Session("game".to_owned()), said }).kept());
    fixture.engine_says("game", answer(2, Answer::Restored, Some("it panicked")));
    kept.extend(fixture.kept());
    fixture.engine_says("game", answer(2, Answer::Applied, None));
    kept.extend(fixture.kept());
    let troubles: Vec<Option<&str>> = kept.iter().map(|(_, mark)| mark.trouble()).collect();
    assert_eq!(troubles, [Some("a call of it did not return"), None, Some("it was taken back"), None]);
}

#[test]
fn a_late_engine_gets_what_the_others_run_where_they_took_a_generation_back() {
    let mut fixture = built(2);
    fixture.attach("other").engine_says("other", answer(2, Answer::Applied, None));
    fixture.engine_says("game", answer(2, Answer::Restored, Some("it panicked")));
    assert_eq!(given(&fixture), [2], "one still runs it");
    fixture.engine_says("other", answer(2, Answer::Restored, Some("it panicked")));
    assert_eq!(given(&fixture), [1]);
    fixture.attach("late").engine_says("late", answer(1, Answer::Applied, None));
    let late = &fixture.core.status.engines[2];
    assert_eq!((late.libraries["a"], late.refused["a"].generation), (Generation(1), Generation(2)));
    fixture.save(SAVED).ends(3, "a", Outcome::Built(reload("a", 3)));
    assert_eq!((given(&fixture), fixture.reloads().len()), (vec![3], 1));
}

#[test]
fn a_first_generation_that_was_taken_back_is_not_given_to_a_late_engine() {
    let mut fixture = built(1);
    fixture.engine_says("game", answer(1, Answer::Restored, Some("it panicked")));
    assert!(given(&fixture).is_empty());
}

#[test]
fn a_second_server_gives_engines_what_ran_before_a_generation_that_was_taken_back_and_says_so() {
    let mut first = built(2);
    let Event::EngineSaid { session, said: EngineSaid::Fault(fault) } = fault(2, FaultKind::Panic) else {
        unreachable!()
    };
    let said = EngineSaid::Fault(Fault { restored: Some(Generation(1)), ..fault });
    let mut kept = first.event(Event::EngineSaid { session, said }).kept();
    first.engine_says("game", answer(2, Answer::Restored, Some("it panicked")));
    kept.extend(first.kept());
    let second = again(&kept, 2, None);
    assert_eq!(second.reloads(), [(vec!["game".to_owned()], 1)]);
    let faults = &second.core.libraries["a"].faults;
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].1.message, "generation 2 panicked: SIGSEGV");
    assert_eq!(second.core.status.engines[0].refused["a"].reason, "it panicked");
    assert_eq!(given(&second), [1]);
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
fn a_crash_that_the_engine_survived_stands_until_there_is_a_new_generation() {
    let mut fixture = built(2);
    fixture.event(fault(2, FaultKind::Crash)).engine_says("game", answer(1, Answer::Applied, None));
    assert_eq!(fixture.core.libraries["a"].faults.len(), 1);
    fixture.save(SAVED).ends(3, "a", Outcome::Built(reload("a", 3)));
    assert_eq!(fixture.core.libraries["a"].faults.len(), 0);
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
fn a_game_that_hangs_is_restarted_for_the_next_good_build() {
    let mut fixture = built(2);
    fixture.event(fault(2, FaultKind::Hang)).save(SAVED).ends(3, "a", Outcome::Built(reload("a", 3)));
    assert!(!is_restarted(&fixture), "nobody here can");
    let mut fixture = built(2);
    fixture.event(Event::FaceRuns { face: FaceId(5) }).event(fault(2, FaultKind::Hang)).save(SAVED);
    fixture.ends(3, "a", Outcome::Failed);
    assert!(!is_restarted(&fixture), "there is nothing new to run");
    fixture.save(SAVED).ends(4, "a", Outcome::Built(reload("a", 3)));
    assert!(is_restarted(&fixture));
    assert_eq!(given(&fixture), [3]);
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
