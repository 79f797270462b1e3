//! Diagnostics in LSP's words, at the places where their text is now.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use ropey::Rope;
use serde_json::json;
use tower_lsp::ls_types::{
    CodeDescription, Diagnostic as LspDiagnostic, DiagnosticRelatedInformation, DiagnosticSeverity,
    DiagnosticTag, Location, NumberOrString, Position as LspTypesPosition, Range, Uri,
};

use super::documents::{Basis, Documents};
use super::initialize::Capabilities;
use crate::diagnostics::{Diagnostic, Position, Severity, Source, Span, Tag};
use crate::hash::Hash;
use crate::text::{CharOffset, Encoding, LspPosition, LspRange, Shifted, Version};

/// Where a span is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    /// The file.
    pub(super) uri: Uri,
    /// The file's version, if it is open.
    pub(super) version: Option<Version>,
    /// The stretch.
    pub(super) range: Range,
    /// Whether it holds the text that the build saw there.
    pub(super) is_untouched: bool,
}

/// Finds spans of one build in the texts of now.
pub(super) struct Locator<'a> {
    documents: &'a mut Documents,
    encoding: Encoding,
    bases: HashMap<PathBuf, Option<Basis>>,
}

impl<'a> Locator<'a> {
    /// For builds that saw what is saved now.
    pub(super) fn new(documents: &'a mut Documents, encoding: Encoding) -> Self {
        Self { documents, encoding, bases: HashMap::new() }
    }

    /// From here on, spans in the file `path` are of a build that saw this text of it.
    pub(super) fn set_basis(&mut self, path: &Path, basis: Option<Basis>) {
        self.bases.insert(path.to_owned(), basis);
    }

    /// From here on, spans in these files are of code that was built from these texts, as far as they are known.
    pub(super) fn set_earlier(&mut self, seen: &BTreeMap<PathBuf, Hash>) {
        for (path, hash) in seen {
            let path = self.documents.known_as(path.clone());
            if let Some(basis) = self.documents.earlier(&path, hash) {
                self.bases.insert(path, Some(basis));
            }
        }
    }

    /// From here on, spans are of what is on the disk.
    pub(super) fn forget(&mut self) {
        self.bases.clear();
    }

    /// Where `span` is now; `None` if its path has no URI.
    pub(super) fn locate(&mut self, span: &Span) -> Option<Located> {
        let path = self.documents.known_as(span.path.clone());
        let uri = self.documents.uri(&path)?;
        let version = self.documents.version(&path);
        let (range, is_untouched) = self.range(&path, span).unwrap_or((raw_range(span), false));
        Some(Located { uri, version, range, is_untouched })
    }

    fn range(&mut self, path: &Path, span: &Span) -> Option<(Range, bool)> {
        if !self.bases.contains_key(path) {
            let basis = self.documents.basis(path, None);
            self.bases.insert(path.to_owned(), basis);
        }
        let text = self.documents.text(path)?;
        let basis = self.bases.get(path)?.as_ref()?;
        let Shifted { range, untouched } = basis.shift.range(basis.lines.range(span));
        Some((to_range(self.encoding, &text, range), untouched))
    }
}

/// A diagnostic as this editor can show it.
pub(super) fn diagnostic(
    diagnostic: &Diagnostic,
    locator: &mut Locator<'_>,
    client: &Capabilities,
) -> Option<LspDiagnostic> {
    let located = locator.locate(&diagnostic.span)?;
    let code = diagnostic.code.as_ref();
    let link = code.filter(|_| client.code_descriptions).and_then(|code| code.href.as_deref()?.parse().ok());
    let data = diagnostic.rendered.as_ref().filter(|_| client.data);
    Some(LspDiagnostic {
        range: located.range,
        severity: Some(severity(diagnostic.severity)),
        code: code.map(|code| NumberOrString::String(code.value.clone())),
        code_description: link.map(|href| CodeDescription { href }),
        source: Some(source(diagnostic.source).to_owned()),
        message: message(diagnostic, locator, client),
        related_information: related(diagnostic, locator).filter(|_| client.related_information),
        tags: tags(&diagnostic.tags, &client.tags),
        data: data.map(|rendered| json!({ "rendered": rendered })),
    })
}

/// Its text. An editor that shows no other places with it is told of them in further lines.
pub(super) fn message(diagnostic: &Diagnostic, locator: &mut Locator<'_>, client: &Capabilities) -> String {
    let mut text = diagnostic.message.clone();
    if client.related_information {
        return text;
    }
    for related in &diagnostic.related {
        let Some(located) = locator.locate(&related.span) else { continue };
        let file = related.span.path.file_name().unwrap_or_default().to_string_lossy();
        let Position { line, column } = one_based(located.range.start);
        text.push_str(&format!("\n{file}:{line}:{column}: {}", related.message));
    }
    text
}

/// As people and most editors' command lines count.
fn one_based(place: LspTypesPosition) -> Position {
    Position { line: place.line.saturating_add(1), column: place.character.saturating_add(1) }
}

fn related(diagnostic: &Diagnostic, locator: &mut Locator<'_>) -> Option<Vec<DiagnosticRelatedInformation>> {
    let mut places = Vec::new();
    for related in &diagnostic.related {
        let Some(Located { uri, range, .. }) = locator.locate(&related.span) else { continue };
        let location = Location { uri, range };
        places.push(DiagnosticRelatedInformation { location, message: related.message.clone() });
    }
    (!places.is_empty()).then_some(places)
}

fn tags(tags: &[Tag], known: &[DiagnosticTag]) -> Option<Vec<DiagnosticTag>> {
    let tag = |tag: &Tag| match tag {
        Tag::Unnecessary => DiagnosticTag::UNNECESSARY,
        Tag::Deprecated => DiagnosticTag::DEPRECATED,
    };
    let tags: Vec<_> = tags.iter().map(tag).filter(|tag| known.contains(tag)).collect();
    (!tags.is_empty()).then_some(tags)
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Information => DiagnosticSeverity::INFORMATION,
        Severity::Hint => DiagnosticSeverity::HINT,
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Build => "liveline",
        Source::Run => "liveline run",
        Source::Test => "liveline test",
    }
}

/// The nearest that can be said of a file that cannot be read.
fn raw_range(span: &Span) -> Range {
    let place = |position: Position| {
        LspTypesPosition::new(position.line.saturating_sub(1), position.column.saturating_sub(1))
    };
    Range { start: place(span.start), end: place(span.end) }
}

/// A stretch of a text, as the editor counts.
pub(super) fn to_range(encoding: Encoding, text: &Rope, range: std::ops::Range<CharOffset>) -> Range {
    let place = |offset| to_position(encoding.position(text, offset));
    Range { start: place(range.start), end: place(range.end) }
}

pub(super) fn to_position(position: LspPosition) -> LspTypesPosition {
    LspTypesPosition::new(position.line, position.column)
}

/// LSP's range as this crate counts.
pub(super) fn from_range(range: Range) -> LspRange {
    let place = |position: LspTypesPosition| LspPosition { line: position.line, column: position.character };
    LspRange { start: place(range.start), end: place(range.end) }
}
