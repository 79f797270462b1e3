//! Script files: each a library of its own, and an ordinary module of its package.

use liveline_server::face::Level;
use liveline_tests::{Game, PLAYER, Project, Server, Typist, events};

const CONFIG: &str = "[[library]]\nfiles = \"scripts/src/*.rs\"\napi = \"game-api\"\n";

/// The sample with its player as a library of its own.
fn start() -> (Project, Server, Game) {
    let project = Project::sample();
    project.write("liveline.toml", CONFIG);
    let mut server = project.serve();
    let mut game = project.play();
    game.wait_for("says one");
    server.wait("the game runs the player's first build", |event| events::applied(event, "player"));
    (project, server, game)
}

#[test]
fn a_saved_script_file_runs_with_its_state() {
    let (project, mut server, mut game) = start();
    project.replace(PLAYER, "\"one\"", "\"two\"");
    let reload = server.wait("the save's generation", |event| events::announced(event, "player"));
    assert!(reload.changed.iter().any(|path| path.ends_with(PLAYER)), "{reload:?}");
    let said = game.wait_for("says two");
    assert!(said.ticks > 1, "its state was kept: {said:?}");
    assert_eq!(said.calls, said.ticks, "one copy of the API crate's static");
}

#[test]
fn a_new_file_is_a_library_and_a_deleted_one_is_none() {
    let (project, mut server, game) = start();
    let ghost = "scripts/src/ghost.rs";
    project.write(ghost, &project.read(PLAYER).replace("Player", "Ghost"));
    server.wait("the game takes the new library", |event| events::applied(event, "ghost"));
    std::fs::remove_file(project.path(ghost)).expect("the file can be removed");
    server.wait("the library is gone", |event| events::message(event, Level::Info, "`ghost` is gone"));
    drop(game);
}

#[test]
fn a_file_that_needs_its_package_is_built_with_it_and_the_status_says_so() {
    let (project, mut server, mut game) = start();
    project.write("scripts/src/words.rs", "//! Words.\n\npub fn word() -> &'static str {\n    \"six\"\n}\n");
    project.write("scripts/src/lib.rs", "//! The game's scripts.\n\npub mod player;\npub mod words;\n");
    project.replace(PLAYER, "\"one\"", "crate::words::word()");
    game.wait_for("says six");
    let status = server.wait("the package's status", |event| events::status(event, "scripts"));
    assert_eq!(status.with_package[0].file, PLAYER);
    assert_eq!(status.with_package[0].reason, "it names `crate::`");
    project.replace("scripts/src/words.rs", "six", "seven");
    game.wait_for("says seven");
    project.replace(PLAYER, "crate::words::word()", "\"alone\"");
    game.wait_for("says alone");
}

#[test]
fn what_is_no_plain_file_stops_nothing() {
    let (project, _server, mut game) = start();
    let made = std::process::Command::new("mkfifo").arg(project.path("scripts/src/pipe.rs")).status();
    assert!(made.expect("mkfifo starts").success());
    std::os::unix::fs::symlink("circle.rs", project.path("scripts/src/circle.rs")).expect("a link");
    std::fs::create_dir(project.path("scripts/src/folder.rs")).expect("a folder");
    project.replace(PLAYER, "\"one\"", "\"two\"");
    game.wait_for("says two");
}

#[test]
fn an_error_in_one_file_does_not_stop_another() {
    let (project, mut server, mut game) = start();
    project.write("scripts/src/broken.rs", "fn broken() { 1 + \"\" }\n");
    project.write("scripts/src/lib.rs", "//! The game's scripts.\n\npub mod broken;\npub mod player;\n");
    let file = project.path("scripts/src/broken.rs");
    server.wait("the error", |event| events::errors_in(event, &file));
    project.replace(PLAYER, "\"one\"", "\"two\"");
    game.wait_for("says two");
}

#[test]
fn unsaved_text_of_a_script_file_is_built_while_it_is_typed() {
    let (project, mut server, mut game) = start();
    let mut typist = Typist::open(&project, PLAYER);
    for word in ["two", "three", "four"] {
        let before = typist.text().split('"').nth(1).expect("a word").to_owned();
        typist.replace(&format!("\"{before}\""), &format!("\"{word}\""));
        server.wait("a build of the unsaved text", |event| events::speculated(event, "player"));
        typist.save();
        let reload = server.wait("the save's generation", |event| events::announced(event, "player"));
        assert!(reload.speculated, "{reload:?}");
        game.wait_for(&format!("says {word}"));
    }
}

/// What cargo sees is an ordinary package, in a build without Liveline too.
#[test]
fn cargo_builds_the_same_files_as_modules() {
    let project = Project::sample();
    project.write("liveline.toml", CONFIG);
    for arguments in
        [&["check", "--release", "--quiet"][..], &["doc", "--no-deps", "--quiet", "-p", "scripts"]]
    {
        let status = project.command("cargo").args(arguments).status().expect("cargo runs");
        assert!(status.success(), "cargo {arguments:?}");
    }
}
