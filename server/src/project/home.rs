//! The workspace root and Liveline's own folder in the target directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cargo_metadata::MetadataCommand;
use liveline_protocol::endpoint;

/// Says in the common folder which workspace uses it: two workspaces may share one target directory.
const CLAIM: &str = "workspace";

/// Where a workspace is, and where Liveline keeps all that it writes for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The workspace root, absolute.
    pub root: PathBuf,
    /// Liveline's folder.
    pub folder: PathBuf,
}

impl Home {
    /// Of the workspace around `start`. Where cargo cannot answer (it is missing, a manifest is malformed), by
    /// looking at the files.
    pub fn find(start: &Path) -> Self {
        match ask_cargo(start) {
            Some((root, target)) => Self::choose(root, &target),
            None => {
                let root = guess_root(start);
                let target = std::env::var_os("CARGO_TARGET_DIR")
                    .map_or_else(|| root.join("target"), |t| root.join(t));
                Self::choose(root, &target)
            }
        }
    }

    pub(super) fn choose(root: PathBuf, target: &Path) -> Self {
        let common = target.join(endpoint::FOLDER);
        let claimed = fs::read_to_string(common.join(CLAIM)).ok().map(PathBuf::from);
        // A target directory inside the workspace is its own, whatever a copied file says.
        let is_taken = !target.starts_with(&root)
            && claimed.is_some_and(|other| other != root && other.join("Cargo.toml").is_file());
        let folder = if is_taken { target.join(endpoint::folder_beside(&root)) } else { common };
        Self { root, folder }
    }

    /// Makes the folder and says whose it is.
    pub fn claim(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let file = self.folder.join(CLAIM);
        let content = self.root.as_os_str().as_encoded_bytes();
        if fs::read(&file).is_ok_and(|found| found == content) { Ok(()) } else { fs::write(file, content) }
    }
}

fn ask_cargo(start: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut command = MetadataCommand::new();
    let mut command = command.cargo_path(super::cargo()).no_deps().current_dir(start).cargo_command();
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let metadata = MetadataCommand::parse(String::from_utf8_lossy(&output.stdout)).ok()?;
    Some((metadata.workspace_root.into_std_path_buf(), metadata.target_directory.into_std_path_buf()))
}

fn guess_root(start: &Path) -> PathBuf {
    let is_workspace = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
    };
    start.ancestors().find(is_workspace).unwrap_or(start).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_workspace_in_one_target_directory_gets_a_folder_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        let workspace = |name: &str| {
            let root = folder.path().join(name);
            fs::create_dir_all(&root).unwrap();
            fs::write(root.join("Cargo.toml"), "[workspace]\n").unwrap();
            Home::choose(root, &target)
        };
        let first = workspace("one");
        first.claim().unwrap();
        let second = workspace("two");
        second.claim().unwrap();
        assert_eq!(first.folder, target.join("liveline"));
        assert_ne!(second.folder, first.folder);
        assert_eq!((workspace("one"), workspace("two")), (first, second), "and keeps it");
    }

    #[test]
    fn a_copied_workspace_keeps_the_usual_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (original, copy) = (folder.path().join("original"), folder.path().join("copy"));
        fs::create_dir_all(&original).unwrap();
        fs::write(original.join("Cargo.toml"), "[workspace]\n").unwrap();
        Home { root: original, folder: copy.join("target/liveline") }.claim().unwrap();
        assert_eq!(Home::choose(copy.clone(), &copy.join("target")).folder, copy.join("target/liveline"));
    }

    #[test]
    fn a_folder_of_a_workspace_that_is_gone_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        Home { root: folder.path().join("gone"), folder: target.join("liveline") }.claim().unwrap();
        assert_eq!(Home::choose(folder.path().join("new"), &target).folder, target.join("liveline"));
    }
}
