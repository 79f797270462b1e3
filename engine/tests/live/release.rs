//! A release build is a plain program.

use std::fs;
use std::process::Command;

use crate::game::Game;
use crate::project::project;

fn needed(executable: &std::path::Path) -> Vec<String> {
    let output = Command::new("readelf").arg("-d").arg(executable).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let needed = text.lines().filter(|line| line.contains("(NEEDED)"));
    needed.filter_map(|line| Some(line.split_once('[')?.1.trim_end_matches(']').to_owned())).collect()
}

#[test]
fn a_release_links_nothing_of_ours_dynamically() {
    for library in needed(&project().release) {
        assert!(
            !library.contains("std") && !library.contains("game_api") && !library.contains("liveline"),
            "{library}"
        );
    }
    let development = needed(&project().game);
    assert!(development.iter().any(|library| library == "libgame_api.so"), "{development:?}");
}

#[test]
fn a_release_holds_nothing_that_listens_loads_or_looks_for_a_server() {
    let bytes = fs::read(&project().release).unwrap();
    for text in [
        "endpoint.json",
        "LIVELINE_ENDPOINT",
        "liveline_iface",
        "Content-Length",
        "libloading",
        "dlopen",
        "sha2",
    ] {
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}

#[test]
fn a_release_runs_the_same_source() {
    let mut game = Game::run(&project().release, &[]);
    assert_eq!(game.ask("frame", "value"), "1");
    assert_eq!(game.ask("frame", "value"), "2");
    assert_eq!(game.ask("borrow", "label"), "moved");
    assert_eq!(game.ask("idle", "nanos"), "0");
    assert_eq!(game.ask("generation scripts", "generation"), "Some(Generation(0))");
    assert!(game.ask("spawn nobody", "error").contains("there are: helper, player"));
}
