//! Buffers, diagnostics and quick fixes in an editor that counts in its own way.

use liveline_protocol::engine::{Build, BuildState};
use serde_json::{Value, json};

use super::fixture::{Fixture, connected, range};
use crate::diagnostics::{Code, Diagnostic, Edit, Fix, Position, Related, Severity, Source, Span, Tag};
use crate::face::{FaceEvent, HubEvent};

const URI: &str = "file:///game/a%20b/gr%C3%B6%C3%9Fe.rs";
const PATH: &str = "/game/a b/größe.rs";
const TEXT: &str = "// 👾 größe\r\nfn f() { let größe = \"👾\"; x }\r\n";

fn span(line: u32, start: u32, end: u32) -> Span {
    let place = |column| Position { line, column };
    Span { path: PATH.into(), start: place(start), end: place(end) }
}

/// The `x` in [`TEXT`].
fn error() -> Diagnostic {
    Diagnostic {
        source: Source::Build,
        severity: Severity::Error,
        code: Some(Code {
            value: "E0425".to_owned(),
            href: Some("https://doc.rust-lang.org/error-index.html#E0425".to_owned()),
        }),
        message: "cannot find value `x`".to_owned(),
        span: span(2, 27, 28),
        related: vec![Related { span: span(2, 14, 19), message: "did you mean this?".to_owned() }],
        fixes: vec![Fix {
            title: "use `größe`".to_owned(),
            edits: vec![Edit { span: span(2, 27, 28), text: "größe".to_owned() }],
            preferred: true,
        }],
        tags: vec![Tag::Unnecessary],
        rendered: Some("error[E0425]".to_owned()),
        seen: Default::default(),
        commands: vec![],
    }
}

fn says(diagnostics: Vec<Diagnostic>) -> HubEvent {
    HubEvent::Diagnostics { path: PATH.into(), diagnostics, seen: None }
}

/// A server with [`TEXT`] open.
fn opened(capabilities: Value) -> Fixture {
    let mut server = Fixture::initialized(capabilities);
    server.open(URI, TEXT);
    assert_eq!(server.told(), FaceEvent::Opened { path: PATH.into(), text: TEXT.to_owned() });
    server
}

/// The hub has taken up what was edited, however often it was told.
fn edited(server: &mut Fixture, text: &str) {
    loop {
        match server.told() {
            FaceEvent::Edited { text: told, .. } if told == text => return,
            FaceEvent::Edited { .. } => {}
            other => panic!("unexpected: {other:?}"),
        }
    }
}

fn capable() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": true, "tagSupport": { "valueSet": [1, 2] }, "codeDescriptionSupport": true,
                "dataSupport": true, "versionSupport": true,
            },
            "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix"] } } },
        },
    })
}

#[test]
fn the_encoding_is_chosen_as_rust_analyzer_does() {
    for (offered, chosen) in [
        (json!(["utf-16", "utf-8"]), "utf-8"),
        (json!(["utf-32", "utf-8", "utf-16"]), "utf-32"),
        (json!(["utf-16"]), "utf-16"),
        (json!(null), "utf-16"),
    ] {
        let mut server = Fixture::start();
        let result = server.initialize(json!({ "general": { "positionEncodings": offered } }));
        assert_eq!(result["capabilities"]["positionEncoding"], chosen);
    }
}

#[test]
fn columns_are_counted_in_the_encoding_that_was_agreed_on() {
    for (encoding, column) in [("utf-8", 31), ("utf-16", 27), ("utf-32", 26)] {
        let mut server = opened(json!({ "general": { "positionEncodings": [encoding] } }));
        server.hub_says(says(vec![error()]));
        let shown = server.diagnostics(URI);
        assert_eq!(shown["diagnostics"][0]["range"], range((1, column), (1, column + 1)), "{encoding}");
        assert_eq!(shown["version"], 1);
    }
}

#[test]
fn everything_is_shown_to_an_editor_that_can_show_it() {
    let mut server = opened(capable());
    server.hub_says(says(vec![error()]));
    let expected = json!({
        "range": range((1, 31), (1, 32)),
        "severity": 1,
        "code": "E0425",
        "codeDescription": { "href": "https://doc.rust-lang.org/error-index.html#E0425" },
        "source": "liveline",
        "message": "cannot find value `x`",
        "relatedInformation": [{ "location": { "uri": URI, "range": range((1, 13), (1, 20)) }, "message": "did you mean this?" }],
        "tags": [1],
        "data": { "rendered": "error[E0425]" },
    });
    assert_eq!(server.diagnostics(URI)["diagnostics"], json!([expected]));
}

#[test]
fn an_editor_that_can_show_little_gets_little() {
    let mut server = opened(json!({}));
    server.hub_says(says(vec![Diagnostic { source: Source::Run, ..error() }]));
    let expected = json!({
        "range": range((1, 27), (1, 28)),
        "severity": 1,
        "code": "E0425",
        "source": "liveline run",
        // Such an editor has no other place for what belongs to it.
        "message": "cannot find value `x`\ngröße.rs:2:14: did you mean this?",
    });
    assert_eq!(server.diagnostics(URI)["diagnostics"], json!([expected]));
}

#[test]
fn diagnostics_of_saved_text_stand_right_in_text_that_was_edited_since() {
    let mut server = opened(capable());
    server.change(URI, 5, json!([{ "range": range((0, 0), (0, 0)), "text": "// 1\n// 2\n" }]));
    server.settle();
    server.hub_says(says(vec![error()]));
    let shown = server.diagnostics(URI);
    assert_eq!(shown["diagnostics"][0]["range"], range((3, 31), (3, 32)));
    assert_eq!(shown["version"], 5);
    edited(&mut server, &format!("// 1\n// 2\n{TEXT}"));
}

#[test]
fn diagnostics_move_with_the_text_when_typing_pauses() {
    let mut server = opened(capable());
    server.hub_says(says(vec![error()]));
    server.diagnostics(URI);
    server.change(URI, 2, json!([{ "range": range((1, 0), (1, 0)), "text": "pub " }]));
    edited(&mut server, &TEXT.replace("fn", "pub fn"));
    let shown = server.diagnostics(URI);
    assert_eq!(shown["diagnostics"][0]["range"], range((1, 35), (1, 36)));
    assert_eq!(shown["version"], 2);
    server.hub_says(says(vec![]));
    assert_eq!(server.diagnostics(URI)["diagnostics"], json!([]));
}

#[test]
fn a_save_is_told_at_once_after_the_text_that_was_saved() {
    let mut server = opened(json!({}));
    server.change(URI, 2, json!([{ "text": "fn g() {}\r\n" }]));
    server.save(URI);
    edited(&mut server, "fn g() {}\r\n");
    assert_eq!(server.told(), FaceEvent::Saved { path: PATH.into() });
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(server.told(), FaceEvent::Closed { path: PATH.into() });
}

#[test]
fn edits_count_in_utf_16_units_over_windows_line_ends() {
    let mut server = opened(json!({}));
    let changes = json!([
        { "range": range((0, 3), (0, 5)), "text": "🚀" },
        { "range": range((0, 999), (1, 0)), "text": "\r\n\r\n" },
        { "range": range((2, 13), (2, 18)), "text": "size" },
        { "range": range((77, 0), (99, 9)), "text": "// end" },
    ]);
    server.change(URI, 2, changes);
    edited(&mut server, "// 🚀 größe\r\n\r\nfn f() { let size = \"👾\"; x }\r\n// end");
}

#[test]
fn files_without_a_path_are_ignored() {
    let mut server = Fixture::initialized(json!({}));
    server.open("untitled:Untitled-1", "fn a() {}");
    server.change("untitled:Untitled-1", 2, json!([{ "text": "" }]));
    server.save("untitled:Untitled-1");
    server.change("file:///never/opened.rs", 2, json!([{ "text": "" }]));
    server.settle();
}

#[test]
fn closed_files_are_read_from_disk() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("größe 1.rs");
    std::fs::write(&path, format!("\u{feff}{TEXT}")).expect("a file");
    let mut server = Fixture::initialized(json!({}));
    let diagnostic =
        Diagnostic { span: Span { path: path.clone(), ..span(2, 27, 28) }, related: vec![], ..error() };
    server.hub_says(HubEvent::Diagnostics { path, diagnostics: vec![diagnostic], seen: None });
    let shown = server.notification("textDocument/publishDiagnostics");
    assert!(shown["uri"].as_str().is_some_and(|uri| uri.ends_with("gr%C3%B6%C3%9Fe%201.rs")), "{shown}");
    assert_eq!(shown["diagnostics"][0]["range"], range((1, 27), (1, 28)));
    assert_eq!(shown.get("version"), None);
}

#[cfg(unix)]
#[test]
fn a_file_that_the_editor_reached_by_a_link_keeps_the_editors_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let real = directory.path().canonicalize().expect("a real path").join("real");
    std::fs::create_dir(&real).expect("a directory");
    std::os::unix::fs::symlink(&real, directory.path().join("link")).expect("a link");
    std::fs::write(real.join("x.rs"), TEXT).expect("a file");
    let uri = format!("file://{}/link/x.rs", directory.path().display());
    let mut server = Fixture::initialized(json!({}));
    server.open(&uri, TEXT);
    assert!(matches!(server.told(), FaceEvent::Opened { .. }));
    let diagnostic =
        Diagnostic { span: Span { path: real.join("x.rs"), ..span(2, 27, 28) }, related: vec![], ..error() };
    server.hub_says(HubEvent::Diagnostics {
        path: real.join("x.rs"),
        diagnostics: vec![diagnostic],
        seen: None,
    });
    assert_eq!(server.diagnostics(&uri)["version"], 1);
}

fn code_actions(server: &mut Fixture, at: Value) -> Value {
    let context = json!({ "diagnostics": [], "only": ["quickfix"] });
    let params = json!({ "textDocument": { "uri": URI }, "range": at, "context": context });
    let id = server.request("textDocument/codeAction", params);
    server.result(id)
}

#[test]
fn a_suggestion_is_a_quick_fix_where_its_text_is_now() {
    let mut server = opened(capable());
    server.hub_says(says(vec![error()]));
    server.diagnostics(URI);
    server.change(URI, 2, json!([{ "range": range((0, 0), (0, 0)), "text": "\n" }]));
    let expected = json!({
        "title": "use `größe`",
        "kind": "quickfix",
        "isPreferred": true,
        "edit": { "changes": { URI: [{ "range": range((2, 31), (2, 32)), "newText": "größe" }] } },
    });
    assert_eq!(code_actions(&mut server, range((2, 31), (2, 31))), json!([expected]));
    assert_eq!(code_actions(&mut server, range((0, 0), (0, 1))), json!([]));
    server.change(URI, 3, json!([{ "range": range((2, 31), (2, 32)), "text": "y" }]));
    assert_eq!(code_actions(&mut server, range((2, 31), (2, 32))), json!([]), "the text to replace is gone");
    edited(&mut server, &format!("\n{}", TEXT.replace(" x ", " y ")));
    // A slow machine pauses between the two edits.
    server.settle();
    server.last_diagnostics(URI);
}

/// What is offered where the error is, of any kind, and why it is asked for.
fn offered(server: &mut Fixture, trigger: u32) -> Vec<Value> {
    let context = json!({ "diagnostics": [], "triggerKind": trigger });
    let at = range((1, 31), (1, 31));
    let params = json!({ "textDocument": { "uri": URI }, "range": at, "context": context });
    let id = server.request("textDocument/codeAction", params);
    server.result(id).as_array().cloned().unwrap_or_default()
}

/// The arguments of the command that shows the error as rustc draws it.
fn whole_message(server: &mut Fixture) -> Value {
    let actions = offered(server, 1);
    let [fix, action] = actions.as_slice() else { panic!("not two: {actions:?}") };
    assert_eq!(fix["kind"], "quickfix", "what mends comes first");
    assert_eq!(action["title"], "Show rustc's full message: cannot find value `x`");
    assert_eq!(action["kind"], Value::Null);
    assert_eq!(action["command"]["command"], "liveline.showMessage");
    action["command"]["arguments"].clone()
}

#[test]
fn rustcs_whole_message_is_opened_where_the_editor_opens_files() {
    let mut capabilities = capable();
    capabilities["window"] = json!({ "showDocument": { "support": true } });
    let mut server = opened(capabilities);
    server.hub_says(says(vec![error()]));
    server.diagnostics(URI);
    assert_eq!(offered(&mut server, 2).len(), 1, "an editor that asks by itself is not told of it");
    let arguments = whole_message(&mut server);
    let params = json!({ "command": "liveline.showMessage", "arguments": arguments });
    let request = server.request("workspace/executeCommand", params);
    let (id, params) = server.asked("window/showDocument");
    let path = params["uri"].as_str().and_then(|uri| uri.strip_prefix("file://")).expect("a file");
    assert_eq!(std::fs::read_to_string(path).expect("it is there"), "error[E0425]");
    server.reply(id, json!({ "success": true }));
    assert_eq!(server.result(request), "error[E0425]", "for who would rather show it");
}

#[test]
fn rustcs_whole_message_is_a_message_where_the_editor_opens_no_files() {
    let mut server = opened(capable());
    server.hub_says(says(vec![error()]));
    server.diagnostics(URI);
    let arguments = whole_message(&mut server);
    let params = json!({ "command": "liveline.showMessage", "arguments": arguments });
    let request = server.request("workspace/executeCommand", params);
    assert_eq!(server.notification("window/showMessage")["message"], "error[E0425]");
    assert_eq!(server.result(request), "error[E0425]");
    let request = server.request("workspace/executeCommand", json!({ "command": "liveline.showMessage" }));
    assert_eq!(server.error(request).0, -32602);
}

#[test]
fn only_what_the_user_wants_to_see_is_shown() {
    let mut server = opened(json!({}));
    let warning = Diagnostic { severity: Severity::Warning, ..error() };
    let fault = Diagnostic { source: Source::Run, ..error() };
    server.hub_says(says(vec![error(), warning, fault]));
    let count = |shown: Value| shown["diagnostics"].as_array().map(Vec::len);
    assert_eq!(count(server.diagnostics(URI)), Some(3));
    for (setting, expected) in [("errors", 2), ("off", 1), ("all", 3)] {
        server.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": { "liveline": { "diagnostics": setting } } }),
        );
        assert_eq!(count(server.diagnostics(URI)), Some(expected), "{setting}");
    }
    server.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    server.settle();
}

#[test]
fn an_error_that_a_build_repeats_unchanged_stands_where_the_build_saw_it() {
    let mut server = opened(capable());
    server.hub_says(says(vec![error()]));
    server.diagnostics(URI);
    // The line is typed anew, with the same error in it. The hub has nothing new to say of the file.
    server.change(URI, 2, json!([{ "range": range((1, 0), (1, 34)), "text": "" }]));
    server.change(
        URI,
        3,
        json!([{ "range": range((1, 0), (1, 0)), "text": "fn f() { let größe = \"👾\"; x }" }]),
    );
    server.save(URI);
    edited(&mut server, TEXT);
    assert!(matches!(server.told(), FaceEvent::Saved { .. }));
    let build =
        Build { library: "a".to_owned(), state: BuildState::Failed, errors: 1, warnings: 0, first: None };
    server.hub_says(HubEvent::Build { build, stage: "rustc".to_owned(), micros: 9 });
    server.settle();
    let last = server.last_diagnostics(URI);
    assert_eq!(last["diagnostics"][0]["range"], range((1, 31), (1, 32)));
    assert_eq!(last["version"], 3);
}

#[test]
fn what_a_running_build_has_not_taken_back_stays_where_it_stood() {
    let mut server = opened(capable());
    server.hub_says(says(vec![error()]));
    server.diagnostics(URI);
    server.change(URI, 2, json!([{ "range": range((0, 0), (0, 0)), "text": "\n\n" }]));
    server.save(URI);
    edited(&mut server, &format!("\n\n{TEXT}"));
    assert!(matches!(server.told(), FaceEvent::Saved { .. }));
    let moved = Diagnostic { span: span(4, 27, 28), message: "said by the new build".to_owned(), ..error() };
    server.hub_says(says(vec![error(), moved]));
    server.settle();
    let shown = server.last_diagnostics(URI);
    let lines = |shown: &Value| -> Vec<Value> {
        let all = shown["diagnostics"].as_array().into_iter().flatten();
        all.map(|diagnostic| diagnostic["range"]["start"]["line"].clone()).collect()
    };
    assert_eq!(lines(&shown), [3, 3]);
}

#[test]
fn an_editor_may_hide_windows_line_ends() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("x.rs");
    std::fs::write(&path, TEXT).expect("a file");
    let uri = format!("file://{}", path.display());
    let mut server = Fixture::initialized(json!({}));
    server.open(&uri, &TEXT.replace("\r\n", "\n"));
    assert!(matches!(server.told(), FaceEvent::Opened { .. }));
    let diagnostic =
        Diagnostic { span: Span { path: path.clone(), ..span(2, 27, 28) }, related: vec![], ..error() };
    server.hub_says(HubEvent::Diagnostics { path, diagnostics: vec![diagnostic], seen: None });
    assert_eq!(server.diagnostics(&uri)["diagnostics"][0]["range"], range((1, 27), (1, 28)));
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert!(matches!(server.told(), FaceEvent::Closed { .. }));
    assert_eq!(server.diagnostics(&uri)["diagnostics"][0]["range"], range((1, 27), (1, 28)));
}

#[test]
fn a_new_hub_knows_nothing_and_is_told_all() {
    let mut server = opened(json!({}));
    server.hub_says(says(vec![error()]));
    server.diagnostics(URI);
    let params = json!({ "command": "liveline.undo", "arguments": ["scripts"] });
    let id = server.request("workspace/executeCommand", params);
    assert!(matches!(server.told(), FaceEvent::Command { .. }));
    server.hub_says(connected());
    assert_eq!(server.diagnostics(URI)["diagnostics"], json!([]));
    assert_eq!(server.error(id).0, -32803);
    assert_eq!(server.told(), FaceEvent::Opened { path: PATH.into(), text: TEXT.to_owned() });
}
