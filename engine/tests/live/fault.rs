//! Script code that fails, and the game that goes on.

use liveline_protocol::engine::FaultKind;

use crate::game::Game;
use crate::server::Server;

#[test]
fn a_panic_is_a_value_at_its_line_and_the_game_goes_on() {
    let server = Server::listening();
    let mut game = Game::start(&server.endpoint());
    let mut connection = server.attach(Vec::new());
    connection.try_reload(&mut game, &server.publish(1, "panics"));
    let line = game.frames_until("fault Player::update panicked at");
    assert!(line.contains("scripts/src/lib.rs:"), "{line}");
    assert!(line.contains("no fuel at "), "{line}");
    let fault = connection.fault(&mut game);
    assert_eq!((fault.library.as_str(), fault.generation.0, fault.kind), ("scripts", 1, FaultKind::Panic));
    assert!(fault.message.starts_with("no fuel at "));
    let frame = &fault.frames[0];
    assert_eq!(
        (frame.function.as_str(), frame.file.as_deref()),
        ("Player::update", Some("scripts/src/lib.rs"))
    );
    assert!(frame.line.is_some() && frame.column.is_some());
    // Told once, though it happens in every frame.
    for _ in 0..20 {
        let lines = game.command("frame");
        assert!(lines.iter().any(|line| line.starts_with("fault")), "{lines:?}");
        assert!(!lines.iter().any(|line| line.starts_with("event Player::update")), "{lines:?}");
    }
    assert_eq!(game.errors().matches("no fuel at").count(), 1, "{}", game.errors());
    connection.try_reload(&mut game, &server.publish(2, "tens"));
    game.frames_until("value");
}
