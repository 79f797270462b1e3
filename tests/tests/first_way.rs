//! The whole way once: a save becomes running code, an error becomes a diagnostic, and the game goes on.

use liveline_tests::{PLAYER, Project, events};

#[test]
fn a_saved_script_runs_in_the_running_game_with_its_state() {
    let project = Project::sample();
    let mut server = project.serve();
    let mut game = project.play_unaided();
    game.wait_for("says one");
    let first = server.wait("the game runs the first build", |event| events::applied(event, "scripts"));

    project.replace(PLAYER, r#""one""#, r#""two""#);

    let second = server.wait("the game runs the second build", |event| events::applied(event, "scripts"));
    let said = game.wait_for("says two");
    assert!(second > first, "{second} after {first}");
    assert!(said.ticks > 1, "the script's state was kept: {said:?}");
    assert_eq!(said.calls, said.ticks, "the game and the script share one copy of the API's static");
}

#[test]
fn an_error_is_told_at_its_place_and_the_game_goes_on() {
    let project = Project::sample();
    let mut server = project.serve();
    let mut game = project.play();
    server.wait("the game runs the first build", |event| events::applied(event, "scripts"));

    let good = project.replace(PLAYER, r#""one""#, "1");

    let file = project.path(PLAYER);
    let errors = server.wait("the error", |event| events::errors_in(event, &file));
    let place = errors[0].span.start;
    assert_eq!((place.line, place.column), (15, 19), "{errors:#?}");
    assert!(game.is_alive());

    project.write(PLAYER, &good.replace("one", "three"));
    game.wait_for("says three");
}

#[test]
fn nothing_is_left_when_server_and_game_end() {
    let project = Project::sample();
    let mut server = project.serve();
    let mut game = project.play();
    game.wait_for("says one");
    assert!(game.close().success());
    server.terminate();
    project.wait_until_only(&[]);
}

/// cargo links the API crate otherwise when it is itself selected; it is the same crate all the same.
#[test]
fn a_game_from_a_build_of_the_whole_workspace_takes_reloads() {
    let project = Project::sample();
    project.write("game-api/src/lib.rs", &project.read("game-api/src/lib.rs"));
    let built =
        project.command("cargo").args(["build", "--quiet", "--workspace"]).status().expect("cargo runs");
    assert!(built.success());
    let mut server = project.serve();
    let mut game = project.play();
    server.wait("the game runs the first build", |event| events::applied(event, "scripts"));
    project.replace(PLAYER, r#""one""#, r#""two""#);
    game.wait_for("says two");
}
