//! Open buffers, and how the text of a build became the text that is shown.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ropey::Rope;
use tower_lsp::ls_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};

use super::debounce::Pause;
use super::disk::Disk;
use super::{convert, uri};
use crate::hash::{Hash, hash};
use crate::text::{Change, Document, Edit, Encoding, RustcLines, Shift, Version, document};

/// How many unsaved texts are remembered: an edit ends the builds of those before it.
const TOLD: usize = 4;
/// How many saved texts are remembered: what runs may have been built from one before those that did not build.
const BUILT: usize = 16;

/// One open file.
#[derive(Debug)]
pub(super) struct Buffer {
    /// As its editor writes it.
    pub(super) uri: Uri,
    /// What it shows.
    pub(super) document: Document,
    /// What was saved last: what builds see.
    saved: Rope,
    /// From there to what it shows.
    since_save: Shift,
    /// The newest unsaved texts that builds may speak of, oldest first.
    told: VecDeque<Told>,
    /// The texts that were on the disk, oldest first: running code may speak of each.
    built: VecDeque<Told>,
    /// Edits that the hub does not know of.
    pub(super) pause: Pause,
}

/// An earlier text.
#[derive(Debug)]
struct Told {
    hash: Hash,
    text: Rope,
    /// From there to what is shown.
    since: Shift,
}

/// The text that a build saw, by lines, and what was edited since.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    /// rustc's lines of the built text.
    pub(super) lines: RustcLines,
    /// From the built text to the shown one.
    pub(super) shift: Shift,
}

/// All open files, and the closed ones on disk.
#[derive(Debug, Default)]
pub(super) struct Documents {
    open: HashMap<PathBuf, Buffer>,
    /// Open files whose editor calls them by another name than the file system does, by that other name.
    real_names: HashMap<PathBuf, PathBuf>,
    disk: Disk,
}

impl Documents {
    /// A file was opened, perhaps with work that was not saved.
    pub(super) fn open(&mut self, path: &Path, item: TextDocumentItem) {
        let document = Document::new(&item.text, Version(item.version));
        if let Some(real) = fs::canonicalize(path).ok().filter(|real| real != path) {
            self.real_names.insert(real, path.to_owned());
        }
        let (saved, since_save) = (document.text().clone(), Shift::default());
        let mut buffer = Buffer {
            uri: item.uri,
            document,
            saved,
            since_save,
            told: VecDeque::new(),
            built: VecDeque::new(),
            pause: Pause::default(),
        };
        buffer.remember_saved();
        if let Some(disk) = self.disk.text(path) {
            buffer.rebase(disk);
        }
        self.open.insert(path.to_owned(), buffer);
    }

    /// A file was edited. Gives what was done, in order; `None` if it is not open.
    pub(super) fn change(
        &mut self,
        path: &Path,
        version: Version,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
        now: Instant,
    ) -> Option<Vec<Edit>> {
        let buffer = self.open.get_mut(path)?;
        let mut edits = Vec::with_capacity(changes.len());
        for change in changes {
            let change = Change { range: change.range.map(convert::from_range), text: change.text };
            let edit = buffer.document.apply(&change, encoding);
            buffer.since_save.push(edit);
            let earlier = buffer.told.iter_mut().chain(&mut buffer.built);
            earlier.for_each(|told| told.since.push(edit));
            edits.push(edit);
        }
        buffer.document.set_version(version);
        buffer.pause.edited(now);
        Some(edits)
    }

    /// A file was saved. Gives the text if the hub does not have it yet.
    pub(super) fn save(&mut self, path: &Path) -> Option<String> {
        let buffer = self.open.get_mut(path)?;
        buffer.saved = buffer.document.text().clone();
        buffer.since_save = Shift::default();
        buffer.remember_saved();
        buffer.pause.end().then(|| buffer.tell())
    }

    /// A file was closed; what was not saved of it is lost. `false` if it was not open.
    pub(super) fn close(&mut self, path: &Path) -> bool {
        self.real_names.retain(|_, name| name != path);
        self.open.remove(path).is_some()
    }

    /// All open files.
    pub(super) fn buffers(&self) -> impl Iterator<Item = (&PathBuf, &Buffer)> {
        self.open.iter()
    }

    /// All open files.
    pub(super) fn buffers_mut(&mut self) -> impl Iterator<Item = (&PathBuf, &mut Buffer)> {
        self.open.iter_mut()
    }

    /// The name that the editor has for a file, which may lead over symbolic links.
    pub(super) fn known_as(&self, path: PathBuf) -> PathBuf {
        if self.open.contains_key(&path) {
            return path;
        }
        let by_real_name = |path: &Path| self.real_names.get(path).cloned();
        let by_own_name = || fs::canonicalize(&path).ok().filter(|real| self.open.contains_key(real));
        by_real_name(&path).or_else(by_own_name).unwrap_or(path)
    }

    /// A file's URI, in its editor's writing if it is open.
    pub(super) fn uri(&self, path: &Path) -> Option<Uri> {
        self.open.get(path).map(|buffer| buffer.uri.clone()).or_else(|| uri::from_path(path))
    }

    /// The version that an open file has.
    pub(super) fn version(&self, path: &Path) -> Option<Version> {
        self.open.get(path).map(|buffer| buffer.document.version())
    }

    /// What a file shows: its buffer, or what is on disk.
    pub(super) fn text(&mut self, path: &Path) -> Option<Rope> {
        match self.open.get(path) {
            Some(buffer) => Some(buffer.document.text().clone()),
            None => self.disk.text(path),
        }
    }

    /// The text of a hash that a file had, if that is remembered, and what was edited since.
    pub(super) fn earlier(&mut self, path: &Path, seen: &Hash) -> Option<Basis> {
        let buffer = self.open.get(path)?;
        let mut known = buffer.built.iter().chain(&buffer.told);
        let Told { text, since, .. } = known.find(|told| told.hash == *seen)?;
        Some(Basis { lines: RustcLines::new(text), shift: since.clone() })
    }

    /// What a build that has just spoken saw of a file: the unsaved text of a hash, or what is on disk.
    pub(super) fn basis(&mut self, path: &Path, seen: Option<&Hash>) -> Option<Basis> {
        let told =
            self.open.get(path).and_then(|buffer| buffer.told.iter().rfind(|told| Some(&told.hash) == seen));
        if let Some(Told { text, since, .. }) = told {
            return Some(Basis { lines: RustcLines::new(text), shift: since.clone() });
        }
        let disk = self.disk.text(path);
        let Some(buffer) = self.open.get_mut(path) else {
            return disk.map(|text| Basis { lines: RustcLines::new(&text), shift: Shift::default() });
        };
        if let Some(disk) = disk {
            buffer.rebase(disk);
        }
        Some(Basis { lines: RustcLines::new(&buffer.saved), shift: buffer.since_save.clone() })
    }
}

impl Buffer {
    /// Its text for the hub, remembered for what builds will say of it.
    pub(super) fn tell(&mut self) -> String {
        let text = self.document.text().to_string();
        if self.told.len() == TOLD {
            self.told.pop_front();
        }
        let hash = hash(text.as_bytes());
        self.told.push_back(Told { hash, text: self.document.text().clone(), since: Shift::default() });
        text
    }

    /// Builds see what is on disk, which something else than the editor may have written.
    fn rebase(&mut self, disk: Rope) {
        let disk = with_line_ends_of(&self.saved, disk);
        if disk != self.saved {
            self.since_save = Shift::default();
            self.since_save.push(document::difference(&disk, self.document.text()));
            self.saved = disk;
            self.remember_saved();
        }
    }

    /// What is on the disk now may be spoken of when it is no more.
    fn remember_saved(&mut self) {
        let hash = hash(self.saved.to_string().as_bytes());
        self.built.retain(|told| told.hash != hash);
        if self.built.len() == BUILT {
            self.built.pop_front();
        }
        self.built.push_back(Told { hash, text: self.saved.clone(), since: self.since_save.clone() });
    }
}

/// Some editors (Emacs) show `\r\n` as `\n` and speak of their buffers so. Lines and columns are the same.
fn with_line_ends_of(shown: &Rope, disk: Rope) -> Rope {
    let has_returns = |text: &Rope| text.chars().any(|c| c == '\r');
    match has_returns(&disk) && !has_returns(shown) {
        true => Rope::from_str(&disk.to_string().replace("\r\n", "\n")),
        false => disk,
    }
}
