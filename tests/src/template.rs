//! Built samples, from which every test copies its own: cargo's first build is paid once a run, not once a test.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use liveline_protocol::endpoint;
use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use crate::environment::{command, liveline, repository, target};
use crate::native;
use crate::processes::Running;
use crate::server::Server;
use crate::{events, tree};

/// A sample project in the repository.
#[derive(Debug)]
pub(crate) struct Template {
    name: &'static str,
    source: Source,
    /// Builds the game in a folder.
    build: fn(&Path),
}

/// Where a project comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// A folder of the repository.
    Folder(&'static str),
    /// `liveline new my-game --engine` with this word.
    New(&'static str),
}

use Source::{Folder, New};

/// The smallest project that has all parts.
pub(crate) const SAMPLE: Template =
    Template { name: "sample", source: Folder("tests/sample"), build: build_game };
/// The arena.
pub(crate) const ARENA: Template =
    Template { name: "arena", source: Folder("examples/arena"), build: build_game };
/// The C++ arena.
pub(crate) const CPP_ARENA: Template =
    Template { name: "cpp-arena", source: Folder("examples/cpp-arena"), build: build_with_cmake };
/// The arena in Bevy. Never copied: see [`Template::in_place`].
pub(crate) const BEVY_ARENA: Template =
    Template { name: "bevy-arena", source: Folder("examples/bevy-arena"), build: build_game };
/// A new project in Bevy. Never copied: see [`Template::in_place`].
pub(crate) const NEW_BEVY: Template =
    Template { name: "new-bevy", source: New("bevy"), build: build_default };
/// The scripts that the C interface is tested with.
pub(crate) const C: Template = Template { name: "c", source: Folder("tests/c"), build: |_| () };
/// A new project in Rust.
pub(crate) const NEW_ARENA: Template =
    Template { name: "new-arena", source: New("arena"), build: build_default };
/// A new project in C++.
pub(crate) const NEW_CPP: Template =
    Template { name: "new-cpp", source: New("cpp"), build: build_with_cmake };

/// How the samples name the engine crate, or what is in its folder; a copy lies elsewhere.
const ENGINE: [&str; 2] = ["../../../engine", "../../engine"];

/// Puts a built copy of the sample with this name into the folder `to`, which need not exist.
///
/// # Panics
/// When the sample does not build.
pub fn copy_sample(name: &str, to: &Path) -> io::Result<()> {
    let known = [SAMPLE, ARENA].into_iter().find(|template| template.name == name);
    known.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no such sample"))?.copy_to(to)
}

impl Template {
    /// Puts a built copy into the folder `to`.
    ///
    /// # Panics
    /// When the sample does not build.
    pub(crate) fn copy_to(&self, to: &Path) -> io::Result<()> {
        let folder = self.folder();
        fs::create_dir_all(&folder)?;
        // One test process builds, the others wait; all may copy at once.
        let lock = File::create(folder.with_extension("lock"))?;
        flock(&lock, FlockOperation::LockExclusive)?;
        self.build(&folder)?;
        flock(&lock, FlockOperation::LockShared)?;
        tree::copy(&folder, to, &[])?;
        forget_servers(to)
    }

    /// The built sample itself, its sources as they are in the repository, for as long as the lock is held: one
    /// whose dependencies take gigabytes is better used by one test after the other than copied. What `like` has
    /// built of them is taken over.
    ///
    /// # Panics
    /// When the sample does not build.
    pub(crate) fn in_place(&self, like: Option<&Path>) -> io::Result<(PathBuf, File)> {
        let folder = self.folder();
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.with_extension("lock"))?;
        flock(&lock, FlockOperation::LockExclusive)?;
        self.refresh(&folder)?;
        if let Some(like) = like {
            // The same versions of all of them.
            fs::copy(like.join("Cargo.lock"), folder.join("Cargo.lock"))?;
            share_dependencies(&like.join("target/debug"), &folder.join("target/debug"))?;
        }
        (self.build)(&folder);
        // Takes as long as it takes; a server's first build would have to meet a deadline.
        let mut check = command(liveline());
        native::succeed(check.args(["check", "--root"]).arg(&folder).current_dir(&folder));
        forget_servers(&folder)?;
        Ok((folder, lock))
    }

    fn folder(&self) -> PathBuf {
        target().join("samples").join(self.name)
    }

    /// Builds the sample unless it was built from the very same files.
    fn build(&self, folder: &Path) -> io::Result<()> {
        let (stamp, inputs) = (folder.with_extension("built"), self.inputs()?);
        if fs::read_to_string(&stamp).is_ok_and(|built| built == inputs) {
            return Ok(());
        }
        self.refresh(folder)?;
        (self.build)(folder);
        build_libraries(folder);
        fs::write(stamp, inputs)
    }

    /// Makes the sources in `folder` those of the project.
    fn refresh(&self, folder: &Path) -> io::Result<()> {
        let (_new, source) = self.source()?;
        let engine = repository().join("engine");
        let here = |text: &str| {
            ENGINE.iter().fold(text.to_owned(), |text, name| text.replace(name, &engine.to_string_lossy()))
        };
        tree::refresh(&source, folder, &["target", "build"], &here)
    }

    /// The folder with the project's files; a new project's is gone when the first value is dropped.
    fn source(&self) -> io::Result<(Option<TempDir>, PathBuf)> {
        match self.source {
            Folder(source) => Ok((None, repository().join(source))),
            New(engine) => {
                let folder = tempfile::Builder::new().prefix("liveline-test-").tempdir()?;
                let project = folder.path().join("my-game");
                native::succeed(command(liveline()).arg("new").arg(&project).args(["--engine", engine]));
                Ok((Some(folder), project))
            }
        }
    }

    /// The names and times of all that the built sample depends on.
    fn inputs(&self) -> io::Result<String> {
        let mut inputs = tree::times(liveline(), &[])?;
        // What is new comes out of the program.
        if let Folder(source) = self.source {
            inputs += &tree::times(&repository().join(source), &["target", "build"])?;
        }
        for package in ["engine", "dynamic", "protocol"] {
            inputs += &tree::times(&repository().join(package), &[])?;
        }
        Ok(inputs)
    }
}

fn build_game(folder: &Path) {
    cargo_build(folder, &["--package", "game"]);
}

fn build_default(folder: &Path) {
    cargo_build(folder, &[]);
}

fn cargo_build(folder: &Path, arguments: &[&str]) {
    let build = command("cargo").args(["build", "--quiet"]).args(arguments).current_dir(folder).status();
    assert!(build.is_ok_and(|status| status.success()), "the game in {} does not build", folder.display());
}

/// The game in C++, with the C library that the other tests have built.
fn build_with_cmake(folder: &Path) {
    native::succeed(native::cmake(folder).args(["-S", ".", "-B", "build"]).args(native::cmake_settings()));
    native::succeed(native::cmake(folder).args(["--build", "build"]));
}

/// Lets the server do its own first build and ends it.
fn build_libraries(folder: &Path) {
    let mut headless = command(liveline());
    headless.args(["headless", "--json", "--root"]).arg(folder).current_dir(folder);
    let mut server = Server::new(Running::start("liveline headless (warming)", headless));
    server.wait("the first build of every library", events::all_built);
    server.terminate();
}

/// What the warming server left must not be taken for a running one's.
fn forget_servers(copy: &Path) -> io::Result<()> {
    match fs::remove_file(copy.join("target").join(endpoint::FOLDER).join(endpoint::FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Gives one of cargo's folders what it has built in another, where it would build the same.
fn share_dependencies(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        return Ok(());
    }
    let beside = to.with_extension("new");
    for folder in ["deps", "build", ".fingerprint"] {
        tree::copy(&from.join(folder), &beside.join(folder), &[])?;
    }
    fs::rename(beside, to)
}
