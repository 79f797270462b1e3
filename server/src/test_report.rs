//! What came of a library's tests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use liveline_protocol::engine::Generation;
use serde::{Deserialize, Serialize};

use crate::diagnostics::{Diagnostic, Severity, Source, Span};

/// What came of the tests of one generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// Of which library.
    pub library: String,
    /// Of which generation's text.
    pub generation: Generation,
    /// What was run; nothing where there are no tests, or where they do not build.
    pub program: Option<TestProgram>,
    /// In the order of their names.
    pub tests: Vec<Test>,
    /// Why there is no program, where it should be.
    pub errors: Vec<Diagnostic>,
    /// From the first compile to the last test's end, in microseconds.
    pub micros: u64,
}

/// How tests are started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestProgram {
    /// The executable, absolute.
    pub program: PathBuf,
    /// The working directory: the package's folder.
    pub folder: PathBuf,
    /// Variables that it needs beside the server's own.
    pub environment: BTreeMap<String, String>,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Test {
    /// As its program names it: `tests::adds`.
    pub name: String,
    /// Where its function's name stands.
    pub span: Option<Span>,
    /// What came of it.
    pub outcome: TestOutcome,
    /// Where it has failed: what it said.
    pub message: Option<String>,
    /// Where it panicked.
    pub panicked_at: Option<Span>,
}

/// What came of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TestOutcome {
    /// It is as it should be.
    Passed,
    /// It panicked or returned an error.
    Failed,
    /// Its process ended.
    Crashed,
    /// It did not come to an end in time.
    TimedOut,
    /// It is marked `#[ignore]`.
    Ignored,
}

impl TestReport {
    /// Whether there are tests, or would be if they did build.
    pub fn has_any(&self) -> bool {
        !self.tests.is_empty() || !self.errors.is_empty()
    }

    /// How many tests have this outcome.
    pub fn count(&self, outcome: TestOutcome) -> u32 {
        self.tests.iter().filter(|test| test.outcome == outcome).map(|_| 1).sum()
    }

    /// How many tests are not as they should be.
    pub fn failures(&self) -> u32 {
        self.tests.iter().filter(|test| test.outcome.is_failure()).map(|_| 1).sum()
    }

    /// What stands in the sources of it. `otherwise` is where a test is shown that was not found.
    pub fn diagnostics(&self, otherwise: &Span) -> Vec<Diagnostic> {
        let failed = self.tests.iter().filter(|test| test.outcome.is_failure());
        self.errors.iter().cloned().chain(failed.map(|test| test.diagnostic(otherwise))).collect()
    }

    /// Takes the results of some tests that were run once more.
    pub fn take(&mut self, newer: Self) {
        let is_again = |test: &Test| newer.tests.iter().any(|again| again.name == test.name);
        let mut tests: Vec<Test> = self.tests.iter().filter(|test| !is_again(test)).cloned().collect();
        tests.extend(newer.tests.iter().cloned());
        tests.sort_by(|one, other| one.name.cmp(&other.name));
        *self = Self { tests, ..newer };
    }
}

impl TestOutcome {
    /// Whether it is not as it should be.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Crashed | Self::TimedOut)
    }

    /// For a person.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed out",
            Self::Ignored => "ignored",
        }
    }
}

impl Test {
    fn diagnostic(&self, otherwise: &Span) -> Diagnostic {
        let span =
            self.span.clone().or_else(|| self.panicked_at.clone()).unwrap_or_else(|| otherwise.clone());
        let said = self.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        let message = format!("test `{}` {}{said}", self.name, self.outcome.word());
        let place = self.panicked_at.clone().filter(|place| *place != span);
        let related =
            place.map(|span| crate::diagnostics::Related { span, message: "panicked here".to_owned() });
        Diagnostic {
            source: Source::Test,
            severity: Severity::Error,
            code: None,
            message,
            span,
            related: related.into_iter().collect(),
            fixes: Vec::new(),
            commands: Vec::new(),
            tags: Vec::new(),
            rendered: None,
            seen: BTreeMap::new(),
        }
    }
}
