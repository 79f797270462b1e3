//! A copy of the workspace to edit and build in, so that the user's files are never touched.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

/// Folders that no build reads.
const LEFT_OUT: &[&str] = &[".git", "node_modules"];

/// Copies the workspace at `root` to the same path below `folder`, without its target directory. What lies beside
/// the workspace is linked to, so that paths which lead out of it stay right. Gives the copy's root.
pub fn workspace(root: &Path, target: &Path, folder: &Path) -> io::Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let mut real = PathBuf::from("/");
    let mut copied = folder.to_owned();
    for component in root.components() {
        let Component::Normal(name) = component else { continue };
        link_siblings(&real, &copied, name, folder)?;
        real.push(name);
        copied.push(name);
        fs::create_dir(&copied)?;
    }
    tree(root, &copied, target)?;
    Ok(copied)
}

/// What cannot be listed cannot be needed.
fn link_siblings(real: &Path, copied: &Path, own: &OsStr, folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(real).into_iter().flatten().flatten() {
        if entry.file_name() != own && entry.path() != folder {
            symlink(entry.path(), copied.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn tree(from: &Path, to: &Path, target: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if path == target || LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            // A nested workspace's build output is large and not needed either.
            if path.join("CACHEDIR.TAG").is_file() {
                continue;
            }
            fs::create_dir(&copy)?;
            tree(&path, &copy, target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&path)?, copy)?;
        } else if kind.is_file() {
            fs::copy(&path, copy)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_of_the_workspace_stay_right() {
        let folder = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(folder.path()).unwrap();
        let root = base.join("games/arena");
        for file in ["games/arena/src/a.rs", "games/arena/target/big", "games/arena/.git/x", "engine/lib.rs"]
        {
            let path = base.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let copies = root.join("target/bench");
        let copy = workspace(&root, &root.join("target"), &copies).unwrap();
        assert!(copy.starts_with(&copies) && copy.ends_with("games/arena"));
        assert_eq!(fs::read_to_string(copy.join("src/a.rs")).unwrap(), "games/arena/src/a.rs");
        assert_eq!(fs::read_to_string(copy.join("../../engine/lib.rs")).unwrap(), "engine/lib.rs");
        assert!(!copy.join("target").exists() && !copy.join(".git").exists());
        fs::write(copy.join("src/a.rs"), "edited").unwrap();
        assert_eq!(fs::read_to_string(root.join("src/a.rs")).unwrap(), "games/arena/src/a.rs");
        workspace(&root, &root.join("target"), &copies).unwrap();
    }
}
