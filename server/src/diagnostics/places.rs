//! Where a span of rustc's is shown, macros looked through.

use std::path::{Component, Path, PathBuf};

use cargo_metadata::diagnostic::DiagnosticSpan;

use super::{Position, Related, Span};

/// Where something is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// A stretch of a file that its reader can edit, if there is one.
    pub(super) span: Span,
    /// Where macros led from there, outermost first.
    pub(super) expansion: Vec<Related>,
}

/// The place of a span: in a macro, the outermost call in the workspace, and how it was expanded.
pub(super) fn of(span: &DiagnosticSpan, cwd: &Path) -> Place {
    let layers = layers(span);
    let shown = shown(&layers, cwd);
    let inner = layers[..shown].iter().rev().filter(|layer| is_source(layer));
    let place = location(layers[shown], cwd);
    let mut expansion: Vec<Related> = Vec::new();
    for (depth, layer) in inner.enumerate() {
        let span = location(layer, cwd);
        if span != place && expansion.last().is_none_or(|last| last.span != span) {
            expansion.push(Related { span, message: expansion_message(depth + 1 == shown).to_owned() });
        }
    }
    Place { span: place, expansion }
}

fn expansion_message(is_innermost: bool) -> &'static str {
    if is_innermost { "the error is in this part of the macro" } else { "in this macro call" }
}

/// Whether the span names a file that can be opened: not `<anon>`, and not a path of the machine that built std.
pub(super) fn is_source(span: &DiagnosticSpan) -> bool {
    !span.file_name.starts_with('<') && !span.file_name.starts_with("/rustc/")
}

/// Whether the place of a span can be opened.
pub(super) fn is_shown(span: &DiagnosticSpan, cwd: &Path) -> bool {
    let layers = layers(span);
    is_source(layers[shown(&layers, cwd)])
}

/// Whether a file is the user's to edit: neither a dependency's, nor std's, nor written by a build script.
pub(super) fn is_users(path: &Path) -> bool {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let has = |one: &str, other: &str| parts.windows(2).any(|pair| pair[0] == one && pair[1] == other);
    let is_written =
        parts.windows(4).any(|four| four[0] == "build" && four[1..].iter().any(|part| part == "out"));
    !(has("registry", "src") || has("git", "checkouts") || has("rustlib", "src") || is_written)
}

/// The stretch itself, its path absolute.
pub(super) fn location(span: &DiagnosticSpan, cwd: &Path) -> Span {
    let position = |line: usize, column: usize| Position { line: number(line), column: number(column) };
    Span {
        path: absolute(&span.file_name, cwd),
        start: position(span.line_start, span.column_start),
        end: position(span.line_end, span.column_end),
    }
}

/// The span, the macro call that it came from, the call that that came from, and so on.
fn layers(span: &DiagnosticSpan) -> Vec<&DiagnosticSpan> {
    let mut layers = vec![span];
    let mut outer = span;
    while let Some(expansion) = &outer.expansion {
        outer = &expansion.span;
        layers.push(outer);
    }
    layers
}

/// Which layer is shown. `name!(…)` is shown at its outermost call in the workspace. The code that `#[derive(…)]`
/// and `#[attribute]` write borrows the spans of the item below them: that is what the user wrote, so it is shown.
fn shown(layers: &[&DiagnosticSpan], cwd: &Path) -> usize {
    let in_workspace =
        |layer: &&DiagnosticSpan| is_source(layer) && absolute(&layer.file_name, cwd).starts_with(cwd);
    let Some(mut shown) = layers.iter().rposition(in_workspace) else {
        return layers.iter().rposition(|layer| is_source(layer)).unwrap_or(layers.len() - 1);
    };
    while shown > 0 && is_attribute(layers[shown - 1]) && in_workspace(&layers[shown - 1]) {
        shown -= 1;
    }
    shown
}

fn is_attribute(expanded: &DiagnosticSpan) -> bool {
    expanded.expansion.as_ref().is_some_and(|expansion| expansion.macro_decl_name.starts_with("#["))
}

fn absolute(file: &str, cwd: &Path) -> PathBuf {
    let mut path = PathBuf::new();
    for part in cwd.join(file).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => _ = path.pop(),
            part => path.push(part),
        }
    }
    path
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
