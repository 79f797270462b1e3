//! Named pipes at which a compiler that was started ahead waits for its arguments or its text.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::workshop::lock;
use crate::os;

/// A pipe's end for writing. Nobody waits at it: a compiler that never comes leaves nothing behind.
#[derive(Debug)]
pub(super) struct Pipe {
    path: PathBuf,
    inode: u64,
    writer: Mutex<Option<File>>,
}

impl Pipe {
    /// Makes one; nothing may be in its place.
    pub(super) fn make(path: PathBuf) -> io::Result<Self> {
        os::make_fifo(&path)?;
        let inode = fs::symlink_metadata(&path)?.ino();
        Ok(Self { path, inode, writer: Mutex::default() })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether somebody waits for what is written to it, or did.
    ///
    /// # Errors
    ///
    /// Something else has taken its place.
    pub(super) fn is_awaited(&self) -> io::Result<bool> {
        let mut writer = lock(&self.writer);
        if writer.is_none() {
            *writer = self.open()?;
        }
        Ok(writer.is_some())
    }

    /// Its end for writing, once: who drops it tells the compiler that all has been said.
    pub(super) fn take(&self) -> Option<File> {
        lock(&self.writer).take()
    }

    /// A file that has taken the pipe's place must not be written to.
    fn open(&self) -> io::Result<Option<File>> {
        let Some(opened) = os::open_fifo_to_write(&self.path)? else { return Ok(None) };
        let found = opened.metadata()?;
        if !found.file_type().is_fifo() || found.ino() != self.inode {
            return Err(io::Error::other(format!("{} is another file by now", self.path.display())));
        }
        Ok(Some(opened))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn pipe() -> (tempfile::TempDir, Pipe) {
        let folder = tempfile::tempdir().unwrap();
        let pipe = Pipe::make(folder.path().join("pipe")).unwrap();
        (folder, pipe)
    }

    #[test]
    fn what_is_written_reaches_who_waits() {
        let (_folder, pipe) = pipe();
        assert!(!pipe.is_awaited().unwrap(), "nobody is there yet");
        let path = pipe.path().to_owned();
        let reader = std::thread::spawn(move || fs::read_to_string(path));
        while !pipe.is_awaited().unwrap() {
            std::thread::yield_now();
        }
        pipe.take().unwrap().write_all(b"text").unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), "text");
        assert!(!pipe.is_awaited().unwrap(), "it has been taken, and nobody waits any more");
    }

    #[test]
    fn what_took_its_place_is_not_written_to() {
        let (_folder, pipe) = pipe();
        fs::remove_file(pipe.path()).unwrap();
        assert!(pipe.is_awaited().is_err(), "it is gone");
        fs::write(pipe.path(), "a text").unwrap();
        assert!(pipe.is_awaited().is_err(), "it is a file");
        assert_eq!(fs::read_to_string(pipe.path()).unwrap(), "a text");
    }
}
