//! rustc's messages, as rustc 1.95 wrote them for the sources in `fixtures/`, against what an editor shall show.

use std::path::{Path, PathBuf};

use super::book::Book;
use super::crash::Crash;
use super::from_rustc::{Mapped, Unplaced, diagnostics};
use super::mapper::Mapper;
use super::*;

/// All that rustc said about `fixtures/<name>.rs`.
fn mapped(name: &str) -> Mapped {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/diagnostics/fixtures/{name}.json"));
    let lines = std::fs::read_to_string(path).expect("a fixture");
    let (mut all, mut mapper) = (Mapped::default(), Mapper::default());
    // A compiler's panic writes plain lines between.
    for message in lines.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        let mapped = mapper.map(&message, Path::new("/game"));
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

pictures! {
    borrow imports lints macros mismatch multipart syntax trait_impl bounds levels choices columns api_macro
    dependency_macro dependency_const proc_macros out_dir native ice
}

#[test]
fn a_crash_is_told_with_its_report() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnostics/fixtures/ice.json");
    let mut crash = Crash::default();
    assert_eq!(crash.message(), None);
    let lines = std::fs::read_to_string(path).expect("a fixture");
    lines.lines().filter(|line| !line.starts_with('{')).for_each(|line| crash.hear(line));
    insta::assert_snapshot!(crash.message().expect("a crash"));
}

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
        had_place: false,
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

#[test]
fn only_what_the_user_writes_is_mended() {
    let fixes = |file: &str, applicability: &str, text: &str| {
        let span = serde_json::json!({
            "file_name": file, "byte_start": 0, "byte_end": 0, "line_start": 1, "line_end": 1,
            "column_start": 1, "column_end": 1, "is_primary": true, "text": [], "label": null,
            "suggested_replacement": text, "suggestion_applicability": applicability, "expansion": null,
        });
        let message = serde_json::json!({
            "message": "m", "code": null, "level": "error", "spans": [], "rendered": null,
            "children": [{"message": "do this", "code": null, "level": "help", "rendered": null,
                "spans": [span], "children": []}],
        });
        let message = serde_json::from_value(message).expect("a message");
        suggestions::fixes(&message, Path::new("/game")).len()
    };
    assert_eq!(fixes("src/lib.rs", "MachineApplicable", "x"), 1);
    assert_eq!(fixes("../engine/src/lib.rs", "MaybeIncorrect", "x"), 1);
    assert_eq!(fixes("src/lib.rs", "HasPlaceholders", concat!("_ => to", "do!()")), 1);
    assert_eq!(fixes("src/lib.rs", "HasPlaceholders", "(1, /* &str */)"), 0);
    assert_eq!(fixes("src/lib.rs", "Unspecified", "x"), 0);
    for foreign in [
        "/home/user/.cargo/registry/src/index/sparks-1.0.0/src/lib.rs",
        "/home/user/.cargo/git/checkouts/sparks-1/2/src/lib.rs",
        "/home/user/.rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/panic.rs",
        "/rustc/59807616e1fa/library/core/src/panic.rs",
        "/game/target/debug/build/scripts-1/out/levels.rs",
        "<anon>",
    ] {
        assert_eq!(fixes(foreign, "MachineApplicable", "x"), 0, "{foreign}");
    }
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
fn where_a_lint_came_up_first_does_not_make_it_another() {
    let level = "note: `#[warn(unused_variables)]` (part of `#[warn(unused)]`) on by default";
    let first = error("/shared.rs", 1, &format!("unused variable: `x`\n{level}"));
    let later =
        Diagnostic { rendered: Some("warning".to_owned()), ..error("/shared.rs", 1, "unused variable: `x`") };
    let mut book = Book::default();
    let shown = [first.message.as_str()];
    expect(book.replace("a", vec![first.clone()]), &[("/shared.rs", &shown)]);
    expect(book.replace("b", vec![later]), &[]);
    let other = error("/shared.rs", 1, "unused variable: `y`");
    expect(book.replace("c", vec![other]), &[("/shared.rs", &[shown[0], "unused variable: `y`"])]);
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
