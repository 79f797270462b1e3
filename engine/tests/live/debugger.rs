//! gdb on a real game: breakpoints in scripts that no file holds.

use std::process::Command;

use liveline_protocol::engine::{Attached, Outcome};

use crate::game::Game;
use crate::project::{project, variants};
use crate::server::Server;

/// At each stop gdb prints what a person would look at, and goes on.
const SCRIPT: &str = "\
set pagination off
set startup-with-shell off
set breakpoint pending on
break lib.rs:LINE
commands
silent
backtrace 1
info locals
info args
info breakpoints
continue
end
run
";

/// A game under gdb, which stops where the variant `step_ten` counts.
fn debugged(server: &Server) -> Option<Game> {
    if Command::new("gdb").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "gdb is missing: `apt-get install gdb`");
        return None;
    }
    let script = server.path("commands");
    std::fs::write(&script, SCRIPT.replace("LINE", &line_of("self.count += step").to_string())).unwrap();
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-x"]).arg(&script).arg("--args").arg(&project().game);
    Some(Game::run_command(&mut gdb, &[("LIVELINE_ENDPOINT", server.endpoint())]))
}

#[test]
fn a_breakpoint_stops_in_the_newest_generation_only_and_shows_local_variables() {
    let server = Server::listening();
    let Some(mut game) = debugged(&server) else { return };
    let mut connection = server.attach(Vec::new());
    connection.try_reload(&mut game, &server.publish_objects(1, "step_ten"));
    let first = stop(&mut game);
    assert!(first.contains("update (self=0x"), "{first}");
    assert!(first.contains("step = 10\n"), "{first}");
    assert!(first.contains("world = 0x"), "{first}");
    connection.try_reload(&mut game, &server.publish_objects(2, "step_hundred"));
    let second = stop(&mut game);
    assert!(second.contains("step = 100\n"), "{second}");
    // One place is in the scripts that the game was linked with, one in the generation that runs.
    let (before, after) = (places(&first), places(&second));
    assert_eq!((before.len(), after.len()), (2, 2), "{second}");
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    game.quit();
}

#[test]
fn a_breakpoint_stops_again_in_what_runs_again() {
    let server = Server::listening();
    let Some(mut game) = debugged(&server) else { return };
    let attached = Attached { probation: Some(50), ..server.attached(Vec::new()) };
    let mut connection = server.attach_with(attached);
    connection.try_reload(&mut game, &server.publish_objects(1, "step_ten"));
    let first = stop(&mut game);
    assert!(first.contains("step = 10\n"), "{first}");
    connection.try_reload(&mut game, &server.publish_objects(2, "panics"));
    assert_eq!(connection.reloaded(&mut game).outcome, Outcome::Restored);
    let again = stop(&mut game);
    assert!(again.contains("step = 10\n"), "{again}");
    assert_eq!(places(&first), places(&again), "{again}");
    game.quit();
}

/// What gdb prints when it stops in a frame.
fn stop(game: &mut Game) -> String {
    // The first frame may have been under way while the code was swapped.
    game.command("frame");
    game.command("frame").join("\n")
}

/// The addresses at which a breakpoint stands. One in code that gdb has forgotten is named by its address alone, until
/// gdb looks for the line anew.
fn places(stop: &str) -> Vec<&str> {
    let lines = stop.lines().filter(|line| line.starts_with("1.") && line.contains(" in "));
    lines.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("0x"))).collect()
}

fn line_of(text: &str) -> usize {
    let variants = variants();
    let (_, source) = variants.iter().find(|(name, _)| *name == "step_ten").unwrap();
    source.lines().position(|line| line.contains(text)).unwrap() + 1
}
