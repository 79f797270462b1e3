//! Folders of installed things, each with a note of what was asked for.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::run::run;

/// Installs into `folder` unless a complete installation of just `wanted` is there.
pub(crate) fn install_once(
    folder: &Path,
    wanted: &str,
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let note = folder.join(".installed");
    if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(folder);
    install()?;
    fs::write(&note, wanted).with_context(|| note.display().to_string())
}

/// Runs a command that has to succeed.
pub(crate) fn succeed(command: Command) -> anyhow::Result<()> {
    let words = format!("{:?}", command.get_program());
    if !run(command)?.success {
        bail!("{words} failed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_not_installed_again_until_something_else_is_wanted() {
        let folder = std::env::temp_dir().join(format!("liveline-xtask-{}", std::process::id()));
        let mut times = 0;
        for wanted in ["a", "a", "b"] {
            install_once(&folder, wanted, || {
                times += 1;
                Ok(fs::create_dir_all(&folder)?)
            })
            .unwrap();
        }
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(times, 2);
    }
}
