//! Where people have their projects, and what else happens to files: links, spaces, other folders, renames, git.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Instant;

use liveline_protocol::engine::BuildState;
use liveline_tests::{DEADLINE, Live, PLAYER, Project, Typist, events, file_uri};
use serde_json::{Value, json};

const WRONG: &str = "world.say(1)";

fn has_error(diagnostics: &[Value]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic["code"] == "E0308")
}

/// An error that is typed stands at its line, goes with its mend, and the mend is run when it is saved.
fn goes_round(project: &Project, typist: &mut Typist) {
    let mut game = project.play();
    game.wait_for("says one");
    typist.replace("world.say(\"one\")", WRONG);
    typist.wait_for_diagnostics("the error", has_error);
    typist.replace(WRONG, "world.say(\"two\")");
    typist.wait_for_diagnostics("no error", |diagnostics| diagnostics.is_empty());
    typist.save();
    game.wait_for("says two");
}

#[test]
fn a_workspace_that_is_opened_through_a_link_is_served_by_its_name() {
    let project = Project::sample();
    let folder = tempfile::Builder::new().prefix("liveline-test-").tempdir().expect("a folder");
    let link = folder.path().join("my game");
    symlink(project.root(), &link).expect("a link");
    let mut typist = Typist::open_in(&link, PLAYER);
    goes_round(&project, &mut typist);
}

#[test]
fn spaces_and_letters_of_any_script_may_stand_in_a_path() {
    let project = Project::sample_in("mein größtes spiel 日本 #1 %20");
    let mut typist = Typist::open(&project, PLAYER);
    goes_round(&project, &mut typist);
}

#[test]
fn a_file_outside_of_every_library_is_nobodys_business() {
    let project = Project::sample();
    let mut typist = Typist::open(&project, PLAYER);
    project.write("notes.rs", "fn wrong( {");
    let outside = project.path("notes.rs");
    typist.open_beside(&outside);
    typist.replace("world.say(\"one\")", WRONG);
    let seen = typist.wait_for_files(has_error);
    assert!(!seen.contains(&file_uri(&outside)), "{seen:?}");
}

#[test]
fn a_file_that_cannot_be_written_is_served_all_the_same() {
    let project = Project::sample();
    let file = project.path(PLAYER);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).expect("own file");
    let mut typist = Typist::open(&project, PLAYER);
    typist.replace("world.say(\"one\")", WRONG);
    typist.wait_for_diagnostics("the error", has_error);
    typist.close();
    typist.wait_for_diagnostics("no error", |diagnostics| diagnostics.is_empty());
}

#[test]
fn a_script_that_is_renamed_takes_its_errors_along() {
    let project = Project::sample();
    let mut game = project.play();
    game.wait_for("says one");
    let mut typist = Typist::open(&project, PLAYER);
    typist.replace("world.say(\"one\")", WRONG);
    typist.save();
    typist.wait_for_diagnostics("the error", has_error);
    let hero = project.path("scripts/src/hero.rs");
    typist.rename(&hero);
    project.replace("scripts/src/lib.rs", "pub mod player;", "pub mod hero;");
    typist.wait_for_diagnostics("the error, by the new name", has_error);
    typist.replace(WRONG, "world.say(\"hero\")");
    typist.save();
    game.wait_for("says hero");
    typist.wait_until_clean();
}

#[test]
fn a_checkout_that_changes_five_hundred_files_is_one_build() {
    const FILES: usize = 500;
    let project = Project::sample();
    let write_all = |word: &str| {
        for number in 0..FILES {
            let text = format!("//! One of many.\n\npub const WORD: &str = \"{word} {number}\";\n");
            project.write(&format!("scripts/src/many{number}.rs"), &text);
        }
    };
    let modules: String = (0..FILES).map(|number| format!("pub mod many{number};\n")).collect();
    let git = |words: &[&str]| {
        let name = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "gc.auto=0"];
        let output = project.command("git").args(name).args(words).output().expect("git starts");
        assert!(output.status.success(), "git {words:?}: {output:?}");
    };
    project.write(".gitignore", "/target\n");
    project.write("scripts/src/lib.rs", &format!("//! The game's scripts.\n\npub mod player;\n{modules}"));
    project.replace(PLAYER, "world.say(\"one\")", "world.say(crate::many499::WORD)");
    for word in ["one", "two"] {
        write_all(word);
        git(if word == "one" { &["init", "-q", "-b", "one"] } else { &["checkout", "-q", "-b", "two"] });
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", word]);
    }
    let mut server = project.serve();
    let mut game = project.play();
    game.wait_for("says two 499");
    server.wait("the game runs it", |event| events::applied(event, "scripts"));
    server.heard();
    git(&["checkout", "-q", "one"]);
    game.wait_for("says one 499");
    let mut begun = 0;
    server.wait("the game runs the other branch, and no build runs", |event| {
        begun += usize::from(events::build(event, "scripts", BuildState::Started).is_some());
        events::all_live(event).filter(|()| begun > 0)
    });
    // git is not done with the first file when the watch hears of it.
    assert!((1..=3).contains(&begun), "{begun} builds for {FILES} files");
}

#[test]
fn every_folder_of_a_workspace_has_its_own_game() {
    let (one, two) = (Project::sample(), Project::sample());
    let mut typist = Typist::open_in_folders(&[one.root(), two.root()], two.root(), PLAYER);
    let mut other = one.play();
    other.wait_for("says one");
    goes_round(&two, &mut typist);
    one.replace(PLAYER, "world.say(\"one\")", "world.say(\"first\")");
    other.wait_for("says first");
    typist.command("liveline.undo");
    other.wait_for("says one");
}

#[test]
fn libraries_of_the_same_name_in_two_workspaces_are_told_apart() {
    let (one, two) = (Project::sample(), Project::sample());
    let mut typist = Typist::open_in_folders(&[one.root(), two.root()], two.root(), PLAYER);
    let mut games = [one.play(), two.play()];
    for game in &mut games {
        game.wait_for("says one");
    }
    for (before, after) in [("one", "a word"), ("a word", "first")] {
        one.replace(PLAYER, &format!("world.say(\"{before}\")"), &format!("world.say(\"{after}\")"));
        games[0].wait_for(&format!("says {after}"));
    }

    let libraries = wait_for_libraries(&mut typist, |all| {
        all.len() == 2
            && all[0]["generation"] != all[1]["generation"]
            && all.iter().all(|one| one["state"] == "live")
    });
    let of = |project: &Project| {
        let root = project.root().display().to_string();
        let found = libraries.iter().find(|library| library["workspace"] == root.as_str());
        found.unwrap_or_else(|| panic!("{root} in {libraries:#?}")).clone()
    };
    assert_ne!(of(&one)["library"], of(&two)["library"]);
    let live = format!("live · generation {} · ", of(&two)["generation"]);
    let deadline = Instant::now() + DEADLINE;
    while !typist.lenses().first().is_some_and(|(_, title)| title.starts_with(&live)) {
        assert!(Instant::now() < deadline, "{live} in {:?}", typist.lenses());
    }

    typist.replace("world.say(\"one\")", "world.say(\"second\")");
    typist.save();
    games[1].wait_for("says second");
    typist.command_with("liveline.undo", json!([{ "library": of(&one)["library"] }]));
    games[0].wait_for("says a word");
    let moved = wait_for_libraries(&mut typist, |all| all.iter().any(|library| library["undone"].is_u64()));
    let undone: Vec<&Value> = moved.iter().filter(|library| library["undone"].is_u64()).collect();
    assert_eq!(undone.iter().map(|library| &library["library"]).collect::<Vec<_>>(), [&of(&one)["library"]]);
}

/// The libraries in the status, once they are so.
fn wait_for_libraries(typist: &mut Typist, are_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let status = typist.ask("liveline/status", json!({}));
        let libraries = status["result"]["libraries"].as_array().expect("libraries").clone();
        if are_so(&libraries) {
            return libraries;
        }
        assert!(Instant::now() < deadline, "{libraries:#?}");
    }
}

#[test]
fn a_second_editor_and_a_terminal_share_what_one_of_them_builds() {
    let mut live = Live::start();
    let mut first = Typist::open(&live.project, PLAYER);
    let mut second = Typist::open(&live.project, PLAYER);
    first.replace("world.say(\"one\")", WRONG);
    first.save();
    second.wait_for_diagnostics("the error, in the other editor", has_error);
    first.wait_for_diagnostics("the error", has_error);
    first.replace(WRONG, "world.say(\"both\")");
    first.save();
    live.game.wait_for("says both");
    second.wait_for_diagnostics("no error", |diagnostics| diagnostics.is_empty());
}
