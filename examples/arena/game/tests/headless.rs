//! The game as a process: what it prints, writes and says when it cannot run.

use std::fs;
use std::process::{Command, Output};

fn play(arguments: &[&str]) -> Output {
    let mut game = Command::new(env!("CARGO_BIN_EXE_game"));
    // A server that happens to run must not take part, nor a display.
    game.env("LIVELINE_ENDPOINT", "no-such-endpoint.json")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    game.args(arguments).output().expect("the game starts")
}

/// The frames' lines of a game with this seed.
fn frames(seed: &str) -> Vec<String> {
    let output = play(&["--headless", "--frames", "90", "--hashes", "--seed", seed, "--size", "240x135"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("the report is text");
    text.lines().filter(|line| line.contains(r#""event":"frame""#)).map(str::to_owned).collect()
}

#[test]
fn the_same_seed_gives_the_same_frames() {
    let first = frames("7");
    assert_eq!(first.len(), 90);
    assert_eq!(first, frames("7"));
    assert_ne!(first, frames("8"));
    assert_ne!(first[10].split("hash").last(), first[80].split("hash").last(), "nothing moves");
}

#[test]
fn pictures_are_written_every_so_often_and_at_the_end() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path().to_str().expect("a plain path");
    let output =
        play(&["--headless", "--frames", "25", "--every", "10", "--size", "240x135", "--png", place]);
    assert!(output.status.success(), "{output:?}");
    let files = fs::read_dir(place).expect("the directory is there");
    let mut names: Vec<_> = files.map(|file| file.expect("readable").file_name()).collect();
    names.sort();
    assert_eq!(names, ["frame-000010.png", "frame-000020.png", "frame-000025.png"]);
    let png = fs::read(directory.path().join("frame-000025.png")).expect("readable");
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn all_scripts_are_there_from_the_start() {
    let output = play(&["--headless", "--frames", "1"]);
    let text = String::from_utf8(output.stdout).expect("the report is text");
    let scripts = r#""scripts":["hud","player","enemy","spawner","effects","backdrop"]"#;
    assert!(text.lines().next().is_some_and(|line| line.contains(scripts)), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_display_the_way_out_is_named() {
    let output = play(&[]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).expect("messages are text");
    assert!(said.contains("no display") && said.contains("--headless"), "{said}");
}
