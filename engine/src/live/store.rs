//! This process's own copies of artifacts: nobody else can change them between the check and the load.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use crate::Generation;
use crate::mode::os;

/// A directory of this process, removed when dropped.
pub(crate) struct Store {
    directory: PathBuf,
    written: u32,
}

impl Store {
    /// Makes a directory in `engines`, and removes those of processes that are gone.
    pub(crate) fn create(engines: &Path) -> Result<Self, String> {
        let fail = |error: io::Error| format!("{} cannot hold loaded code: {error}", engines.display());
        os::keep_private_directory(engines).map_err(fail)?;
        remove_stale(engines);
        let directory = engines.join(format!("{}-{:016x}", std::process::id(), random()));
        os::create_private_directory(&directory).map_err(fail)?;
        Ok(Self { directory, written: 0 })
    }

    /// Whether nobody has removed it.
    pub(crate) fn exists(&self) -> bool {
        self.directory.is_dir()
    }

    /// Writes a file whose path no library has been loaded from: the system's loader gives the old library for a
    /// path that it knows.
    pub(crate) fn write(
        &mut self,
        library: &str,
        generation: Generation,
        bytes: &[u8],
    ) -> Result<PathBuf, String> {
        self.written += 1;
        let path = self.directory.join(format!("{}-{generation}-{}.so", file_name(library), self.written));
        match os::write_private(&path, bytes) {
            Ok(()) => Ok(path),
            Err(error) => Err(format!("{} cannot be written: {error}", path.display())),
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // What cannot be removed now is stale for the next engine.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A library's name comes from outside; of it, a debugger shows what is fit for a file name.
fn file_name(library: &str) -> String {
    let fit = |letter: char| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' };
    library.chars().take(64).map(fit).collect()
}

fn remove_stale(engines: &Path) {
    for entry in fs::read_dir(engines).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.split('-').next()).and_then(|pid| pid.parse().ok());
        if pid.is_some_and(|pid| !os::is_alive(pid)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_process_leaves_nothing_and_a_live_one_keeps_its_files() {
        let root = tempfile::tempdir().unwrap();
        let engines = root.path().join("engines");
        let dead = engines.join(format!("{}-0", u32::MAX));
        fs::create_dir_all(&dead).unwrap();
        fs::set_permissions(&engines, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let mut store = Store::create(&engines).unwrap();
        assert!(!dead.exists());
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&engines).unwrap()) & 0o777, 0o700);
        let first = store.write("../scripts", Generation(3), b"one").unwrap();
        let second = store.write("../scripts", Generation(3), b"two").unwrap();
        assert_eq!(first.parent().unwrap().parent(), Some(engines.as_path()));
        assert_eq!(
            (fs::read(&first).unwrap(), fs::read(&second).unwrap()),
            (b"one".to_vec(), b"two".to_vec())
        );
        let _other = Store::create(&engines).unwrap();
        assert!(first.exists());
        drop(store);
        assert!(!first.exists());
    }
}
