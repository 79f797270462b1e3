//! `liveline check`: what it says of good and of broken workspaces, and how it ends.

use std::process::Output;

use liveline_tests::{PLAYER, Project, liveline};
use serde_json::Value;

const UPDATE: &str = "self.ticks += 1;";

fn check(project: &Project, more: &[&str]) -> (bool, String, String) {
    let mut command = project.command(liveline());
    command.args(["check", "--root"]).arg(project.root()).args(more);
    let Output { status, stdout, stderr } = command.output().expect("liveline starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.success(), text(stdout), text(stderr))
}

#[test]
fn a_good_workspace_passes_with_a_line_for_each_library() {
    let project = Project::sample();
    let (is_well, table, said) = check(&project, &[]);
    assert!(is_well, "{table}\n{said}");
    assert!(table.contains("scripts  ok      ok      ok      1 script: player"), "{table}");
    assert!(said.contains("liveline: scripts (1 of 1)"), "{said}");
    let (is_well, json, _) = check(&project, &["--json"]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert!(is_well && report["libraries"][0]["object"]["verdict"] == "good", "{report:#}");
}

#[test]
fn what_engines_find_in_a_library_is_listed() {
    let project = Project::sample();
    let (_, table, said) = check(&project, &[]);
    let line = table.lines().find(|line| line.trim_start().starts_with("player: "));
    let line = line.unwrap_or_else(|| panic!("{table}\n{said}")).trim_start();
    assert!(line.starts_with("player: game_api::Script { fn update(") && line.ends_with(" }"), "{line}");
    let (_, json, _) = check(&project, &["--json"]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    let library = &report["libraries"][0];
    assert_eq!(library["scripts"][0]["script"], "player", "{library:#}");
    assert_eq!(library["scripts"][0]["interface"], "game_api::Script", "{library:#}");
    let method = library["scripts"][0]["methods"][0].as_str().expect("a method");
    assert!(method.contains("update") && method.contains("f32"), "{method}");
}

#[test]
fn a_compile_error_is_shown_as_rustc_shows_it() {
    let project = Project::sample();
    project.replace(PLAYER, "\"one\"", "1");
    let (is_well, table, said) = check(&project, &[]);
    assert!(
        !is_well && table.contains("FAILED  scripts: build: the code does not build: 1 error"),
        "{table}"
    );
    assert!(
        said.contains("error[E0308]: mismatched types") && said.contains("scripts/src/player.rs:15"),
        "{said}"
    );
}

#[test]
fn a_missing_symbol_is_named_by_both_loaders() {
    let project = Project::sample();
    project.replace(PLAYER, UPDATE, "self.ticks += u64::from(unsafe{ not_there() });");
    let text = project.read(PLAYER);
    project.write(PLAYER, &format!("{text}\nunsafe extern \"C\" {{\n    fn not_there() -> u32;\n}}\n"));
    let (is_well, table, said) = check(&project, &[]);
    assert!(!is_well, "{table}\n{said}");
    for loader in ["dylib", "object"] {
        let failed = format!("FAILED  scripts: {loader}: ");
        let line = table.lines().find(|line| line.starts_with(&failed));
        assert!(line.is_some_and(|line| line.contains("not_there")), "{loader}: {table}");
    }
}

#[test]
fn an_initialiser_that_crashes_is_a_failure_and_not_the_end() {
    let project = Project::sample();
    let text = project.read(PLAYER);
    let initialiser = "extern \"C\" fn crash() {\n    std::process::abort();\n}\n#[used]\n#[unsafe(link_section = \
                       \".init_array\")]\nstatic CRASH: extern \"C\" fn() = crash;\n";
    project.write(PLAYER, &format!("{text}\n{initialiser}"));
    let (is_well, table, said) = check(&project, &[]);
    assert!(!is_well, "{table}\n{said}");
    let crashes = table.lines().filter(|line| line.contains("crashed with SIGABRT while an initialiser ran"));
    assert_eq!(crashes.count(), 2, "{table}");
}

#[test]
fn an_initialiser_that_hangs_is_a_failure_after_the_limit() {
    let project = Project::sample();
    let text = project.read(PLAYER);
    let initialiser = "extern \"C\" fn hang() {\n    while std::hint::black_box(true) {}\n}\n#[used]\n\
                       #[unsafe(link_section = \".init_array\")]\nstatic HANG: extern \"C\" fn() = hang;\n";
    project.write(PLAYER, &format!("{text}\n{initialiser}"));
    let (is_well, table, said) = check(&project, &["--load-limit", "0.5"]);
    assert!(!is_well, "{table}\n{said}");
    let hang = "it was not loaded after 0.5 s: an initialiser hangs";
    assert_eq!(table.lines().filter(|line| line.contains(hang)).count(), 2, "{table}");
    project.wait_until_only(&[]);
    let (is_well, _, said) = check(&project, &["--load-limit", "0"]);
    assert!(!is_well && said.contains("greater than zero"), "{said}");
}

#[test]
fn a_server_that_runs_is_not_disturbed() {
    let project = Project::sample();
    let mut server = project.serve();
    server.wait("the first build", |event| liveline_tests::events::announced(event, "scripts"));
    let before = std::fs::read(project.path("target/liveline/libraries/scripts.json")).expect("a record");
    let (is_well, table, said) = check(&project, &[]);
    assert!(is_well, "{table}\n{said}");
    let after = std::fs::read(project.path("target/liveline/libraries/scripts.json")).expect("a record");
    assert_eq!(before, after);
}
