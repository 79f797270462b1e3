//! What others fell into, each as a test by name.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use liveline_protocol::engine::BuildState;
use liveline_server::face::HubEvent;
use liveline_tests::{Live, PLAYER, Process, Project, events};
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_file_that_is_empty_between_two_writes_is_not_built_empty() {
    let mut live = Live::start();
    let text = live.project.read(PLAYER).replace("\"one\"", "\"two\"");
    for file in ["scripts/src/lib.rs", PLAYER] {
        let whole = if file == PLAYER { text.clone() } else { live.project.read(file) };
        live.project.write(file, "");
        live.project.write(file, &whole);
    }
    live.game.wait_for("says two");
    let announced =
        live.server.heard().iter().filter_map(|event| events::announced(event, "scripts")).count();
    assert!(announced <= 1, "one text was saved, {announced} were announced");
}

#[test]
fn going_back_to_the_original_text_is_a_change() {
    let mut live = Live::start();
    live.say("two");
    live.say("one");
    live.say("two");
}

#[test]
fn a_save_during_a_build_wins_and_the_older_compiler_is_gone() {
    let mut live = Live::start();
    let text = live.project.read(PLAYER);
    let ballast: String = (0..4000)
        .map(|n| format!("pub fn ballast_{n}(x: f32) -> String {{ format!(\"{{x}} {n}\") }}\n"))
        .collect();
    live.project.write(PLAYER, &format!("{}\n{ballast}", text.replace("\"one\"", "\"slow\"")));
    live.server.wait("the slow build", |event| events::build(event, "scripts", BuildState::Started));
    let is_compiler = |process: &Process| !live.pids().contains(&process.pid);
    let older: Vec<u32> =
        live.project.processes().into_iter().filter(is_compiler).map(|process| process.pid).collect();
    live.project.write(PLAYER, &text.replace("\"one\"", "\"quick\""));
    live.server.wait("its end", |event| events::build(event, "scripts", BuildState::Cancelled));
    live.game.wait_for("says quick");
    let heard: Vec<String> = live.game.heard().into_iter().map(|said| said.what).collect();
    assert!(!heard.contains(&"says slow".to_owned()), "{heard:?}");
    // A compiler that waits for the next save may be there.
    live.project.wait_until_gone(&older);
}

#[test]
fn a_package_with_both_a_library_and_a_program_reloads() {
    let mut live = Live::start();
    live.project.write("scripts/src/main.rs", "//! A program beside the library.\nfn main() {}\n");
    live.say("two");
    live.say("three");
}

#[test]
fn the_linker_of_the_cargo_configuration_is_used_without_cargos_own_variables() {
    let project = Project::sample();
    let (log, linker) = (project.path("linker.log"), project.path("linker.sh"));
    project.write("linker.sh", &format!("#!/bin/sh\nenv > '{}'\nexec cc \"$@\"\n", log.display()));
    fs::set_permissions(&linker, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(project.path(".cargo")).unwrap();
    let configuration =
        format!("[target.x86_64-unknown-linux-gnu]\nlinker = {:?}\n", linker.display().to_string());
    project.write(".cargo/config.toml", &configuration);
    // Objects are loaded without a linker.
    project.write("liveline.toml", "[engine]\nloader = \"dylib\"\n");
    let mut server = project.serve();
    server.wait("cargo's build", |event| events::announced(event, "scripts"));
    fs::remove_file(&log).expect("cargo's build called the linker");
    project.replace(PLAYER, "\"one\"", "\"two\"");
    server.wait("the build without cargo", |event| events::announced(event, "scripts"));
    let environment = fs::read_to_string(&log).expect("the build without cargo called the linker");
    assert!(environment.lines().any(|line| line.starts_with("PATH=")), "{environment}");
    for name in ["CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS", "RUSTC_WRAPPER", "LIVELINE_CAPTURE"] {
        assert!(!environment.lines().any(|line| line.starts_with(&format!("{name}="))), "{name} is there");
    }
}

#[test]
fn two_workspaces_with_one_target_directory_keep_apart() {
    let (one, two) = (Project::sample(), Project::sample());
    let shared = tempfile::tempdir().unwrap();
    let variable = ("CARGO_TARGET_DIR", shared.path().to_str().unwrap());
    let mut first = one.serve_with(&[variable]);
    first.wait("its first build", |event| events::announced(event, "scripts"));
    let mut second = two.serve_with(&[variable]);
    let root = second.wait("its own hub", |event| match event {
        HubEvent::Connected { root, owner, .. } => Some((root.clone(), *owner)),
        _ => None,
    });
    assert_eq!(root, (fs::canonicalize(two.root()).unwrap(), true));
    second.wait("its first build", |event| events::announced(event, "scripts"));
    two.replace(PLAYER, "\"one\"", "\"two\"");
    second.wait("its second build", |event| events::announced(event, "scripts"));
    let others = first.heard().iter().filter(|event| matches!(event, HubEvent::Announced(_))).count();
    assert_eq!(others, 0, "the first workspace has not changed");
}

#[test]
fn a_thread_local_with_a_destructor_outlives_its_generation() {
    let mut live = Live::start();
    let text = live.project.read(PLAYER);
    let text = text.replace(
        "world.say(\"one\");",
        "KEPT.with(|kept| kept.0.set(kept.0.get() + 1)); world.say(\"kept\");",
    );
    let local = "\npub struct Kept(std::cell::Cell<u64>);\nimpl Drop for Kept { fn drop(&mut self) { std::hint::black_box(self.0.get()); } }\n\
                 thread_local! { static KEPT: Kept = const { Kept(std::cell::Cell::new(0)) }; }\n";
    live.project.write(PLAYER, &format!("{text}{local}"));
    live.game.wait_for("says kept");
    live.project.write(
        PLAYER,
        &text.replace("KEPT.with(|kept| kept.0.set(kept.0.get() + 1)); ", "").replace("kept", "after"),
    );
    live.game.wait_for("says after");
    assert!(live.game.close().success(), "the destructor's code is still there at the end");
}

#[test]
fn a_save_whose_event_was_lost_is_found() {
    let mut live = Live::start();
    let server = Pid::from_raw(i32::try_from(live.server.pid()).unwrap()).unwrap();
    kill_process(server, Signal::STOP).unwrap();
    // More events than the kernel keeps for one listener.
    let limit: usize =
        fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    let noise = live.project.path("scripts/src/noise.txt");
    for number in 0..limit {
        let mut file = fs::File::options().create(true).append(true).open(&noise).unwrap();
        write!(file, "{}", number % 10).unwrap();
    }
    let text = live.project.read(PLAYER).replace("\"one\"", "\"found\"");
    live.project.write(PLAYER, &text);
    kill_process(server, Signal::CONT).unwrap();
    live.game.wait_for("says found");
}

#[test]
fn a_path_is_never_loaded_twice() {
    let mut live = Live::start();
    let mut files = Vec::new();
    for word in ["two", "one", "two"] {
        live.say(word);
        let reload = live.server.wait("the announcement", |event| events::announced(event, "scripts"));
        assert!(!files.contains(&reload.artifact.file), "{files:?}");
        files.push(reload.artifact.file);
    }
}

#[test]
fn an_included_file_is_an_input() {
    let mut live = Live::start();
    live.project.write("levels.txt", "easy");
    let text = live.project.read(PLAYER);
    live.project.write(PLAYER, &text.replace("\"one\"", "include_str!(\"../../levels.txt\")"));
    live.game.wait_for("says easy");
    live.project.write("levels.txt", "hard");
    live.game.wait_for("says hard");
}

#[test]
fn a_renamed_file_is_a_save() {
    let mut live = Live::start();
    let text = live.project.read(PLAYER).replace("\"one\"", "\"renamed\"");
    live.project.write_by_rename(PLAYER, &text);
    live.game.wait_for("says renamed");
}

#[test]
fn a_new_module_joins_at_its_save() {
    let mut live = Live::start();
    live.project.write("scripts/src/words.rs", "//! Words.\npub const WORD: &str = \"module\";\n");
    live.project.replace("scripts/src/lib.rs", "pub mod player;", "pub mod player;\npub mod words;");
    live.project.replace(PLAYER, "\"one\"", "crate::words::WORD");
    live.game.wait_for("says module");
    live.project.replace("scripts/src/words.rs", "\"module\"", "\"changed\"");
    live.game.wait_for("says changed");
}
