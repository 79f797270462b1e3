//! gdb on a new project's game: a breakpoint in a script follows it from generation to generation, with both loaders.

use liveline_tests::events::all_built;
use liveline_tests::native::{has, succeed};
use liveline_tests::{Game, Project};

const HUD: &str = "scripts/src/hud.rs";
const UPDATE: &str = "self.best = self.best.max(world.score);";

/// At each stop gdb prints what a person would look at, and goes on.
const COMMANDS: &str = "\
set pagination off
set startup-with-shell off
set breakpoint pending on
break hud.rs:LINE
commands
silent
backtrace 1
info locals
continue
end
run
";

/// A game under gdb; the breakpoint stands behind a local variable.
fn debugged(loader: &str) -> Option<(Project, impl Sized, Game)> {
    if !has(&["gdb"]) {
        return None;
    }
    let project = Project::new_arena();
    project.write("liveline.toml", &format!("{}loader = \"{loader}\"\n", project.read("liveline.toml")));
    project.replace(HUD, UPDATE, &format!("let mark = 1111_u32;\n        {UPDATE}\n        let _ = mark;"));
    // The game's own path to `libstd` is made when it is linked.
    project.write("game/src/main.rs", &project.read("game/src/main.rs"));
    succeed(project.command("cargo").args(["build", "--quiet"]));
    let mut server = project.serve();
    server.wait("the first build", all_built);
    let line = project.read(HUD).lines().position(|line| line.contains(UPDATE)).expect("the line") + 1;
    project.write("commands", &COMMANDS.replace("LINE", &line.to_string()));
    // Without cargo and without `LD_LIBRARY_PATH`, as a debugger in an editor starts it.
    let mut gdb = project.command("gdb");
    gdb.env_remove("LD_LIBRARY_PATH").env("LIVELINE_ENDPOINT", project.endpoint_file());
    gdb.args(["-nx", "-batch", "-x", "commands", "target/debug/my-game"]);
    Some((project, server, Game::start(gdb)))
}

fn follows_the_script(loader: &str) {
    let Some((project, _server, mut game)) = debugged(loader) else { return };
    // Of the script's own library, not of what the game was linked with.
    game.wait_for("#0  script_hud::");
    game.wait_for("mark = 1111");
    for (from, to) in [("1111", "2222"), ("2222", "3333")] {
        project.replace(HUD, from, to);
        // Of the file itself, though unsaved text is built elsewhere.
        let stop = game.wait_for("#0  ");
        assert!(stop.what.contains("scripts/src/hud.rs:"), "{}", stop.what);
        game.wait_for(&format!("mark = {to}"));
    }
}

#[test]
fn a_breakpoint_follows_a_script_that_is_linked_in_memory() {
    follows_the_script("object");
}

#[test]
fn a_breakpoint_follows_a_script_in_shared_libraries() {
    follows_the_script("dylib");
}
