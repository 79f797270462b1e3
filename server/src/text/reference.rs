//! What edits do, on a plain string: what the buffers are held against, by tests and by the fuzz target `edits`.

use super::{Change, Encoding, LspPosition};

/// LSP's lines, without their ends, each with the byte where it starts.
pub(super) fn reference_lines(text: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut rest = text;
    while let Some(end) = rest.find(['\n', '\r']) {
        lines.push((start, &rest[..end]));
        let width = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        start += end + width;
        rest = &text[start..];
    }
    lines.push((start, rest));
    lines
}

pub(super) fn reference_units(encoding: Encoding, c: char) -> usize {
    match encoding {
        Encoding::Utf8 => c.len_utf8(),
        Encoding::Utf16 => c.len_utf16(),
        Encoding::Utf32 => 1,
    }
}

fn reference_byte(text: &str, encoding: Encoding, position: LspPosition) -> usize {
    let lines = reference_lines(text);
    let Some((start, line)) = lines.get(position.line as usize) else { return text.len() };
    let mut units = 0;
    for (at, c) in line.char_indices() {
        units += reference_units(encoding, c);
        if units > position.column as usize {
            return start + at;
        }
    }
    start + line.len()
}

pub(super) fn reference_apply(text: &mut String, change: &Change, encoding: Encoding) {
    match change.range {
        None => text.clone_from(&change.text),
        Some(range) => {
            let one = reference_byte(text, encoding, range.start);
            let other = reference_byte(text, encoding, range.end);
            text.replace_range(one.min(other)..one.max(other), &change.text);
        }
    }
}
