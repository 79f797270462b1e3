//! The book: what is written from the code, written anew, and all of it as HTML where mdBook is installed.

use crate::place::{Place, has};
use crate::run::{command, run, say};

/// The tests that hold the book against the code write it where this is set.
const WRITE: &str = "LIVELINE_WRITE_DOCS";

/// Each with the tests that write.
const WRITERS: [&[&str]; 3] = [
    &["--package", "liveline-protocol", "--lib", "the_books"],
    &["--package", "liveline-server", "--lib", "the_books"],
    &["--package", "liveline-tests", "--test", "book"],
];

/// Writes the book's references, and the book.
pub(crate) fn docs(place: &Place) -> anyhow::Result<()> {
    for tests in WRITERS {
        let mut cargo = command(&place.root, ["cargo", "test", "--quiet"].iter().chain(tests));
        cargo.env(WRITE, "1");
        anyhow::ensure!(run(cargo)?.success, "a part of the book could not be written");
    }
    if !has("mdbook") {
        say("mdbook is not installed; `cargo install --locked mdbook` gets it");
        return Ok(());
    }
    let mut book = command(&place.root, ["mdbook", "build", "docs", "--dest-dir"]);
    book.arg(place.target.join("book"));
    anyhow::ensure!(run(book)?.success, "the book does not build");
    Ok(())
}
