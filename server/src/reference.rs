//! Parts of the book that are written from the code, and held against it.

use std::fs;
use std::path::Path;

/// Set when the files are to be written instead.
const WRITE: &str = "LIVELINE_WRITE_DOCS";

/// Fails unless the file holds this text.
pub(crate) fn hold(file: &Path, text: &str) {
    if std::env::var_os(WRITE).is_some() {
        fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let there = fs::read_to_string(file).unwrap_or_default();
    assert!(there == text, "{} is out of date: `cargo xtask docs` writes it anew", file.display());
}
