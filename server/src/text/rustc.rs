//! rustc's places: lines end at `\n` alone, lines and columns are 1-based, columns count characters.

use std::ops::Range;

use ropey::Rope;

use super::CharOffset;
use crate::diagnostics::{Position, Span};

/// Where each of rustc's lines starts in one text.
#[derive(Clone, Debug)]
pub struct RustcLines {
    starts: Vec<usize>,
    length: usize,
}

impl RustcLines {
    /// Looks through all of `text` once.
    pub fn new(text: &Rope) -> Self {
        let mut starts = vec![0];
        let mut passed = 0;
        for chunk in text.chunks() {
            starts
                .extend(chunk.chars().enumerate().filter(|(_, c)| *c == '\n').map(|(at, _)| passed + at + 1));
            passed += chunk.chars().count();
        }
        Self { starts, length: passed }
    }

    /// Where `position` lies; one that does not exist is the end of its line or of the text.
    pub fn offset(&self, position: Position) -> CharOffset {
        let line = (position.line as usize).saturating_sub(1);
        let Some(start) = self.starts.get(line) else { return CharOffset(self.length) };
        let end = self.starts.get(line + 1).map_or(self.length, |next| next - 1);
        CharOffset((start + (position.column as usize).saturating_sub(1)).min(end))
    }

    /// The stretch that `span` covers.
    pub fn range(&self, span: &Span) -> Range<CharOffset> {
        let (start, end) = (self.offset(span.start), self.offset(span.end));
        start..end.max(start)
    }
}
