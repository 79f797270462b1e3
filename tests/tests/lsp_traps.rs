//! What trips language servers, tried on the real process as an editor meets it.

use std::io::Write;
use std::process::Command;

use liveline_tests::{Editor, PLAYER, Project, file_uri};
use serde_json::{Value, json};

fn nowhere() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("liveline-test-").tempdir().expect("a folder")
}

#[test]
fn exit_with_stdin_open_ends_the_process() {
    let root = nowhere();
    let mut editor = Editor::start(root.path(), None).read();
    let id = editor.request("shutdown", Value::Null);
    assert_eq!(editor.answer(id)["result"], Value::Null);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.end().code(), Some(0));
}

#[test]
fn exit_without_shutdown_is_told_by_the_exit_status() {
    let root = nowhere();
    let mut editor = Editor::start(root.path(), None).read();
    editor.notify("exit", Value::Null);
    assert_eq!(editor.end().code(), Some(1));
}

#[test]
fn a_closed_input_ends_the_process() {
    let root = nowhere();
    let mut editor = Editor::start(root.path(), None).read();
    editor.input = None;
    assert_eq!(editor.end().code(), Some(1));
}

#[test]
fn a_broken_output_ends_the_process() {
    let root = nowhere();
    let mut editor = Editor::start(root.path(), None);
    editor.output = None;
    editor.end();
}

#[test]
fn the_death_of_the_editors_process_ends_the_process() {
    let root = nowhere();
    let mut other = Command::new("sleep").arg("600").spawn().expect("a process");
    let mut editor = Editor::start(root.path(), Some(other.id())).read();
    editor.answer(1);
    other.kill().expect("it can be killed");
    assert_eq!(editor.end().code(), Some(1));
    other.wait().expect("it has ended");
}

#[test]
fn an_output_that_nobody_reads_does_not_stop_the_reader() {
    let root = nowhere();
    let mut editor = Editor::start(root.path(), None);
    // Far more answers than a pipe holds; if the reader stopped, so would this loop.
    for _ in 0..20_000 {
        editor.request("liveline/status", Value::Null);
    }
    let last = editor.last_id;
    let mut editor = editor.read();
    assert!(editor.answer(last).get("result").is_some());
}

#[test]
fn exit_ends_the_process_though_nobody_reads_its_output() {
    let root = nowhere();
    let mut editor = Editor::start(root.path(), None);
    for _ in 0..5_000 {
        editor.request("liveline/status", Value::Null);
    }
    editor.request("shutdown", Value::Null);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.end().code(), Some(0));
}

#[test]
fn garbage_is_refused_and_the_next_message_read() {
    let root = nowhere();
    let mut editor = Editor::start(root.path(), None).read();
    let input = editor.input.as_mut().expect("an open input");
    input.write_all(b"garbage\r\n\r\nContent-Length: 7\r\n\r\n{\"json\"").expect("the server reads");
    editor.wait("refusal", |message| (message["error"]["code"] == -32700).then_some(()));
    let id = editor.request("$/unknown", Value::Null);
    assert_eq!(editor.answer(id)["error"]["code"], -32601);
}

/// The diagnostics of the player: version, and of each its first line and its code.
fn player(message: &Value) -> Option<(Value, Vec<(u64, String)>)> {
    let params = &message["params"];
    let is_player = params["uri"].as_str().is_some_and(|uri| uri.ends_with(PLAYER));
    let diagnostics = params["diagnostics"].as_array().filter(|_| is_player)?;
    let line = |diagnostic: &Value| diagnostic["range"]["start"]["line"].as_u64().unwrap_or_default();
    let code = |diagnostic: &Value| diagnostic["code"].as_str().unwrap_or_default().to_owned();
    let list = diagnostics.iter().map(|diagnostic| (line(diagnostic), code(diagnostic))).collect();
    Some((params["version"].clone(), list))
}

#[test]
fn an_error_stands_at_its_line_through_ten_thousand_edits_until_it_is_mended() {
    let project = Project::sample();
    let good = project.read(PLAYER);
    let bad = format!("const WRONG: u32 = \"ü\";\n{good}");
    let uri = file_uri(&project.path(PLAYER));
    let mut editor = Editor::start(project.root(), None).read();
    let item = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": good });
    editor.notify("textDocument/didOpen", json!({ "textDocument": item }));
    let change = |editor: &mut Editor, version: u32, changes: Value| {
        let document = json!({ "uri": uri, "version": version });
        editor
            .notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    };
    change(&mut editor, 2, json!([{ "text": bad }]));
    project.write(PLAYER, &bad);
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    let is_shown = |line: u64| {
        move |message: &Value| {
            let (version, list) = player(message)?;
            list.contains(&(line, "E0308".to_owned())).then_some(version)
        }
    };
    assert_eq!(editor.wait("error", is_shown(0)), 2);

    let top = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    for version in 3..10_003 {
        change(&mut editor, version, json!([{ "range": top, "text": "\n" }]));
    }
    assert_eq!(editor.wait("error further down", is_shown(10_000)), 10_002);

    change(&mut editor, 10_003, json!([{ "text": good }]));
    project.write(PLAYER, &good);
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    editor.wait("end of the error", |message| player(message).filter(|(_, list)| list.is_empty()));
    let id = editor.request("shutdown", Value::Null);
    editor.answer(id);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.end().code(), Some(0));
}
