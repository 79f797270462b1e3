//! Generated projects: a small game with its scripts, as a user's workspace would be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::text::{self, Flavour};

/// What a project's scripts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// So many script files of 41 lines, each a library.
    Files(usize),
    /// One package with one script of so many lines.
    Package(usize),
}

/// A project on the disk.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Its workspace.
    pub root: PathBuf,
    /// What its scripts are.
    pub shape: Shape,
}

/// The script that is edited, by its name in the game.
pub const SCRIPT: &str = "script000";

const TEMPLATE: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("../template/Cargo.toml")),
    ("game-api/Cargo.toml", include_str!("../template/game-api/Cargo.toml")),
    ("game-api/src/lib.rs", include_str!("../template/game-api/src/lib.rs")),
    ("game/Cargo.toml", include_str!("../template/game/Cargo.toml")),
    ("game/src/main.rs", include_str!("../template/game/src/main.rs")),
    ("game/src/costs.rs", include_str!("../template/game/src/costs.rs")),
    ("game/src/frames.rs", include_str!("../template/game/src/frames.rs")),
    ("scripts/Cargo.toml", include_str!("../template/scripts/Cargo.toml")),
];

impl Shape {
    /// A folder's name.
    pub fn name(self) -> String {
        match self {
            Self::Files(count) => format!("files-{count}"),
            Self::Package(lines) => format!("package-{lines}"),
        }
    }

    /// For a table.
    pub fn title(self) -> String {
        match self {
            Self::Files(1) => "1 script file of 41 lines".to_owned(),
            Self::Files(count) => format!("1 of {count} script files of 41 lines"),
            Self::Package(lines) => format!("package of {lines} lines"),
        }
    }

    /// How many scripts it has.
    pub fn scripts(self) -> usize {
        match self {
            Self::Files(count) => count,
            Self::Package(_) => 1,
        }
    }

    /// The library that the edited script is in.
    pub fn library(self) -> &'static str {
        match self {
            Self::Files(_) => SCRIPT,
            Self::Package(_) => "scripts",
        }
    }

    fn lines(self) -> usize {
        match self {
            Self::Files(_) => text::LENGTHS[0],
            Self::Package(lines) => lines,
        }
    }
}

impl Generated {
    /// Lays the project out in a folder of `folder`. What is right already is left alone: cargo goes by times.
    pub fn lay_out(folder: &Path, shape: Shape) -> io::Result<Self> {
        let generated = Self { root: folder.join(shape.name()), shape };
        let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../engine");
        let engine = fs::canonicalize(engine)?.display().to_string();
        for (file, text) in TEMPLATE {
            generated.write(file, &text.replace("@ENGINE@", &engine))?;
        }
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        if !generated.root.join("Cargo.lock").exists() {
            fs::copy(lock, generated.root.join("Cargo.lock"))?;
        }
        if let Shape::Files(_) = shape {
            generated
                .write("liveline.toml", "[[library]]\nfiles = \"scripts/src/*.rs\"\napi = \"game-api\"\n")?;
        }
        let mut modules = "//! The game's scripts.\n\n".to_owned();
        for number in 0..shape.scripts() {
            let name = format!("Script{number:03}");
            let text = text::script(&name, shape.lines(), 0, Flavour::Liveline);
            generated.write(&format!("scripts/src/script{number:03}.rs"), &text)?;
            modules.push_str(&format!("pub mod script{number:03};\n"));
        }
        generated.write("scripts/src/lib.rs", &modules)?;
        Ok(generated)
    }

    /// The edited script's file.
    pub fn script(&self) -> PathBuf {
        self.root.join("scripts/src/script000.rs")
    }

    /// All scripts' files.
    pub fn scripts(&self) -> impl Iterator<Item = PathBuf> + '_ {
        (0..self.shape.scripts()).map(|number| self.root.join(format!("scripts/src/script{number:03}.rs")))
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let path = self.root.join(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)
    }

    /// Builds the game; gives the program.
    pub fn build_game(&self, release: bool) -> anyhow::Result<PathBuf> {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--offline", "--package", "game"]).current_dir(&self.root);
        cargo.env_remove("CARGO_TARGET_DIR");
        if release {
            cargo.args(["--release", "--features", "live"]);
        }
        let status = cargo.status().context("cannot start cargo")?;
        if !status.success() {
            bail!("the game in {} does not build", self.root.display());
        }
        Ok(self.root.join("target").join(if release { "release/game" } else { "debug/game" }))
    }

    /// The game as cargo would start it.
    pub fn game(&self, program: &Path, words: &[&str]) -> anyhow::Result<Command> {
        let libraries = Command::new("rustc").args(["--print", "target-libdir"]).output()?.stdout;
        let own = program.parent().unwrap_or(&self.root);
        let libraries = PathBuf::from(String::from_utf8(libraries)?.trim());
        let mut command = Command::new(program);
        command.args(words).current_dir(&self.root);
        command.env("LD_LIBRARY_PATH", std::env::join_paths([own.join("deps"), own.to_owned(), libraries])?);
        Ok(command)
    }

    /// Takes over what `other` has built of their common dependencies: they take longer than all else.
    pub fn take_dependencies(&self, other: &Self) -> io::Result<()> {
        // cargo's folders alone: what lies beside them speaks of the other workspace.
        for folder in ["debug", "liveline/debug"] {
            let folder = Path::new("target/liveline-bench/target").join(folder);
            let (from, to) = (other.root.join(&folder), self.root.join(&folder));
            if from.exists() && !to.exists() {
                to.parent().map_or(Ok(()), fs::create_dir_all)?;
                // `fs::copy` would give every file a new time, and cargo goes by times.
                let status = Command::new("cp").arg("-a").arg(&from).arg(&to).status()?;
                if !status.success() {
                    return Err(io::Error::other(format!("cannot copy {}", from.display())));
                }
            }
        }
        Ok(())
    }
}
