//! A copy of a sample project in a folder of its own, edited as a person would.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use liveline_protocol::endpoint::{self, Endpoint};
use liveline_protocol::remote;
use tempfile::TempDir;

use crate::environment::{command, liveline};
use crate::processes::{Process, Running, poll_until, processes_in};
use crate::template::{ARENA, BEVY_ARENA, C, CPP_ARENA, NEW_ARENA, NEW_BEVY, NEW_CPP, SAMPLE, Template};
use crate::{DEADLINE, Game, Server};

/// A sample project whose first build is already paid for. Its folder goes when it is dropped.
#[derive(Debug)]
pub struct Project {
    _keeps: Keeps,
    root: PathBuf,
}

/// What a project holds on to.
#[derive(Debug)]
#[expect(dead_code, reason = "held, never read")]
enum Keeps {
    /// A folder of its own.
    Folder(TempDir),
    /// The only one there is.
    Turn(File),
}

impl Project {
    /// A copy of `tests/sample`: the packages `game-api`, `scripts` and `game`.
    pub fn sample() -> Self {
        Self::copy_of(&SAMPLE)
    }

    /// A copy of `examples/arena`.
    pub fn arena() -> Self {
        Self::copy_of(&ARENA)
    }

    /// A copy of `examples/cpp-arena`, with the game built.
    pub fn cpp_arena() -> Self {
        Self::copy_of(&CPP_ARENA)
    }

    /// `examples/bevy-arena`, with Bevy built: the same folder for each test, one after the other.
    ///
    /// # Panics
    /// When it cannot be built.
    pub fn bevy_arena() -> Self {
        let (root, lock) =
            BEVY_ARENA.in_place(None).unwrap_or_else(|error| panic!("the sample cannot be made: {error}"));
        Self { _keeps: Keeps::Turn(lock), root }
    }

    /// What `liveline new my-game --engine bevy` makes, with the Bevy of [`Self::bevy_arena`]: the same folder for each
    /// test, one after the other.
    ///
    /// # Panics
    /// When it cannot be built.
    pub fn new_bevy() -> Self {
        let bevy = Self::bevy_arena();
        let (root, lock) = NEW_BEVY
            .in_place(Some(bevy.root()))
            .unwrap_or_else(|error| panic!("the new project cannot be made: {error}"));
        Self { _keeps: Keeps::Turn(lock), root }
    }

    /// A copy of `tests/c`: scripts that C calls.
    pub fn c() -> Self {
        Self::copy_of(&C)
    }

    /// What `liveline new my-game` makes, with the game built.
    pub fn new_arena() -> Self {
        Self::copy_of(&NEW_ARENA)
    }

    /// What `liveline new my-game --engine cpp` makes, with the game built.
    pub fn new_cpp() -> Self {
        Self::copy_of(&NEW_CPP)
    }

    /// A copy of `tests/sample` in a folder of this name.
    pub fn sample_in(name: &str) -> Self {
        Self::copy_into(&SAMPLE, name)
    }

    fn copy_of(template: &Template) -> Self {
        Self::copy_into(template, "")
    }

    fn copy_into(template: &Template, name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("liveline-test-").tempdir().expect("a temporary folder");
        // Joining nothing would add a slash.
        let root = if name.is_empty() { folder.path().to_owned() } else { folder.path().join(name) };
        template.copy_to(&root).unwrap_or_else(|error| panic!("the sample cannot be copied: {error}"));
        Self { _keeps: Keeps::Folder(folder), root }
    }

    /// The workspace root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The absolute path of a file that is named relative to the root.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    /// A file's text.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Writes a file in place, as an editor's save does.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Writes a file beside and renames it into place, as many editors save.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write_by_rename(&self, file: &str, text: &str) {
        let beside = self.path(&format!("{file}.new"));
        std::fs::write(&beside, text).unwrap_or_else(|error| panic!("{file}: {error}"));
        std::fs::rename(&beside, self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Replaces the only occurrence of `from` in a file and saves it; gives the text before.
    ///
    /// # Panics
    /// When `from` does not occur exactly once.
    pub fn replace(&self, file: &str, from: &str, to: &str) -> String {
        let before = self.read(file);
        assert_eq!(before.matches(from).count(), 1, "{from:?} in {file}:\n{before}");
        self.write(file, &before.replace(from, to));
        before
    }

    /// Starts `liveline headless --json` here.
    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// Starts `liveline headless --json` here with further environment variables.
    pub fn serve_with(&self, variables: &[(&str, &str)]) -> Server {
        let mut headless = self.command(liveline());
        headless.args(["headless", "--json", "--root"]).arg(self.root()).envs(variables.iter().copied());
        Server::new(Running::start("liveline headless", headless))
    }

    /// Starts the game as its programmer would, `cargo run -p game`, but told where the server's endpoint file
    /// is: the copied game has the folder in itself that it was built in, which is another workspace.
    pub fn play(&self) -> Game {
        let mut cargo = self.cargo_run();
        cargo.env(endpoint::ENDPOINT_VARIABLE, self.endpoint_file());
        Game::new(Running::start("game", cargo))
    }

    /// Builds the game here anew and starts it with `cargo run -p game` and nothing else: it finds its server
    /// by itself. Takes seconds longer than [`Project::play`].
    ///
    /// # Panics
    /// When a source file cannot be read or written.
    pub fn play_unaided(&self) -> Game {
        for file in ["game-api/src/lib.rs", "scripts/src/lib.rs", "game/src/main.rs"] {
            self.write(file, &self.read(file));
        }
        Game::new(Running::start("game", self.cargo_run()))
    }

    /// Starts the game so that it looks for its server at `address` only, with a copy of the token that the server
    /// named.
    pub fn play_afar(&self, address: SocketAddr, token: &Path) -> Game {
        let mut cargo = self.cargo_run();
        cargo.env(remote::REMOTE_VARIABLE, address.to_string()).env(remote::TOKEN_VARIABLE, token);
        cargo.env(remote::CODE_VARIABLE, self.path("code-elsewhere"));
        Game::new(Running::start("game elsewhere", cargo))
    }

    fn cargo_run(&self) -> std::process::Command {
        let mut cargo = self.command("cargo");
        cargo.args(["run", "--quiet", "--package", "game"]);
        cargo
    }

    /// Where the server of this project says that it listens.
    pub fn endpoint_file(&self) -> PathBuf {
        self.path("target").join(endpoint::FOLDER).join(endpoint::FILE)
    }

    /// A command in the root with a terminal's environment.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> std::process::Command {
        let mut command = command(program);
        command.current_dir(self.root());
        command
    }

    /// The endpoint file, as soon as there is one of a server with this process id.
    ///
    /// # Panics
    /// When there is none after [`DEADLINE`].
    pub fn endpoint_of(&self, pid: u32) -> Endpoint {
        let file = self.endpoint_file();
        poll_until("the endpoint file", Instant::now() + DEADLINE, || {
            let endpoint: Endpoint = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
            (endpoint.pid == pid).then_some(endpoint)
        })
    }

    /// Every process that works in this project or names it: compilers, servers, games.
    pub fn processes(&self) -> Vec<Process> {
        processes_in(self.root())
    }

    /// Waits until none of the processes with these ids works here.
    ///
    /// # Panics
    /// When one still does after [`DEADLINE`].
    pub fn wait_until_gone(&self, pids: &[u32]) {
        poll_until("these processes are gone", Instant::now() + DEADLINE, || {
            self.processes().iter().all(|process| !pids.contains(&process.pid)).then_some(())
        });
    }

    /// Waits until no process works here except those with these ids.
    ///
    /// # Panics
    /// When others still do after [`DEADLINE`].
    pub fn wait_until_only(&self, pids: &[u32]) {
        poll_until("no other process works in the project", Instant::now() + DEADLINE, || {
            self.processes().iter().all(|process| pids.contains(&process.pid)).then_some(())
        });
    }
}
