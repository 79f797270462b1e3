//! The C++ game with Rust scripts: built by CMake, kept live by the server, and linked for a release.

use liveline_tests::events::{applied, errors_in, fault};
use liveline_tests::native::{c_target, cmake, cmake_settings, has, succeed};
use liveline_tests::{Game, Project, liveline};

const HUD: &str = "scripts/src/hud.rs";
const PLAYER: &str = "scripts/src/player.rs";
const ENEMY: &str = "scripts/src/enemy.rs";

/// Starts the game as a person does; it lies in its workspace and so finds its server.
fn play(project: &Project) -> Game {
    Game::start(project.command(project.path("build/cpp_arena")))
}

/// `arena: 3 points, 2 enemies, frame 90`: the frame.
fn frame(line: &str) -> u64 {
    let number = line.rsplit_once("frame ").and_then(|(_, number)| number.parse().ok());
    number.unwrap_or_else(|| panic!("no frame in {line}"))
}

#[test]
fn a_save_runs_in_the_game_which_goes_on_where_it_was() {
    if !has(&["c++", "cmake"]) {
        return;
    }
    let project = Project::cpp_arena();
    let mut server = project.serve();
    let mut game = play(&project);
    let before = frame(&game.wait_for("arena: ").what);
    project.replace(HUD, "\"arena\"", "\"changed\"");
    let after = frame(&game.wait_for("changed: ").what);
    assert!(after > before, "{before} {after}");
    server.wait("the game runs it", |event| applied(event, "scripts"));
    assert!(game.terminate().code().is_none());
}

#[test]
fn errors_and_panics_stand_at_their_lines_and_the_game_goes_on() {
    if !has(&["c++", "cmake"]) {
        return;
    }
    let project = Project::cpp_arena();
    let mut server = project.serve();
    let mut game = play(&project);
    game.wait_for("arena: ");
    project.replace(ENEMY, "enemy.age += dt;", "enemy.age += \"dt\";");
    game.wait_for(
        "liveline: scripts does not build (1 error): scripts/src/enemy.rs:15:15: cannot add-assign",
    );
    server.wait("the error is shown", |event| errors_in(event, &project.path(ENEMY)));
    project.replace(ENEMY, "enemy.age += \"dt\";", "enemy.age += dt;");
    project.replace(PLAYER, "    DAMAGE\n", "    if true { panic!(\"no ammunition\") }\n    DAMAGE\n");
    game.wait_for("liveline: player_damage panicked at scripts/src/player.rs:42:15: no ammunition");
    server.wait("it stands at its line", |event| errors_in(event, &project.path(PLAYER)));
    let heard = server.wait("the server hears of it", |event| fault(event, "scripts"));
    assert_eq!((heard.message.as_str(), heard.frames[0].line), ("no ammunition", Some(42)));
    let before = frame(&game.wait_for("arena: ").what);
    project.replace(PLAYER, "if true { panic!(\"no ammunition\") }", "");
    project.replace(HUD, "\"arena\"", "\"mended\"");
    assert!(frame(&game.wait_for("mended: ").what) > before);
}

#[test]
fn liveline_run_builds_the_game_and_starts_it() {
    if !has(&["c++", "cmake"]) {
        return;
    }
    let project = Project::cpp_arena();
    std::fs::remove_dir_all(project.path("build")).expect("a build folder");
    let [library, cargo] = cmake_settings();
    let settings = format!("cmake -B build '{library}' '{cargo}'");
    project.replace("liveline.toml", "cmake -B build", &settings);
    let mut run = project.command(liveline());
    run.args(["run", "--root"]).arg(project.root());
    let mut game = Game::start(run);
    game.wait_for("arena: ");
    project.replace(HUD, "\"arena\"", "\"changed\"");
    game.wait_for("changed: ");
    assert!(game.terminate().success());
    project.wait_until_only(&[]);
}

/// The scripts are linked, and nothing of Liveline is in the program.
#[test]
fn a_release_build_has_the_scripts_and_no_liveline() {
    if !has(&["c++", "cmake"]) {
        return;
    }
    let project = Project::cpp_arena();
    let cargo = format!("-DCARGO_BUILD={}", c_target().with_file_name("cpp-scripts").display());
    let words = ["-S", ".", "-B", "release", "-DARENA_LIVE=OFF"];
    succeed(cmake(project.root()).args(words).args(&cmake_settings()[..1]).arg(cargo));
    succeed(cmake(project.root()).args(["--build", "release"]));
    let program = project.path("release/cpp_arena");
    let bytes = std::fs::read(&program).expect("the game");
    let has = |word: &str| bytes.windows(word.len()).any(|bytes| bytes == word.as_bytes());
    assert!(has("player_update") && !has("liveline_"), "{}", program.display());
    let mut game = project.command(program);
    game.args(["--frames", "60"]);
    let mut game = Game::start(game);
    game.wait_for("arena: ");
    assert!(game.wait_for_end().success());
}
