//! Files as they are on disk, read again only when they have changed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ropey::Rope;

/// A file that is longer is not read: no editor shows it and no column in it matters.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The texts that were read.
#[derive(Debug, Default)]
pub(super) struct Disk {
    files: HashMap<PathBuf, (Stamp, Rope)>,
}

type Stamp = (SystemTime, u64);

impl Disk {
    /// A file's text without its byte order mark, which neither rustc nor an editor counts.
    pub(super) fn text(&mut self, path: &Path) -> Option<Rope> {
        let stamp = stamp(path)?;
        match self.files.get(path) {
            Some((known, text)) if *known == stamp => Some(text.clone()),
            _ => self.read(path, stamp),
        }
    }

    fn read(&mut self, path: &Path, stamp: Stamp) -> Option<Rope> {
        let text = fs::read_to_string(path).ok()?;
        let text = Rope::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text));
        self.files.insert(path.to_owned(), (stamp, text.clone()));
        Some(text)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata =
        fs::metadata(path).ok().filter(|metadata| metadata.is_file() && metadata.len() <= LONGEST)?;
    Some((metadata.modified().ok()?, metadata.len()))
}
