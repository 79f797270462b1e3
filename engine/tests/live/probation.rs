//! Generations that panic in their first calls, and those before them that run again.

use liveline_protocol::engine::{Attached, Cause, Generation, Outcome, StateChange};

use crate::game::Game;
use crate::server::{Connection, Server};

/// A game whose new generations are on probation.
fn running() -> (Server, Game, Connection) {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let attached = Attached { probation: Some(50), ..server.attached(Vec::new()) };
    let mut connection = server.attach_with(attached);
    connection.try_reload(&mut game, &server.publish(1, "tens"));
    (server, game, connection)
}

fn value(game: &mut Game) -> i64 {
    game.ask("frame", "value").parse().unwrap()
}

#[test]
fn the_generation_before_runs_again_with_the_state_that_it_had() {
    let (server, mut game, mut connection) = running();
    let before = value(&mut game);
    let reloaded = connection.try_reload(&mut game, &server.publish(2, "grown_panics"));
    assert_eq!(reloaded.outcome, Outcome::Applied);
    let fault = connection.fault(&mut game);
    assert_eq!((fault.generation, fault.restored), (Generation(2), Some(Generation(1))));
    let restored = connection.reloaded(&mut game);
    assert_eq!((restored.generation, restored.outcome), (Generation(2), Outcome::Restored));
    assert!(restored.reason.unwrap().ends_with("no air; generation 1 runs again"));
    let after = value(&mut game);
    assert!(after > before && (after - before) % 10 == 0, "{after} after {before}");
    assert_eq!(game.ask("generation scripts", "generation"), "Some(Generation(1))");
}

#[test]
fn good_bad_good_good_runs_the_last() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish(2, "panics"));
    assert_eq!(connection.reloaded(&mut game).outcome, Outcome::Restored);
    let before = value(&mut game);
    let reloaded = connection.try_reload(&mut game, &server.publish(3, "hundreds"));
    assert_eq!(reloaded.outcome, Outcome::Applied);
    assert!(value(&mut game) - before >= 100);
    // The bytes of generation 1, which runs no more.
    let reloaded = connection.try_reload(&mut game, &server.publish(4, "tens"));
    assert_eq!((reloaded.generation, reloaded.outcome), (Generation(4), Outcome::Applied));
    let before = value(&mut game);
    assert_eq!(value(&mut game), before + 10);
}

#[test]
fn the_bytes_that_run_again_need_no_second_load() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish(2, "panics"));
    assert_eq!(connection.reloaded(&mut game).outcome, Outcome::Restored);
    let reloaded = connection.try_reload(&mut game, &server.publish(3, "tens"));
    assert_eq!(
        (reloaded.generation, reloaded.outcome, reloaded.load_micros),
        (Generation(3), Outcome::Applied, 0)
    );
}

#[test]
fn what_has_gone_well_for_long_stays_and_so_does_what_was_asked_for() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish(2, "late_panic"));
    let fault = connection.fault(&mut game);
    assert_eq!((fault.generation, fault.restored), (Generation(2), None));
    let mut undone = server.publish(3, "panics");
    undone.trigger = liveline_protocol::engine::Trigger::Undo;
    connection.try_reload(&mut game, &undone);
    assert_eq!(connection.fault(&mut game).restored, None);
}

#[test]
fn state_that_cannot_go_over_is_refused_before_the_swap_at_its_field() {
    let (server, mut game, mut connection) = running();
    let before = value(&mut game);
    let refused = connection.try_reload(&mut game, &server.publish(2, "retyped"));
    assert_eq!((refused.outcome, refused.cause), (Outcome::Refused, Some(Cause::State)));
    let reason = refused.reason.unwrap();
    assert!(reason.contains("field `count` of `Player` was `i64` and is `String`"), "{reason}");
    let at = refused.at.unwrap();
    let source = crate::project::variant("retyped");
    let line = source.lines().nth(at.line as usize - 1).unwrap();
    assert_eq!((at.file.as_str(), &line[at.column as usize - 1..][..5]), ("scripts/src/lib.rs", "count"));
    assert_eq!(refused.state.unwrap()[0].outcome, StateChange::Reset);
    assert!(value(&mut game) > before);
}
