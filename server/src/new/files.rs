//! Writing files where there are none.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to the project's folder.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is new.
    Made,
    /// It was there, and has all that it should have.
    Same,
    /// It was there, with another text, and is as it was.
    Kept,
}

/// Writes a file below a folder unless it is there. What is there, a link say, is never written to.
pub fn put(folder: &Path, file: &File) -> io::Result<Done> {
    let path = folder.join(&file.path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(mut new) => new.write_all(file.text.as_bytes()).map(|()| Done::Made),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = crate::os::read_file(&path).unwrap_or_default();
            Ok(if has_all(&String::from_utf8_lossy(&found), &file.text) { Done::Same } else { Done::Kept })
        }
        Err(error) => Err(error),
    }
}

/// Whether a text has every line of another one.
fn has_all(text: &str, other: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    other.lines().map(str::trim).all(|line| line.is_empty() || lines.contains(&line))
}

/// Whether a folder does not exist, or has nothing in it.
pub fn is_new_folder(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(fs::symlink_metadata(folder).is_err()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let file = |text: &str| File { path: "a/b.txt".into(), text: text.to_owned() };
        assert_eq!(put(folder.path(), &file("one")).unwrap(), Done::Made);
        assert_eq!(put(folder.path(), &file("one")).unwrap(), Done::Same);
        assert_eq!(put(folder.path(), &file("two")).unwrap(), Done::Kept);
        assert_eq!(put(folder.path(), &file("two\none")).unwrap(), Done::Kept);
        assert_eq!(fs::read_to_string(folder.path().join("a/b.txt")).unwrap(), "one");
        // Not even through a link that leads nowhere yet.
        let outside = folder.path().join("outside");
        std::os::unix::fs::symlink(&outside, folder.path().join("link")).unwrap();
        let link = File { path: "link".into(), text: "x".to_owned() };
        assert_eq!(put(folder.path(), &link).unwrap(), Done::Kept);
        assert!(!outside.exists());
    }

    #[test]
    fn a_folder_with_anything_in_it_is_not_new() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_new_folder(folder.path()).unwrap());
        assert!(is_new_folder(&folder.path().join("none")).unwrap());
        fs::write(folder.path().join(".hidden"), "").unwrap();
        assert!(!is_new_folder(folder.path()).unwrap());
        assert!(is_new_folder(&folder.path().join(".hidden")).is_err());
        std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
        assert!(!is_new_folder(&folder.path().join("link")).unwrap());
    }
}
