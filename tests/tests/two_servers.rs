//! Two servers in one workspace: one owns it, the other works through it and takes over.

use liveline_server::face::HubEvent;
use liveline_tests::{Editor, PLAYER, Project, Server, events};
use serde_json::Value;

fn connected(server: &mut Server) -> (bool, u32) {
    server.wait("its connection to a hub", |event| match event {
        HubEvent::Connected { owner, pid, .. } => Some((*owner, *pid)),
        _ => None,
    })
}

#[test]
fn the_second_works_through_the_first_and_sees_the_same() {
    let project = Project::sample();
    let mut first = project.serve();
    assert_eq!(connected(&mut first), (true, first.pid()));
    let mut second = project.serve();
    assert_eq!(connected(&mut second), (false, first.pid()));
    first.wait("the first build", |event| events::announced(event, "scripts"));
    let good = project.replace(PLAYER, "\"one\"", "1");
    let file = project.path(PLAYER);
    let seen = [&mut first, &mut second]
        .map(|server| server.wait("the error", |event| events::errors_in(event, &file)));
    assert_eq!(seen[0], seen[1]);
    project.write(PLAYER, &good);
    second.wait("it is cleared", |event| events::cleared(event, &file));
}

#[test]
fn a_second_that_joins_late_gets_the_whole_picture() {
    let project = Project::sample();
    let mut first = project.serve();
    first.wait("the first build", |event| events::announced(event, "scripts"));
    project.replace(PLAYER, "\"one\"", "1");
    let file = project.path(PLAYER);
    first.wait("the error", |event| events::errors_in(event, &file));
    let mut second = project.serve();
    second.wait("the error that is there", |event| events::errors_in(event, &file));
}

#[test]
fn the_second_takes_over_when_the_first_is_killed_and_the_game_only_reconnects() {
    let project = Project::sample();
    let mut first = project.serve();
    connected(&mut first);
    let mut game = project.play();
    game.wait_for("says one");
    first.wait("the game runs the first build", |event| events::applied(event, "scripts"));
    let mut second = project.serve();
    assert!(!connected(&mut second).0);
    first.kill();
    assert_eq!(connected(&mut second), (true, second.pid()));
    second.wait("the game is back", events::attached);
    project.replace(PLAYER, "\"one\"", "\"two\"");
    let said = game.wait_for("says two");
    assert_eq!(said.calls, said.ticks, "it is the same process with the same state");
}

#[test]
fn the_second_takes_over_when_the_first_ends_and_nothing_is_built_again() {
    let project = Project::sample();
    let mut first = project.serve();
    let generation = first.wait("the first build", |event| events::announced(event, "scripts")).generation;
    let mut second = project.serve();
    assert!(!connected(&mut second).0);
    first.terminate();
    assert!(connected(&mut second).0);
    let taken = second.wait("the same generation", |event| events::announced(event, "scripts"));
    assert_eq!(taken.generation, generation);
}

/// How many diagnostics a message gives the player.
fn shown_at_player(message: &Value) -> Option<usize> {
    let params = &message["params"];
    let is_player = params["uri"].as_str().is_some_and(|uri| uri.ends_with(PLAYER));
    params["diagnostics"].as_array().filter(|_| is_player).map(Vec::len)
}

#[test]
fn an_editor_beside_a_headless_server_shows_its_errors_and_takes_over() {
    let project = Project::sample();
    let mut headless = project.serve();
    headless.wait("the first build", |event| events::announced(event, "scripts"));
    let mut editor = Editor::start(project.root(), None).read();
    let good = project.replace(PLAYER, "\"one\"", "1");
    let file = project.path(PLAYER);
    headless.wait("the error", |event| events::errors_in(event, &file));
    editor.wait("the error", |message| shown_at_player(message).filter(|count| *count > 0));
    headless.kill();
    project.write(PLAYER, &good);
    editor.wait("its end, by the editor's own build", |message| {
        shown_at_player(message).filter(|count| *count == 0)
    });
}
