//! The fixture project: built once, by the real cargo, in as many variants as the tests need.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use crate::{archive, crash};

/// What the tests run and load.
pub(crate) struct Project {
    /// The game, with the scripts of [`player`]`("", "self.count += 1;")` linked in.
    pub(crate) game: PathBuf,
    /// Beside it, the API library that it runs with.
    pub(crate) run: PathBuf,
    /// The libraries to reload, by name.
    pub(crate) libraries: BTreeMap<&'static str, PathBuf>,
    /// The same libraries as archives of objects.
    pub(crate) archives: BTreeMap<&'static str, PathBuf>,
    /// The same game as a release.
    pub(crate) release: PathBuf,
}

/// A library's source.
pub(crate) fn variant(name: &str) -> String {
    variants().into_iter().find(|(other, _)| *other == name).expect("a variant").1
}

/// The fixture, built at the first call.
pub(crate) fn project() -> &'static Project {
    static PROJECT: OnceLock<Option<Project>> = OnceLock::new();
    // Tried once: a fixture that does not build does so for no test.
    let project = PROJECT.get_or_init(|| std::panic::catch_unwind(build).ok());
    project.as_ref().expect("the fixture builds")
}

/// What the process needs to find the shared libraries that cargo would have set.
pub(crate) fn library_path() -> String {
    let libraries = Command::new(rustc()).args(["--print", "target-libdir"]).output().unwrap();
    let libraries = String::from_utf8(libraries.stdout).unwrap();
    format!("{}:{}", project().run.display(), libraries.trim())
}

fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

/// A library with one script. `fields` and `update` are Rust.
pub(crate) fn player(fields: &str, update: &str) -> String {
    format!(
        r#"
        pub use more as _;
        use game_api::{{Script, World}};
        #[derive(Default, liveline::State)]
        pub(crate) struct Player {{ count: i64, {fields} }}
        #[liveline::script]
        impl Script for Player {{
            fn update(&mut self, world: &mut World) -> i64 {{
                let _ = world;
                {update}
                self.count
            }}
            fn label(&self) -> &str {{ if self.count > 0 {{ "moved" }} else {{ "still" }} }}
        }}
        "#
    )
}

/// A package with a script that comes along with the scripts package.
fn more(value: i64) -> String {
    format!(
        r#"
        #[derive(Default, liveline::State)]
        pub struct Helper;
        #[liveline::script]
        impl game_api::Script for Helper {{
            fn update(&mut self, _: &mut game_api::World) -> i64 {{ {value} }}
        }}
        "#
    )
}

/// A script of another interface in the same library.
const HUD: &str = r#"
    #[derive(Default, liveline::State)]
    pub struct Overlay { lines: u8 }
    #[liveline::script(name = "hud")]
    impl game_api::Hud for Overlay {
        fn line(&mut self) -> String { self.lines += 1; format!("line {}", self.lines) }
    }
"#;

/// A player that cannot be made, of the layout that it always had.
const COWARD: &str = r#"
    impl Default for Player { fn default() -> Self { panic!("not today") } }
"#;

/// Panics after many calls.
const LATE: &str = r#"
    static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    assert!(CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 200, "late");
"#;

/// A thread with a thread-local that has a destructor.
const THREADS: &str = r#"
    struct Counted(u64);
    impl Drop for Counted {
        fn drop(&mut self) { game_api::COUNTER.fetch_add(self.0, std::sync::atomic::Ordering::Relaxed); }
    }
    thread_local! {
        static COUNTED: std::cell::RefCell<Counted> = const { std::cell::RefCell::new(Counted(100)) };
        static CALLS: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
    }
    std::thread::spawn(|| COUNTED.with_borrow_mut(|counted| counted.0 += 1)).join().unwrap();
    CALLS.set(CALLS.get() + 1);
    self.count = CALLS.get();
"#;

/// A value with its code of this generation, which later ones use and drop.
const KEEPS: &str = r#"
    struct Kept(Vec<i64>);
    impl Iterator for Kept {
        type Item = i64;
        fn next(&mut self) -> Option<i64> { self.0.pop() }
    }
    let mut kept = Kept(vec![1, 2]);
    world.game = Some(Box::new(move || {
        game_api::COUNTER.store(kept.next().unwrap_or(77) as u64, std::sync::atomic::Ordering::Relaxed);
    }));
    self.count += 1;
"#;

/// A function that nothing defines.
const MISSING: &str = "extern \"Rust\" { fn gone(value: i64) -> i64; }";

/// The libraries that are built against the game's API crate.
pub(crate) fn variants() -> Vec<(&'static str, String)> {
    let enemy = player("", "self.count = 66;").replace("Player", "Enemy");
    let default_panics = player("speed: Bad,", "")
        + r#"
        #[derive(liveline::State)]
        pub(crate) struct Bad(#[allow(dead_code)] u8);
        impl Default for Bad { fn default() -> Self { panic!("no default today") } }
        "#;
    let undeclared = player("part: Part,", "self.part.0 += 1;") + "#[derive(Default)] pub struct Part(u8);";
    vec![
        ("tens", player("", "self.count += 10;")),
        ("hundreds", player("", "self.count += 100;")),
        (
            "shares",
            player(
                "",
                r#"
                game_api::COUNTER.fetch_add(5, std::sync::atomic::Ordering::Relaxed);
                game_api::LOCAL.set(game_api::LOCAL.get() + 3);
                world.things.push(Box::new(game_api::Marker(7)));
                world.things.push(Box::new(vec![0u8; 4096]));
                "#,
            ),
        ),
        ("grown", player("jumps: u32,", "self.jumps += 1; self.count = 1000 + i64::from(self.jumps);")),
        ("undeclared", undeclared),
        ("panics", player("", "if self.count >= 0 { panic!(\"no fuel at {}\", self.count) }")),
        (
            "grown_panics",
            player(
                "jumps: u32,",
                "self.jumps += 1; if self.jumps > 2 { panic!(\"no air\") } self.count = -7;",
            ),
        ),
        (
            "retyped",
            player("", "")
                .replace("count: i64", "count: String")
                .replace("> 0", "!= \"\"")
                .replace("self.count\n", "-1\n"),
        ),
        ("late_panic", player("", LATE)),
        (
            "wider",
            player("", "self.count += 1;")
                .replace("count: i64", "count: i128")
                .replace("self.count\n", "self.count as i64\n"),
        ),
        ("default_panics", default_panics),
        ("enemy", enemy),
        ("polls", player("", "if let Some(game) = &mut world.game { game() } self.count += 1;")),
        ("hud", player("", "self.count += 10;") + HUD),
        ("coward", player("", "").replace("Default, ", "") + COWARD),
        ("plain", "#[no_mangle] pub extern \"C\" fn answer() -> i32 { 42 }".to_owned()),
        ("step_ten", player("", "let step = 10_i64;\nself.count += step;")),
        ("step_hundred", player("", "let step = 100_i64;\nself.count += step;")),
        ("threads", player("", THREADS)),
        ("keeps", player("", KEEPS)),
        ("missing", player("", "self.count += unsafe { gone(1) };") + MISSING),
    ]
}

fn build() -> Project {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine-fixture");
    let workspace = Workspace { root: root.join("project"), target: root.join("target") };
    workspace.lay_out();
    workspace.write("scripts/src/lib.rs", &player("", "self.count += 1;"));
    let run = root.join("run");
    let _ = fs::remove_dir_all(&run);
    fs::create_dir_all(&run).unwrap();
    workspace.cargo(&["build"]);
    let take = |file: &str, name: &str| {
        fs::copy(workspace.target.join("debug").join(file), run.join(name)).unwrap();
        run.join(name)
    };
    let game = take("game", "game");
    take("libgame_api.so", "libgame_api.so");
    let mut libraries = BTreeMap::new();
    let mut archives = BTreeMap::new();
    let mut library = |name: &'static str, source: &str| {
        workspace.write("scripts/src/lib.rs", source);
        workspace.cargo(&["build", "-p", "scripts", "-p", "game", "--lib"]);
        libraries.insert(name, take("libscripts.so", &format!("{name}.so")));
        let archive = run.join(format!("{name}.a"));
        fs::write(&archive, archive::of(&workspace.objects())).unwrap();
        archives.insert(name, archive);
    };
    for (name, source) in variants().into_iter().chain(crash::variants()) {
        library(name, &source);
    }
    workspace.write("more/src/lib.rs", &more(2));
    library("more", &player("", "self.count += 10;"));
    workspace.write("more/src/lib.rs", &more(1));
    let api = fs::read_to_string(workspace.root.join("api/src/lib.rs")).unwrap();
    workspace.write("api/src/lib.rs", &api.replace("/*world*/", "pub more: u64,"));
    library("other_api", &player("", "world.more = 1;"));
    workspace.write("api/src/lib.rs", &api.replace("/*argument*/", ", extra: u8"));
    let other_trait = player("", "").replace("world: &mut World)", "world: &mut World, _extra: u8)");
    workspace.write("more/src/lib.rs", &more(1).replace("World)", "World, _: u8)"));
    library("other_trait", &other_trait);
    workspace.write("api/src/lib.rs", &api);
    workspace.write("more/src/lib.rs", &more(1));
    workspace.write("scripts/src/lib.rs", &player("", "self.count += 1;"));
    workspace.cargo(&["build", "--release", "-p", "game"]);
    let release = workspace.target.join("release/game");
    Project { game, run, libraries, archives, release }
}

/// The compiler's errors for a source of the scripts crate, each as a line `line: message`.
pub(crate) fn errors_of(source: &str) -> String {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one_at_a_time = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine-fixture");
    // A project of its own: `project` may be building the other at the same time.
    let workspace = Workspace { root: root.join("checked"), target: root.join("target") };
    workspace.lay_out();
    workspace.write("scripts/src/lib.rs", source);
    let output = workspace.command(&["check", "-p", "scripts", "--message-format=json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let messages = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let errors: Vec<String> = messages.filter_map(|message| error_line(&message)).collect();
    assert_eq!(output.status.success(), errors.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    errors.join("\n")
}

fn error_line(message: &serde_json::Value) -> Option<String> {
    let diagnostic = message.get("message").filter(|diagnostic| diagnostic["level"] == "error")?;
    let spans = diagnostic["spans"].as_array()?;
    let primary = spans.iter().find(|span| span["is_primary"] == true)?;
    Some(format!("{}: {}", primary["line_start"], diagnostic["message"].as_str()?))
}

/// What a program prints that uses nothing but the engine's crate.
pub(crate) fn run_program(name: &str, source: &str) -> String {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine-fixture");
    let workspace = Workspace { root: root.join(name), target: root.join("target") };
    let manifest = format!(
        "[package]\nname = {name:?}\nedition = \"2024\"\n\n[dependencies]\nliveline.path = {:?}\n\n[workspace]\n",
        env!("CARGO_MANIFEST_DIR")
    );
    workspace.write("Cargo.toml", &manifest);
    workspace.write("src/main.rs", source);
    workspace.take_lock();
    let output = workspace.command(&["run"]).output().unwrap();
    assert!(output.status.success(), "{name}:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    fn lay_out(&self) {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/fixture");
        for file in [
            "Cargo.toml",
            "api/Cargo.toml",
            "api/src/lib.rs",
            "more/Cargo.toml",
            "scripts/Cargo.toml",
            "game/Cargo.toml",
            "game/src/main.rs",
        ] {
            let text = fs::read_to_string(fixture.join(file)).unwrap();
            self.write(file, &text.replace("@ENGINE@", env!("CARGO_MANIFEST_DIR")));
        }
        self.write("more/src/lib.rs", &more(1));
        self.take_lock();
    }

    fn take_lock(&self) {
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
        fs::copy(lock, self.root.join("Cargo.lock")).unwrap();
    }

    /// Leaves a file alone that is right already: cargo goes by times.
    fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(arguments)
            .args(["--offline", "--quiet"])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "1");
        command
    }

    /// What rustc gave the linker of the scripts library last.
    fn objects(&self) -> PathBuf {
        self.target.join("objects")
    }

    fn cargo(&self, arguments: &[&str]) {
        let linker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/fixture/linker.sh");
        let output = self
            .command(arguments)
            .arg(format!("--config=target.'cfg(all())'.linker='{}'", linker.display()))
            .env("LIVELINE_TEST_OBJECTS", self.objects())
            .output()
            .unwrap();
        assert!(output.status.success(), "cargo {arguments:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
