//! Script calls that do not return: told with their line while they last.

use std::process::Command;
use std::time::Duration;

use liveline_protocol::engine::{Fault, FaultKind};
use liveline_protocol::message::Message;

use crate::crash::{marked, shown};
use crate::game::Game;
use crate::project::project;
use crate::server::{Connection, Server};

fn attached(server: &Server, limit: u64, name: &str) -> Connection {
    let mut attached = server.attached(vec![server.publish_objects(7, name)]);
    attached.hang_millis = Some(limit);
    server.attach_with(attached)
}

fn with(limit: u64, name: &str) -> (Server, Game, Connection) {
    let server = Server::listening();
    let game = Game::start(&server.endpoint());
    let connection = attached(&server, limit, name);
    (server, game, connection)
}

/// Makes frames until one is not answered at once.
fn begin(game: &mut Game) {
    while game.try_answer("frame", Duration::from_millis(200)) {}
}

#[test]
fn a_loop_without_an_end_is_told_at_its_line_once() {
    let (_server, mut game, mut connection) = with(400, "busy");
    begin(&mut game);
    let fault: Fault = connection.heard("fault");
    assert_eq!((fault.library.as_str(), fault.generation.0, fault.kind), ("scripts", 7, FaultKind::Hang));
    assert!(fault.message.starts_with("`Player::update` has not returned for 0."), "{}", fault.message);
    let line = shown(&fault).1;
    assert!([marked("busy") - 1, marked("busy")].contains(&line), "{fault:#?}");
    while let Some(message) = connection.poll(Duration::from_millis(1000)) {
        assert!(
            !matches!(&message, Message::Notification { method, .. } if method == "fault"),
            "{message:?}"
        );
    }
}

#[test]
fn a_call_that_waits_is_told_and_so_is_its_return() {
    let (_server, mut game, mut connection) = with(400, "sleeps");
    begin(&mut game);
    let fault: Fault = connection.heard("fault");
    assert_eq!((fault.kind, shown(&fault).1), (FaultKind::Hang, marked("sleeps")));
    game.answer();
    let told = game.frames_until("event Player::update hangs");
    assert!(told.contains("scripts/src/lib.rs:"), "{told}");
    let mut seen = told;
    while !seen.contains("`Player::update` returned after") {
        seen = game.command("frame").join("\n");
    }
}

#[test]
fn nothing_is_told_where_hangs_are_off() {
    let (_server, mut game, mut connection) = with(0, "sleeps");
    begin(&mut game);
    game.answer();
    game.give("quit");
    assert!(!connection.rest().iter().any(|method| method == "fault"));
}

#[test]
fn a_person_at_a_breakpoint_is_no_hang() {
    if Command::new("gdb").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "gdb is missing: `apt-get install gdb`");
        return;
    }
    let server = Server::listening();
    let script = server.path("commands");
    std::fs::write(&script, "set pagination off\nset startup-with-shell off\nhandle all nostop pass\nrun\n")
        .unwrap();
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-x"]).arg(&script).arg("--args").arg(&project().game);
    let mut game = Game::run_command(&mut gdb, &[("LIVELINE_ENDPOINT", server.endpoint())]);
    let mut connection = attached(&server, 400, "sleeps");
    begin(&mut game);
    game.answer();
    game.give("quit");
    assert!(!connection.rest().iter().any(|method| method == "fault"));
}
