//! `textDocument/codeLens`: above each function of a script, what is known of its running code.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use liveline_protocol::engine::Generation;
use liveline_protocol::status::{LibraryState, Status};
use ropey::Rope;
use tower_lsp::ls_types::request::CodeLensRefresh;
use tower_lsp::ls_types::{CodeLens, CodeLensParams, Command};

use super::client::Asked;
use super::convert;
use super::event::Reply;
use super::state::State;
use super::uri;
use crate::diagnostics::Span;
use crate::face::{LibraryFiles, Proven};
use crate::project::functions::{self, Function};
use crate::text::{CharOffset, Edit, RustcLines, Shift};

/// An editor is asked to ask again no sooner than this after the last time.
const REST: Duration = Duration::from_millis(500);

/// What is known of calls, and what the editor shows of it.
#[derive(Debug, Default)]
pub(super) struct Lenses {
    libraries: Vec<LibraryFiles>,
    proofs: HashMap<String, Proof>,
    files: HashMap<PathBuf, Places>,
    /// The titles that the editor was given last.
    shown: HashMap<PathBuf, Vec<String>>,
    is_dirty: bool,
    refreshed_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Proof {
    generation: Generation,
    functions: HashMap<String, Proven>,
}

/// The functions of one text.
#[derive(Debug)]
struct Places {
    text: Rope,
    functions: Vec<(String, Range<CharOffset>)>,
    /// From there to what is shown, while that is no Rust.
    since: Shift,
}

impl Lenses {
    /// The hub says what was called.
    pub(super) fn proven(&mut self, library: String, generation: Generation, functions: Vec<Proven>) {
        let functions = functions.into_iter().map(|proven| (proven.function.clone(), proven)).collect();
        self.proofs.insert(library, Proof { generation, functions });
        self.is_dirty = true;
    }

    /// The hub says which files are whose.
    pub(super) fn set_libraries(&mut self, libraries: Vec<LibraryFiles>) {
        self.libraries = libraries;
        self.is_dirty = true;
    }

    /// The status has changed, and titles may have by it.
    pub(super) fn touch(&mut self) {
        self.is_dirty = true;
    }

    /// A new hub will say all of it.
    pub(super) fn forget(&mut self) {
        self.libraries.clear();
        self.proofs.clear();
        self.is_dirty = true;
    }

    /// A file was edited.
    pub(super) fn edited(&mut self, path: &Path, edits: &[Edit]) {
        if let Some(places) = self.files.get_mut(path) {
            edits.iter().for_each(|edit| places.since.push(*edit));
        }
    }

    /// A file is shown no more.
    pub(super) fn closed(&mut self, path: &Path) {
        self.files.remove(path);
        self.shown.remove(path);
    }

    /// Whether titles may have changed since the editor was asked to ask.
    pub(super) fn is_dirty(&self) -> bool {
        self.is_dirty && !self.shown.is_empty()
    }

    /// The library that a file is built into.
    fn library(&self, path: &Path) -> Option<&str> {
        let own = self.libraries.iter().find(|library| library.file.as_deref() == Some(path));
        let holds = |library: &&LibraryFiles| library.folders.iter().any(|folder| path.starts_with(folder));
        let first =
            |library: &&LibraryFiles| library.folders.first().is_some_and(|folder| path.starts_with(folder));
        let found =
            own.or_else(|| self.libraries.iter().find(first)).or_else(|| self.libraries.iter().find(holds));
        found.map(|library| library.library.as_str())
    }

    /// The functions of a text, found anew only if it is another text than last time.
    fn places(&mut self, path: &Path, text: &Rope) -> Vec<(String, Range<CharOffset>)> {
        if self.files.get(path).is_none_or(|places| places.text != *text) {
            match functions::functions(&text.to_string()) {
                Some(found) => {
                    let places = Places::new(path, text, found);
                    self.files.insert(path.to_owned(), places);
                }
                // They stay where they were.
                None => {
                    let shifted = self.files.get(path).map(Places::shifted);
                    return shifted.unwrap_or_default();
                }
            }
        }
        self.files.get(path).map(|places| places.functions.clone()).unwrap_or_default()
    }

    fn titles(&self, path: &Path, names: &[String], status: Option<&Status>) -> Vec<Option<String>> {
        let known = self.library(path).zip(status);
        let title = |name: &String| known.and_then(|(library, status)| self.title(library, name, status));
        names.iter().map(title).collect()
    }

    /// What is known of a function; nothing while nothing could be.
    fn title(&self, library: &str, function: &str, status: &Status) -> Option<String> {
        let now = status.libraries.iter().find(|found| found.library == library)?;
        // Those of another workspace of this editor do not count.
        let engines = || status.engines.iter().filter(|engine| engine.workspace == now.workspace);
        let generation = now.undone.unwrap_or(now.generation);
        let runs = engines().filter(|engine| engine.libraries.get(library) == Some(&generation));
        let (runs, all) = (runs.count(), engines().count());
        if all == 0 {
            return None;
        }
        let is_settled = !matches!(now.state, LibraryState::Building | LibraryState::Failed);
        let proof = self.proofs.get(library).filter(|proof| proof.generation == generation);
        let proven = proof.and_then(|proof| proof.functions.get(function));
        match proven {
            _ if runs == 0 || !is_settled => Some("pending".to_owned()),
            Some(proven) if proven.is_stale => Some("stale: inlined or still on the stack".to_owned()),
            Some(proven) if proven.calls > 0 => {
                let place = if runs < all { format!(" in {runs} of {all} engines") } else { String::new() };
                let word = if proven.calls == 1 { "call" } else { "calls" };
                Some(format!("live{place} · generation {generation} · {} {word}", grouped(proven.calls)))
            }
            Some(_) | None => Some("pending".to_owned()),
        }
    }
}

impl Places {
    fn new(path: &Path, text: &Rope, found: Vec<Function>) -> Self {
        let lines = RustcLines::new(text);
        let place = |function: Function| {
            let span = Span { path: path.to_owned(), start: function.start, end: function.end };
            (function.name, lines.range(&span))
        };
        let functions = found.into_iter().map(place).collect();
        Self { text: text.clone(), functions, since: Shift::default() }
    }

    fn shifted(&self) -> Vec<(String, Range<CharOffset>)> {
        let shifted = |(name, range): &(String, Range<CharOffset>)| {
            (name.clone(), self.since.range(range.clone()).range)
        };
        self.functions.iter().map(shifted).collect()
    }
}

impl State {
    /// The editor asks what is known of a file's functions.
    pub(super) fn code_lenses(&mut self, params: &CodeLensParams, reply: Reply<Vec<CodeLens>>) {
        let path = uri::to_path(&params.text_document.uri);
        let lenses = path.map(|path| self.lenses_of(&path)).unwrap_or_default();
        let _ = reply.send(Ok(lenses));
    }

    fn lenses_of(&mut self, path: &Path) -> Vec<CodeLens> {
        let real = uri::real(path);
        let Some(text) = self.documents.text(path).filter(|_| self.lenses.library(&real).is_some()) else {
            self.lenses.shown.insert(path.to_owned(), Vec::new());
            return Vec::new();
        };
        let (names, ranges): (Vec<String>, Vec<Range<CharOffset>>) =
            self.lenses.places(path, &text).into_iter().unzip();
        let titles = self.lenses.titles(&real, &names, self.status.now());
        self.lenses.shown.insert(path.to_owned(), titles.iter().flatten().cloned().collect());
        let encoding = self.client.encoding;
        let lens = |(range, title): (Range<CharOffset>, Option<String>)| {
            Some(CodeLens {
                range: convert::to_range(encoding, &text, range),
                command: Some(Command {
                    title: title?,
                    command: "liveline.showLog".to_owned(),
                    arguments: None,
                }),
                data: None,
            })
        };
        ranges.into_iter().zip(titles).filter_map(lens).collect()
    }

    /// Asks the editor to ask again if any title that it shows would be another one.
    pub(super) fn refresh_lenses(&mut self, now: Instant) {
        let can_ask = self.client.is_ready && self.client.capabilities.lens_refresh;
        let is_time = self.lenses.refreshed_at.is_none_or(|at| now >= at + REST);
        if !self.lenses.is_dirty() || !can_ask || !is_time || self.client.outbox.is_behind() {
            return;
        }
        self.lenses.is_dirty = false;
        let mut has_changed = false;
        for (path, before) in std::mem::take(&mut self.lenses.shown) {
            let real = uri::real(&path);
            let names =
                self.lenses.files.get(&path).map(|places| {
                    places.functions.iter().map(|(name, _)| name.clone()).collect::<Vec<String>>()
                });
            let is_unknown = names.is_none() && self.lenses.library(&real).is_some();
            let titles = self.lenses.titles(&real, &names.unwrap_or_default(), self.status.now());
            let titles: Vec<String> = titles.into_iter().flatten().collect();
            has_changed |= titles != before || is_unknown;
            self.lenses.shown.insert(path, titles);
        }
        if has_changed {
            self.lenses.refreshed_at = Some(now);
            self.client.ask::<CodeLensRefresh>(&(), Asked::LensRefresh);
        }
    }

    /// When titles that have changed may be told of.
    pub(super) fn lens_deadline(&self) -> Option<Instant> {
        let can_ask = self.client.is_ready
            && self.client.capabilities.lens_refresh
            && self.lenses.is_dirty()
            && !self.client.outbox.is_behind();
        self.lenses.refreshed_at.filter(|_| can_ask).map(|at| at + REST)
    }
}

/// `4,031`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_kept_apart() {
        let cases = [(0, "0"), (999, "999"), (4031, "4,031"), (123_456, "123,456"), (1_000_000, "1,000,000")];
        for (number, expected) in cases {
            assert_eq!(grouped(number), expected);
        }
    }
}
