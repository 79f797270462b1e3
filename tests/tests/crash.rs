//! Scripts that end their game or do not return, under `liveline run`: told at their line, and the game goes on.

use std::path::Path;

use liveline_protocol::engine::{Fault, FaultKind};
use liveline_server::diagnostics::{Diagnostic, Source};
use liveline_server::face::HubEvent;
use liveline_tests::{Editor, Game, PLAYER, Project, Server, events, liveline};
use serde_json::{Value, json};

const CRASHES: &str = "world.say(\"three\");\n        unsafe { *(8 as *mut u64) = 1 }";
const HANGS: &str = "let mut left = 3u64;\n        while left > 0 { left = std::hint::black_box(left); }";

fn run(project: &Project, command: &[&str]) -> Game {
    let mut run = project.command(liveline());
    run.args(["run", "--root"]).arg(project.root()).arg("--").args(command);
    Game::start(run)
}

/// The game runs "two", and another face sees what happens.
fn running(project: &Project, command: &[&str]) -> (Game, Server) {
    let mut game = run(project, command);
    game.wait_for("says one");
    let server = project.serve();
    project.replace(PLAYER, "\"one\"", "\"two\"");
    game.wait_for("says two");
    (game, server)
}

fn save(project: &Project, code: &str) {
    let text = project.read(PLAYER);
    let says = text.lines().find(|line| line.contains("world.say(")).expect("a line that says something");
    project.write(PLAYER, &text.replace(says.trim(), code));
}

fn line_of(project: &Project, part: &str) -> u32 {
    let text = project.read(PLAYER);
    let lines = text.lines().zip(1..);
    lines.filter(|(line, _)| line.contains(part)).map(|(_, number)| number).next().expect("a line with that")
}

fn fault(server: &mut Server) -> Fault {
    server.wait("the fault", |event| match event {
        HubEvent::Fault { fault, .. } => Some(fault.clone()),
        _ => None,
    })
}

/// A file's diagnostic of what failed as it ran.
fn told(server: &mut Server, file: &Path) -> Diagnostic {
    server.wait("the diagnostic", |event| match event {
        HubEvent::Diagnostics { path, diagnostics, .. } if path == file => {
            diagnostics.iter().find(|diagnostic| diagnostic.source == Source::Run).cloned()
        }
        _ => None,
    })
}

fn restart(project: &Project) -> Value {
    let mut editor = Editor::start(project.root(), None).read();
    let command = json!({ "command": "liveline.restartEngine", "arguments": [] });
    let id = editor.request("workspace/executeCommand", command);
    editor.answer(id)
}

#[test]
fn a_crash_stands_at_its_line_and_the_game_goes_on_with_the_last_good_generation() {
    let project = Project::sample();
    let (mut game, mut server) = running(&project, &["target/debug/game"]);
    let good = project.read(PLAYER);
    save(&project, CRASHES);
    let file = project.path(PLAYER);
    let diagnostic = told(&mut server, &file);
    assert_eq!(diagnostic.span.start.line, line_of(&project, "(8 as *mut u64)"));
    let fault = fault(&mut server);
    assert_eq!(fault.kind, FaultKind::Crash, "{fault:#?}");
    assert_eq!(fault.message, "SIGSEGV: invalid memory reference at 0x8");
    let (generation, before) = (fault.generation.0, fault.generation.0 - 1);
    let whole = format!("generation {generation} crashed: {}; generation {before} runs again", fault.message);
    assert_eq!(diagnostic.message, whole);
    game.wait_for("says two");
    let undone = server.wait("the status", |event| events::status(event, "scripts")?.undone);
    assert_eq!(undone.0, before);
    project.write(PLAYER, &good.replace("\"two\"", "\"four\""));
    game.wait_for("says four");
    server.wait("it is cleared", |event| events::cleared(event, &file));
}

/// cargo links what is saved into the game that it builds for the restart.
#[test]
fn a_restart_that_links_the_code_that_crashed_does_not_run_it() {
    let project = Project::sample();
    let (mut game, mut server) = running(&project, &["cargo", "run", "--quiet", "--package", "game"]);
    let good = project.read(PLAYER);
    save(&project, CRASHES);
    fault(&mut server);
    let said = game.wait_for("says two");
    assert!(
        said.ticks > 1,
        "the last good generation goes on with the state of the process before: {said:?}"
    );
    project.write(PLAYER, &good.replace("\"two\"", "\"four\""));
    game.wait_for("says four");
    assert!(!server.heard().iter().any(|event| matches!(event, HubEvent::Fault { .. })), "it crashed again");
}

#[test]
fn an_engine_that_recovers_from_crashes_goes_back_without_a_restart() {
    let project = Project::sample();
    let recovers =
        "// SAFETY: a test's game.\n    unsafe { scripts.recover_from_crashes() };\n    let mut player =";
    project.replace("game/src/main.rs", "let mut player =", recovers);
    let (mut game, mut server) = running(&project, &["cargo", "run", "--quiet", "--package", "game"]);
    save(&project, CRASHES);
    let file = project.path(PLAYER);
    assert_eq!(told(&mut server, &file).span.start.line, line_of(&project, "(8 as *mut u64)"));
    let line = line_of(&project, "(8 as *mut u64)");
    let failed = game.wait_for(&format!("fault Player::update crashed at scripts/src/player.rs:{line}:"));
    let said = game.wait_for("says two");
    assert!(said.ticks > failed.ticks, "the same process and state: {failed:?} {said:?}");
}

#[test]
fn a_hang_stands_at_its_line_and_ends_with_a_restart() {
    let project = Project::sample();
    project.write("liveline.toml", "[engine]\nhang-millis = 400\n");
    let (mut game, mut server) = running(&project, &["target/debug/game"]);
    save(&project, HANGS);
    let diagnostic = told(&mut server, &project.path(PLAYER));
    assert_eq!(diagnostic.span.start.line, line_of(&project, "while left > 0"), "{diagnostic:#?}");
    let fault = fault(&mut server);
    assert_eq!(fault.kind, FaultKind::Hang, "{fault:#?}");
    assert!(fault.message.starts_with("`Player::update` has not returned for 0."), "{}", fault.message);
    assert_eq!(restart(&project)["result"], Value::Null);
    game.wait_for("says two");
}

#[test]
fn a_hang_ends_when_its_mend_is_saved() {
    let project = Project::sample();
    project.write("liveline.toml", "[engine]\nhang-millis = 400\n");
    let (mut game, mut server) = running(&project, &["cargo", "run", "--quiet", "--package", "game"]);
    let good = project.read(PLAYER);
    save(&project, HANGS);
    assert_eq!(fault(&mut server).kind, FaultKind::Hang);
    project.write(PLAYER, &good.replace("\"two\"", "\"mended\""));
    game.wait_for("says mended");
}

#[test]
fn a_game_that_does_not_end_when_it_is_asked_to_is_restarted_too() {
    let project = Project::sample();
    let stubborn = ["sh", "-c", "trap '' TERM; exec target/debug/game"];
    let (mut game, _server) = running(&project, &stubborn);
    assert_eq!(restart(&project)["result"], Value::Null);
    game.wait_for("says two");
}

#[test]
fn a_restart_builds_an_engine_whose_api_has_changed() {
    let project = Project::sample();
    let (mut game, mut server) = running(&project, &["cargo", "run", "--quiet", "--package", "game"]);
    let api = project.read("game-api/src/lib.rs");
    project.write("game-api/src/lib.rs", &format!("{api}\npub fn more() -> &'static str {{ \"more\" }}\n"));
    save(&project, "world.say(game_api::more());");
    server.wait("the refusal", |event| events::refused(event, "scripts"));
    assert_eq!(restart(&project)["result"], Value::Null);
    game.wait_for("says more");
}

#[test]
fn a_game_that_nobody_here_has_started_is_not_restarted() {
    let project = Project::sample();
    let _server = project.serve();
    let answer = restart(&project);
    let why = answer["error"]["message"].as_str().unwrap();
    assert!(why.contains("start it with `liveline run`"), "{why}");
}
