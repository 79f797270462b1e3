//! What happens, for a terminal or as lines of JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use liveline_protocol::engine::{BuildState, Outcome};

use crate::diagnostics::{Diagnostic, Severity};
use crate::face::{HubEvent, Level};
use crate::test_report::{TestOutcome, TestReport};

/// Writes events to standard output.
#[derive(Debug, Default)]
pub(super) struct Printer {
    json: bool,
    names: BTreeMap<String, String>,
    shown: BTreeMap<PathBuf, Vec<Diagnostic>>,
}

impl Printer {
    pub(super) fn new(json: bool) -> Self {
        Self { json, ..Self::default() }
    }

    /// An error means that nobody reads any more.
    pub(super) fn print(&mut self, event: &HubEvent) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut out, event)?;
            writeln!(out)?;
        } else {
            for line in self.lines(event) {
                writeln!(out, "{line}")?;
            }
        }
        out.flush()
    }

    fn lines(&mut self, event: &HubEvent) -> Vec<String> {
        match event {
            HubEvent::Connected { root, owner: true, .. } => vec![format!("watching {}", root.display())],
            HubEvent::Connected { root, pid, .. } => {
                vec![format!("watching {} through the server in process {pid}", root.display())]
            }
            HubEvent::Diagnostics { path, diagnostics, .. } => self.diagnostics(path, diagnostics),
            HubEvent::Build { build, stage, micros } => match build.state {
                BuildState::Started => vec![format!("{}: {stage}", build.library)],
                BuildState::Succeeded => {
                    vec![format!("{}: built in {}{}", build.library, time(*micros), warnings(build.warnings))]
                }
                BuildState::Failed => {
                    vec![format!(
                        "{}: {} in {}",
                        build.library,
                        counted(build.errors, "error"),
                        time(*micros)
                    )]
                }
                BuildState::Cancelled => Vec::new(),
            },
            HubEvent::Announced(reload) => {
                let unsaved = if reload.unsaved { ", unsaved," } else { "" };
                vec![format!("{}: generation {}{unsaved} is ready", reload.library, reload.generation)]
            }
            HubEvent::Reloaded { session, reloaded, save_to_live_micros } => {
                let name = self.name(session);
                let after = save_to_live_micros.map(|micros| format!(", {} after the save", time(micros)));
                let (library, generation) = (&reloaded.library, reloaded.generation);
                vec![match reloaded.outcome {
                    Outcome::Applied => format!(
                        "{library}: generation {generation} runs in {name}{}",
                        after.unwrap_or_default()
                    ),
                    Outcome::Refused => format!("{library}: {name} refused generation {generation}"),
                    Outcome::Restored => format!("{library}: {name} went back from generation {generation}"),
                }]
            }
            HubEvent::Fault { session, fault } => {
                vec![format!(
                    "{}: {} in {}: {}",
                    fault.library,
                    kind(fault),
                    self.name(session),
                    fault.message
                )]
            }
            HubEvent::Tested(report) => tested(report),
            HubEvent::EngineAttached { session, name, pid, address } => {
                self.names.insert(session.clone(), format!("`{name}` ({pid})"));
                let place = address.as_ref().map(|address| format!(" from {address}")).unwrap_or_default();
                vec![format!("engine `{name}` ({pid}) attached{place}")]
            }
            HubEvent::EngineDetached { session } => {
                let name = self.name(session);
                self.names.remove(session);
                vec![format!("engine {name} went away")]
            }
            HubEvent::Message { level, text } => {
                let word = match level {
                    Level::Error => "error: ",
                    Level::Warning => "warning: ",
                    Level::Info => "",
                };
                vec![format!("{word}{text}")]
            }
            HubEvent::RestartEngine => vec!["the game is to be restarted".to_owned()],
            HubEvent::Status(_)
            | HubEvent::Ran { .. }
            | HubEvent::Proof { .. }
            | HubEvent::Libraries { .. }
            | HubEvent::CommandDone { .. }
            | HubEvent::Speculated { .. } => Vec::new(),
        }
    }

    /// Only what was not shown before.
    fn diagnostics(&mut self, path: &std::path::Path, diagnostics: &[Diagnostic]) -> Vec<String> {
        let before = self.shown.insert(path.to_owned(), diagnostics.to_vec()).unwrap_or_default();
        let new = diagnostics.iter().filter(|diagnostic| !before.contains(diagnostic));
        new.map(|diagnostic| diagnostic.rendered.clone().unwrap_or_else(|| plain(diagnostic))).collect()
    }

    fn name(&self, session: &str) -> String {
        self.names.get(session).cloned().unwrap_or_else(|| format!("engine {session}"))
    }
}

/// Nothing where there are no tests; what fails is shown as diagnostics are.
fn tested(report: &TestReport) -> Vec<String> {
    let library = &report.library;
    if !report.errors.is_empty() {
        return vec![format!("{library}: its tests do not build")];
    }
    let passed = counted(report.count(TestOutcome::Passed), "test");
    let failed = match report.failures() {
        0 => String::new(),
        failures => format!(", {failures} failed"),
    };
    let is_any = report.tests.iter().any(|test| test.outcome != TestOutcome::Ignored);
    is_any
        .then(|| format!("{library}: {passed} passed{failed} in {}", time(report.micros)))
        .into_iter()
        .collect()
}

fn kind(fault: &liveline_protocol::engine::Fault) -> &'static str {
    use liveline_protocol::engine::FaultKind;
    match fault.kind {
        FaultKind::Panic => "panic",
        FaultKind::Crash => "crash",
        FaultKind::Hang => "hang",
    }
}

fn plain(diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information | Severity::Hint => "note",
    };
    let span = &diagnostic.span;
    format!(
        "{level}: {}\n  --> {}:{}:{}",
        diagnostic.message,
        span.path.display(),
        span.start.line,
        span.start.column
    )
}

fn warnings(count: u32) -> String {
    if count == 0 { String::new() } else { format!(" with {}", counted(count, "warning")) }
}

fn counted(count: u32, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// Microseconds for people.
pub(super) fn time(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        10_000..10_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}
