//! Two output folders of one build script, in two target directories, as one.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// The engine's own build may be writing its folder at this moment.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether `other` has every file of `own`, with the same content. If there is no `other` yet, it is made.
pub(super) fn share(own: &Path, other: &Path) -> bool {
    if !other.exists() {
        // The loser of a race with cargo finds the folder there, and looks into it.
        let _ = copy(own, other);
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        if is_within(own, other) {
            return true;
        }
        if Instant::now() > deadline || !other.exists() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_within(own: &Path, other: &Path) -> bool {
    let Ok(entries) = fs::read_dir(own) else { return false };
    entries.flatten().all(|entry| {
        let (ours, theirs) = (entry.path(), other.join(entry.file_name()));
        if ours.is_dir() {
            return is_within(&ours, &theirs);
        }
        matches!((fs::read(&ours), fs::read(&theirs)), (Ok(ours), Ok(theirs)) if ours == theirs)
    })
}

/// Copies beside the place and renames: nobody sees half a folder.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent)?;
    let beside = tempfile::Builder::new().prefix("liveline-").tempdir_in(parent)?;
    let whole = beside.path().join("out");
    copy_tree(from, &whole)?;
    fs::rename(whole, to)
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_made_and_a_different_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (own, other) = (folder.path().join("own"), folder.path().join("build/crate/out"));
        fs::create_dir_all(own.join("deep")).unwrap();
        fs::write(own.join("deep/a.rs"), "a").unwrap();
        assert!(share(&own, &other));
        assert_eq!(fs::read_to_string(other.join("deep/a.rs")).unwrap(), "a");
        fs::write(other.join("more.rs"), "more").unwrap();
        assert!(share(&own, &other), "the other may have more");
        fs::write(other.join("deep/a.rs"), "b").unwrap();
        assert!(!share(&own, &other));
        assert_eq!(fs::read_to_string(other.join("deep/a.rs")).unwrap(), "b");
    }
}
