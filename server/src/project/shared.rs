//! The shared libraries that scripts and games of a workspace run with, and where they are.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Library, Project};

impl Library {
    /// The file name of what its scripts share with a game.
    pub fn shared(&self) -> Option<String> {
        self.api.as_ref().map(|api| format!("lib{}.so", api.crate_name))
    }
}

impl Project {
    /// Where these and the standard library are, as they are built in `folder`. Fails if rustc cannot be asked.
    pub fn library_paths(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let profile = folder.join(self.config.build.profile_folder());
        Ok(vec![profile.join("deps"), profile, standard_library(&self.root)?])
    }
}

/// Where the toolchain that is used in a folder keeps its shared `libstd`.
pub fn standard_library(folder: &Path) -> io::Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--print", "target-libdir"]).current_dir(folder).stderr(Stdio::null());
    let output = command.output()?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
