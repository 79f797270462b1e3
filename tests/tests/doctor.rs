//! `liveline doctor` on a workspace that is well, and on those that something stands in the way of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use liveline_tests::events::{all_built, applied};
use liveline_tests::{PLAYER, Project, Running, liveline};
use serde_json::Value;

/// The exit status, and the findings.
fn doctor(project: &Project) -> (bool, Vec<Value>) {
    doctor_with(project, &[])
}

fn doctor_with(project: &Project, variables: &[(&str, &str)]) -> (bool, Vec<Value>) {
    let mut doctor = project.command(liveline());
    let output = doctor.args(["doctor", "--json"]).envs(variables.iter().copied()).output();
    let output = output.expect("liveline starts");
    let findings = serde_json::from_slice(&output.stdout).expect("the findings are JSON");
    (output.status.success(), findings)
}

/// What stands in the way, by this name: what was found, and the mend.
fn trouble(project: &Project, what: &str, variables: &[(&str, &str)]) -> String {
    let (is_well, findings) = doctor_with(project, variables);
    assert!(!is_well, "{findings:#?}");
    let is_it = |finding: &&Value| finding["what"] == what && finding["health"] == "trouble";
    let finding = findings.iter().find(is_it).unwrap_or_else(|| panic!("no {what}: {findings:#?}"));
    let text = |name: &str| finding[name].as_str().expect("a sentence").to_owned();
    format!("{}; {}", text("found"), text("mend"))
}

#[test]
fn a_workspace_that_works_is_well() {
    let (is_well, findings) = doctor(&Project::sample());
    assert!(is_well, "{findings:#?}");
    let names: Vec<&str> = findings.iter().filter_map(|finding| finding["what"].as_str()).collect();
    for name in ["rustc", "code generators", "linker", "loaders", "workspace", "server"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn a_workspace_that_cannot_be_read_is_told_with_its_place() {
    let project = Project::sample();
    project.write("liveline.toml", "[build]\nspeculate = 3\n");
    let (is_well, findings) = doctor(&project);
    assert!(!is_well);
    let finding =
        findings.iter().find(|finding| finding["what"] == "workspace").expect("the workspace is looked at");
    assert_eq!(finding["health"], "trouble");
    assert!(finding["mend"].as_str().is_some_and(|mend| mend.contains("liveline.toml:2:")), "{finding}");
}

#[test]
fn a_missing_linker_is_named_with_what_to_install() {
    let project = Project::sample();
    let programs = project.path("programs");
    fs::create_dir(&programs).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let found =
        |name: &str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    for name in ["cargo", "rustc"] {
        std::os::unix::fs::symlink(found(name).expect(name), programs.join(name)).unwrap();
    }
    let told = trouble(&project, "linker", &[("PATH", &programs.display().to_string())]);
    assert!(told.contains("there is no `cc`") && told.contains("apt install gcc"), "{told}");
}

#[test]
fn a_linker_that_cargo_is_told_to_take_and_a_wrapper_that_is_gone_are_named_with_the_file() {
    let project = Project::sample();
    fs::create_dir(project.path(".cargo")).unwrap();
    project.write(
        ".cargo/config.toml",
        "[build]\nrustc-wrapper = \"no/such-wrapper\"\nrustflags = [\"-Clinker=no-such-linker\"]\n",
    );
    let told = trouble(&project, "linker", &[]);
    assert!(told.contains("no-such-linker") && told.contains("take that line out"), "{told}");
    let told = trouble(&project, "compiler wrapper", &[]);
    assert!(told.contains("no/such-wrapper") && told.contains(".cargo/config.toml"), "{told}");
}

#[test]
fn a_variable_against_the_workspaces_toolchain_file_is_told() {
    let project = Project::sample();
    project.write("rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-2020-01-01\"\n");
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc starts").stdout;
    let sysroot = PathBuf::from(String::from_utf8(sysroot).unwrap().trim());
    let toolchain = sysroot.file_name().unwrap().to_str().unwrap();
    let told = trouble(&project, "toolchains", &[("RUSTUP_TOOLCHAIN", toolchain)]);
    assert!(told.contains("nightly-2020-01-01") && told.contains("unset RUSTUP_TOOLCHAIN"), "{told}");
}

#[test]
fn endpoints_that_lead_nowhere_are_told() {
    let project = Project::sample();
    let mut server = project.serve();
    project.endpoint_of(server.pid());
    let (is_well, findings) = doctor(&project);
    let running = findings.iter().find(|finding| finding["what"] == "server").unwrap();
    assert!(
        is_well && running["found"].as_str().unwrap().starts_with(env!("CARGO_PKG_VERSION")),
        "{running}"
    );
    server.kill();
    let (is_well, findings) = doctor(&project);
    let stale = findings.iter().find(|finding| finding["what"] == "server").unwrap();
    assert!(is_well && stale["health"] == "note", "{stale}");
    assert!(stale["found"].as_str().unwrap().contains("was killed"), "{stale}");
    let told = trouble(&project, "server", &[("LIVELINE_ENDPOINT", "/none/endpoint.json")]);
    assert!(told.contains("looks nowhere else; `unset LIVELINE_ENDPOINT`"), "{told}");
}

#[test]
fn a_running_game_that_looks_for_no_server_is_told_and_one_that_does_is_not() {
    let project = Project::sample();
    let mut game = project.play();
    game.wait_for("says one");
    let (is_well, findings) = doctor(&project);
    assert!(is_well, "{findings:#?}");
    // A program without Liveline, where cargo puts a release build's.
    fs::create_dir_all(project.path("target/release")).unwrap();
    let release = project.path("target/release/game");
    fs::copy(sleep(), &release).unwrap();
    let mut command = project.command(&release);
    command.arg("1000");
    let running = Running::start("a game without Liveline", command);
    let told = trouble(&project, "engine", &[]);
    assert!(
        told.contains(&format!("process {} runs", running.pid())) && told.contains("--release"),
        "{told}"
    );
    drop(running);
    project.write("liveline.toml", "[engine]\ncommand = [\"cargo\", \"run\", \"--release\"]\n");
    let told = trouble(&project, "engine", &[]);
    assert!(told.contains("take `--release` out"), "{told}");
}

/// A program that does one thing, by whatever name it is called.
fn sleep() -> &'static Path {
    ["/usr/bin/sleep", "/bin/sleep"].iter().map(Path::new).find(|path| path.is_file()).expect("sleep")
}

#[test]
fn crates_of_another_version_and_sandboxes_are_told() {
    let project = Project::sample();
    fs::create_dir_all(project.path("export/src")).unwrap();
    project.write(
        "export/Cargo.toml",
        "[package]\nname = \"liveline-export\"\nversion = \"9.9.9\"\nedition = \"2024\"\n",
    );
    project.write("export/src/lib.rs", "");
    let dependency = "[dependencies]\nliveline-export = { path = \"../export\" }\n";
    project.replace("scripts/Cargo.toml", "[dependencies]\n", dependency);
    let told = trouble(&project, "versions", &[]);
    assert!(told.contains("`liveline-export` 9.9.9, and this program is"), "{told}");
    let told = trouble(&project, "sandbox", &[("FLATPAK_ID", "org.editor.Editor")]);
    assert!(told.contains("org.editor.Editor"), "{told}");
}

/// As sccache is told to cargo: it gets cargo's part, and what follows a save does not wait for it.
#[test]
fn wrappers_of_cargos_configuration_are_called_in_cargos_part_alone() {
    let project = Project::sample();
    let (wrapper, log) = (project.path("wrapper"), project.path("calls"));
    fs::write(&wrapper, format!("#!/bin/sh\necho \"$@\" >> '{}'\nexec \"$@\"\n", log.display())).unwrap();
    fs::set_permissions(&wrapper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fs::create_dir(project.path(".cargo")).unwrap();
    let both = "[build]\nrustc-wrapper = \"./wrapper\"\nrustc-workspace-wrapper = \"./wrapper\"\n";
    project.write(".cargo/config.toml", both);
    let mut server = project.serve();
    server.wait("the first build", all_built);
    let calls = || fs::read_to_string(&log).unwrap_or_default();
    // One is given the other, and the other the compiler.
    let script = calls().lines().filter(|line| line.contains("--crate-name scripts")).count();
    assert!(script >= 2, "{}", calls());
    let mut game = project.play();
    game.wait_for("says one");
    let before = calls();
    project.replace(PLAYER, "\"one\"", "\"two\"");
    game.wait_for("says two");
    server.wait("the game runs it", |event| applied(event, "scripts"));
    assert_eq!(calls(), before);
    let (is_well, findings) = doctor(&project);
    let finding = findings.iter().find(|finding| finding["what"] == "compiler wrapper").unwrap();
    assert!(is_well && finding["health"] == "note", "{finding}");
}
