//! Builds of unsaved text that wait for the save.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;

use liveline_protocol::engine::ArtifactKind;

use super::goods::Good;
use super::inputs::Inputs;
use super::stamp::Hash;
use crate::diagnostics::Diagnostic;

/// How many a library keeps: typing to and fro between some texts costs no compiler.
const KEPT: usize = 4;

/// One of them.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The capture that it was built by.
    pub(super) capture: Hash,
    /// The form that was asked for.
    pub(super) kind: ArtifactKind,
    /// What was read, and its digest.
    pub(super) inputs: Inputs,
    pub(super) digest: Hash,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// `None`: the text does not build.
    pub(super) good: Option<Good>,
}

/// All of them, newest last.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    libraries: HashMap<String, VecDeque<Prepared>>,
}

impl Shelf {
    /// Keeps one in place of any of the same text.
    pub(super) fn put(&mut self, library: &str, prepared: Prepared) {
        let kept = self.libraries.entry(library.to_owned()).or_default();
        kept.retain(|other| (&other.capture, &other.digest) != (&prepared.capture, &prepared.digest));
        kept.push_back(prepared);
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    /// The newest one that was built by this capture into this form, and whose inputs are what `digest` says.
    pub(super) fn find(
        &self,
        library: &str,
        capture: &Hash,
        kind: ArtifactKind,
        digest: &mut dyn FnMut(&Inputs) -> Hash,
    ) -> Option<&Prepared> {
        let kept = self.libraries.get(library)?.iter().rev();
        let mut fits = kept.filter(|prepared| prepared.capture == *capture && prepared.kind == kind);
        fits.find(|prepared| digest(&prepared.inputs) == prepared.digest)
    }

    /// Takes the one of this text.
    pub(super) fn take(&mut self, library: &str, digest: &Hash) -> Option<Prepared> {
        let kept = self.libraries.get_mut(library)?;
        let index = kept.iter().position(|prepared| prepared.digest == *digest)?;
        kept.remove(index)
    }

    /// Drops failures whose reason may be gone: where rustc gave up early, nobody knows which files it would have
    /// read, so a change of any file that is not known to have been read makes them doubtful.
    pub(super) fn forget_doubtful<'a>(&mut self, library: &str, changed: impl Iterator<Item = &'a PathBuf>) {
        let Some(kept) = self.libraries.get_mut(library) else { return };
        let changed: BTreeSet<&PathBuf> = changed.collect();
        kept.retain(|prepared| {
            prepared.good.is_some() || changed.iter().all(|path| prepared.inputs.files.contains(*path))
        });
    }

    /// Drops all that were built by another capture.
    pub(super) fn keep_only(&mut self, library: &str, capture: &Hash) {
        if let Some(kept) = self.libraries.get_mut(library) {
            kept.retain(|prepared| prepared.capture == *capture);
        }
    }
}

/// Whether a failure may be told again for the same text: not if it was for want of a file that may be there by then.
pub(super) fn can_be_told_again(diagnostics: &[Diagnostic]) -> bool {
    let is_missing_file = |diagnostic: &Diagnostic| {
        diagnostic.code.as_ref().is_some_and(|code| ["E0583", "E0584"].contains(&code.value.as_str()))
            || diagnostic.message.contains("couldn't read")
    };
    !diagnostics.is_empty() && !diagnostics.iter().any(is_missing_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(digest: &str, files: &[&str]) -> Prepared {
        Prepared {
            capture: Hash("c".to_owned()),
            kind: ArtifactKind::Object,
            inputs: Inputs { files: files.iter().map(PathBuf::from).collect(), ..Inputs::default() },
            digest: Hash(digest.to_owned()),
            diagnostics: Vec::new(),
            good: None,
        }
    }

    fn has(shelf: &Shelf, digest: &str) -> bool {
        let capture = Hash("c".to_owned());
        shelf.find("a", &capture, ArtifactKind::Object, &mut |_| Hash(digest.to_owned())).is_some()
    }

    #[test]
    fn the_oldest_goes_and_the_same_text_is_kept_once() {
        let mut shelf = Shelf::default();
        for digest in ["1", "2", "2", "3", "4"] {
            shelf.put("a", failed(digest, &[]));
        }
        assert!(has(&shelf, "1"));
        shelf.put("a", failed("5", &[]));
        assert!(!has(&shelf, "1") && has(&shelf, "2") && !has(&shelf, "6"));
        assert!(shelf.take("a", &Hash("2".to_owned())).is_some() && !has(&shelf, "2"));
    }

    #[test]
    fn a_change_of_a_file_that_a_failure_did_not_read_makes_it_doubtful() {
        let mut shelf = Shelf::default();
        shelf.put("a", failed("1", &["/w/lib.rs"]));
        shelf.forget_doubtful("a", [PathBuf::from("/w/lib.rs")].iter());
        assert!(has(&shelf, "1"));
        shelf.forget_doubtful("a", [PathBuf::from("/w/new.rs")].iter());
        assert!(!has(&shelf, "1"));
    }
}
