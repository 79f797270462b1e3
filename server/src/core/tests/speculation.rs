//! Unsaved text as a table: what happens → what is done.

use super::*;

const FILE: &str = "/w/a/src/lib.rs";

impl Fixture {
    fn edit(&mut self, path: &str, text: &str) -> &mut Self {
        self.event(Event::Edited { path: PathBuf::from(path), text: text.to_owned() })
    }

    fn pause(&mut self, milliseconds: u64) -> &mut Self {
        self.now.instant += Duration::from_millis(milliseconds);
        self.event(Event::Tick)
    }

    fn ready(&mut self, build: u64, library: &str) -> &mut Self {
        self.ends(build, library, Outcome::Ready { micros: 50_000 })
    }

    fn wakes_in(&self) -> Option<Duration> {
        self.core.wake_at.map(|at| at.saturating_duration_since(self.now.instant))
    }
}

/// One library that has been built.
fn built() -> Fixture {
    let mut fixture = fixture(&["a"]);
    fixture.attach("game").ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture
}

fn live() -> Fixture {
    let mut project = project(&["a"]);
    project.config.build.apply = Apply::Pause;
    let mut fixture = fixture(&[]);
    fixture.event(Event::ProjectLoaded(Ok(Arc::new(project)))).ends(1, "a", Outcome::Built(reload("a", 1)));
    fixture
}

fn unsaved(generation: u64) -> Reload {
    Reload { unsaved: true, speculated: true, ..reload("a", generation) }
}

#[test]
fn a_pause_in_typing_begins_a_build_of_the_unsaved_text() {
    let mut fixture = built();
    assert!(fixture.edit(FILE, "one").builds().is_empty());
    let wait = fixture.wakes_in().expect("it wakes up after a pause");
    assert!(wait > Duration::ZERO && wait < Duration::from_millis(100), "{wait:?}");
    fixture.pause(300);
    assert_eq!(fixture.builds(), [(2, "a".to_owned())]);
    let order = fixture.order();
    assert_eq!((order.purpose, &*order.overlay[Path::new(FILE)]), (Purpose::Speculative, "one"));
    assert!(fixture.told_engines().is_empty(), "engines hear nothing of unsaved text");
    assert_eq!(fixture.wakes_in(), None);
}

#[test]
fn typing_ends_a_build_and_begins_another_after_the_next_pause() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300);
    assert_eq!(fixture.edit(FILE, "two").cancels(), [2]);
    assert!(fixture.ends(2, "a", Outcome::Cancelled).builds().is_empty());
    fixture.pause(300);
    assert_eq!(&*fixture.order().overlay[Path::new(FILE)], "two");
}

#[test]
fn the_same_text_again_does_not_end_its_build_or_begin_another() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300);
    assert!(fixture.edit(FILE, "one").cancels().is_empty());
    fixture.ready(2, "a");
    assert!(fixture.pause(300).builds().is_empty());
}

#[test]
fn a_save_of_the_text_that_is_being_built_waits_for_it() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300).write(FILE, "one");
    assert!(fixture.cancels().is_empty() && fixture.builds().is_empty());
    fixture.ready(2, "a");
    assert_eq!(fixture.builds(), [(3, "a".to_owned())]);
    assert_eq!((fixture.order().purpose, fixture.order().trigger), (Purpose::Saved, Trigger::Save));
}

#[test]
fn a_save_of_other_text_ends_the_build_of_the_unsaved_text() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300);
    assert_eq!(fixture.write(FILE, "formatted").cancels(), [2]);
    fixture.ends(2, "a", Outcome::Cancelled);
    assert_eq!(fixture.order().purpose, Purpose::Saved);
}

#[test]
fn a_build_that_is_ready_is_taken_by_the_save() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300).ready(2, "a");
    assert!(fixture.reloads().is_empty());
    fixture.write(FILE, "one");
    let speculated = Reload { speculated: true, ..reload("a", 2) };
    fixture.ends(3, "a", Outcome::Built(speculated));
    assert_eq!(fixture.reloads(), [(vec!["game".to_owned()], 2)]);
    assert_eq!(fixture.told_engines(), [BuildState::Succeeded]);
}

#[test]
fn errors_in_unsaved_text_are_shown_and_go_when_the_text_is_taken_back() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300).says(2, "a", vec![error(3)]);
    assert_eq!(fixture.shown(), [(SOURCE.to_owned(), 1)]);
    fixture.ends(2, "a", Outcome::Failed);
    assert_eq!(fixture.state("a"), StatusState::Idle, "what is saved is well");
    fixture.edit(FILE, "zero").pause(400);
    let outcome = Outcome::Unchanged { reload: reload("a", 1), diagnostics: Vec::new() };
    assert_eq!(fixture.ends(3, "a", outcome).shown(), [(SOURCE.to_owned(), 0)]);
    assert!(fixture.reloads().is_empty());
}

#[test]
fn a_buffer_that_is_closed_unsaved_leaves_nothing_behind() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300).says(2, "a", vec![error(3)]).ends(2, "a", Outcome::Failed);
    fixture.event(Event::Closed { path: PathBuf::from(FILE) });
    assert_eq!(fixture.order().purpose, Purpose::Saved);
    let outcome = Outcome::Unchanged { reload: reload("a", 1), diagnostics: Vec::new() };
    assert_eq!(fixture.ends(3, "a", outcome).shown(), [(SOURCE.to_owned(), 0)]);
    assert!(fixture.pause(400).builds().is_empty());
}

#[test]
fn a_save_elsewhere_has_the_machine_first() {
    let mut fixture = fixture(&["a", "b"]);
    fixture.ends(1, "a", Outcome::Built(reload("a", 1))).ends(2, "b", Outcome::Built(reload("b", 1)));
    fixture.edit(FILE, "one").pause(300);
    fixture.save("/w/b/src/lib.rs");
    assert_eq!((fixture.cancels(), fixture.builds()), (vec![3], vec![(4, "b".to_owned())]));
    assert!(fixture.ends(3, "a", Outcome::Cancelled).pause(400).builds().is_empty());
    fixture.ends(4, "b", Outcome::Built(reload("b", 2)));
    assert_eq!(fixture.builds(), [(5, "a".to_owned())]);
}

#[test]
fn a_setting_turns_it_off() {
    let mut project = project(&["a"]);
    project.config.build.speculate = false;
    let mut fixture = fixture(&[]);
    fixture.event(Event::ProjectLoaded(Ok(Arc::new(project)))).ends(1, "a", Outcome::Built(reload("a", 1)));
    assert!(fixture.edit(FILE, "one").pause(400).builds().is_empty());
}

#[test]
fn the_pause_grows_with_the_time_that_builds_take() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300);
    fixture.now.instant += Duration::from_secs(2);
    fixture.ready(2, "a").edit(FILE, "two");
    assert_eq!(fixture.wakes_in(), Some(Duration::from_millis(300)));
}

#[test]
fn in_live_mode_a_good_build_goes_to_the_engine_unsaved() {
    let mut fixture = live();
    fixture.attach("game").edit(FILE, "one").pause(300);
    assert_eq!(fixture.order().purpose, Purpose::Live);
    fixture.ends(2, "a", Outcome::Built(unsaved(2)));
    assert_eq!(fixture.reloads(), [(vec!["game".to_owned()], 2)]);
    assert!(fixture.core.status.libraries[0].unsaved);
}

#[test]
fn leaving_live_mode_goes_back_to_what_is_saved() {
    let mut fixture = live();
    fixture.edit(FILE, "one").pause(300).ends(2, "a", Outcome::Built(unsaved(2)));
    fixture.event(Event::ProjectLoaded(Ok(Arc::new(project(&["a"])))));
    assert_eq!(fixture.order().purpose, Purpose::Saved);
    fixture.ends(3, "a", Outcome::Built(reload("a", 3)));
    assert!(!fixture.core.status.libraries[0].unsaved);
}

#[test]
fn undo_in_live_mode_goes_back_until_the_next_edit() {
    let mut fixture = live();
    let undo = |fixture: &mut Fixture| {
        let command = Command::Undo { library: None, generation: None };
        fixture.event(Event::Command { face: FaceId(1), id: 1, command });
    };
    undo(&mut fixture);
    assert!(fixture.builds().is_empty(), "what runs is what is saved");
    fixture.edit(FILE, "one").pause(300).ends(2, "a", Outcome::Built(unsaved(2)));
    undo(&mut fixture);
    assert_eq!(fixture.order().purpose, Purpose::Saved);
    fixture.ends(3, "a", Outcome::Built(reload("a", 3))).pause(400);
    assert!(fixture.actions.iter().all(|action| !matches!(action, Action::TellReload { .. })));
    fixture.edit(FILE, "two").ends(4, "a", Outcome::Cancelled).pause(400);
    assert_eq!(fixture.order().purpose, Purpose::Live);
}

#[test]
fn where_cargo_has_to_run_first_it_runs_once_and_the_unsaved_text_follows() {
    let mut fixture = built();
    fixture.edit(FILE, "one").pause(300).ends(2, "a", Outcome::NotNow);
    assert_eq!((fixture.builds(), fixture.order().purpose), (vec![(3, "a".to_owned())], Purpose::Saved));
    fixture.ends(3, "a", Outcome::Failed).pause(400);
    assert_eq!(fixture.order().purpose, Purpose::Speculative);
    assert!(fixture.ends(4, "a", Outcome::NotNow).pause(400).builds().is_empty(), "once is enough");
}
