//! Keeps what stands in each file, so that a build changes only what it has something new to say about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Diagnostic;

/// All that a file shows now; sent only if it differs from what it showed before.
pub type FileDiagnostics = (PathBuf, Vec<Diagnostic>);

type ByFile = BTreeMap<PathBuf, Vec<Diagnostic>>;

/// What builds and running scripts have said and not taken back, by library.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pages: BTreeMap<String, Page>,
    shown: ByFile,
}

#[derive(Clone, Debug, Default)]
struct Page {
    /// Of the last build that ended.
    built: ByFile,
    /// Of the build that runs.
    arriving: ByFile,
    /// Of running scripts; a build does not take them back.
    faults: ByFile,
}

impl Book {
    /// A build begins: what its predecessor said stays until it ends. What a predecessor that never ended had
    /// added goes.
    pub fn start(&mut self, library: &str) -> Vec<FileDiagnostics> {
        self.change(library, |page| page.arriving.clear())
    }

    /// A running build has something to say; it is shown at once, beside what the last build said.
    pub fn add(&mut self, library: &str, diagnostics: Vec<Diagnostic>) -> Vec<FileDiagnostics> {
        self.change(library, |page| sort_in(&mut page.arriving, diagnostics))
    }

    /// The running build has said all: what it did not repeat goes.
    pub fn finish(&mut self, library: &str) -> Vec<FileDiagnostics> {
        self.change(library, |page| page.built = std::mem::take(&mut page.arriving))
    }

    /// The running build was ended before it had said all: it does not count.
    pub fn abandon(&mut self, library: &str) -> Vec<FileDiagnostics> {
        self.start(library)
    }

    /// A build that said all at once.
    pub fn replace(&mut self, library: &str, diagnostics: Vec<Diagnostic>) -> Vec<FileDiagnostics> {
        self.change(library, |page| {
            *page = Page {
                built: ByFile::new(),
                arriving: ByFile::new(),
                faults: std::mem::take(&mut page.faults),
            };
            sort_in(&mut page.built, diagnostics);
        })
    }

    /// What running scripts of `library` have failed with; an empty list takes it back.
    pub fn set_faults(&mut self, library: &str, diagnostics: Vec<Diagnostic>) -> Vec<FileDiagnostics> {
        self.change(library, |page| {
            page.faults.clear();
            sort_in(&mut page.faults, diagnostics);
        })
    }

    /// A library that is no more says nothing.
    pub fn remove(&mut self, library: &str) -> Vec<FileDiagnostics> {
        self.change(library, |page| *page = Page::default())
    }

    /// All files that show something, for a face that has just connected.
    pub fn picture(&self) -> Vec<FileDiagnostics> {
        self.shown.iter().map(|(path, diagnostics)| (path.clone(), diagnostics.clone())).collect()
    }

    fn change(&mut self, library: &str, change: impl FnOnce(&mut Page)) -> Vec<FileDiagnostics> {
        let page = self.pages.entry(library.to_owned()).or_default();
        let mut files: BTreeSet<PathBuf> = page.files().cloned().collect();
        change(page);
        files.extend(page.files().cloned());
        files.into_iter().filter_map(|path| self.show(path)).collect()
    }

    /// What a file shows, if that is something else than before.
    fn show(&mut self, path: PathBuf) -> Option<FileDiagnostics> {
        let now = self.merged(&path);
        if self.shown.get(&path).map_or(&[][..], Vec::as_slice) == now {
            return None;
        }
        match now.is_empty() {
            true => _ = self.shown.remove(&path),
            false => _ = self.shown.insert(path.clone(), now.clone()),
        }
        Some((path, now))
    }

    /// Two libraries that hold the same file say the same of it: shown once.
    fn merged(&self, path: &Path) -> Vec<Diagnostic> {
        let pages = self.pages.values();
        let lists = pages.flat_map(|page| [&page.built, &page.arriving, &page.faults]);
        let mut merged: Vec<Diagnostic> = Vec::new();
        for diagnostic in lists.filter_map(|files| files.get(path)).flatten() {
            if !merged.iter().any(|other| diagnostic.repeats(other) && diagnostic.commands == other.commands)
            {
                merged.push(diagnostic.clone());
            }
        }
        merged
    }
}

impl Page {
    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.built.keys().chain(self.arriving.keys()).chain(self.faults.keys())
    }
}

fn sort_in(files: &mut ByFile, diagnostics: Vec<Diagnostic>) {
    for diagnostic in diagnostics {
        files.entry(diagnostic.span.path.clone()).or_default().push(diagnostic);
    }
}
