//! Script files are built as their package is: one run of cargo tells how for all of them.

use liveline_protocol::engine::ArtifactKind;
use liveline_server::build::job::Outcome;
use liveline_tests::{PLAYER, Project, Shop};

const OBJECT: ArtifactKind = ArtifactKind::Object;
const FILES: &str = "[[library]]\nfiles = \"scripts/src/*.rs\"\n";

/// The sample with three more script files; the package has no shared form.
fn shop() -> Shop {
    let project = Project::sample();
    let text = project.read(PLAYER);
    let mut root = project.read("scripts/src/lib.rs");
    for name in ["enemy", "door", "lamp"] {
        project.write(&format!("scripts/src/{name}.rs"), &text.replace("Player", "Thing"));
        root += &format!("pub mod {name};\n");
    }
    project.write("scripts/src/lib.rs", &root);
    project.replace("scripts/Cargo.toml", "crate-type = [\"lib\", \"cdylib\"]", "crate-type = [\"lib\"]");
    project.write("liveline.toml", FILES);
    Shop::over(project)
}

fn cargo_runs(stages: &[String]) -> usize {
    stages.iter().filter(|stage| stage.starts_with("cargo build")).count()
}

#[test]
fn cargo_runs_once_for_all_files_of_a_package_and_again_when_the_api_changes() {
    let mut shop = shop();
    let build_all = |shop: &Shop| {
        let built = ["player", "enemy", "door", "lamp"].map(|name| shop.save(name, OBJECT));
        built.iter().for_each(|built| _ = built.reload());
        built.iter().map(|built| cargo_runs(&built.stages)).sum::<usize>()
    };
    assert_eq!(build_all(&shop), 1);
    shop.restart();
    let after = shop.save("player", OBJECT);
    assert!(matches!(after.outcome, Outcome::Unchanged { .. }), "{after:?}");
    shop.project.replace(PLAYER, "\"one\"", "\"two\"");
    let saved = shop.save("player", OBJECT);
    assert!(saved.reload().artifact.file.ends_with(".a") && cargo_runs(&saved.stages) == 0);
    assert!(matches!(shop.save("door", OBJECT).outcome, Outcome::Unchanged { .. }));
    let api = "game-api/src/lib.rs";
    shop.project.write(api, &format!("{}\n/// More.\npub fn more() {{}}\n", shop.project.read(api)));
    assert_eq!(build_all(&shop), 1);
}

#[test]
fn an_error_in_one_file_stops_no_other_and_is_told_of_its_own_file_only() {
    let shop = shop();
    shop.project.write("scripts/src/door.rs", "fn broken( {}\n");
    let lamp = shop.save("lamp", OBJECT);
    lamp.reload();
    assert_eq!((cargo_runs(&lamp.stages), lamp.diagnostics.len()), (1, 0), "{lamp:?}");
    let door = shop.save("door", OBJECT);
    assert!(matches!(door.outcome, Outcome::Failed) && cargo_runs(&door.stages) == 0, "{door:?}");
    assert!(door.diagnostics.iter().all(|d| d.span.path == shop.project.path("scripts/src/door.rs")));
    shop.save("player", OBJECT).reload();
}

#[test]
fn an_error_in_the_api_is_told_once_by_cargo() {
    let shop = shop();
    shop.project.write("game-api/src/lib.rs", "fn broken( {}\n");
    let built = shop.save("player", OBJECT);
    assert!(matches!(built.outcome, Outcome::Failed), "{built:?}");
    let api = shop.project.path("game-api/src/lib.rs");
    assert!(built.diagnostics.iter().any(|d| d.span.path == api), "{built:?}");
}

#[test]
fn a_script_knows_its_library_and_a_package_its_files() {
    let shop = shop();
    let say = "world.say(concat!(\"[\", env!(\"LIVELINE_LIBRARY\"), \"]\"));";
    shop.project.replace(PLAYER, "world.say(\"one\");", say);
    let bytes = shop.artifact(&shop.save("player", OBJECT).reload());
    assert!(bytes.windows(8).any(|part| part == b"[player]"));
}
