//! `liveline run`: the game as a child, with and without cargo, started again when it dies.

use liveline_tests::{Game, PLAYER, Process, Project, Running, liveline};
use rustix::process::{Pid, Signal, kill_process};

fn run(project: &Project, command: &[&str]) -> Game {
    let mut run = project.command(liveline());
    run.args(["run", "--root"]).arg(project.root()).arg("--").args(command);
    Game::start(run)
}

fn games(project: &Project) -> Vec<Process> {
    let is_game = |process: &Process| {
        process.command.split(' ').next().is_some_and(|name| name.ends_with("debug/game"))
    };
    project.processes().into_iter().filter(is_game).collect()
}

#[test]
fn a_save_runs_in_the_child_and_ending_the_server_ends_the_child() {
    let project = Project::sample();
    let mut game = run(&project, &["cargo", "run", "--quiet", "--package", "game"]);
    game.wait_for("says one");
    project.replace(PLAYER, "\"one\"", "\"two\"");
    let said = game.wait_for("says two");
    assert_eq!(said.calls, said.ticks, "one copy of the API crate's static");
    assert!(game.terminate().success());
    project.wait_until_only(&[]);
}

#[test]
fn a_game_that_is_started_without_cargo_finds_its_libraries() {
    let project = Project::sample();
    let mut game = run(&project, &["target/debug/game"]);
    game.wait_for("says one");
    project.replace(PLAYER, "\"one\"", "\"two\"");
    let said = game.wait_for("says two");
    assert_eq!(said.calls, said.ticks, "one copy of the API crate's static");
}

#[test]
fn a_game_that_dies_is_started_again_with_the_last_good_code() {
    let project = Project::sample();
    let mut game = run(&project, &["target/debug/game"]);
    game.wait_for("says one");
    project.replace(PLAYER, "\"one\"", "\"two\"");
    game.wait_for("says two");
    let first = games(&project);
    let pid = Pid::from_raw(i32::try_from(first[0].pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    game.wait_for("says two");
    let second = games(&project);
    assert!(second.len() == 1 && second[0].pid != first[0].pid, "{first:?} {second:?}");
}

#[test]
fn no_child_outlives_a_server_that_is_killed() {
    let project = Project::sample();
    let mut game = run(&project, &["target/debug/game"]);
    game.wait_for("says one");
    game.kill();
    project.wait_until_only(&[]);
}

/// Without a command and without a configuration the engine's package is found.
#[test]
fn the_engine_is_found_without_configuration() {
    let project = Project::sample();
    let mut bare = project.command(liveline());
    bare.args(["run", "--root"]).arg(project.root());
    let mut game = Game::start(bare);
    game.wait_for("says one");
    let _: &Running = &game;
}
