//! Keeps knowledge in its room: what `ARCHITECTURE.md` and `CONTRIBUTING.md` say of the sources, checked.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of more lines has more than one reason to change.
const MOST_LINES: usize = 500;
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`tests` lies in the repository")
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut waiting: Vec<PathBuf> = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            // `packed` is links to what is looked at anyway.
            let is_output = ["target", "node_modules", ".cache", "fixtures", "packed"]
                .contains(&name.as_str())
                || path.ends_with("cpp-arena/build");
            if path.is_dir() && !is_output {
                waiting.push(path);
            } else if name.ends_with(".rs") {
                let relative = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
                found.push((relative, fs::read_to_string(&path).expect("a source is text")));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

fn all_sources() -> Vec<(String, String)> {
    ["protocol", "server", "engine", "dynamic", "tests", "xtask", "examples", "assets"]
        .iter()
        .flat_map(|folder| sources(folder))
        .collect()
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent: Vec<String> = all_sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn files_are_short() {
    let long: Vec<String> = all_sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > MOST_LINES)
        .map(|(name, text)| format!("{name}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn the_core_knows_no_processes_sockets_clocks_or_editors() {
    let foreign = [
        "tokio",
        "tower",
        "std::process",
        "std::net",
        "std::fs",
        "std::thread",
        "Instant::now",
        "SystemTime",
        "crate::lsp",
        "crate::hub",
        "crate::channel",
        "crate::os",
    ];
    for (name, text) in sources("server/src/core") {
        let code =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let is_test = name.contains("/tests/");
        for word in foreign.iter().filter(|word| !(is_test && **word == "Instant::now")) {
            assert!(!code.contains(word), "{name} names {word}");
        }
    }
}

#[test]
fn the_face_knows_neither_builds_nor_engines() {
    for (name, text) in sources("server/src/lsp") {
        for room in ["crate::build", "crate::hub", "crate::core", "crate::channel"] {
            assert!(!text.contains(room), "{name} names {room}");
        }
    }
}

#[test]
fn linking_touches_nothing_but_bytes() {
    for (name, text) in sources("engine/link/src").iter().filter(|(name, _)| !name.contains("src/load/")) {
        for word in ["std::fs", "std::process", "std::env", "std::time", "rustix", "libloading"] {
            assert!(!text.contains(word), "{name} names {word}");
        }
    }
}

#[test]
fn nothing_is_left_undone_or_unsaid() {
    let words =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("to", "do!("), concat!("unimple", "mented!(")];
    for (name, text) in all_sources() {
        for word in words {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}

#[test]
fn every_unsafe_block_says_why_it_is_sound_and_stands_in_a_room_for_it() {
    let rooms = [
        "server/src/os/",
        "server/src/lsp/parent/",
        "engine/bevy/src/live/",
        "engine/c/src/",
        "engine/export/",
        "engine/src/live/",
        "engine/link/src/load/",
        "engine/link/tests/",
        "engine/link/benches/",
        "engine/macros/",
        "engine/tests/",
        "examples/cpp-arena/scripts/",
        "tests/c/",
        "tests/programs/",
        "tests/sample/game/examples/steps.rs",
        "tests/tests/check.rs",
        "tests/tests/crash.rs",
        "tests/tests/torture/code.rs",
    ];
    for (name, text) in all_sources() {
        let has_unsafe =
            text.lines().any(|line| line.contains("unsafe {") && !line.trim_start().starts_with("//"));
        assert!(
            !has_unsafe || name == "tests/tests/tidy.rs" || rooms.iter().any(|room| name.starts_with(room)),
            "{name}"
        );
    }
}
