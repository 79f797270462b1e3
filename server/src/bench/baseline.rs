//! What a programmer has without Liveline: cargo, and rustc's own quickest answer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::project::{self, Library, Project};

/// A way to build that is timed from its start to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Baseline {
    /// For a person.
    pub(super) name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
}

impl Baseline {
    /// `cargo build` and `cargo check` of the package that a library is in, in the workspace at `root`.
    pub(super) fn of_cargo(project: &Project, library: &Library, root: &Path) -> Vec<Self> {
        let package = library.file.as_ref().map_or(&library.name, |file| &file.owner);
        let cargo = |name, command: &str| Self {
            name,
            program: project::cargo(),
            arguments: vec![
                command.to_owned(),
                "--lib".to_owned(),
                "--quiet".to_owned(),
                "--profile".to_owned(),
                project.config.build.profile.clone(),
                "--package".to_owned(),
                package.clone(),
            ],
            folder: root.to_owned(),
        };
        vec![cargo("cargo build", "build"), cargo("cargo check", "check")]
    }

    /// The time of one run, in microseconds.
    pub(super) fn run(&self) -> anyhow::Result<u64> {
        let started = Instant::now();
        let output = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let micros = u64::try_from(started.elapsed().as_micros())?;
        if !output.status.success() {
            bail!("`{}` failed:\n{}", self.name, String::from_utf8_lossy(&output.stderr));
        }
        Ok(micros)
    }
}
