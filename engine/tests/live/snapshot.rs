//! The scripts' state on its way to the process that comes next.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use liveline_protocol::message::Message;

use crate::game::{DEADLINE, Game};
use crate::project::project;
use crate::server::Server;

fn start(server: &Server, state: &Path) -> Game {
    let environment = [
        ("LIVELINE_ENDPOINT", server.endpoint()),
        ("LIVELINE_STATE", state.to_owned()),
        ("LIVELINE_AWAIT", "20000".into()),
    ];
    Game::start_unanswered(&mut Command::new(&project().game), &environment)
}

#[test]
fn a_process_that_is_started_anew_has_the_state_of_the_one_before() {
    let server = Server::listening();
    let state = server.path("state");
    let mut game = start(&server, &state);
    let mut connection = server.attach(vec![server.publish(1, "tens")]);
    game.answer();
    connection.reloaded(&mut game);
    (0..5).for_each(|_| drop(game.command("frame")));
    let before: i64 = game.ask("frame", "value").parse().unwrap();
    connection.send(&Message::notification("snapshot", &()));
    let end = Instant::now() + DEADLINE;
    let mut value = before;
    while !state.exists() {
        assert!(Instant::now() < end, "no snapshot");
        value = game.ask("frame", "value").parse().unwrap();
    }
    game.give("crash");
    drop(game);
    drop(connection);
    // The next one has a generation of another layout, and waits for it before it makes its instances.
    let mut game = start(&server, &state);
    let _connection = server.attach(vec![server.publish(2, "wider")]);
    game.answer();
    let after: i64 = game.ask("frame", "value").parse().unwrap();
    assert!((before..=value).contains(&(after - 1)), "{after}; the first process had {before} to {value}");
}
