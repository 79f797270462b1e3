//! The file through which a game hands its scripts' state to the process that is started after it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::os;

/// The file, as long as the one who starts the games lives.
#[derive(Debug)]
pub(super) struct Snapshot {
    path: PathBuf,
}

impl Snapshot {
    /// A file of this process in Liveline's folder; there is none yet. Those of processes that are gone are removed.
    pub(super) fn new(liveline: &Path) -> io::Result<Self> {
        let folder = liveline.join("state");
        os::private_directory(&folder)?;
        for entry in fs::read_dir(&folder)?.flatten() {
            let name = entry.file_name();
            let owner = name.to_str().and_then(|name| name.split('.').next()?.parse().ok());
            if owner.is_none_or(|owner| owner == std::process::id() || !os::process_exists(owner)) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Self { path: folder.join(format!("{}.json", std::process::id())) })
    }

    /// Where the game writes.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// When the state was written, if it was.
    pub(super) fn written(&self) -> Option<SystemTime> {
        fs::metadata(&self.path).and_then(|metadata| metadata.modified()).ok()
    }

    /// How old the state is, if there is any.
    pub(super) fn age(&self) -> Option<Duration> {
        self.written().map(|written| written.elapsed().unwrap_or_default())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_finds_no_state_of_earlier_runs_and_leaves_none() {
        let folder = tempfile::tempdir().unwrap();
        let earlier = folder.path().join("state");
        fs::create_dir(&earlier).unwrap();
        fs::write(earlier.join("4194999.json"), "{}").unwrap();
        fs::write(earlier.join("1.json"), "{}").unwrap();
        let snapshot = Snapshot::new(folder.path()).unwrap();
        assert!(!earlier.join("4194999.json").exists() && earlier.join("1.json").exists());
        assert_eq!(snapshot.age(), None);
        fs::write(snapshot.path(), "{}").unwrap();
        assert!(snapshot.age().unwrap() < Duration::from_secs(60));
        drop(snapshot);
        assert_eq!(fs::read_dir(&earlier).unwrap().count(), 1);
    }
}
