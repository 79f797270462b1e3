//! What can be wrong around the code: a clear message, a server that stays, and a recovery by itself.

use std::fs;
use std::path::Path;

use liveline_server::face::Level;
use liveline_tests::{Live, PLAYER, Project, Server, events};

/// Something is said to the user, in the terminal and at the file; the game goes on.
fn complains(live: &mut Live, part: &str, file: &str) -> u32 {
    let path = live.project.path(file);
    let line = live.server.wait(&format!("a diagnostic in {file}"), |event| {
        let errors = events::errors_in(event, &path)?;
        errors.iter().find(|error| error.message.contains(part)).map(|error| error.span.start.line)
    });
    assert!(live.game.is_alive());
    line
}

/// After the cause is gone a save runs again.
fn recovers(live: &mut Live) {
    live.project.replace(PLAYER, "\"one\"", "\"recovered\"");
    live.game.wait_for("says recovered");
}

#[test]
fn a_malformed_configuration_is_shown_at_its_line_until_it_is_mended() {
    let mut live = Live::start();
    live.project.write("liveline.toml", "[build]\nspeculat = true\n");
    assert_eq!(complains(&mut live, "did you mean `speculate`?", "liveline.toml"), 2);
    live.project.write("liveline.toml", "[build\n");
    complains(&mut live, "", "liveline.toml");
    live.project.write("liveline.toml", "");
    let file = live.project.path("liveline.toml");
    live.server.wait("it is cleared", |event| events::cleared(event, &file));
    recovers(&mut live);
}

#[test]
fn a_library_that_does_not_exist_is_named_with_the_nearest_one() {
    let mut live = Live::start();
    live.project.write("liveline.toml", "[[library]]\npackage = \"scrips\"\n");
    assert_eq!(complains(&mut live, "did you mean `scripts`?", "liveline.toml"), 2);
    fs::remove_file(live.project.path("liveline.toml")).unwrap();
    recovers(&mut live);
}

#[test]
fn a_folder_without_cargo_is_said_and_the_server_waits_for_one() {
    let project = Project::sample();
    let folder = tempfile::tempdir().unwrap();
    let mut headless = project.command(liveline_tests::liveline());
    headless.args(["headless", "--json", "--root"]).arg(folder.path());
    let mut server = Server::start(headless);
    server.wait("what is wrong", |event| events::message(event, Level::Error, "not in a cargo workspace"));
    for (name, text) in [("Cargo.toml", "[package]\nname = \"alone\"\n"), ("src/lib.rs", "//! Alone.\n")] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    server.wait("the next thing to do", |event| events::message(event, Level::Warning, "no script library"));
    assert!(server.is_alive());
}

#[test]
fn a_missing_toolchain_is_said_and_the_server_recovers() {
    let mut live = Live::start();
    live.project.write("rust-toolchain.toml", "[toolchain]\nchannel = \"1.0.0-missing\"\n");
    live.server.wait("what is wrong", |event| events::message(event, Level::Error, "1.0.0-missing"));
    assert!(live.game.is_alive());
    fs::remove_file(live.project.path("rust-toolchain.toml")).unwrap();
    recovers(&mut live);
}

#[test]
fn an_error_in_the_api_crate_stands_in_the_api_crate() {
    let mut live = Live::start();
    let good = live.project.replace("game-api/src/lib.rs", "pub says: String,", "pub says: Strin,");
    complains(&mut live, "Strin", "game-api/src/lib.rs");
    live.project.write("game-api/src/lib.rs", &good);
    let file = live.project.path("game-api/src/lib.rs");
    live.server.wait("it is cleared", |event| events::cleared(event, &file));
    // A new API crate is a new engine: it is started again, as its programmer would after such an edit.
    live.game.close();
    live.game = live.project.play();
    live.game.wait_for("says one");
    recovers(&mut live);
}

#[test]
fn a_missing_linker_is_named_with_what_to_do_and_its_return_is_noticed() {
    let mut live = Live::start();
    fs::create_dir(live.project.path(".cargo")).unwrap();
    let configuration = "[target.x86_64-unknown-linux-gnu]\nlinker = \"no-such-linker\"\n";
    live.project.write(".cargo/config.toml", configuration);
    live.project.replace(PLAYER, "\"one\"", "\"two\"");
    complains(&mut live, "no-such-linker", "scripts/src/lib.rs");
    live.server.wait("what is wrong", |event| events::message(event, Level::Error, "no-such-linker"));
    fs::remove_file(live.project.path(".cargo/config.toml")).unwrap();
    live.server.wait("the save's build", |event| events::announced(event, "scripts"));
    assert!(live.game.is_alive());
}

#[test]
fn a_linker_that_comes_back_without_any_save_is_noticed() {
    let project = Project::sample();
    let linker = project.path("tools/late-linker");
    fs::create_dir_all(project.path("tools")).unwrap();
    fs::create_dir(project.path(".cargo")).unwrap();
    let configuration =
        format!("[target.x86_64-unknown-linux-gnu]\nlinker = {:?}\n", linker.display().to_string());
    project.write(".cargo/config.toml", &configuration);
    let mut server = project.serve();
    server.wait("what is wrong", |event| events::message(event, Level::Error, "late-linker"));
    std::os::unix::fs::symlink(which("cc"), &linker).unwrap();
    server.wait("a build by itself", |event| events::announced(event, "scripts"));
}

fn which(program: &str) -> std::path::PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| Path::new(file).is_file());
    found.unwrap_or_else(|| panic!("{program} is not on the PATH"))
}
