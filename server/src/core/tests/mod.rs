//! The core as a table: what happens → what is done.

use std::collections::BTreeSet;

use liveline_protocol::engine::Generation;
use liveline_protocol::status::LibraryState as StatusState;

use super::*;

mod chronicle;
mod crashes;
mod fixture;
mod forms;
mod live_tests;
mod preferences;
mod proof;
mod speculation;
mod undo;
use fixture::{Fixture, SOURCE, attach, error, fixture, fixture_of, project, reload};

#[test]
fn every_library_is_built_at_the_start() {
    let fixture = fixture(&["a", "b"]);
    assert_eq!(fixture.builds(), [(1, "a".to_owned()), (2, "b".to_owned())]);
    assert_eq!(fixture.order().trigger, Trigger::Initial);
}

#[test]
fn a_save_builds_only_the_libraries_that_it_concerns() {
    let mut fixture = fixture(&["a", "b"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1))).ends(2, "b", Outcome::Built(reload("b", 1)));
    assert_eq!(fixture.save("/w/b/src/new.rs").builds(), [(3, "b".to_owned())]);
    fixture.ends(3, "b", Outcome::Built(reload("b", 2)));
    assert_eq!(fixture.save("/w/api/src/lib.rs").builds().len(), 2, "both are built from the API crate");
}

#[test]
fn an_included_file_is_an_input_and_a_log_beside_the_source_is_not() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1)));
    assert_eq!(fixture.save("/w/a/game.log").builds(), []);
    assert_eq!(fixture.save("/levels/one.txt").builds(), [(2, "a".to_owned())]);
}

#[test]
fn newer_save_cancels_older_build() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1)));
    assert_eq!(fixture.save("/w/a/src/one.rs").builds(), [(2, "a".to_owned())]);
    fixture.stage(2, "a").save("/w/a/src/two.rs");
    assert_eq!(
        (fixture.builds(), fixture.cancels()),
        (vec![], vec![2]),
        "the new one waits for the old one's end"
    );
    fixture.ends(2, "a", Outcome::Cancelled);
    assert_eq!(fixture.builds(), [(3, "a".to_owned())]);
    let changed: BTreeSet<&PathBuf> = fixture.order().changed.iter().collect();
    assert_eq!(changed.len(), 2, "what the killed build was to bring is brought by the next");
}

#[test]
fn a_build_that_ended_before_its_kill_came_still_counts_and_the_newer_text_is_built_after_it() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("game").save("/w/a/src/lib.rs");
    fixture.ends(1, "a", Outcome::Built(reload("a", 1)));
    assert_eq!(fixture.reloads(), [(vec!["game".to_owned()], 1)]);
    assert_eq!(fixture.builds(), [(2, "a".to_owned())]);
}

#[test]
fn a_failure_of_text_that_is_no_longer_saved_is_not_shown() {
    let mut fixture = fixture(&["a"]);
    fixture.stage(1, "a").says(1, "a", vec![error(1)]).save("/w/a/src/lib.rs").ends(1, "a", Outcome::Failed);
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 0)]);
    assert_eq!(fixture.builds().len(), 1);
}

#[test]
fn errors_show_while_the_build_runs_and_clear_with_the_next_good_one() {
    let mut fixture = fixture(&["a"]);
    assert_eq!(fixture.stage(1, "a").says(1, "a", vec![error(3)]).shown(), [(SOURCE.to_owned(), 1)]);
    fixture.ends(1, "a", Outcome::Failed);
    assert_eq!((fixture.shown(), fixture.told_engines()), (vec![], vec![BuildState::Failed]), "no flicker");
    assert_eq!(fixture.state("a"), StatusState::Failed);
    fixture.save("/w/a/src/lib.rs").stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 1)));
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 0)]);
}

#[test]
fn going_back_to_the_good_text_clears_the_error_without_a_build() {
    let mut fixture = fixture(&["a"]);
    fixture.stage(1, "a").ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture.save("/w/a/src/lib.rs").stage(2, "a").says(2, "a", vec![error(3)]).ends(2, "a", Outcome::Failed);
    fixture.save("/w/a/src/lib.rs");
    let outcome = Outcome::Unchanged { reload: reload("a", 1), diagnostics: Vec::new() };
    fixture.ends(3, "a", outcome);
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 0)]);
    assert_eq!(fixture.told_engines(), [BuildState::Succeeded], "the overlay's error goes too");
    assert_eq!(fixture.reloads(), [], "the engine runs it already");
}

#[test]
fn what_a_compiler_said_before_it_started_again_does_not_stay() {
    let mut fixture = fixture(&["a"]);
    fixture.stage(1, "a").says(1, "a", vec![error(1), error(3)]);
    let progress = Progress::Anew;
    fixture.event(Event::Progress { build: BuildId(1), library: "a".to_owned(), progress });
    assert_eq!(fixture.shown(), [], "what is said again does not vanish in between");
    fixture.says(1, "a", vec![error(3)]).ends(1, "a", Outcome::Failed);
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 1)]);
}

#[test]
fn a_stale_build_is_done_again() {
    let mut fixture = fixture(&["a"]);
    fixture.stage(1, "a").ends(1, "a", Outcome::Stale);
    assert_eq!(fixture.builds(), [(2, "a".to_owned())]);
    assert_eq!(fixture.reloads(), []);
}

#[test]
fn a_late_engine_gets_the_current_generations_without_their_saves() {
    let mut fixture = fixture(&["a", "b"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 4))).ends(2, "b", Outcome::Failed);
    let current = fixture.core.current(&attach("late", &[ArtifactKind::Dylib]));
    assert_eq!(current.len(), 1);
    assert_eq!((current[0].generation, current[0].saved_at_unix_micros), (Generation(4), None));
}

#[test]
fn an_engine_that_reports_the_generation_makes_it_live_and_its_going_ends_that() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("game").ends(1, "a", Outcome::Built(reload("a", 1)));
    assert_eq!(fixture.state("a"), StatusState::Idle);
    fixture.now.unix_micros += 250;
    let reloaded = Reloaded {
        library: "a".to_owned(),
        generation: Generation(1),
        outcome: Answer::Applied,
        reason: None,
        at: None,
        load_micros: 1,
        swap_micros: 1,
        state: None,
        retry: None,
        cause: None,
    };
    let session = Session("game".to_owned());
    fixture.event(Event::EngineSaid { session: session.clone(), said: EngineSaid::Reloaded(reloaded) });
    assert_eq!(fixture.state("a"), StatusState::Live);
    let last = fixture.core.status.libraries[0].last_reload.map(|last| last.save_to_live_micros);
    assert_eq!(last, Some(250));
    fixture.event(Event::EngineGone { session });
    assert_eq!(fixture.state("a"), StatusState::Idle);
}

#[test]
fn a_refusal_is_shown_at_the_library_and_goes_with_the_next_generation() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("game").ends(1, "a", Outcome::Built(reload("a", 1)));
    let reloaded = Reloaded {
        library: "a".to_owned(),
        generation: Generation(1),
        outcome: Answer::Refused,
        reason: Some("other signature".to_owned()),
        at: None,
        load_micros: 1,
        swap_micros: 0,
        state: None,
        retry: None,
        cause: None,
    };
    fixture.event(Event::EngineSaid {
        session: Session("game".to_owned()),
        said: EngineSaid::Reloaded(reloaded),
    });
    assert_eq!(fixture.shown(), [("/w/a/src/lib.rs".to_owned(), 1)]);
    assert!(fixture.messages()[0].1.contains("other signature"));
    fixture.save("/w/a/src/lib.rs").stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2)));
    assert_eq!(fixture.shown(), [("/w/a/src/lib.rs".to_owned(), 0)]);
}

#[test]
fn what_is_broken_from_outside_is_told_once_and_tried_again() {
    let mut fixture = fixture(&["a"]);
    let broken = || Outcome::Broken(Broken::at_file(PathBuf::from(SOURCE), "linker `cc` not found"));
    fixture.stage(1, "a").ends(1, "a", broken());
    assert_eq!((fixture.messages().len(), fixture.shown().len()), (1, 1));
    assert_eq!(fixture.event(Event::Tick).builds(), [], "not yet");
    fixture.now.instant += FIRST_RETRY;
    assert_eq!(fixture.event(Event::Tick).builds(), [(2, "a".to_owned())]);
    fixture.stage(2, "a").ends(2, "a", broken());
    assert_eq!(fixture.messages(), [], "the same trouble again is no news");
    fixture.now.instant += SLOWEST_RETRY;
    fixture.event(Event::Tick).stage(3, "a").ends(3, "a", Outcome::Built(reload("a", 1)));
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 0)]);
}

#[test]
fn a_workspace_that_cannot_be_read_keeps_its_libraries_and_recovers() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1)));
    let broken = Broken::at_file(PathBuf::from("/w/Cargo.toml"), "no");
    fixture.event(Event::ProjectLoaded(Err(broken.clone())));
    assert_eq!(fixture.messages(), [(Level::Error, "no".to_owned())]);
    assert_eq!(
        fixture.core.current(&attach("late", &[ArtifactKind::Dylib])).len(),
        1,
        "engines still get the last good generation"
    );
    assert_eq!(fixture.event(Event::ProjectLoaded(Err(broken))).messages(), []);
    fixture.event(Event::ProjectLoaded(Ok(Arc::new(project(&["a"])))));
    assert_eq!(fixture.shown(), [("/w/Cargo.toml".to_owned(), 0)]);
}

#[test]
fn a_library_that_is_gone_is_forgotten() {
    let mut fixture = fixture(&["a", "b"]);
    fixture.stage(2, "b").says(2, "b", vec![error(1)]);
    fixture.event(Event::ProjectLoaded(Ok(Arc::new(project(&["a"])))));
    assert_eq!((fixture.cancels().contains(&2), fixture.shown()), (true, vec![(SOURCE.to_owned(), 0)]));
    fixture.ends(2, "b", Outcome::Built(reload("b", 1)));
    assert_eq!(
        (fixture.reloads(), fixture.core.current(&attach("late", &[ArtifactKind::Dylib])).len()),
        (vec![], 0)
    );
}

#[test]
fn a_manifest_is_read_again_before_anything_is_built() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1))).save("/w/a/Cargo.toml");
    assert!(fixture.actions.iter().any(|action| matches!(action, Action::LoadProject)));
}

#[test]
fn a_command_for_an_unknown_library_names_the_known_ones() {
    let mut fixture = fixture(&["a", "b"]);
    let command = Command::Build { library: Some("c".to_owned()) };
    fixture.event(Event::Command { face: FaceId(1), id: 7, command });
    let answer = fixture.actions.iter().find_map(|action| match action {
        Action::Answer { id: 7, result: Err(text), .. } => Some(text.clone()),
        _ => None,
    });
    assert!(answer.is_some_and(|text| text.contains("a, b")));
}

fn answer(generation: u64, outcome: Answer, reason: Option<&str>) -> Reloaded {
    Reloaded {
        library: "a".to_owned(),
        generation: Generation(generation),
        outcome,
        reason: reason.map(str::to_owned),
        at: None,
        load_micros: 1,
        swap_micros: 1,
        state: None,
        retry: None,
        cause: None,
    }
}

impl Fixture {
    fn engine_says(&mut self, engine: &str, reloaded: Reloaded) -> &mut Self {
        self.event(Event::EngineSaid {
            session: Session(engine.to_owned()),
            said: EngineSaid::Reloaded(reloaded),
        })
    }
}

#[test]
fn one_engines_refusal_stands_while_another_takes_the_generation() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("old").attach("new").ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture.engine_says("old", answer(1, Answer::Refused, Some("other API")));
    assert_eq!(fixture.shown().len(), 1);
    fixture.engine_says("new", answer(1, Answer::Applied, None));
    assert_eq!(fixture.shown(), [], "what the old one said still stands");
    fixture.engine_says("old", answer(1, Answer::Applied, None));
    assert_eq!(fixture.shown(), [("/w/a/src/lib.rs".to_owned(), 0)]);
}

#[test]
fn an_overtaken_generation_is_no_trouble() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("game").ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture.save("/w/a/src/lib.rs").stage(2, "a").ends(2, "a", Outcome::Built(reload("a", 2)));
    fixture.engine_says("game", answer(1, Answer::Refused, Some("generation 2 came first")));
    assert_eq!((fixture.shown(), fixture.messages()), (vec![], vec![]));
}

#[test]
fn a_state_that_was_reset_is_said_and_is_no_trouble() {
    let mut fixture = fixture(&["a"]);
    fixture.attach("game").ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture.engine_says("game", answer(1, Answer::Applied, Some("`Player` has a new field")));
    assert_eq!(fixture.messages().first().map(|(level, _)| *level), Some(Level::Info));
    assert_eq!(fixture.shown(), []);
}

#[test]
fn the_lock_file_that_the_first_build_writes_does_not_begin_it_anew() {
    let mut fixture = fixture(&["a"]);
    fixture.stage(1, "a").save("/w/Cargo.lock");
    assert!(fixture.cancels().is_empty());
    fixture.ends(1, "a", Outcome::Built(reload("a", 1))).save("/w/Cargo.lock");
    assert!(fixture.actions.iter().any(|action| matches!(action, Action::LoadProject)), "later it counts");
}

#[test]
fn an_engine_that_detaches_and_then_closes_goes_once() {
    let mut fixture = fixture(&["a"]);
    let gone = || Event::EngineGone { session: Session("game".to_owned()) };
    let is_told = |fixture: &Fixture| {
        fixture.actions.iter().any(|action| matches!(action, Action::Tell(HubEvent::EngineDetached { .. })))
    };
    assert!(is_told(fixture.attach("game").event(gone())));
    assert!(!is_told(fixture.event(gone())));
}

#[test]
fn an_engine_that_attaches_after_the_save_has_no_time_from_save_to_live() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1))).attach("late");
    fixture.now.unix_micros += 60_000_000;
    fixture.engine_says("late", answer(1, Answer::Applied, None));
    assert_eq!(fixture.state("a"), StatusState::Live);
    assert_eq!(fixture.core.status.libraries[0].last_reload, None);
}

#[test]
fn what_an_editor_shows_was_saved_by_it() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1)));
    let path = PathBuf::from("/w/a/src/lib.rs");
    let written = |text: &str| Event::Changed {
        files: BTreeMap::from([(path.clone(), Some(hash(text.as_bytes())))]),
        trigger: Trigger::Watch,
        saved_at: 1_000_000,
    };
    fixture.event(written("by somebody"));
    assert_eq!(fixture.order().trigger, Trigger::Watch);
    fixture.ends(2, "a", Outcome::Built(reload("a", 2)));
    fixture.event(Event::Edited { path: path.clone(), text: "typed".to_owned() });
    fixture.event(written("typed"));
    assert_eq!(fixture.order().trigger, Trigger::Save, "the file watch was quicker than the editor");
}

#[test]
fn an_editor_may_say_of_a_running_build_that_it_is_of_its_save() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1)));
    let files = BTreeMap::from([(PathBuf::from("/w/a/src/lib.rs"), Some(hash(b"typed")))]);
    fixture.event(Event::Changed { files: files.clone(), trigger: Trigger::Watch, saved_at: 1_000_000 });
    assert_eq!(fixture.order().began_with(), Trigger::Watch);
    let is_save =
        |fixture: &Fixture| fixture.actions.iter().any(|action| matches!(action, Action::IsSave(BuildId(2))));
    fixture.event(Event::EditorSaved { files: files.clone() });
    assert!(is_save(&fixture));
    fixture.event(Event::EditorSaved { files });
    assert!(!is_save(&fixture), "once");
}

#[test]
fn a_busy_editor_may_say_so_just_after_the_build() {
    let mut fixture = fixture(&["a"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1)));
    let path = PathBuf::from("/w/a/src/lib.rs");
    let files = BTreeMap::from([(path.clone(), Some(hash(b"typed")))]);
    let trigger = |fixture: &Fixture| fixture.core.history().libraries[0].generations[0].trigger;
    for (build, waits, expected) in [(2, 100_000, Trigger::Save), (3, 5_000_000, Trigger::Watch)] {
        fixture.event(Event::Changed { files: files.clone(), trigger: Trigger::Watch, saved_at: 1_000_000 });
        let changed = vec![path.display().to_string()];
        let reload = Reload { trigger: Trigger::Watch, changed, ..reload("a", build) };
        fixture.ends(build, "a", Outcome::Built(reload));
        assert_eq!(trigger(&fixture), Trigger::Watch);
        fixture.now.unix_micros += waits;
        fixture.event(Event::EditorSaved { files: files.clone() });
        assert_eq!(trigger(&fixture), expected, "after {waits} microseconds");
    }
}
