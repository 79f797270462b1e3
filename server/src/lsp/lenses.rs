//! `textDocument/codeLens`: above each function of a script, what is known of its running code.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use liveline_protocol::engine::Generation;
use liveline_protocol::status::{LibraryState, Status};
use ropey::Rope;
use serde_json::{Value, json};
use tower_lsp::ls_types::request::CodeLensRefresh;
use tower_lsp::ls_types::{CodeLens, CodeLensParams, Command};

use super::client::Asked;
use super::commands;
use super::convert;
use super::event::Reply;
use super::state::State;
use super::uri;
use crate::diagnostics::Span;
use crate::face::{LibraryFiles, Proven};
use crate::project::functions::{Function, functions_and_tests};
use crate::project::test_functions::{TestFunction, full_name};
use crate::test_report::TestReport;
use crate::text::{CharOffset, Edit, RustcLines, Shift};

/// An editor is asked to ask again no sooner than this after the last time.
const REST: Duration = Duration::from_millis(500);

/// A command of editors that can: debugs a test. Its argument says how the test is started.
pub(super) const DEBUG_TEST: &str = "liveline.debugTest";

/// A test's library, and its name in its program.
struct TestName {
    library: String,
    test: String,
}

/// What is known of calls, and what the editor shows of it.
#[derive(Debug, Default)]
pub(super) struct Lenses {
    libraries: Vec<LibraryFiles>,
    proofs: HashMap<String, Proof>,
    tests: HashMap<String, TestReport>,
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

/// Names, and where they stand.
type Named = Vec<(String, Range<CharOffset>)>;

/// The functions of one text.
#[derive(Debug)]
struct Places {
    text: Rope,
    functions: Named,
    tests: Named,
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

    /// The hub says what came of tests.
    pub(super) fn tested(&mut self, report: TestReport) {
        self.tests.insert(report.library.clone(), report);
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
        self.tests.clear();
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
        self.files_of(path).map(|library| library.library.as_str())
    }

    fn files_of(&self, path: &Path) -> Option<&LibraryFiles> {
        let own = self.libraries.iter().find(|library| library.file.as_deref() == Some(path));
        let holds = |library: &&LibraryFiles| library.folders.iter().any(|folder| path.starts_with(folder));
        let first =
            |library: &&LibraryFiles| library.folders.first().is_some_and(|folder| path.starts_with(folder));
        own.or_else(|| self.libraries.iter().find(first)).or_else(|| self.libraries.iter().find(holds))
    }

    /// The functions and the tests of a text, found anew only if it is another text than last time.
    fn places(&mut self, path: &Path, text: &Rope) -> (Named, Named) {
        if self.files.get(path).is_none_or(|places| places.text != *text) {
            let words = text.to_string();
            match functions_and_tests(&words) {
                Some((functions, tests)) => {
                    let places = Places::new(path, text, functions, tests);
                    self.files.insert(path.to_owned(), places);
                }
                // They stay where they were.
                None => {
                    let shifted = self.files.get(path).map(Places::shifted);
                    return shifted.unwrap_or_default();
                }
            }
        }
        let places = self.files.get(path);
        places.map(|places| (places.functions.clone(), places.tests.clone())).unwrap_or_default()
    }

    fn titles(&self, path: &Path, names: &[String], status: Option<&Status>) -> Vec<Option<String>> {
        let known = self.library(path).zip(status);
        let title = |name: &String| known.and_then(|(library, status)| self.title(library, name, status));
        names.iter().map(title).collect()
    }

    /// All titles above functions and tests, for a comparison with those that the editor shows.
    fn all_titles(&self, path: &Path, places: &Places, status: Option<&Status>) -> Vec<String> {
        let names = |named: &Named| named.iter().map(|(name, _)| name.clone()).collect::<Vec<String>>();
        let functions = self.titles(path, &names(&places.functions), status);
        let tests = names(&places.tests);
        let tests =
            tests.iter().map(|name| self.test_of(path, name).map(|test| self.test_title(&test, status)));
        functions.into_iter().chain(tests).flatten().collect()
    }

    /// A test of a file, by its name in that file.
    fn test_of(&self, path: &Path, name: &str) -> Option<TestName> {
        let files = self.files_of(path)?;
        let root = files.folders.first().map(|folder| folder.join("src/lib.rs"));
        let root = files.file.clone().or(root)?;
        Some(TestName { library: files.library.clone(), test: full_name(path, &root, name) })
    }

    /// `run`, and what came of it last.
    fn test_title(&self, name: &TestName, status: Option<&Status>) -> String {
        let report = self.tests.get(&name.library);
        let test = report.and_then(|report| report.tests.iter().find(|test| test.name == name.test));
        let Some((report, test)) = report.zip(test) else { return "run".to_owned() };
        let now = status.and_then(|status| status.libraries.iter().find(|now| now.library == name.library));
        let is_old = now.is_some_and(|now| now.generation != report.generation);
        let old = if is_old { format!(" in generation {}", report.generation) } else { String::new() };
        format!("run · {}{old}", test.outcome.word())
    }

    /// What the editor's own command needs to debug a test.
    fn debug_arguments(&self, name: &TestName) -> Option<Value> {
        let program = self.tests.get(&name.library)?.program.as_ref()?;
        Some(json!({
            "test": name.test,
            "program": program.program,
            "arguments": ["--exact", name.test, "--nocapture", "--test-threads=1"],
            "folder": program.folder,
            "environment": program.environment,
        }))
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
    fn new(path: &Path, text: &Rope, functions: Vec<Function>, tests: Vec<TestFunction>) -> Self {
        let lines = RustcLines::new(text);
        let range = |start, end| lines.range(&Span { path: path.to_owned(), start, end });
        let functions =
            functions.into_iter().map(|found| (found.name, range(found.start, found.end))).collect();
        let tests = tests.into_iter().map(|found| (found.name, range(found.start, found.end))).collect();
        Self { text: text.clone(), functions, tests, since: Shift::default() }
    }

    fn shifted(&self) -> (Named, Named) {
        let shifted = |(name, range): &(String, Range<CharOffset>)| {
            (name.clone(), self.since.range(range.clone()).range)
        };
        (self.functions.iter().map(shifted).collect(), self.tests.iter().map(shifted).collect())
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
        let (functions, tests) = self.lenses.places(path, &text);
        let (names, ranges): (Vec<String>, Vec<Range<CharOffset>>) = functions.into_iter().unzip();
        let status = self.status.now();
        let encoding = self.client.encoding;
        let lens =
            |range: &Range<CharOffset>, title: String, command: &str, argument: Option<Value>| CodeLens {
                range: convert::to_range(encoding, &text, range.clone()),
                command: Some(Command {
                    title,
                    command: command.to_owned(),
                    arguments: argument.map(|argument| vec![argument]),
                }),
                data: None,
            };
        let titles = self.lenses.titles(&real, &names, status);
        let mut shown: Vec<String> = titles.iter().flatten().cloned().collect();
        let mut lenses: Vec<CodeLens> = (ranges.iter().zip(titles))
            .filter_map(|(range, title)| Some(lens(range, title?, "liveline.showLog", None)))
            .collect();
        for (name, range) in tests {
            let Some(test) = self.lenses.test_of(&real, &name) else { continue };
            let title = self.lenses.test_title(&test, status);
            shown.push(title.clone());
            let which = json!({ "library": test.library, "test": test.test });
            lenses.push(lens(&range, title, commands::TEST, Some(which)));
            if let Some(arguments) = self.lenses.debug_arguments(&test)
                && self.client.capabilities.debugs_tests
            {
                lenses.push(lens(&range, "debug".to_owned(), DEBUG_TEST, Some(arguments)));
            }
        }
        self.lenses.shown.insert(path.to_owned(), shown);
        lenses
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
            let places = self.lenses.files.get(&path);
            let is_unknown = places.is_none() && self.lenses.library(&real).is_some();
            let titles = places.map(|places| self.lenses.all_titles(&real, places, self.status.now()));
            let titles = titles.unwrap_or_default();
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
