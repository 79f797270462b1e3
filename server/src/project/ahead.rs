//! cargo's account of a workspace, asked for while it is still looked up whose workspace that is: a server that starts
//! would otherwise wait for cargo twice.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cargo_metadata::Metadata;

use super::Broken;

/// An older answer may be of other manifests than there are now.
const FRESH: Duration = Duration::from_secs(1);

/// The one question that waits for somebody.
static ASKED: Mutex<Option<Asked>> = Mutex::new(None);

struct Asked {
    at: Instant,
    answer: JoinHandle<Result<Metadata, Broken>>,
}

/// Asks cargo for the workspace around a folder, on a thread of its own.
pub(crate) fn ask(start: PathBuf) {
    let at = Instant::now();
    let answer = thread::Builder::new().name("cargo-ahead".to_owned()).spawn(move || super::metadata(&start));
    // Without a thread cargo is asked when somebody needs it.
    let Ok(answer) = answer else { return };
    *ASKED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Asked { at, answer });
}

/// What cargo says of the workspace at `root`; asks it if it was not asked just now.
pub(super) fn metadata(root: &Path) -> Result<Metadata, Broken> {
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner).take();
    let fresh = asked.filter(|asked| asked.at.elapsed() < FRESH);
    match fresh.and_then(|asked| asked.answer.join().ok()) {
        Some(Ok(metadata)) if metadata.workspace_root == root => Ok(metadata),
        _ => super::metadata(root),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn workspace(name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(root.join("src")).unwrap();
        fs::write(root.join("src/lib.rs"), "").unwrap();
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n");
        fs::write(root.join("Cargo.toml"), manifest).unwrap();
        (folder, root)
    }

    #[test]
    fn an_answer_is_taken_once_and_only_for_its_own_workspace() {
        let (_one, root) = workspace("one");
        let (_two, other) = workspace("two");
        let name = |root: &Path| metadata(root).unwrap().packages[0].name.to_string();
        ask(root.join("src"));
        assert_eq!(name(&root), "one");
        ask(root.clone());
        assert_eq!(name(&other), "two");
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap().replace("one", "new");
        fs::write(root.join("Cargo.toml"), manifest).unwrap();
        assert_eq!(name(&root), "new");
    }
}
