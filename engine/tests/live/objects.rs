//! Relocatable objects instead of a shared library: everything as with one, and no linker and no file.

use std::fs;

use liveline_protocol::engine::{ArtifactKind, Outcome, StateChange};

use crate::game::Game;
use crate::project::project;
use crate::server::{Connection, Server};

fn running() -> (Server, Game, Connection) {
    let server = Server::listening();
    let game = Game::start(&server.endpoint());
    let connection = server.attach(Vec::new());
    (server, game, connection)
}

#[test]
fn an_engine_offers_to_load_objects() {
    let (_server, _game, connection) = running();
    assert_eq!(connection.attach.unwrap().loaders, [ArtifactKind::Dylib, ArtifactKind::Object]);
}

#[test]
fn new_code_runs_on_the_old_state() {
    let (server, mut game, mut connection) = running();
    (0..3).for_each(|_| drop(game.command("frame")));
    let mut reload = server.publish_objects(1, "tens");
    reload.api = connection.api();
    let reloaded = connection.try_reload(&mut game, &reload);
    assert_eq!((reloaded.outcome, reloaded.reason, reloaded.retry), (Outcome::Applied, None, None));
    assert_eq!(reloaded.state.unwrap()[0].outcome, StateChange::Kept);
    let before: i64 = game.ask("frame", "value").parse().unwrap();
    let after: i64 = game.ask("frame", "value").parse().unwrap();
    assert_eq!(after - before, 10);
    // Both kinds take turns.
    assert_eq!(connection.try_reload(&mut game, &server.publish(2, "hundreds")).outcome, Outcome::Applied);
    assert_eq!(
        connection.try_reload(&mut game, &server.publish_objects(3, "tens")).outcome,
        Outcome::Applied
    );
}

#[test]
fn the_api_crate_exists_once() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish_objects(1, "shares"));
    game.command("things");
    game.command("frame");
    let things = game.ask("things", "things");
    assert!(things.starts_with("2 7 "), "{things}");
}

#[test]
fn scripts_of_other_packages_come_along() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish_objects(1, "more"));
    assert_eq!(game.ask("spawn helper", "value"), "2");
}

#[test]
fn a_panic_unwinds_through_it_and_its_backtrace_has_files_and_lines() {
    let server = Server::listening();
    let environment = [("LIVELINE_ENDPOINT", server.endpoint()), ("RUST_BACKTRACE", "1".into())];
    let mut game = Game::run(&project().game, &environment);
    let mut connection = server.attach(Vec::new());
    connection.try_reload(&mut game, &server.publish_objects(1, "panics"));
    let fault = connection.fault(&mut game);
    assert!(fault.message.starts_with("no fuel at "));
    let errors = game.errors();
    let line = fault.frames[0].line.unwrap();
    assert!(errors.contains("Player as game_api::Script>::update"), "{errors}");
    let place = format!("scripts/src/lib.rs:{line}:");
    let in_traces = |errors: &str| {
        errors.lines().filter(|text| text.trim().starts_with("at ") && text.contains(&place)).count()
    };
    assert_eq!(in_traces(&errors), 1, "{errors}");
    connection.try_reload(&mut game, &server.publish_objects(2, "tens"));
    game.frames_until("value");
    // What was loaded after the first backtrace has its lines too.
    connection.try_reload(&mut game, &server.publish_objects(3, "panics"));
    connection.fault(&mut game);
    assert_eq!(in_traces(&game.errors()), 2, "{}", game.errors());
    connection.try_reload(&mut game, &server.publish(4, "panics"));
    connection.fault(&mut game);
    assert_eq!(in_traces(&game.errors()), 3, "{}", game.errors());
}

#[test]
fn thread_locals_are_each_threads_own_and_end_with_it() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish_objects(1, "threads"));
    game.command("things");
    let before: u64 = game.ask("things", "things").split(' ').nth(2).unwrap().parse().unwrap();
    let first: i64 = game.ask("frame", "value").parse().unwrap();
    let second: i64 = game.ask("frame", "value").parse().unwrap();
    assert_eq!(second, first + 1);
    let after: u64 = game.ask("things", "things").split(' ').nth(2).unwrap().parse().unwrap();
    assert_eq!(after, before + 202);
}

#[test]
fn a_value_goes_on_with_its_code_when_a_newer_generation_runs() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish_objects(1, "keeps"));
    game.command("frame");
    connection.try_reload(&mut game, &server.publish_objects(2, "polls"));
    // `polls` calls what generation 1 left in the world.
    (0..3).for_each(|_| drop(game.command("frame")));
    let counter = game.ask("things", "things");
    assert_eq!(counter.split(' ').nth(2), Some("77"), "{counter}");
}

#[test]
fn no_memory_is_both_writable_and_code() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish_objects(1, "tens"));
    let maps = fs::read_to_string(format!("/proc/{}/maps", game.pid())).unwrap();
    assert!(maps.lines().any(|line| line.contains("r-xp") && line.contains("/memfd:scripts-1")), "{maps}");
    assert!(
        !maps.lines().any(|line| line.split(' ').nth(1).is_some_and(|p| p.contains('w') && p.contains('x')))
    );
}

#[test]
fn hundreds_of_generations_do_not_use_up_the_files() {
    let (server, mut game, mut connection) = running();
    for generation in 1..=150 {
        let library = if generation % 2 == 0 { "tens" } else { "hundreds" };
        let reload = server.publish_objects(generation, library);
        assert_eq!(connection.try_reload(&mut game, &reload).outcome, Outcome::Applied);
    }
    let files = fs::read_dir(format!("/proc/{}/fd", game.pid())).unwrap().count();
    assert!(files < 90, "{files} open files");
}

#[test]
fn a_missing_symbol_is_refused_by_the_name_in_the_source() {
    let (server, mut game, mut connection) = running();
    let reloaded = connection.try_reload(&mut game, &server.publish_objects(1, "missing"));
    let reason = reloaded.reason.unwrap();
    assert_eq!((reloaded.outcome, reloaded.retry), (Outcome::Refused, None));
    assert!(reason.contains("nothing here defines `gone` (used in `<"), "{reason}");
    assert!(reason.contains("Player as game_api::Script>::update` at scripts/src/lib.rs:10)"), "{reason}");
    let at = reloaded.at.unwrap();
    assert_eq!((at.file.as_str(), at.line), ("scripts/src/lib.rs", 10));
}

#[test]
fn what_this_loader_cannot_load_is_asked_for_as_a_library() {
    let (server, mut game, mut connection) = running();
    let whole = fs::read(&project().archives["tens"]).unwrap();
    for (generation, cut) in [(1, whole.len() / 2), (2, whole.len() / 3), (3, 100), (4, 8), (5, 0)] {
        let mut reload = server.publish_bytes(generation, &whole[..cut]);
        reload.artifact.kind = ArtifactKind::Object;
        let reloaded = connection.try_reload(&mut game, &reload);
        assert_eq!((reloaded.outcome, reloaded.retry), (Outcome::Refused, Some(ArtifactKind::Dylib)));
    }
    // The same generation again, as a library.
    assert_eq!(connection.try_reload(&mut game, &server.publish(5, "tens")).outcome, Outcome::Applied);
}

#[test]
fn another_interface_is_refused_before_anything_runs() {
    let (server, mut game, mut connection) = running();
    let reloaded = connection.try_reload(&mut game, &server.publish_objects(1, "other_trait"));
    assert_eq!((reloaded.outcome, reloaded.retry), (Outcome::Refused, None));
    assert!(
        reloaded.reason.unwrap().contains("the engine has `fn update(&mut self, world: &mut World) -> i64`")
    );
}
