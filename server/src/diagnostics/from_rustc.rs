//! From one message of rustc's (`--error-format=json`) to diagnostics, without looking at any file.

use std::path::Path;

use cargo_metadata::diagnostic::{Diagnostic as Message, DiagnosticLevel, DiagnosticSpan};

use super::places::{self, Place};
use super::{Code, Diagnostic, Related, Severity, Source, Tag, lints, suggestions};

/// What one message comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// One per primary span, in rustc's order.
    pub placed: Vec<Diagnostic>,
    /// The message, if it names no place: the caller decides where it is shown.
    pub unplaced: Vec<Unplaced>,
}

/// A message without a place: a linker's failure, a missing crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// How bad it is.
    pub severity: Severity,
    /// Its code and where that is explained.
    pub code: Option<Code>,
    /// The message, its children as further lines.
    pub message: String,
    /// rustc's own rendering, without colours.
    pub rendered: Option<String>,
    /// Whether rustc named places, none of which can be opened.
    pub had_place: bool,
}

impl Unplaced {
    /// At the first character of a file.
    pub fn at_file(self, path: &Path) -> Diagnostic {
        let Self { severity, code, message, rendered, .. } = self;
        Diagnostic { code, rendered, ..super::at_file(path, severity, message) }
    }
}

/// Maps `message`, which a rustc that ran in the absolute directory `cwd` wrote.
pub fn diagnostics(message: &Message, cwd: &Path) -> Mapped {
    if is_tally(message) {
        return Mapped::default();
    }
    let common = Common::new(message, cwd);
    let mut placed: Vec<Diagnostic> = Vec::new();
    for span in message.spans.iter().filter(|span| span.is_primary && places::is_shown(span, cwd)) {
        let diagnostic = common.at(span);
        // A macro that names its argument twice gives two spans at one call.
        if !placed.iter().any(|other| other.span == diagnostic.span && other.message == diagnostic.message) {
            placed.push(diagnostic);
        }
    }
    let unplaced = if placed.is_empty() { vec![common.unplaced()] } else { Vec::new() };
    Mapped { placed, unplaced }
}

/// Whether it only counts or explains what other messages said.
pub(super) fn is_tally(message: &Message) -> bool {
    let text = &message.message;
    let counts = text.starts_with("aborting due to ")
        || text.ends_with(" warning emitted")
        || text.ends_with(" warnings emitted");
    message.level == DiagnosticLevel::FailureNote || (message.spans.is_empty() && counts)
}

/// What the diagnostics of one message share.
struct Common<'a> {
    message: &'a Message,
    cwd: &'a Path,
    severity: Severity,
    code: Option<Code>,
    lines: Vec<String>,
    related: Vec<Related>,
    rendered: Option<String>,
}

impl<'a> Common<'a> {
    fn new(message: &'a Message, cwd: &'a Path) -> Self {
        let mut common = Self {
            message,
            cwd,
            severity: severity(message.level),
            code: code(message),
            lines: Vec::new(),
            related: Vec::new(),
            rendered: message.rendered.as_deref().map(plain),
        };
        common.add_secondary_spans();
        for child in message.children.iter().filter(|child| !is_command_line(message, child)) {
            common.add_child(child);
        }
        common
    }

    fn add_secondary_spans(&mut self) {
        for span in self.message.spans.iter().filter(|span| !span.is_primary) {
            if let Some(label) = span.label.as_deref().filter(|label| !label.is_empty()) {
                self.related
                    .push(Related { span: places::of(span, self.cwd).span, message: label.to_owned() });
            }
        }
    }

    fn add_child(&mut self, child: &Message) {
        let text = format!("{}: {}", level_name(child.level), child.message);
        let others = child.spans.iter().filter(|span| span.suggested_replacement.is_none());
        let suggestions = suggestions::alternatives(&child.spans);
        let told = others.filter_map(|span| Some((span, said_at(span, child, &text)?)));
        let suggested = suggestions.iter().map(|parts| (parts[0], with_replacement(&text, parts)));
        let places: Vec<_> = told.chain(suggested).filter(|(span, _)| places::is_source(span)).collect();
        if places.is_empty() {
            self.lines.push(text.clone());
            // Places in std that nobody can open; what is said of them can still be read.
            let labels = child.spans.iter().filter_map(|span| span.label.as_deref());
            self.lines.extend(labels.filter(|label| !label.is_empty()).map(|label| format!("  {label}")));
        }
        for (span, message) in places {
            self.related.push(Related { span: places::of(span, self.cwd).span, message });
        }
    }

    fn at(&self, span: &DiagnosticSpan) -> Diagnostic {
        let place = places::of(span, self.cwd);
        Diagnostic {
            source: Source::Build,
            severity: self.severity,
            code: self.code.clone(),
            message: self.text(span.label.as_deref()),
            related: self.related_to(span, &place),
            span: place.span,
            fixes: suggestions::fixes(self.message, self.cwd),
            commands: Vec::new(),
            seen: Default::default(),
            tags: tags(self.code.as_ref()),
            rendered: self.rendered.clone(),
        }
    }

    /// The message, the primary span's label if it says more, and the children's lines.
    fn text(&self, label: Option<&str>) -> String {
        let message = &self.message.message;
        let crash = (self.message.level == DiagnosticLevel::Ice).then_some("internal compiler error");
        let is_told = |label: &&str| {
            label.is_empty() || message.contains(label) || self.lines.iter().any(|line| line.contains(label))
        };
        let label = label.filter(|label| !is_told(label));
        let lines = self.lines.iter().map(String::as_str);
        let first = crash.map_or_else(|| message.clone(), |crash| format!("{crash}: {message}"));
        std::iter::once(first.as_str()).chain(label).chain(lines).collect::<Vec<_>>().join("\n")
    }

    fn related_to(&self, span: &DiagnosticSpan, place: &Place) -> Vec<Related> {
        let others =
            self.message.spans.iter().filter(|other| other.is_primary && !std::ptr::eq(*other, span));
        let others = others.filter_map(|other| {
            let message = other.label.clone().unwrap_or_else(|| self.message.message.clone());
            let span = places::of(other, self.cwd).span;
            (span != place.span).then_some(Related { span, message })
        });
        let expansion = place.expansion.iter().cloned();
        expansion.chain(others).chain(self.related.iter().cloned()).collect()
    }

    fn unplaced(self) -> Unplaced {
        let message = self.text(None);
        let had_place = self.message.spans.iter().any(|span| span.is_primary);
        Unplaced { severity: self.severity, code: self.code, message, rendered: self.rendered, had_place }
    }
}

/// The linker's whole command line, which is longer than all that it says. `rendered` has it.
fn is_command_line(message: &Message, child: &Message) -> bool {
    let text = child.message.trim_start();
    let is_call =
        text.contains("\" \"") && (text.starts_with('"') || text.starts_with("env ") || text.contains("=\""));
    message.message.starts_with("linking with `")
        && (is_call || text.starts_with("some arguments are omitted"))
}

/// What is said at one of a child's places: the child's message at those that it is about, a label at others.
fn said_at(span: &DiagnosticSpan, child: &Message, text: &str) -> Option<String> {
    if span.is_primary || !child.spans.iter().any(|span| span.is_primary) {
        return Some(text.to_owned());
    }
    span.label.clone().filter(|label| !label.is_empty())
}

fn with_replacement(text: &str, parts: &[&DiagnosticSpan]) -> String {
    match parts {
        [part] if !suggestions::replacement(part).is_empty() => {
            format!("{text}: `{}`", suggestions::replacement(part))
        }
        _ => text.to_owned(),
    }
}

fn severity(level: DiagnosticLevel) -> Severity {
    match level {
        DiagnosticLevel::Warning => Severity::Warning,
        DiagnosticLevel::Note | DiagnosticLevel::FailureNote => Severity::Information,
        DiagnosticLevel::Help => Severity::Hint,
        _ => Severity::Error,
    }
}

fn level_name(level: DiagnosticLevel) -> &'static str {
    match level {
        DiagnosticLevel::Warning => "warning",
        DiagnosticLevel::Note | DiagnosticLevel::FailureNote => "note",
        DiagnosticLevel::Help => "help",
        _ => "error",
    }
}

fn code(message: &Message) -> Option<Code> {
    let value = message.code.as_ref()?.code.clone();
    Some(Code { href: href(&value, message), value })
}

fn href(code: &str, message: &Message) -> Option<String> {
    if is_error_code(code) {
        return Some(format!("https://doc.rust-lang.org/error-index.html#{code}"));
    }
    if let Some(lint) = code.strip_prefix("clippy::") {
        let page = message.children.iter().find_map(|child| link_in(&child.message));
        let index = || format!("https://rust-lang.github.io/rust-clippy/stable/index.html#{lint}");
        return Some(page.unwrap_or_else(index));
    }
    if !code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let (page, lint) = (lints::page(code, default_level(code, message)), code.replace('_', "-"));
    Some(format!("https://doc.rust-lang.org/rustc/lints/listing/{page}.html#{lint}"))
}

fn is_error_code(code: &str) -> bool {
    code.strip_prefix('E')
        .is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn link_in(text: &str) -> Option<String> {
    let start = text.find("https://rust-lang.github.io/rust-clippy/")?;
    text[start..].split_whitespace().next().map(str::to_owned)
}

/// A lint's level by default, where rustc says it: once per build.
fn default_level(lint: &str, message: &Message) -> Option<&'static str> {
    let mut notes =
        message.children.iter().map(|child| child.message.as_str()).filter(|note| is_default_level(note));
    let note = notes.find(|note| note.contains(&format!("({lint})]`")))?;
    ["deny", "forbid", "warn"].into_iter().find(|level| note.starts_with(&format!("`#[{level}(")))
}

/// Whether a note only says at which level a lint is by default. rustc adds it to the first message of each lint.
pub(super) fn is_default_level(note: &str) -> bool {
    note.starts_with("`#[") && note.ends_with("on by default")
}

fn tags(code: Option<&Code>) -> Vec<Tag> {
    match code.map(|code| code.value.as_str()) {
        Some("deprecated" | "deprecated_in_future") => vec![Tag::Deprecated],
        Some(
            "dead_code"
            | "path_statements"
            | "redundant_imports"
            | "redundant_semicolons"
            | "unreachable_code"
            | "unreachable_patterns",
        ) => vec![Tag::Unnecessary],
        // These are about something that is missing, or that is always true.
        Some("unused_must_use" | "unused_results" | "unused_comparisons") => Vec::new(),
        Some(lint) if lint.starts_with("unused_") => vec![Tag::Unnecessary],
        _ => Vec::new(),
    }
}

/// Without the escape sequences of `diagnostic-rendered-ansi`.
fn plain(rendered: &str) -> String {
    anstream::adapter::strip_str(rendered).to_string()
}
