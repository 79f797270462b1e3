//! LSP positions: lines as LSP ends them, columns in the encoding that the client and the server agreed on.

use ropey::{Rope, RopeSlice};

use super::CharOffset;

/// What a column counts (LSP's `PositionEncodingKind`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: what LSP means when nothing was agreed on.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

/// A place as LSP names it: zero-based line and column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LspPosition {
    /// Zero-based; a line ends at `\n`, `\r\n` or `\r`.
    pub line: u32,
    /// Zero-based, in units of the [`Encoding`].
    pub column: u32,
}

/// From a place up to, and without, another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LspRange {
    /// First.
    pub start: LspPosition,
    /// Behind the last.
    pub end: LspPosition,
}

impl Encoding {
    /// Where `position` lies in `text`. LSP's rule for places that do not exist: a column behind the line's
    /// end is the line's end. A line behind the last is the text's end, a column inside a character is that
    /// character's start.
    pub fn offset(self, text: &Rope, position: LspPosition) -> CharOffset {
        let line = position.line as usize;
        if line >= text.len_lines() {
            return CharOffset(text.len_chars());
        }
        let content = without_line_end(text.line(line));
        CharOffset(text.line_to_char(line) + self.chars_before(content, position.column as usize))
    }

    /// The LSP name of a place; one behind the text's end is the text's end, one inside `\r\n` is before it.
    pub fn position(self, text: &Rope, offset: CharOffset) -> LspPosition {
        let offset = offset.0.min(text.len_chars());
        let line = text.char_to_line(offset);
        let content = without_line_end(text.line(line));
        let column = (offset - text.line_to_char(line)).min(content.len_chars());
        LspPosition { line: saturate(line), column: saturate(self.units_before(content, column)) }
    }

    fn chars_before(self, line: RopeSlice<'_>, units: usize) -> usize {
        match self {
            Self::Utf8 => line.byte_to_char(units.min(line.len_bytes())),
            Self::Utf16 => line.utf16_cu_to_char(units.min(line.len_utf16_cu())),
            Self::Utf32 => units.min(line.len_chars()),
        }
    }

    fn units_before(self, line: RopeSlice<'_>, chars: usize) -> usize {
        match self {
            Self::Utf8 => line.char_to_byte(chars),
            Self::Utf16 => line.char_to_utf16_cu(chars),
            Self::Utf32 => chars,
        }
    }
}

fn without_line_end(line: RopeSlice<'_>) -> RopeSlice<'_> {
    let ends = line.chars_at(line.len_chars()).reversed().take(2).take_while(|c| matches!(c, '\n' | '\r'));
    let mut count = 0;
    let mut last = None;
    for c in ends {
        // `\r\r` are two lines' ends and cannot be one line's; only `\r\n` is longer than one character.
        if last.is_none() || (last == Some('\n') && c == '\r') {
            count += 1;
        }
        last = Some(c);
    }
    line.slice(..line.len_chars() - count)
}

fn saturate(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
