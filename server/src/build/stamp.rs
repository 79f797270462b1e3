//! What a file held, told apart by content: saving the same bytes again is no change.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use crate::hash::finish;
pub use crate::hash::{Hash, hash, hash_both};
use crate::os;

/// Many values, hashed as one.
#[derive(Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds one value; its length goes in first, so that no two lists of values look alike.
    pub fn add(&mut self, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.0.update((value.len() as u64).to_le_bytes());
        self.0.update(value);
    }

    /// Adds a file's path and content; a missing file differs from an empty one.
    pub fn add_file(&mut self, path: &Path, stamps: &mut Stamps) {
        self.add(path.as_os_str().as_encoded_bytes());
        match stamps.of(path) {
            Some(hash) => self.add(hash.0),
            None => self.add("missing"),
        }
    }

    /// Adds text that stands in place of a file: the same as the file with this text.
    pub fn add_text(&mut self, path: &Path, text: &str) {
        self.add(path.as_os_str().as_encoded_bytes());
        self.add(hash(text.as_bytes()).0);
    }

    /// The hash of all.
    pub fn finish(self) -> Hash {
        finish(self.0)
    }
}

/// Remembers the hashes of files that have not been touched since.
#[derive(Debug, Default)]
pub struct Stamps {
    known: HashMap<PathBuf, (Identity, Hash)>,
}

/// What the file system says about a file's content without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    inode: u64,
    length: u64,
    modified: i128,
    changed: i128,
}

impl Identity {
    /// Of the file at a path; `None` if there is none.
    pub fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }

    fn of(metadata: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether the last change is so old that a further one would get another time. Clocks of file systems
    /// tick every few milliseconds.
    pub(super) fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as i128);
        now - self.changed.max(self.modified) > 50_000_000
    }
}

impl Stamps {
    /// The hash of a file's content; `None` if there is no readable file.
    pub fn of(&mut self, path: &Path) -> Option<Hash> {
        let identity = Identity::of(&fs::metadata(path).ok()?);
        if let Some((known, hash)) = self.known.get(path)
            && *known == identity
        {
            return Some(hash.clone());
        }
        let hash = hash(&os::read_file(path).ok()?);
        if identity.is_settled() {
            self.known.insert(path.to_owned(), (identity, hash.clone()));
        }
        Some(hash)
    }
}

/// When a file was last written, in microseconds since the Unix epoch.
pub fn modified_micros(path: &Path) -> Option<u64> {
    let modified = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(modified.as_micros()).ok()
}

/// The wall clock, in microseconds since the Unix epoch.
pub fn now_micros() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_length_and_time_do_not_hide_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        let mut stamps = Stamps::default();
        fs::write(&path, "one").unwrap();
        let first = stamps.of(&path);
        fs::write(&path, "two").unwrap();
        assert_ne!(stamps.of(&path), first);
        fs::write(&path, "one").unwrap();
        assert_eq!(stamps.of(&path), first);
        fs::remove_file(&path).unwrap();
        assert_eq!(stamps.of(&path), None);
    }

    #[test]
    fn lists_of_values_are_told_apart() {
        let digest = |values: &[&str]| {
            let mut digest = Digest::default();
            values.iter().for_each(|value| digest.add(value));
            digest.finish()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
