//! The messages of one compiler run in their order: some say more of the one before them.

use std::path::Path;

use cargo_metadata::diagnostic::{Diagnostic as Message, DiagnosticLevel};

use super::from_rustc::{self, Mapped};
use super::{Diagnostic, Related, Severity, places};

/// How the note begins that leads from an error in generic code to the code that uses it.
const LEADS: &str = "the above error was encountered while";
/// A note that names one more place of the error before it.
const ANOTHER_PLACE: &str = "erroneous constant encountered";

/// Maps one run's messages.
#[derive(Debug, Default)]
pub struct Mapper {
    /// An error that has no place among the user's files so far.
    held: Option<Mapped>,
    /// Places on the way to it.
    way: Vec<Related>,
}

impl Mapper {
    /// The next message, of a rustc that runs in the absolute directory `cwd`. What it comes to may be what an
    /// earlier one was held back for: an error inside of a dependency's generic code is shown at the user's line
    /// that asks for that code, which rustc names in a later message. Every run ends with a message that counts.
    pub fn map(&mut self, message: &Message, cwd: &Path) -> Mapped {
        let mapped = from_rustc::diagnostics(message, cwd);
        let is_note = message.level == DiagnosticLevel::Note;
        if is_note && self.held.is_some() && message.message == ANOTHER_PLACE {
            self.way.extend(mapped.placed.into_iter().map(as_related));
            return Mapped::default();
        }
        if is_note && message.message.starts_with(LEADS) && self.leads_to_user(&mapped, cwd) {
            return self.at_users_line(mapped);
        }
        let mut all = self.release();
        if message.level == DiagnosticLevel::Error && !mapped.is_users(cwd) && !from_rustc::is_tally(message)
        {
            self.held = Some(mapped);
        } else {
            all.placed.extend(mapped.placed);
            all.unplaced.extend(mapped.unplaced);
        }
        all
    }

    fn leads_to_user(&self, note: &Mapped, cwd: &Path) -> bool {
        self.held.is_some() && !note.placed.is_empty() && note.is_users(cwd)
    }

    /// The held error where the note stands.
    fn at_users_line(&mut self, note: Mapped) -> Mapped {
        let Mapped { placed, unplaced } = self.held.take().unwrap_or_default();
        let way = std::mem::take(&mut self.way);
        let message =
            placed.first().map(|error| &error.message).or(unplaced.first().map(|error| &error.message));
        let message = message.cloned().unwrap_or_default();
        let code =
            placed.first().map_or_else(|| unplaced.first().and_then(|u| u.code.clone()), |e| e.code.clone());
        let rendered: Vec<String> = (placed.iter().map(|error| &error.rendered))
            .chain(unplaced.iter().map(|error| &error.rendered))
            .chain(note.placed.iter().map(|note| &note.rendered))
            .flatten()
            .cloned()
            .collect();
        let mut related: Vec<Related> = placed.into_iter().flat_map(places_of).collect();
        related.extend(way);
        let to_user = |note: Diagnostic| Diagnostic {
            severity: Severity::Error,
            code: code.clone(),
            message: format!("{message}\nnote: {}", note.message),
            related: related.clone(),
            rendered: (!rendered.is_empty()).then(|| rendered.join("\n")),
            ..note
        };
        Mapped { placed: note.placed.into_iter().map(to_user).collect(), unplaced: Vec::new() }
    }

    fn release(&mut self) -> Mapped {
        let way = std::mem::take(&mut self.way);
        let mut held = self.held.take().unwrap_or_default();
        held.placed.iter_mut().for_each(|error| error.related.extend(way.iter().cloned()));
        held
    }
}

impl Mapped {
    /// Whether all of it stands where its user writes, or, for want of a place, at the library.
    fn is_users(&self, cwd: &Path) -> bool {
        let is_users = |diagnostic: &Diagnostic| {
            let path = &diagnostic.span.path;
            path.starts_with(cwd) || places::is_users(path)
        };
        self.placed.iter().all(is_users) && !self.unplaced.iter().any(|unplaced| unplaced.had_place)
    }
}

fn as_related(diagnostic: Diagnostic) -> Related {
    Related { span: diagnostic.span, message: diagnostic.message }
}

fn places_of(error: Diagnostic) -> Vec<Related> {
    let first = Related { span: error.span, message: "the error is here".to_owned() };
    std::iter::once(first).chain(error.related).collect()
}
