//! Finding a server, losing it, and going on without.

use std::fs;
use std::time::Duration;

use liveline_protocol::engine::Outcome;
use liveline_protocol::message::Message;
use object::{Object, ObjectSection};
use sha2::{Digest, Sha256};

use crate::game::Game;
use crate::project::project;
use crate::server::Server;

#[test]
fn the_linked_scripts_run_without_a_server() {
    let mut game = Game::start(&Server::new().endpoint());
    assert_eq!(game.ask("frame", "value"), "1");
    assert_eq!(game.ask("frame", "value"), "2");
    assert_eq!(game.ask("names", "names"), "helper player");
    assert_eq!(game.ask("generation scripts", "generation"), "Some(Generation(0))");
    assert_eq!(game.ask("spawn nobody", "error"), "there is no script `nobody`; there are: helper, player");
}

#[test]
fn attach_says_who_the_engine_is_and_which_api_it_runs() {
    let server = Server::listening();
    let game = Game::start(&server.endpoint());
    let connection = server.attach(Vec::new());
    let attach = connection.attach.as_ref().unwrap();
    assert_eq!((attach.protocol, attach.engine.name.as_str(), attach.engine.pid), (1, "game", game.pid()));
    assert!(attach.rustc.as_ref().unwrap().starts_with("rustc 1."));
    assert!(attach.target.contains("linux"));
    assert_eq!(serde_json::to_string(&attach.loaders).unwrap(), r#"["dylib","object"]"#);
    let api = connection.api().unwrap();
    assert_eq!((api.package.as_str(), api.hash), ("game-api", metadata_hash()));
}

fn metadata_hash() -> String {
    let bytes = fs::read(project().run.join("libgame_api.so")).unwrap();
    let file = object::read::elf::ElfFile64::<object::Endianness>::parse(&*bytes).unwrap();
    let metadata = file.section_by_name(".rustc").unwrap().data().unwrap();
    let (before, after) = liveline_protocol::api::without_crate_hash(metadata);
    let digest = Sha256::new_with_prefix(before).chain_update(after).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_server_that_starts_later_is_found_and_tells_the_current_generations() {
    let mut server = Server::new();
    let mut game = Game::start(&server.endpoint());
    assert_eq!(game.ask("frame", "value"), "1");
    server.listen();
    let mut connection = server.attach(vec![server.publish(4, "tens")]);
    let reloaded = connection.reloaded(&mut game);
    assert_eq!((reloaded.generation.0, reloaded.outcome), (4, Outcome::Applied));
    game.frames_until("value");
    assert_eq!(game.ask("generation scripts", "generation"), "Some(Generation(4))");
}

#[test]
fn a_lost_server_costs_no_frame_and_is_found_again() {
    let mut server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let reload = server.publish(1, "tens");
    let mut connection = server.attach(vec![reload.clone()]);
    assert_eq!(connection.reloaded(&mut game).outcome, Outcome::Applied);
    drop(connection);
    server.stop();
    game.frames_until("event detached: the server closed the connection");
    let mut polls: Vec<u64> = (0..51).map(|_| game.ask("frame", "poll").parse().unwrap()).collect();
    polls.sort_unstable();
    assert!(polls[25] < 500, "polls of {polls:?} µs");
    server.listen();
    // What runs is answered at once, and not loaded or swapped again.
    let mut connection = server.attach(vec![reload]);
    let reloaded = connection.reloaded(&mut game);
    assert_eq!((reloaded.outcome, reloaded.load_micros, reloaded.swap_micros), (Outcome::Applied, 0, 0));
    assert_eq!(connection.try_reload(&mut game, &server.publish(2, "hundreds")).outcome, Outcome::Applied);
}

#[test]
fn a_new_server_that_counts_anew_is_told_that_its_code_runs_already() {
    let mut server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let mut connection = server.attach(vec![server.publish(9, "tens")]);
    connection.reloaded(&mut game);
    drop(connection);
    server.listen();
    let mut connection = server.attach(vec![server.publish(1, "tens")]);
    let reloaded = connection.reloaded(&mut game);
    assert_eq!((reloaded.generation.0, reloaded.outcome, reloaded.load_micros), (1, Outcome::Applied, 0));
    assert_eq!(game.ask("generation scripts", "generation"), "Some(Generation(1))");
    assert!(connection.ran(&mut game, 1).functions["Player::update"] > 0);
}

#[test]
fn a_server_is_found_from_the_executable_upwards() {
    let server = Server::listening();
    // As cargo lays it out: TARGET/debug/game and TARGET/liveline/endpoint.json.
    let target = tempfile::tempdir().unwrap();
    fs::create_dir_all(target.path().join("debug")).unwrap();
    fs::create_dir_all(target.path().join("liveline")).unwrap();
    let executable = target.path().join("debug/game");
    fs::copy(&project().game, &executable).unwrap();
    fs::copy(server.endpoint(), target.path().join("liveline/endpoint.json")).unwrap();
    let _game = Game::run(&executable, &[]);
    server.attach(Vec::new());
}

#[test]
fn the_end_of_the_game_detaches_and_leaves_no_files() {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let mut connection = server.attach(vec![server.publish(1, "tens")]);
    connection.reloaded(&mut game);
    assert_eq!(fs::read_dir(server.path("engines")).unwrap().count(), 1);
    game.quit();
    let mut last = connection.poll(Duration::from_secs(5));
    while let Some(Message::Notification { .. }) = last {
        last = connection.poll(Duration::from_secs(5));
    }
    assert!(matches!(last, Some(Message::Request { method, .. }) if method == "detach"));
    assert_eq!(fs::read_dir(server.path("engines")).unwrap().count(), 0);
}

#[test]
fn an_idle_poll_is_nearly_free() {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let _connection = server.attach(Vec::new());
    let nanos: u64 = game.ask("idle", "nanos").parse().unwrap();
    // A few, in an unoptimised build on a machine that does other things too.
    assert!(nanos < 2_000, "{nanos} ns");
}
