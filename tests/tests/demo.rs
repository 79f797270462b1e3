//! `liveline demo`: the main job in one command.

use liveline_tests::{Project, liveline};

/// It ends by itself, within limits of its own: its first build may take longer than other tests wait.
#[test]
fn the_demo_ends_well_because_the_running_game_reports_the_new_code() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::sample();
    let mut demo = project.command(liveline());
    demo.args(["demo", "--headless", "--keep"]).arg(folder.path().join("demo")).env("TMPDIR", folder.path());
    let output = demo.output().expect("the demo starts");
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}\n{errors}");
    for number in 1..=5 {
        assert!(text.contains(&format!("{number}. save scripts/src/")), "{text}");
    }
    assert!(text.contains("scripts/src/player.rs:12: mismatched types"), "{text}");
    assert_eq!(text.matches("shows it").count(), 5, "four pictures and the error in the game: {text}");
}
