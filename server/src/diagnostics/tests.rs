//! rustc's messages, as rustc 1.95 wrote them for the sources in `fixtures/`, against what an editor shall show.

use std::path::{Path, PathBuf};

use super::book::Book;
use super::from_rustc::{Mapped, Unplaced, diagnostics};
use super::*;

/// All that rustc said about `fixtures/<name>.rs`.
fn mapped(name: &str) -> Mapped {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/diagnostics/fixtures/{name}.json"));
    let lines = std::fs::read_to_string(path).expect("a fixture");
    let mut all = Mapped::default();
    for line in lines.lines() {
        let message = serde_json::from_str(line).expect("rustc's JSON");
        let mapped = diagnostics(&message, Path::new("/game"));
        all.placed.extend(mapped.placed);
        all.unplaced.extend(mapped.unplaced);
    }
    all
}

fn place(span: &Span) -> String {
    let path = span.path.strip_prefix("/game").unwrap_or(&span.path).display();
    format!("{path}:{}:{}-{}:{}", span.start.line, span.start.column, span.end.line, span.end.column)
}

/// Everything but `rendered`, in lines that a reader can check against the source.
fn picture(mapped: &Mapped) -> String {
    let mut lines = Vec::new();
    for diagnostic in &mapped.placed {
        lines.push(format!("{} {:?} {:?}", place(&diagnostic.span), diagnostic.severity, diagnostic.tags));
        lines.push(format!("  {}", diagnostic.message.replace('\n', "\n  ")));
        let code = diagnostic.code.iter();
        lines.extend(
            code.map(|code| format!("  code {} {}", code.value, code.href.as_deref().unwrap_or("-"))),
        );
        let related = diagnostic.related.iter();
        lines.extend(related.map(|related| format!("  see {} {}", place(&related.span), related.message)));
        for fix in &diagnostic.fixes {
            lines.push(format!("  fix {:?}{}", fix.title, if fix.preferred { " (preferred)" } else { "" }));
            lines.extend(fix.edits.iter().map(|edit| format!("    {} {:?}", place(&edit.span), edit.text)));
        }
    }
    lines.extend(
        mapped
            .unplaced
            .iter()
            .map(|unplaced| format!("unplaced {:?} {}", unplaced.severity, unplaced.message)),
    );
    lines.join("\n")
}

macro_rules! pictures {
    ($($name:ident)*) => {
        $(#[test] fn $name() { insta::assert_snapshot!(picture(&mapped(stringify!($name)))); })*
    };
}

pictures! { borrow imports lints macros mismatch multipart syntax trait_impl }

#[test]
fn the_rendering_has_no_colours() {
    let mismatch = mapped("mismatch").placed.remove(0);
    let rendered = mismatch.rendered.expect("a rendering");
    assert!(rendered.starts_with("error[E0308]: mismatched types\n"), "{rendered:?}");
    assert!(!rendered.contains('\u{1b}'), "{rendered:?}");
}

#[test]
fn a_message_without_a_place_is_given_apart() {
    let message = serde_json::json!({
        "message": "linking with `cc` failed: exit status: 1", "code": null, "level": "error", "spans": [],
        "children": [{"message": "undefined symbol: spawn", "code": null, "level": "note", "spans": [], "children": [], "rendered": null}],
        "rendered": null,
    });
    let mapped = diagnostics(&serde_json::from_value(message).expect("a message"), Path::new("/game"));
    let unplaced = Unplaced {
        severity: Severity::Error,
        code: None,
        message: "linking with `cc` failed: exit status: 1\nnote: undefined symbol: spawn".to_owned(),
        rendered: None,
    };
    assert_eq!(mapped, Mapped { placed: Vec::new(), unplaced: vec![unplaced] });
}

#[test]
fn suggestions_for_one_place_are_alternatives() {
    let span = |text: &str| {
        serde_json::json!({
            "file_name": "src/lib.rs", "byte_start": 0, "byte_end": 0, "line_start": 1, "line_end": 1,
            "column_start": 1, "column_end": 1, "is_primary": true, "text": [], "label": null,
            "suggested_replacement": text, "suggestion_applicability": "MachineApplicable", "expansion": null,
        })
    };
    let message = serde_json::json!({
        "message": "cannot find type `Map`", "code": null, "level": "error", "spans": [span("")], "rendered": null,
        "children": [{"message": "consider importing one of these", "code": null, "level": "help", "rendered": null,
            "spans": [span("use a::Map;\n"), span("use b::Map;\n")], "children": []}],
    });
    let mapped = diagnostics(&serde_json::from_value(message).expect("a message"), Path::new("/game"));
    let fixes: Vec<_> =
        mapped.placed[0].fixes.iter().map(|fix| (fix.title.as_str(), fix.preferred)).collect();
    let expected = [
        ("consider importing one of these: `use a::Map;`", false),
        ("consider importing one of these: `use b::Map;`", false),
    ];
    assert_eq!(fixes, expected);
}

fn error(file: &str, line: u32, message: &str) -> Diagnostic {
    let position = Position { line, column: 1 };
    Diagnostic {
        source: Source::Build,
        severity: Severity::Error,
        code: None,
        message: message.to_owned(),
        span: Span { path: PathBuf::from(file), start: position, end: position },
        related: Vec::new(),
        fixes: Vec::new(),
        seen: Default::default(),
        commands: vec![],
        tags: Vec::new(),
        rendered: None,
    }
}

fn changes(changes: Vec<book::FileDiagnostics>) -> Vec<(String, Vec<String>)> {
    let messages = |list: Vec<Diagnostic>| list.into_iter().map(|diagnostic| diagnostic.message).collect();
    changes.into_iter().map(|(path, list)| (path.display().to_string(), messages(list))).collect()
}

fn expect(changes_: Vec<book::FileDiagnostics>, expected: &[(&str, &[&str])]) {
    let expected: Vec<(String, Vec<String>)> = expected
        .iter()
        .map(|(path, list)| ((*path).to_owned(), list.iter().map(|message| (*message).to_owned()).collect()))
        .collect();
    assert_eq!(changes(changes_), expected);
}

#[test]
fn an_error_that_stays_is_not_sent_again() {
    let mut book = Book::default();
    expect(
        book.replace("a", vec![error("/x.rs", 1, "one"), error("/y.rs", 1, "two")]),
        &[("/x.rs", &["one"]), ("/y.rs", &["two"])],
    );
    expect(book.replace("a", vec![error("/x.rs", 1, "one")]), &[("/y.rs", &[])]);
    expect(book.replace("a", vec![]), &[("/x.rs", &[])]);
}

#[test]
fn what_two_libraries_say_alike_is_shown_once_until_both_take_it_back() {
    let mut book = Book::default();
    expect(book.replace("a", vec![error("/x.rs", 1, "one")]), &[("/x.rs", &["one"])]);
    expect(book.replace("b", vec![error("/x.rs", 1, "one")]), &[]);
    expect(book.remove("a"), &[]);
    expect(book.replace("b", vec![]), &[("/x.rs", &[])]);
}

#[test]
fn a_running_build_adds_at_once_and_takes_back_at_its_end() {
    let mut book = Book::default();
    book.replace("a", vec![error("/x.rs", 1, "old"), error("/x.rs", 2, "stays")]);
    expect(book.start("a"), &[]);
    expect(book.add("a", vec![error("/x.rs", 2, "stays")]), &[]);
    expect(book.add("a", vec![error("/x.rs", 3, "new")]), &[("/x.rs", &["old", "stays", "new"])]);
    expect(book.finish("a"), &[("/x.rs", &["stays", "new"])]);
}

#[test]
fn a_build_that_was_ended_early_does_not_count() {
    let mut book = Book::default();
    book.replace("a", vec![error("/x.rs", 1, "old")]);
    book.start("a");
    book.add("a", vec![error("/x.rs", 3, "new")]);
    expect(book.abandon("a"), &[("/x.rs", &["old"])]);
}

#[test]
fn a_build_does_not_take_back_a_fault() {
    let mut book = Book::default();
    let fault = Diagnostic { source: Source::Run, ..error("/x.rs", 9, "panicked") };
    expect(book.set_faults("a", vec![fault]), &[("/x.rs", &["panicked"])]);
    expect(book.replace("a", vec![]), &[]);
    expect(book.set_faults("a", vec![]), &[("/x.rs", &[])]);
}
