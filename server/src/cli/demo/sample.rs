//! The sample game's files, and unpacking them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sample.rs"));
/// The game's workspace below the folder that is unpacked into.
const GAME: &str = "examples/arena";
/// The packages that are unpacked; the rest of the repository's workspace is not there.
const MEMBERS: &str = "members = [\"protocol\", \"engine\", \"engine/macros\"]";

/// Writes all files below `folder`; gives the game's workspace.
pub(super) fn unpack(folder: &Path) -> io::Result<PathBuf> {
    for (name, content) in FILES {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        if *name == "Cargo.toml" {
            fs::write(path, without_members(&String::from_utf8_lossy(content)))?;
        } else {
            fs::write(path, content)?;
        }
    }
    Ok(folder.join(GAME))
}

/// The workspace's manifest with the unpacked members only.
fn without_members(manifest: &str) -> String {
    let lines = manifest.lines().map(|line| if line.starts_with("members = ") { MEMBERS } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unpacked_sample_is_a_workspace_that_cargo_reads() {
        let folder = tempfile::tempdir().unwrap();
        let game = unpack(folder.path()).unwrap();
        let project = crate::project::Project::load(&game).unwrap();
        assert_eq!(
            project.libraries.iter().map(|library| library.name.as_str()).collect::<Vec<_>>(),
            ["backdrop", "effects", "enemy", "hud", "player", "spawner"]
        );
        assert_eq!(project.engines, ["game"]);
        assert!(project.libraries[0].api.as_ref().is_some_and(|api| api.package == "game-api"));
    }
}
