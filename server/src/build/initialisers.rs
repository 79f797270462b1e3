//! Statics whose initial value was edited: a running game's value does not change by that, the next generation's does.

use std::collections::HashMap;
use std::path::PathBuf;

use liveline_protocol::engine::Generation;

use super::job::{Order, Purpose};
use super::stamp::Hash;
use super::workshop::{Workshop, lock};
use crate::diagnostics::{Diagnostic, Severity, Span, at_file};
use crate::os;
use crate::project::is_rust;
use crate::project::statics::{Static, changed, statics};

/// The statics of each source file as it was last built, and the hash of its text.
#[derive(Debug, Default)]
pub(super) struct Initialisers {
    known: HashMap<PathBuf, (Hash, Vec<Static>)>,
}

impl Initialisers {
    /// The statics of a file that have another initial value than when this was asked last.
    fn changed(&mut self, file: &PathBuf, hash: Hash, text: &str) -> Vec<Static> {
        let now = statics(text);
        let changed = match self.known.get(file) {
            Some((_, before)) => changed(before, &now).into_iter().cloned().collect(),
            None => Vec::new(),
        };
        self.known.insert(file.clone(), (hash, now));
        changed
    }
}

impl Workshop {
    /// Says which statics of a saved generation's sources start with another value than in the one before.
    pub fn edited_initialisers(&self, order: &Order, generation: Generation) -> Vec<Diagnostic> {
        if order.purpose != Purpose::Saved {
            return Vec::new();
        }
        let mut flags = Vec::new();
        for file in self.own_sources(order) {
            let Some(hash) = lock(&self.stamps).of(&file) else { continue };
            if lock(&self.statics).known.get(&file).is_some_and(|(known, _)| *known == hash) {
                continue;
            }
            let Some(text) = os::read_file(&file).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
                continue;
            };
            let changed = lock(&self.statics).changed(&file, hash, &text);
            flags.extend(changed.iter().map(|found| flag(&file, found, generation)));
        }
        flags
    }

    /// The files that hold the library's own code.
    fn own_sources(&self, order: &Order) -> Vec<PathBuf> {
        let library = &order.library;
        if library.file.is_some() {
            return vec![library.source.clone()];
        }
        let Some(folder) = library.source.parent() else { return Vec::new() };
        let is_own = |path: &PathBuf| path.starts_with(folder) && is_rust(path);
        self.inputs_known(order).files.into_iter().filter(is_own).collect()
    }
}

fn flag(file: &std::path::Path, found: &Static, generation: Generation) -> Diagnostic {
    let text = format!(
        "`{}` has the new initial value from generation {generation} on; statics of a script start anew whenever a \
         generation is loaded, so what it held before is gone. What is to be kept belongs into the state",
        found.name
    );
    let span = Span { path: file.to_owned(), start: found.start, end: found.end };
    Diagnostic { span, ..at_file(file, Severity::Information, text) }
}
