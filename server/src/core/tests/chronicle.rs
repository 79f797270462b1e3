//! What is told of the generations that are kept.

use liveline_protocol::history::{Entry, Outcome as Came};

use super::fixture::*;
use super::undo::built;
use super::*;

fn entries(fixture: &Fixture) -> Vec<Entry> {
    fixture.core.history().libraries.into_iter().flat_map(|library| library.generations).collect()
}

fn outcomes(fixture: &Fixture) -> Vec<(u64, Option<Came>)> {
    entries(fixture).into_iter().map(|entry| (entry.generation.0, entry.outcome)).collect()
}

#[test]
fn each_generation_has_its_time_what_came_of_it_and_where_it_runs() {
    let mut fixture = built(2);
    fixture.now.unix_micros = 1_500_000;
    fixture.save("/w/a/src/lib.rs").ends(3, "a", Outcome::Built(reload("a", 3)));
    assert_eq!(outcomes(&fixture)[0], (3, None), "no engine has said anything");
    fixture.now.unix_micros = 1_580_000;
    fixture.engine_says("game", answer(3, Answer::Applied, None));
    let kept = |action: &Action| match action {
        Action::KeepLive { generation, micros, .. } => Some((generation.0, *micros)),
        _ => None,
    };
    assert_eq!(fixture.actions.iter().find_map(kept), Some((3, 580_000)));
    let shown = entries(&fixture);
    assert_eq!((shown[0].at_unix_micros, shown[0].save_to_live_micros), (Some(1_500_000), Some(580_000)));
    assert_eq!(
        (shown[0].outcome, shown[0].runs_in.as_slice()),
        (Some(Came::Applied), &["game".to_owned()][..])
    );
    assert_eq!((shown[1].generation, shown[1].runs_in.len()), (Generation(2), 0));
    assert_eq!(fixture.core.history().libraries[0].told, Generation(3));
}

#[test]
fn what_was_refused_or_taken_back_says_why() {
    let mut fixture = built(1);
    fixture.save("/w/a/src/lib.rs").ends(2, "a", Outcome::Built(reload("a", 2)));
    fixture.engine_says("game", answer(2, Answer::Refused, Some("another API")));
    assert_eq!(
        (outcomes(&fixture)[0], entries(&fixture)[0].reason.as_deref()),
        ((2, Some(Came::Refused)), Some("another API"))
    );
    fixture.save("/w/a/src/lib.rs").ends(3, "a", Outcome::Built(reload("a", 3)));
    fixture.engine_says("game", answer(3, Answer::Applied, None));
    fixture.engine_says("game", answer(3, Answer::Restored, Some("it panicked")));
    assert_eq!(
        outcomes(&fixture),
        [(3, Some(Came::Restored)), (2, Some(Came::Refused)), (1, Some(Came::Applied))]
    );
    assert_eq!(entries(&fixture)[2].runs_in, ["game"], "which runs again");
}

#[test]
fn the_worst_of_several_engines_is_told() {
    let mut fixture = built(1);
    fixture.attach("other").engine_says("other", answer(1, Answer::Refused, Some("no")));
    assert_eq!(outcomes(&fixture), [(1, Some(Came::Refused))]);
    assert_eq!(entries(&fixture)[0].runs_in, ["game"]);
}

#[test]
fn what_the_disk_kept_has_its_time_and_what_is_held_against_it() {
    let mut fixture = fixture(&["a"]);
    let past = |generation| crate::build::past::Past {
        reload: reload("a", generation),
        capture: hash(b""),
        texts: BTreeMap::new(),
        at_unix_micros: Some(generation * 10),
        save_to_live_micros: (generation == 4).then_some(24_000),
        mark: crate::build::past::Mark { crashed: generation == 4, ..Default::default() },
    };
    fixture.event(Event::Past { library: "a".to_owned(), past: vec![past(4), past(7)], undone: None });
    fixture.ends(1, "a", Outcome::Unchanged { reload: reload("a", 7), diagnostics: Vec::new() });
    let times: Vec<Option<u64>> = entries(&fixture).iter().map(|entry| entry.at_unix_micros).collect();
    assert_eq!(times, [Some(70), Some(40)]);
    let lives: Vec<Option<u64>> = entries(&fixture).iter().map(|entry| entry.save_to_live_micros).collect();
    assert_eq!(lives, [None, Some(24_000)]);
    assert_eq!(outcomes(&fixture), [(7, None), (4, Some(Came::Crashed))]);
}
