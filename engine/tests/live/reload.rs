//! New code in a running game.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use liveline_protocol::engine::{Cause, Outcome, Reload, Reloaded, StateChange};

use crate::game::{DEADLINE, Game};
use crate::server::{Connection, Server};

fn running() -> (Server, Game, Connection) {
    let server = Server::listening();
    let game = Game::start(&server.endpoint());
    let connection = server.attach(Vec::new());
    (server, game, connection)
}

fn state(reloaded: &Reloaded) -> Vec<(&str, StateChange)> {
    let outcomes = reloaded.state.as_deref().unwrap_or_default();
    outcomes.iter().map(|outcome| (outcome.type_name.as_str(), outcome.outcome)).collect()
}

#[test]
fn new_code_runs_on_the_old_state() {
    let (server, mut game, mut connection) = running();
    for _ in 0..3 {
        game.command("frame");
    }
    let mut reload = server.publish(1, "tens");
    reload.api = connection.api();
    let saved = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - Duration::from_millis(30);
    reload.saved_at_unix_micros = Some(u64::try_from(saved.as_micros()).unwrap());
    connection.reload(&reload);
    let event = game.frames_until("generation 1 is live");
    assert!(event.contains("ms after the save"), "{event}");
    let reloaded = connection.reloaded(&mut game);
    assert_eq!((reloaded.outcome, reloaded.reason.as_deref()), (Outcome::Applied, None));
    assert_eq!(state(&reloaded), [("Player", StateChange::Kept)]);
    assert!(reloaded.load_micros > 0);
    let before: i64 = game.ask("frame", "value").parse().unwrap();
    let after: i64 = game.ask("frame", "value").parse().unwrap();
    assert_eq!((before % 10, after - before), (before % 10, 10));
    assert!(before >= 13);
}

#[test]
fn what_ran_is_counted_by_generation() {
    let (server, mut game, mut connection) = running();
    assert!(connection.ran(&mut game, 0).functions["Player::update"] > 0);
    connection.reload(&server.publish(1, "tens"));
    let ran = connection.ran(&mut game, 1);
    assert_eq!(ran.library, "scripts");
    assert_eq!(ran.functions.keys().collect::<Vec<_>>(), ["Player::update"]);
}

#[test]
fn the_api_crate_exists_once() {
    let (server, mut game, mut connection) = running();
    connection.reload(&server.publish(1, "shares"));
    game.frames_until("generation 1 is live");
    // One frame of the new code has run; what it made, counted and left in a thread-local is the game's.
    assert_eq!(game.ask("things", "things"), "2 7 5 3");
    // The next generation frees what this one makes, and leaves the counts alone.
    connection.reload(&server.publish(2, "tens"));
    game.frames_until("generation 2 is live");
    let (counter, local) = counts(&mut game);
    game.command("frame");
    assert_eq!(counts(&mut game), (counter, local));
    // One that is loaded anew counts on.
    connection.reload(&server.publish(3, "shares"));
    game.frames_until("generation 3 is live");
    assert_eq!(game.ask("things", "things"), format!("2 7 {} {}", counter + 5, local + 3));
}

/// The API crate's static and its thread-local.
fn counts(game: &mut Game) -> (u64, u64) {
    let things = game.ask("things", "things");
    let numbers: Vec<u64> = things.split(' ').map(|number| number.parse().unwrap()).collect();
    (numbers[2], numbers[3])
}

#[test]
fn state_whose_layout_changed_goes_over_by_name_and_says_what_changed() {
    let (server, mut game, mut connection) = running();
    let before: i64 = game.ask("frame", "value").parse().unwrap();
    let reloaded = connection.try_reload(&mut game, &server.publish(1, "grown"));
    assert_eq!(reloaded.outcome, Outcome::Applied);
    assert_eq!(state(&reloaded), [("Player", StateChange::Migrated)]);
    let change = "`Player` went over to its new layout: field `jumps: u32` is new";
    assert_eq!(reloaded.reason.as_deref(), Some(change));
    game.frames_until("value 1003");
    let reloaded = connection.try_reload(&mut game, &server.publish(2, "tens"));
    let change = "`Player` went over to its new layout: field `jumps: u32` is gone";
    assert_eq!(reloaded.reason.as_deref(), Some(change));
    let value: i64 = game.ask("frame", "value").parse().unwrap();
    assert!(value > 1003, "{value} after {before}");
}

#[test]
fn state_starts_anew_where_that_is_asked_for() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish(1, "tens"));
    assert!(game.ask("frame", "value").parse::<i64>().unwrap() >= 10);
    for (types, change) in [
        (vec!["Enemy"], StateChange::Kept),
        (vec!["Player"], StateChange::Reset),
        (vec![], StateChange::Reset),
    ] {
        let types = types.into_iter().map(str::to_owned).collect();
        let reload = Reload { reset: Some(types), ..server.publish(1, "tens") };
        let reloaded = connection.try_reload(&mut game, &reload);
        assert_eq!((reloaded.outcome, state(&reloaded)), (Outcome::Applied, vec![("Player", change)]));
    }
    assert!(game.ask("frame", "value").parse::<i64>().unwrap() <= 20);
}

#[test]
fn a_result_outlives_a_swap_that_moves_the_state() {
    let (server, mut game, mut connection) = running();
    assert_eq!(game.ask("frame", "value"), "1");
    connection.reload(&server.publish(1, "grown"));
    // Each `borrow` polls while it holds a result that borrows from the state.
    loop {
        assert_eq!(game.ask("borrow", "label"), "moved");
        if game.ask("generation scripts", "generation") == "Some(Generation(1))" {
            break;
        }
    }
    assert_eq!(game.ask("borrow", "label"), "moved");
    assert_eq!(game.ask("frame", "value"), "1001");
}

#[test]
fn a_type_that_does_not_derive_state_is_refused_at_its_line() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish(1, "undeclared"));
    let mut reload = server.publish(2, "undeclared");
    // Other bytes with the same code: as a rebuild would give.
    reload.artifact = server.publish_bytes(2, &with_trailing_byte("undeclared")).artifact;
    let reloaded = connection.try_reload(&mut game, &reload);
    assert_eq!((reloaded.outcome, reloaded.cause), (Outcome::Refused, Some(Cause::State)));
    let reason = reloaded.reason.unwrap();
    assert!(reason.contains("field `part` of `Player` is `Part`"), "{reason}");
    assert!(reason.contains("derive `liveline::State`"), "{reason}");
    let at = reloaded.at.unwrap();
    assert_eq!(at.file, "scripts/src/lib.rs");
    let line = game.ask("frame", "value");
    assert!(line.parse::<i64>().is_ok(), "the code before runs on: {line}");
    // Asked for, it starts anew and the new code runs.
    let reloaded =
        connection.try_reload(&mut game, &Reload { reset: Some(vec!["Player".to_owned()]), ..reload });
    assert_eq!(
        (reloaded.outcome, state(&reloaded)),
        (Outcome::Applied, vec![("Player", StateChange::Reset)])
    );
}

/// The loader looks at what the headers name; a byte after all of it changes nothing but the hash.
fn with_trailing_byte(library: &str) -> Vec<u8> {
    let mut bytes = std::fs::read(&crate::project::project().libraries[library]).unwrap();
    bytes.push(0);
    bytes
}

#[test]
fn a_script_that_is_gone_keeps_its_old_code_and_a_new_one_can_be_spawned() {
    let (server, mut game, mut connection) = running();
    connection.reload(&server.publish(1, "enemy"));
    game.frames_until("scripts has no script `player` any more; 1 instance keeps the old code");
    assert_eq!(connection.reloaded(&mut game).outcome, Outcome::Applied);
    let value: i64 = game.ask("frame", "value").parse().unwrap();
    assert_eq!(game.ask("frame", "value"), (value + 1).to_string());
    assert_eq!(game.ask("spawn enemy", "value"), "66");
    assert!(game.ask("spawn player", "error").contains("there are: enemy, helper"));
    // It comes back, and the instance that waited for it goes on with it.
    connection.reload(&server.publish(2, "tens"));
    game.frames_until("generation 2 is live");
    let value: i64 = game.ask("frame", "value").parse().unwrap();
    assert_eq!(game.ask("frame", "value"), (value + 10).to_string());
}

#[test]
fn a_library_without_scripts_is_taken() {
    let (server, mut game, mut connection) = running();
    let reloaded = connection.try_reload(&mut game, &server.publish(1, "plain"));
    assert_eq!(reloaded.outcome, Outcome::Applied);
}

#[test]
fn of_several_generations_between_two_polls_the_newest_runs() {
    let (server, mut game, mut connection) = running();
    connection.reload(&server.publish(1, "grown"));
    connection.reload(&server.publish(2, "tens"));
    connection.reload(&server.publish(3, "hundreds"));
    game.frames_until("generation 3 is live");
    let value: i64 = game.ask("frame", "value").parse().unwrap();
    assert_eq!(game.ask("frame", "value"), (value + 100).to_string());
    let mut outcomes = Vec::new();
    while outcomes.len() < 3 {
        outcomes.push(connection.reloaded(&mut game).generation.0);
    }
    assert_eq!(outcomes, [1, 2, 3]);
}

#[test]
fn back_to_the_first_text_is_a_reload_as_any() {
    let (server, mut game, mut connection) = running();
    for (generation, library) in [(1, "tens"), (2, "hundreds"), (3, "tens")] {
        assert_eq!(
            connection.try_reload(&mut game, &server.publish(generation, library)).outcome,
            Outcome::Applied
        );
    }
    let value: i64 = game.ask("frame", "value").parse().unwrap();
    assert_eq!(game.ask("frame", "value"), (value + 10).to_string());
}

#[test]
fn a_poll_inside_of_a_script_swaps_nothing() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish(1, "polls"));
    connection.reload(&server.publish(2, "tens"));
    let is_loaded = |game: &Game| {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", game.pid())).unwrap();
        maps.contains("/scripts-2-")
    };
    let end = Instant::now() + DEADLINE;
    while !is_loaded(&game) {
        assert!(Instant::now() < end, "generation 2 is not loaded");
        game.command("nested");
    }
    // Loaded, perhaps still being looked through: either way it is not swapped in from inside.
    for _ in 0..200 {
        game.command("nested");
    }
    assert_eq!(game.ask("generation scripts", "generation"), "Some(Generation(1))");
    game.frames_until("generation 2 is live");
}

#[test]
fn two_interfaces_of_a_game_reload_on_their_own() {
    let (server, mut game, mut connection) = running();
    let error = game.ask("hud", "error");
    assert!(error.starts_with("there is no script `hud`, nor any other of its interface"), "{error}");
    let mut other = server.attach(Vec::new());
    let reload = server.publish(1, "hud");
    connection.reload(&reload);
    other.reload(&reload);
    game.frames_until("generation 1 is live");
    let end = Instant::now() + DEADLINE;
    while !game.command("hud").contains(&"line line 1".to_owned()) {
        assert!(Instant::now() < end, "the other interface's script is not there");
    }
}

#[test]
fn a_script_whose_default_panics_is_not_spawned() {
    let (server, mut game, mut connection) = running();
    let reloaded = connection.try_reload(&mut game, &server.publish(1, "coward"));
    assert_eq!(state(&reloaded), [("Player", StateChange::Kept)]);
    let error = game.ask("spawn player", "error");
    assert!(error.starts_with("Player::default panicked at scripts/src/lib.rs:"), "{error}");
    assert!(error.ends_with(": not today"), "{error}");
}

#[test]
fn no_frame_is_long_for_a_reload() {
    let (server, mut game, mut connection) = running();
    let mut swaps = Vec::new();
    for generation in 1..=20 {
        let library = if generation % 2 == 0 { "hundreds" } else { "tens" };
        let reloaded = connection.try_reload(&mut game, &server.publish(generation, library));
        assert_eq!(reloaded.outcome, Outcome::Applied);
        swaps.push(reloaded.swap_micros);
    }
    swaps.sort_unstable();
    // The median, in an unoptimised build: a frame of 60 Hz lasts 16,667 µs.
    assert!(swaps[10] < 1_000, "{swaps:?} µs");
}

#[test]
fn scripts_of_a_package_that_the_library_depends_on_come_along() {
    let (server, mut game, mut connection) = running();
    assert_eq!(game.ask("spawn helper", "value"), "1");
    connection.try_reload(&mut game, &server.publish(1, "more"));
    assert_eq!(game.ask("spawn helper", "value"), "2");
}

#[test]
fn attaching_again_starts_from_the_linked_scripts() {
    let (server, mut game, mut connection) = running();
    connection.try_reload(&mut game, &server.publish(1, "hud"));
    assert_eq!(game.ask("again", "generation"), "Some(Generation(0))");
    assert!(game.ask("hud", "error").contains("nor any other of its interface"));
}
