//! Code lenses over a running game: what a person sees above the functions of a script.

use std::time::Instant;

use liveline_server::face::HubEvent;
use liveline_tests::{DEADLINE, Live, PLAYER, Typist};

/// Asks until the only lens has such a title.
fn wait_for_title(typist: &mut Typist, is_it: impl Fn(&str) -> bool) -> (u64, String) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let lenses = typist.lenses();
        match lenses.first().filter(|(_, title)| is_it(title)) {
            Some(lens) => return lens.clone(),
            None => assert!(Instant::now() < deadline, "{lenses:?}"),
        }
    }
}

#[test]
fn a_function_that_runs_is_proven_and_one_that_does_not_build_is_pending() {
    let mut live = Live::start();
    let mut typist = Typist::open(&live.project, PLAYER);
    live.server.wait("calls are counted", |event| match event {
        HubEvent::Proof { functions, .. } => functions.iter().find(|proven| proven.calls > 0).map(drop),
        _ => None,
    });
    let (line, title) = wait_for_title(&mut typist, |title| title.starts_with("live · generation "));
    let text = typist.text().to_owned();
    assert!(text.lines().nth(line as usize).is_some_and(|line| line.contains("fn update")), "{line} {title}");

    live.say("two");
    typist.change(&text.replace("one", "two"));
    let newer = |now: &str| now.starts_with("live · generation ") && number(now) > number(&title);
    wait_for_title(&mut typist, newer);

    typist.replace("\"two\"", "2");
    typist.save();
    typist.wait_for_diagnostics("the error", |shown| !shown.is_empty());
    wait_for_title(&mut typist, |title| title == "pending");
    drop(live.game);
    let deadline = Instant::now() + DEADLINE;
    while !typist.lenses().is_empty() {
        assert!(Instant::now() < deadline, "nothing can be known without an engine");
    }
}

/// The generation in `live · generation 4 · 7 calls`.
fn number(title: &str) -> Option<u64> {
    title.split(' ').nth(3)?.parse().ok()
}
