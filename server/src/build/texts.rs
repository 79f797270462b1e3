//! What the files held that the kept generations were built from: a file each, named by its hash.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::stamp::{Hash, hash};
use crate::os;

/// A file that is longer is a picture or a level, and no editor compares those.
const LONGEST: u64 = 1 << 20;

/// Where a text is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// An editor had it and did not save it.
    Hand(Arc<str>),
    /// On the disk, unless it has been written over since.
    Disk(PathBuf),
}

/// Makes a folder hold just these texts, as far as they can still be had.
pub(super) fn keep(folder: &Path, wanted: &BTreeMap<Hash, At>) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut there = std::collections::BTreeSet::new();
    for entry in fs::read_dir(folder)?.flatten() {
        let name = Hash(entry.file_name().to_string_lossy().into_owned());
        match wanted.contains_key(&name) {
            true => _ = there.insert(name),
            false => fs::remove_file(entry.path())?,
        }
    }
    for (name, at) in wanted.iter().filter(|(name, _)| !there.contains(*name)) {
        let text = match at {
            At::Hand(text) => Some(text.as_bytes().to_vec()),
            At::Disk(path) => read(path).filter(|bytes| hash(bytes) == *name),
        };
        if let Some(text) = text {
            os::write_atomically(&folder.join(&name.0), &text)?;
        }
    }
    Ok(())
}

/// One of the texts, if it is there.
pub(super) fn read_kept(folder: &Path, name: &Hash) -> Option<String> {
    fs::read_to_string(folder.join(&name.0)).ok()
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let is_short = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LONGEST);
    is_short.then(|| fs::read(path).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (file, kept) = (folder.path().join("a.rs"), folder.path().join("texts"));
        fs::write(&file, "one").unwrap();
        let (one, two) = (hash(b"one"), hash(b"two"));
        let on_disk = (one.clone(), At::Disk(file.clone()));
        let in_hand = (two.clone(), At::Hand("two".into()));
        keep(&kept, &BTreeMap::from([on_disk.clone(), in_hand.clone()])).unwrap();
        fs::write(&file, "three").unwrap();
        keep(&kept, &BTreeMap::from([on_disk, in_hand.clone()])).unwrap();
        assert_eq!(read_kept(&kept, &one).as_deref(), Some("one"));
        assert_eq!(read_kept(&kept, &two).as_deref(), Some("two"));
        keep(&kept, &BTreeMap::from([in_hand])).unwrap();
        assert_eq!(read_kept(&kept, &one), None);
    }

    #[test]
    fn a_file_that_was_written_over_meanwhile_is_not_taken_for_what_was_built() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.rs");
        fs::write(&file, "newer").unwrap();
        let kept = folder.path().join("texts");
        keep(&kept, &BTreeMap::from([(hash(b"built"), At::Disk(file))])).unwrap();
        assert_eq!(read_kept(&kept, &hash(b"built")), None);
    }
}
