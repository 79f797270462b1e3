//! The game in Bevy: systems, components and schedules that follow their scripts while it runs, and a build without
//! Liveline. `cargo xtask test --only bevy` runs these: Bevy itself has to be built first.

use std::path::PathBuf;

use liveline_protocol::engine::{ArtifactKind, StateChange};
use liveline_tests::events::{announced, applied, errors_in, fault, refused, reloaded};
use liveline_tests::native::succeed;
use liveline_tests::{Game, Project, liveline, repository};
use object::{Object, ObjectSymbol};

const HUD: &str = "scripts/src/hud.rs";
const ENEMY: &str = "scripts/src/enemy.rs";
const SPAWNER: &str = "scripts/src/spawner.rs";

/// The last number of a line.
fn number(line: &str) -> u64 {
    let number = line.rsplit(' ').next().and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("no number in {line}"))
}

/// The game says something with a number at its end: that number.
fn hears(game: &mut Game, what: &str) -> u64 {
    number(&game.wait_for(what).what)
}

/// The game says so no more: nothing of it between two frames that are both to come.
fn hears_no_more(game: &mut Game, what: &str) {
    hears(game, "arena: ");
    game.heard();
    hears(game, "arena: ");
    hears(game, "arena: ");
    let heard = game.heard();
    assert!(heard.iter().all(|said| !said.what.starts_with(what)), "{heard:?}");
}

/// Edits, and waits until the game runs what comes of it: nothing of an earlier edit.
fn reload(game: &mut Game, library: &str, edit: impl FnOnce()) {
    hears(game, "arena: ");
    game.heard();
    edit();
    game.wait_for(&format!("liveline: {library} generation"));
}

/// Has the enemies' script say how old the oldest one is, in milliseconds, from a system of its own.
fn add_oldest(project: &Project, game: &mut Game) {
    let systems = "(arrive, grow_old, chase, be_caught).chain());";
    project.replace(ENEMY, systems, &format!("{systems}\n    app.add_systems(Last, tell_oldest);"));
    let mut text = project.read(ENEMY);
    text += "
fn tell_oldest(enemies: Query<&Enemy>) {
    let oldest = enemies.iter().map(|enemy| enemy.age).fold(0.0, f32::max);
    println!(\"oldest: {}\", (oldest * 1e3) as u64);
}
";
    project.write(ENEMY, &text);
    hears(game, "oldest: ");
}

#[test]
#[ignore = "builds Bevy: a stage of its own"]
fn systems_come_go_and_move_while_the_game_runs() {
    let project = Project::bevy_arena();
    let mut server = project.serve();
    let mut game = project.play();
    let before = hears(&mut game, "arena: ");
    project.replace(HUD, "\"arena\"", "\"changed\"");
    let after = hears(&mut game, "changed: ");
    assert!(after > before, "{before} {after}");
    server.wait("the server knows", |event| applied(event, "hud"));
    project.replace(HUD, "\"changed\"", "\"arena\"");
    hears(&mut game, "arena: ");

    // Added, to a schedule that had no script's systems.
    add_oldest(&project, &mut game);
    // Renamed, and moved to a schedule with a clock of its own.
    let text =
        project.read(ENEMY).replace("tell_oldest", "tell_step").replace("(Last, tell", "(FixedUpdate, tell");
    let text = text.replace("fn tell_step(", "fn tell_step(time: Res<Time>, ");
    project.write(
        ENEMY,
        &text
            .replace(
                "println!(\"oldest: {}\", (oldest * 1e3) as u64)",
                "println!(\"{oldest} step: {}\", time.delta().as_micros())",
            )
            .replace("{oldest} step", "step")
            .replace("let oldest", "let _oldest"),
    );
    assert_eq!(hears(&mut game, "step: "), 15_625);
    hears_no_more(&mut game, "oldest: ");
    // Removed.
    reload(&mut game, "enemy", || {
        project.replace(ENEMY, "\n    app.add_systems(FixedUpdate, tell_step);", "");
    });
    hears_no_more(&mut game, "step: ");

    // One that starts runs once, at the reload; those that have do not again.
    let spawn = "app.add_systems(Update, spawn.run_if(there_is_room));";
    project.replace(SPAWNER, spawn, &format!("app.add_systems(Startup, greet);\n    {spawn}"));
    project.write(SPAWNER, &(project.read(SPAWNER) + "\nfn greet() {\n    println!(\"hello\");\n}\n"));
    game.wait_for("hello");
    reload(&mut game, "spawner", || {
        project.replace(SPAWNER, "const MOST: usize = 24;", "const MOST: usize = 23;");
    });
    hears_no_more(&mut game, "hello");

    // Their order is what the script says, also when it says another.
    let one = "(say_one, say_two).chain()";
    project.replace(SPAWNER, "(Startup, greet)", &format!("(Last, {one})"));
    let says = "\nfn say_one() {\n    println!(\"one\");\n}\n\nfn say_two() {\n    println!(\"two\");\n}\n";
    project.write(SPAWNER, &(project.read(SPAWNER) + says));
    game.wait_for("one");
    game.wait_for("two");
    reload(&mut game, "spawner", || {
        project.replace(SPAWNER, one, "(say_two, say_one).chain()");
    });
    // The report of the reload may stand between the two in its own frame; the second frame has none.
    hears(&mut game, "arena: ");
    game.wait_for("two");
    assert_eq!(game.wait_for("").what, "one");
    assert!(game.terminate().code().is_none());
}

#[test]
#[ignore = "builds Bevy: a stage of its own"]
fn components_go_over_to_their_new_layout_or_the_old_code_stays() {
    let project = Project::bevy_arena();
    let mut game = project.play();
    hears(&mut game, "arena: ");
    // What the game was linked with has made enemies; the server's first generation takes them over.
    let mut server = project.serve();
    let first = server.wait("the game runs it", |event| reloaded(event, "enemy").and_then(|it| it.state));
    assert!(
        first.iter().any(|state| (state.type_name.as_str(), state.outcome) == ("Enemy", StateChange::Kept)),
        "{first:?}"
    );
    add_oldest(&project, &mut game);
    while hears(&mut game, "oldest: ") < 1_000 {}

    // A new field, another type for the old one: every value goes over.
    project.replace(ENEMY, "    age: f32,", "    fear: u32,\n    age: f64,");
    let text =
        project.read(ENEMY).replace("enemy.age += time.delta_secs()", "enemy.age += time.delta_secs_f64()");
    let text = text.replace("(enemy.age * 0.5).min(1.0)", "(enemy.age as f32 * 0.5).min(1.0)");
    project.write(ENEMY, &text.replace("fold(0.0, f32::max)", "fold(0.0, f64::max)"));
    server.wait("its enemies go over", |event| {
        let state = reloaded(event, "enemy").and_then(|reloaded| reloaded.state)?;
        let is_it = (state.iter()).any(|it| it.type_name == "Enemy" && it.outcome == StateChange::Migrated);
        is_it.then_some(())
    });
    assert!(hears(&mut game, "oldest: ") >= 1_000, "their ages stayed");

    // What cannot go over is refused at its field, and nothing has changed.
    let good =
        project.replace(ENEMY, "    fear: u32,\n    age: f64,", "    fear: u32,\n    age: Vec<Entity>,");
    let text = project.read(ENEMY).replace("enemy.age += time.delta_secs_f64()", "enemy.age.clear()");
    let text = text.replace("enemy.age as f32 * 0.5", "enemy.age.len() as f32");
    project.write(ENEMY, &text.replace("enemy.age).fold", "enemy.age.len() as f64).fold"));
    server.wait("it stands at its field", |event| errors_in(event, &project.path(ENEMY)));
    let reason = server.wait("the game refuses it", |event| refused(event, "enemy"));
    assert!(reason.contains("field `age` of `Enemy` was `f64` and is `Vec<Entity>`"), "{reason}");
    assert!(hears(&mut game, "oldest: ") >= 1_000);
    project.write(ENEMY, &good);
    hears(&mut game, "arena: ");

    // Bevy would take what a plain derive makes for what it was before.
    project.replace(
        SPAWNER,
        "const MOST: usize = 24;",
        "const MOST: usize = 23;\n\n#[derive(Component)]\nstruct Mark(u8);",
    );
    let looks = "fn there_is_room(looks: Query<&Look>)";
    project.replace(SPAWNER, looks, "fn there_is_room(looks: Query<&Look, Without<Mark>>)");
    game.wait_for("liveline: Bevy holds `script_spawner::Mark` of a script");
    project.replace(SPAWNER, "struct Mark(u8);", "struct Mark(u64);");
    let reason = server.wait("the game refuses it", |event| refused(event, "spawner"));
    assert!(reason.contains("write `#[liveline_bevy::component]`"), "{reason}");
    hears(&mut game, "arena: ");
}

#[test]
#[ignore = "builds Bevy: a stage of its own"]
fn errors_and_panics_stand_at_their_lines_and_the_game_goes_on() {
    let project = Project::bevy_arena();
    let mut server = project.serve();
    let mut game = project.play();
    hears(&mut game, "arena: ");
    add_oldest(&project, &mut game);
    project.replace(ENEMY, "enemy.age += time.delta_secs();", "enemy.age += \"young\";");
    game.wait_for("liveline: enemy does not build (1 error): scripts/src/enemy.rs:40:19: cannot add-assign");
    server.wait("the error is shown", |event| errors_in(event, &project.path(ENEMY)));
    hears(&mut game, "arena: ");

    project.replace(ENEMY, "enemy.age += \"young\";", "panic!(\"too {}\", enemy.age as u8);");
    game.wait_for("fault: system `grow_old`: ");
    server.wait("it stands at its line", |event| errors_in(event, &project.path(ENEMY)));
    let heard = server.wait("the server hears of it", |event| fault(event, "enemy"));
    assert_eq!((heard.message.starts_with("too "), heard.frames[0].line), (true, Some(40)));
    // It was in its first calls: the code before runs again, and the values are those that were.
    let before = hears(&mut game, "oldest: ");
    while hears(&mut game, "oldest: ") == before {}
    let frame = hears(&mut game, "arena: ");
    project.replace(HUD, "\"arena\"", "\"mended\"");
    assert!(hears(&mut game, "mended: ") > frame);
}

#[test]
#[ignore = "builds Bevy: a stage of its own"]
fn shared_libraries_reload_as_objects_do() {
    let project = Project::bevy_arena();
    project.replace("liveline.toml", "[engine]\n", "[engine]\nloader = \"dylib\"\n");
    let mut server = project.serve();
    let mut game = project.play();
    hears(&mut game, "arena: ");
    add_oldest(&project, &mut game);
    while hears(&mut game, "oldest: ") < 1_000 {}
    server.heard();
    reload(&mut game, "enemy", || {
        project.replace(ENEMY, "    age: f32,", "    fear: u32,\n    age: f32,");
    });
    let announced = server.wait("the new generation", |event| announced(event, "enemy"));
    assert_eq!(announced.artifact.kind, ArtifactKind::Dylib);
    assert!(hears(&mut game, "oldest: ") >= 1_000, "their ages stayed");
}

#[test]
#[ignore = "builds Bevy: a stage of its own"]
fn a_new_game_in_bevy_builds_runs_and_reloads() {
    let project = Project::new_bevy();
    let mut fmt = project.command("cargo");
    fmt.args(["fmt", "-p", "my-game", "-p", "game-api", "-p", "scripts", "--check", "--", "--config-path"]);
    // The defaults, whatever lies above the folder of this test.
    succeed(fmt.arg(repository().join("examples/bevy-arena")));
    let mut run = project.command(liveline());
    run.arg("run");
    let mut game = Game::start(run);
    hears(&mut game, "arena: ");
    project.replace(HUD, "\"arena\"", "\"changed\"");
    hears(&mut game, "changed: ");
    project.replace(ENEMY, "    age: f32,", "    age: f32,\n    fear: u32,");
    game.wait_for("liveline: enemy generation");
    hears(&mut game, "changed: ");
    assert!(game.terminate().success());
}

/// The shared libraries of another profile in the same folder. Their names have no hash, so cargo would take those of one profile
/// for the other's: where they are missing, it builds them.
struct OtherProfile(PathBuf);

impl OtherProfile {
    fn of(project: &Project) -> Self {
        let other = Self(project.path("target/debug/deps"));
        other.forget();
        other
    }

    fn forget(&self) {
        for name in ["liveline_bevy", "game_api"] {
            let _ = std::fs::remove_file(self.0.join(format!("lib{name}.so")));
        }
    }
}

impl Drop for OtherProfile {
    fn drop(&mut self) {
        self.forget();
    }
}

/// A build without debug assertions, though with the Bevy that is there: what a release build is to Liveline.
#[test]
#[ignore = "builds Bevy: a stage of its own"]
fn a_build_for_players_has_the_scripts_and_no_loader() {
    let project = Project::bevy_arena();
    let _others = OtherProfile::of(&project);
    let mut cargo = project.command("cargo");
    cargo.args(["build", "--quiet", "--package", "game"]);
    for package in ["liveline", "liveline-bevy", "game-api", "scripts", "game"] {
        cargo.args(["--config", &format!("profile.dev.package.{package}.debug-assertions=false")]);
    }
    succeed(&mut cargo);
    let program = project.path("target/debug/game");
    let bytes = std::fs::read(&program).expect("the game");
    let file = object::File::parse(&*bytes).expect("an executable");
    let wanted: Vec<&str> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_undefined())
        .filter_map(|symbol| symbol.name().ok())
        .collect();
    assert!(wanted.contains(&"write") && !wanted.iter().any(|name| name.contains("dlopen")), "{wanted:?}");
    let has = |word: &str| bytes.windows(word.len()).any(|bytes| bytes == word.as_bytes());
    assert!(has("tell") || has("announce"));
    assert!(!has("endpoint.json"), "it looks for no server");
    let mut game = project.command(program);
    let mut game = Game::start({
        game.args(["--frames", "60"]);
        game
    });
    game.wait_for("arena: ");
    assert!(game.wait_for_end().success());
}
