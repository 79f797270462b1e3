//! Gathers what a compiler says into diagnostics at their places, and tells code that is wrong from a tool that
//! is missing.

use std::path::PathBuf;
use std::process::ExitStatus;

use super::job::{Order, Progress};
use super::messages::{self, Said};
use crate::diagnostics::crash::Crash;
use crate::diagnostics::from_rustc::Unplaced;
use crate::diagnostics::mapper::Mapper;
use crate::diagnostics::{Diagnostic, Severity};
use crate::project::Broken;

/// How many lines of plain text are kept for an error message.
const TEXT_LINES: usize = 30;

/// What one compiler run has said.
pub(super) struct Report<'a> {
    order: &'a Order,
    /// Where rustc runs when no package says otherwise.
    folder: PathBuf,
    errors: usize,
    mapper: Mapper,
    crash: Crash,
    unplaced: Vec<String>,
    text: Vec<String>,
    /// Files that were made, by cargo's word.
    pub(super) files: Vec<PathBuf>,
    /// All diagnostics so far.
    pub(super) said: Vec<Diagnostic>,
    /// The root source file of a crate whose diagnostics are none of this library's.
    deaf_to: Option<PathBuf>,
}

impl<'a> Report<'a> {
    pub(super) fn new(order: &'a Order, folder: PathBuf) -> Self {
        let (unplaced, text, files, said) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mapper, crash) = (Mapper::default(), Crash::default());
        Self { order, folder, errors: 0, mapper, crash, unplaced, text, files, said, deaf_to: None }
    }

    /// Does not hear what is said of the crate with this root.
    pub(super) fn deaf_to(self, root: Option<PathBuf>) -> Self {
        Self { deaf_to: root, ..self }
    }

    /// Takes one line of rustc's messages.
    pub(super) fn rustc_line(&mut self, line: &str, say: &mut (dyn FnMut(Progress) + Send)) {
        match messages::rustc(line) {
            Some(said) => self.hear(said, say),
            None => self.text(line),
        }
    }

    /// Takes one message and hands its diagnostics on.
    pub(super) fn hear(&mut self, said: Said, say: &mut (dyn FnMut(Progress) + Send)) {
        match said {
            Said::Files(files) => self.files.extend(files),
            Said::Diagnostic { source, .. } if source.is_some() && source == self.deaf_to => {}
            Said::Diagnostic { diagnostic, source } => {
                let folder = source.map_or_else(|| self.folder.clone(), |source| self.rustc_folder(&source));
                let mapped = self.mapper.map(&diagnostic, &folder);
                self.errors += mapped.placed.iter().filter(|d| d.severity == Severity::Error).count();
                let unplaced: Vec<Unplaced> = mapped.unplaced.into_iter().map(advised).collect();
                self.unplaced.extend(
                    unplaced.iter().filter(|u| u.severity == Severity::Error).map(|u| u.message.clone()),
                );
                let mut diagnostics = mapped.placed;
                diagnostics.extend(unplaced.into_iter().map(|u| u.at_file(&self.order.library.source)));
                if !diagnostics.is_empty() {
                    self.said.extend(diagnostics.iter().cloned());
                    say(Progress::Diagnostics(diagnostics));
                }
            }
        }
    }

    /// Keeps a line that is no message.
    pub(super) fn text(&mut self, line: &str) {
        self.crash.hear(line);
        if !line.is_empty() && self.text.len() < TEXT_LINES {
            self.text.push(line.to_owned());
        }
    }

    /// Why a run failed although the code has no error at any place: a linker or another tool that is missing,
    /// a compiler that crashed.
    pub(super) fn trouble(&self, status: ExitStatus) -> Option<Broken> {
        let crash = self.crash.message();
        if self.errors > 0 && crash.is_none() {
            return None;
        }
        let message = match crash.or_else(|| self.unplaced.first().cloned()) {
            Some(message) => message,
            None => format!("the compiler ended with {status}: {}", self.text.join("\n")),
        };
        Some(Broken::at_file(self.order.library.source.clone(), message))
    }

    /// Paths in messages are relative to where cargo runs rustc: the workspace root for members, the package's
    /// own folder for others.
    fn rustc_folder(&self, source: &std::path::Path) -> PathBuf {
        let project = &self.order.project;
        let around = project.packages.iter().filter(|package| source.starts_with(&package.folder));
        match around.max_by_key(|package| package.folder.components().count()) {
            Some(package) if !package.member => package.folder.clone(),
            _ => project.root.clone(),
        }
    }
}

fn advised(unplaced: Unplaced) -> Unplaced {
    Unplaced { message: advise(&unplaced.message), ..unplaced }
}

/// Adds what to do to messages of rustc that only say what happened.
fn advise(message: &str) -> String {
    let advice = if message.starts_with("linker `") && message.contains("not found") {
        "Install a C compiler and linker (Debian and Ubuntu: `apt-get install gcc`; Fedora: `dnf install gcc`), or \
         name one in `.cargo/config.toml`. Liveline tries again by itself"
    } else if message.contains("incorrect metadata")
        || message.contains("compiled by an incompatible version of rustc")
    {
        "Another toolchain built the dependencies; run `liveline.build` to build anew"
    } else {
        return message.to_owned();
    };
    format!("{message}\n{advice}")
}
