//! An engine that goes on after crashes because it wants to.

use liveline_protocol::engine::{Fault, FaultKind, Outcome};

use crate::crash::{marked, shown};
use crate::game::Game;
use crate::project::project;
use crate::server::{Connection, Server};

fn running() -> (Server, Game, Connection) {
    let server = Server::listening();
    let environment = [("LIVELINE_ENDPOINT", server.endpoint()), ("GAME_RECOVERS", "1".into())];
    let game = Game::run(&project().game, &environment);
    let connection = server.attach(Vec::new());
    (server, game, connection)
}

#[test]
fn every_kind_of_crash_is_a_value_again_and_again_and_the_next_generation_runs() {
    let (server, mut game, mut connection) = running();
    let kinds = [
        ("segv", "SIGSEGV: invalid memory reference at 0x8"),
        ("overflow", "stack overflow"),
        ("abort", "SIGABRT: the process was aborted"),
        ("fpe", "SIGFPE: integer division by zero"),
        ("ill", "SIGILL: illegal instruction"),
        ("foreign", "SIGABRT: a panic that cannot unwind: no way back"),
        ("jump", "SIGSEGV: invalid memory reference at 0x10"),
        ("overflow", "stack overflow"),
    ];
    let mut generation = 0;
    for (name, message) in kinds {
        generation += 1;
        let reload = server.publish_objects(generation, name);
        assert_eq!(connection.try_reload(&mut game, &reload).outcome, Outcome::Applied);
        let line = marked(name);
        for _ in 0..3 {
            let fault = game.ask("frame", "fault");
            let place = format!("Player::update crashed at scripts/src/lib.rs:{line}:");
            assert!(fault.starts_with(&place) && fault.contains(message), "{name}: {fault}");
        }
        let fault: Fault = connection.fault(&mut game);
        assert_eq!((fault.kind, fault.generation.0, shown(&fault).1), (FaultKind::Crash, generation, line));
        generation += 1;
        connection.try_reload(&mut game, &server.publish_objects(generation, "tens"));
        let before: i64 = game.ask("frame", "value").parse().unwrap();
        assert_eq!(game.ask("frame", "value"), (before + 10).to_string());
    }
    game.quit();
}

#[test]
fn panics_are_still_panics_and_the_games_own_crash_is_still_its_end() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish_objects(1, "panics"));
    game.frames_until("fault Player::update panicked at");
    game.give("crash");
    assert!(!game.end().success());
}
