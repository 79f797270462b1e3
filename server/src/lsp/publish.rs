//! What stands in each file, sent to the editor as fast as it reads and no faster: while it is behind, only the
//! newest of each file is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use tower_lsp::ls_types::{
    Diagnostic as LspDiagnostic, PublishDiagnosticsParams, notification::PublishDiagnostics,
};

use super::convert::{self, Locator};
use super::documents::{Basis, Documents};
use super::settings::Shown;
use super::state::State;
use crate::diagnostics::{Diagnostic, Severity, Source};
use crate::hash::Hash;
use crate::text::Edit;

/// The diagnostics of all files.
#[derive(Debug, Default)]
pub(super) struct Board {
    pages: HashMap<PathBuf, Page>,
    /// Files whose editor does not show what their page says.
    unsent: BTreeSet<PathBuf>,
}

/// The diagnostics of one file.
#[derive(Debug, Default)]
pub(super) struct Page {
    entries: Vec<Entry>,
    /// The texts that their builds saw: while a build runs, what it has said already and what the one before said
    /// stand side by side.
    bases: Vec<Option<Basis>>,
    /// Whether the text has moved under them since they were sent.
    has_moved: bool,
}

#[derive(Debug)]
struct Entry {
    diagnostic: Diagnostic,
    /// Which of the page's bases it is placed by.
    basis: usize,
}

impl Page {
    /// The page after `diagnostics` came: those that stood there before keep their basis.
    fn new(before: Option<Self>, diagnostics: Vec<Diagnostic>, basis: Option<Basis>) -> Self {
        let Self { entries: before, bases: old, .. } = before.unwrap_or_default();
        let mut page = Self { entries: Vec::new(), bases: vec![basis], has_moved: false };
        let mut kept: HashMap<usize, usize> = HashMap::new();
        for diagnostic in diagnostics {
            let same = before.iter().find(|entry| entry.diagnostic == diagnostic);
            let basis = same.map_or(0, |entry| {
                *kept.entry(entry.basis).or_insert_with(|| {
                    page.bases.push(old[entry.basis].clone());
                    page.bases.len() - 1
                })
            });
            page.entries.push(Entry { diagnostic, basis });
        }
        page
    }

    /// All diagnostics belong to this text.
    fn rebase(&mut self, basis: Option<Basis>) {
        self.entries.iter_mut().for_each(|entry| entry.basis = 0);
        self.bases = vec![basis];
    }

    fn bases_mut(&mut self) -> impl Iterator<Item = &mut Basis> {
        self.bases.iter_mut().flatten()
    }

    /// Whether an edit lies between what a build saw and what is shown.
    fn is_edited(&self) -> bool {
        self.bases.len() > 1 || self.bases.iter().flatten().any(|basis| !basis.shift.is_empty())
    }

    /// Each diagnostic of a file with what finds its places.
    pub(super) fn visit<'a>(
        &'a self,
        path: &Path,
        locator: &mut Locator<'_>,
        mut visit: impl FnMut(&'a Diagnostic, &mut Locator<'_>),
    ) {
        let mut current = None;
        for entry in &self.entries {
            if current != Some(entry.basis) {
                locator.set_basis(path, self.bases.get(entry.basis).cloned().flatten());
                current = Some(entry.basis);
            }
            // What runs was perhaps not built from the text that was built last.
            let is_of_earlier = !entry.diagnostic.seen.is_empty();
            if is_of_earlier {
                locator.set_earlier(&entry.diagnostic.seen);
            }
            visit(&entry.diagnostic, locator);
            if is_of_earlier {
                locator.forget();
                current = None;
            }
        }
    }
}

impl Board {
    /// A file's page.
    pub(super) fn page(&self, path: &Path) -> Option<&Page> {
        self.pages.get(path)
    }

    /// All pages are to be sent anew.
    pub(super) fn resend(&mut self) {
        self.unsent.extend(self.pages.keys().cloned());
    }

    /// What was known counts no more.
    pub(super) fn clear(&mut self) {
        self.unsent.extend(self.pages.drain().map(|(path, _)| path));
    }

    /// The text of a file was edited under its diagnostics.
    pub(super) fn edited(&mut self, path: &Path, edits: &[Edit]) {
        let Some(page) = self.pages.get_mut(path) else { return };
        for basis in page.bases_mut() {
            edits.iter().for_each(|edit| basis.shift.push(*edit));
        }
        page.has_moved = true;
    }

    /// What a page's places are counted in may have changed: its file was opened or closed, or a build has ended
    /// that did not change a word of the page, and has thereby said it again of the text that it saw.
    pub(super) fn rebase(&mut self, path: &Path, seen: Option<&Hash>, documents: &mut Documents) {
        let Some(page) = self.pages.get_mut(path) else { return };
        page.rebase(documents.basis(path, seen));
        self.unsent.insert(path.to_owned());
    }

    /// The pages whose text has been edited since their diagnostics came.
    fn edited_pages(&self) -> Vec<PathBuf> {
        self.pages.iter().filter(|(_, page)| page.is_edited()).map(|(path, _)| path.clone()).collect()
    }

    /// Typing has paused: where the text has moved, the diagnostics go with it.
    pub(super) fn paused(&mut self, path: &Path) {
        if self.pages.get(path).is_some_and(|page| page.has_moved) {
            self.unsent.insert(path.to_owned());
        }
    }

    /// The editor calls a file by a new name.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) {
        if let Some(page) = self.pages.remove(from) {
            self.pages.insert(to.to_owned(), page);
            self.unsent.extend([from.to_owned(), to.to_owned()]);
        }
    }

    fn put(&mut self, path: PathBuf, diagnostics: Vec<Diagnostic>, basis: Option<Basis>) {
        let before = self.pages.remove(&path);
        if !diagnostics.is_empty() {
            self.pages.insert(path.clone(), Page::new(before, diagnostics, basis));
        }
        self.unsent.insert(path);
    }

    /// The next file that has something to send.
    fn next(&mut self) -> Option<PathBuf> {
        let path = self.unsent.pop_first()?;
        if let Some(page) = self.pages.get_mut(&path) {
            page.has_moved = false;
        }
        Some(path)
    }

    fn is_all_sent(&self) -> bool {
        self.unsent.is_empty()
    }
}

impl State {
    /// The hub says what a file has now.
    pub(super) fn diagnosed(&mut self, path: PathBuf, diagnostics: Vec<Diagnostic>, seen: Option<&Hash>) {
        let path = self.documents.known_as(path);
        let basis = self.documents.basis(&path, seen);
        self.board.put(path, diagnostics, basis);
    }

    /// A build has ended. The hub sends only what differs, so what it did not send stands in the text of now.
    pub(super) fn build_ended(&mut self) {
        for path in self.board.edited_pages() {
            self.board.rebase(&path, None, &mut self.documents);
        }
    }

    /// A build of unsaved text has ended, and has said all that it shows of that text.
    pub(super) fn speculated(&mut self, seen: &BTreeMap<PathBuf, Hash>) {
        for (path, hash) in seen {
            let path = self.documents.known_as(path.clone());
            self.board.rebase(&path, Some(hash), &mut self.documents);
        }
    }

    /// Sends what the editor does not show yet, until it is behind.
    pub(super) fn publish(&mut self) {
        while self.client.is_ready && !self.client.outbox.is_behind() {
            let Some(path) = self.board.next() else { break };
            if let Some(params) = self.published(&path) {
                self.client.notify::<PublishDiagnostics>(&params);
            }
        }
    }

    /// Whether something waits for the editor to catch up.
    pub(super) fn is_holding_back(&self) -> bool {
        let is_unsent = !(self.board.is_all_sent() && self.status.is_sent());
        let is_unasked = self.lenses.is_dirty() && self.client.outbox.is_behind();
        (self.client.is_ready && (is_unsent || is_unasked)) || !self.held.is_empty()
    }

    fn published(&mut self, path: &Path) -> Option<PublishDiagnosticsParams> {
        let uri = self.documents.uri(path)?;
        let version = self.documents.version(path).map(|version| version.0);
        let Some(page) = self.board.page(path) else {
            return Some(PublishDiagnosticsParams { uri, diagnostics: Vec::new(), version });
        };
        let mut locator = Locator::new(&mut self.documents, self.client.encoding);
        let mut shown: Vec<(&Diagnostic, LspDiagnostic)> = Vec::new();
        page.visit(path, &mut locator, |diagnostic, locator| {
            if !is_shown(self.settings.shown, diagnostic) {
                return;
            }
            let Some(now) = convert::diagnostic(diagnostic, locator, &self.client.capabilities) else {
                return;
            };
            // While a build runs, what the one before said of the same place stands beside what this one says.
            match shown
                .iter_mut()
                .find(|(other, before)| diagnostic.says_what(other) && stands_where(&now, before))
            {
                Some(before) => *before = (diagnostic, now),
                None => shown.push((diagnostic, now)),
            }
        });
        let diagnostics = shown.into_iter().map(|(_, now)| now).collect();
        Some(PublishDiagnosticsParams { uri, diagnostics, version })
    }
}

/// Whether two stretches begin or end together: one may have grown with what was typed inside of it.
fn stands_where(one: &LspDiagnostic, other: &LspDiagnostic) -> bool {
    one.range.start == other.range.start || one.range.end == other.range.end
}

/// Whether the user wants to see it. What running code did is no second opinion beside rust-analyzer's: it always is.
pub(super) fn is_shown(shown: Shown, diagnostic: &Diagnostic) -> bool {
    match shown {
        Shown::All => true,
        Shown::Errors => diagnostic.severity == Severity::Error || diagnostic.source != Source::Build,
        Shown::Off => diagnostic.source != Source::Build,
    }
}
