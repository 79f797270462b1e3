//! `liveline new` and `liveline init`: what they make builds, runs, and reloads at the first save.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output};

use liveline_tests::native::{cmake_settings, has, succeed};
use liveline_tests::{Game, Project, liveline};

const HUD: &str = "scripts/src/hud.rs";

/// `liveline run` in the project, as its README says.
fn run(project: &Project) -> Game {
    let mut run = project.command(liveline());
    run.arg("run");
    Game::start(run)
}

fn told(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("liveline starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.success(), text(&stdout), text(&stderr))
}

#[test]
fn a_new_game_in_rust_reloads_its_script_files_and_its_package() {
    let project = Project::new_arena();
    let mut game = run(&project);
    game.wait_for("my-game: ");
    project.replace(HUD, "\"my-game\"", "\"changed\"");
    game.wait_for("changed: ");
    // A script of two files is built with its package.
    project.replace("scripts/src/enemies/mod.rs", "self.wait -= dt;", "assert!(dt < 0.0, \"lost\");");
    game.wait_for("liveline: Enemies::update panicked at scripts/src/enemies/mod.rs:20:9: lost");
    game.wait_for("changed: ");
    project.replace(HUD, "\"changed\"", "changed");
    game.wait_for(
        "liveline: hud does not build (1 error): scripts/src/hud.rs:5:21: cannot find value `changed`",
    );
    project.replace(HUD, "= changed;", "= \"mended\";");
    game.wait_for("mended: ");
    assert!(game.terminate().success());
}

#[test]
fn a_new_game_is_formatted_passes_its_test_and_stands_in_no_doctors_way() {
    let project = Project::new_arena();
    succeed(project.command("cargo").args(["fmt", "--all", "--check"]));
    succeed(project.command("cargo").args(["test", "--quiet"]));
    let (is_well, findings, _) = told(project.command(liveline()).arg("doctor"));
    assert!(is_well, "{findings}");
}

/// An rlib of a dependency in one of cargo's folders: its file's number.
fn dependency(project: &Project, profile: &str) -> Option<u64> {
    let entries = fs::read_dir(project.path(profile).join("deps")).ok()?.flatten();
    let is_it = |name: &str| name.starts_with("libserde_core-") && name.ends_with(".rlib");
    let mut found = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_it));
    Some(found.next()?.metadata().ok()?.ino())
}

#[test]
fn what_is_built_for_the_game_is_not_built_again_for_its_scripts() {
    let project = Project::new_arena();
    fs::remove_dir_all(project.path("target/liveline")).expect("it can go");
    succeed(project.command(liveline()).arg("check"));
    let taken = dependency(&project, "target/liveline/debug");
    assert!(taken.is_some() && taken == dependency(&project, "target/debug"));
}

#[test]
fn a_new_game_in_cpp_reloads() {
    if !has(&["c++", "cmake"]) {
        return;
    }
    let project = Project::new_cpp();
    // CMake's folder names the one that it was made for, and the C library is the one that other tests have built.
    fs::remove_dir_all(project.path("build")).unwrap();
    let settings = format!("cmake -B build '{}'", cmake_settings()[1]);
    project.replace("liveline.toml", "cmake -B build", &settings);
    let mut game = run(&project);
    game.wait_for("arena: ");
    project.replace(HUD, "\"arena\"", "\"changed\"");
    game.wait_for("changed: ");
    assert!(game.terminate().success());
}

#[test]
fn what_is_there_and_what_cannot_be_named_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let new = |words: &[&str]| told(Command::new(liveline()).arg("new").args(words).current_dir(&folder));
    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/notes"), "").unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["full"], "full is not empty; name a new folder, or run `liveline init`"),
        (&["my game"], "give it another with `--name my-game`"),
        (&["game", "--liveline-path", "full"], "is no checkout of Liveline"),
        (&["full/notes"], "cannot make a project in full/notes"),
    ];
    for (words, what) in cases {
        let (is_made, _, error) = new(words);
        assert!(!is_made && error.contains(what), "{words:?}: {error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(folder.path().join("full")).unwrap().count(), 1);
    let (is_made, text, error) = new(&["my game", "--name", "other"]);
    assert!(is_made, "{error}");
    assert!(text.contains("liveline run"), "{text}");
    assert!(fs::read_to_string(folder.path().join("my game/game/Cargo.toml")).unwrap().contains("\"other\""));
}

const MAIN: &str = "\
//! A game that prints.

fn main() {
    // before
    for frame in 0u64.. {
        // frame
        std::thread::sleep(std::time::Duration::from_millis(10));
        let _ = frame;
    }
}
";

/// A workspace with a game that knows nothing of Liveline; what it depends on is built already.
fn plain_game() -> Project {
    let project = Project::new_arena();
    let profile = project.read("Cargo.toml").split_once("[profile.dev]").expect("a profile").1.to_owned();
    for entry in fs::read_dir(project.root()).expect("a folder").flatten() {
        match entry.path() {
            path if path.ends_with("target") || path.ends_with("Cargo.lock") => {}
            path if path.is_dir() => fs::remove_dir_all(path).expect("it can go"),
            path => fs::remove_file(path).expect("it can go"),
        }
    }
    fs::create_dir_all(project.path("doom/src")).expect("a folder");
    project.write(
        "Cargo.toml",
        &format!("[workspace]\nresolver = \"3\"\nmembers = [\"doom\"]\n[profile.dev]{profile}"),
    );
    project.write("doom/Cargo.toml", "[package]\nname = \"doom\"\nedition = \"2024\"\n[dependencies]\n");
    project.write("doom/src/main.rs", MAIN);
    project
}

/// The lines that `init` wants at a place.
fn by_hand(text: &str, place: &str) -> String {
    let (_, rest) = text.split_once(&format!("\n{place}:\n")).unwrap_or_else(|| panic!("{place} in {text}"));
    rest.lines().map_while(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_workspace_that_has_a_game_reloads_after_what_init_says() {
    let project = plain_game();
    fs::create_dir(project.path(".vscode")).unwrap();
    project.write(".vscode/settings.json", "{ \"editor.rulers\": [100] }\n");
    let init = || told(project.command(liveline()).arg("init"));
    let (is_made, text, error) = init();
    assert!(is_made, "{error}");
    for line in
        ["made     doom-scripts/src/hello.rs", "made     liveline.toml", "made     .vscode/launch.json"]
    {
        assert!(text.contains(line), "{line} in {text}");
    }
    // What was there is as it was, and what it lacks is said.
    assert!(text.contains("as it is .vscode/settings.json: it is yours; add"), "{text}");
    assert_eq!(project.read(".vscode/settings.json"), "{ \"editor.rulers\": [100] }\n");
    assert_eq!(project.read("doom/src/main.rs"), MAIN);

    let dependencies = by_hand(&text, "doom/Cargo.toml, below [dependencies]");
    project.replace("doom/Cargo.toml", "[dependencies]\n", &format!("[dependencies]\n{dependencies}"));
    let top = format!("//! A game that prints.\n\n{}", by_hand(&text, "doom/src/main.rs, at its top"));
    project.replace("doom/src/main.rs", "//! A game that prints.\n", &top);
    let before = by_hand(&text, "doom/src/main.rs, before the game's loop");
    project.replace("doom/src/main.rs", "// before\n", &before);
    let frame = by_hand(&text, "doom/src/main.rs, once in each frame");
    project.replace("doom/src/main.rs", "// frame\n", &frame);
    project.replace(
        "doom/src/main.rs",
        "let _ = frame;",
        "if frame % 50 == 0 { println!(\"{}\", script_world.says); }",
    );

    let mut game = run(&project);
    game.wait_for("hello after ");
    project.replace("doom-scripts/src/hello.rs", "hello after", "good day after");
    game.wait_for("good day after ");
    assert!(game.terminate().success());

    // Again: nothing is left to do, and nothing is touched.
    let (_, text, _) = init();
    assert!(text.contains("The scripts of `doom` reload"), "{text}");
    assert!(!text.contains("made ") && !text.contains("doom-scripts"), "{text}");
}

#[test]
fn init_without_a_game_or_a_workspace_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let init = |root: &Path| told(Command::new(liveline()).arg("init").arg("--root").arg(root));
    let (is_made, _, error) = init(folder.path());
    assert!(!is_made && error.contains("is not in a cargo workspace"), "{error}");
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/lib.rs"), "").unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"maths\"\nedition = \"2024\"\n").unwrap();
    let (is_made, _, error) = init(folder.path());
    assert!(!is_made && error.contains("liveline new"), "{error}");
    assert!(!folder.path().join(".vscode").exists());
}
