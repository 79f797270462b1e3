//! rustc alone, as far as the metadata: what the front end costs.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::build::metadata_command;
use crate::project::{Library, Project};

/// The captured call of a library, asked for metadata only, with caches of its own.
#[derive(Debug)]
pub(super) struct Probe {
    command: Command,
}

impl Probe {
    /// Of a library's sources in the workspace at `root`; `None` while the library has not been built.
    pub(super) fn new(project: &Project, library: &Library, root: &Path) -> Option<Self> {
        let home = project.home().folder;
        let folder = home.join("bench-metadata").join(&library.name);
        let source = root.join(library.source.strip_prefix(&project.root).ok()?);
        let mut command = metadata_command(&home, library, &source, &folder)?;
        command.stdin(Stdio::null());
        Some(Self { command })
    }

    /// The time of one run, in microseconds.
    pub(super) fn run(&mut self) -> anyhow::Result<u64> {
        let started = Instant::now();
        let output = self.command.output().context("cannot start rustc")?;
        let micros = u64::try_from(started.elapsed().as_micros())?;
        if !output.status.success() {
            bail!("rustc failed:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(micros)
    }
}
