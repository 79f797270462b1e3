//! A server that is not what it should be.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use liveline_protocol::frame::MAX_BODY;
use liveline_protocol::message::{METHOD_NOT_FOUND, Message};
use serde_json::json;

use crate::game::Game;
use crate::server::Server;

/// Sends bytes to an attached engine: it hangs up, plays on and attaches again.
fn check_dropped(bytes: &[u8]) {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let mut connection = server.attach(Vec::new());
    connection.send_raw(bytes);
    assert!(connection.is_dropped());
    game.frames_until("event detached");
    server.attach(Vec::new());
}

#[test]
fn a_frame_over_the_limit_is_dropped() {
    check_dropped(format!("Content-Length: {}\r\n\r\n", MAX_BODY + 1).as_bytes());
}

#[test]
fn garbage_is_dropped() {
    check_dropped(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
}

#[test]
fn what_is_no_message_is_dropped() {
    check_dropped(b"Content-Length: 4\r\n\r\nnull");
}

#[test]
fn unknown_requests_are_answered_and_unknown_notifications_are_not() {
    let server = Server::listening();
    let _game = Game::start(&server.endpoint());
    let mut connection = server.attach(Vec::new());
    connection.send(&Message::notification("weather", &json!({})));
    connection.send(&Message::request(77, "teleport", &json!({})));
    let answer = loop {
        if let Message::Response { id, result } = connection.next() {
            assert_eq!(id, json!(77));
            break result;
        }
    };
    assert_eq!(answer.unwrap_err().code, METHOD_NOT_FOUND);
}

#[test]
fn parameters_of_another_form_are_told_and_the_connection_stays() {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let mut connection = server.attach(Vec::new());
    connection.send(&Message::notification("reload", &json!({"library": 7})));
    game.frames_until("the parameters of `reload` are not valid");
    connection.try_reload(&mut game, &server.publish(1, "tens"));
}

#[test]
fn builds_are_told_to_the_game() {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let mut connection = server.attach(Vec::new());
    let first = json!({"file": "src/lib.rs", "line": 3, "column": 9, "message": "no `x` in this scope"});
    let failed = json!({"library": "scripts", "state": "failed", "errors": 2, "warnings": 0, "first": first});
    connection.send(&Message::notification("build", &failed));
    let event = game.frames_until("does not build");
    assert_eq!(event, "event scripts does not build (2 errors): src/lib.rs:3:9: no `x` in this scope");
}

#[test]
fn a_server_that_does_not_answer_is_given_up_and_asked_again() {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let mut silent = server.accept();
    assert!(silent.is_dropped());
    game.frames_until("the server does not answer");
    server.attach(Vec::new());
}

#[test]
fn a_server_of_another_protocol_is_told_with_both_versions() {
    let server = Server::listening();
    server.write_endpoint(2, &server.path("socket/s"));
    let mut game = Game::start(&server.endpoint());
    let event = game.frames_until("protocol");
    assert!(event.contains("speaks protocol 2 and this engine protocol 1"), "{event}");
    // A changed endpoint file is tried at once.
    server.write_endpoint(1, &server.path("socket/s"));
    server.attach(Vec::new());
}

#[test]
fn an_answer_in_another_protocol_ends_the_connection() {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let mut connection = server.accept();
    let Message::Request { id, .. } = connection.next() else { panic!("not `attach`") };
    let mut answer = server.attached(Vec::new());
    answer.protocol = 3;
    connection.send(&Message::answer(id, &answer));
    assert!(connection.is_dropped());
    game.frames_until("speaks protocol 3 and this engine protocol 1");
}

#[test]
fn a_socket_in_a_directory_that_others_can_enter_is_not_used() {
    let server = Server::listening();
    fs::set_permissions(server.path("socket"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut game = Game::start(&server.endpoint());
    game.frames_until("is not this user's alone");
    fs::set_permissions(server.path("socket"), fs::Permissions::from_mode(0o700)).unwrap();
    server.attach(Vec::new());
}
