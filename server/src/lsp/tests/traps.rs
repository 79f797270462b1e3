//! What language servers of this kind have been tripped by, each by name.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::fixture::{Fixture, connected, framed, range};
use crate::diagnostics::{Diagnostic, Position, Severity, Source, Span};
use crate::face::{Command as HubCommand, FaceEvent, HubEvent, Level};
use crate::lsp::transport::End;

const URI: &str = "file:///game/scripts/player.rs";

fn build(fixture: &mut Fixture) -> u64 {
    fixture.request("workspace/executeCommand", json!({ "command": "liveline.build", "arguments": [] }))
}

fn command_id(event: FaceEvent) -> u64 {
    match event {
        FaceEvent::Command { id, command: HubCommand::Build { library: None } } => id,
        other => panic!("not a build: {other:?}"),
    }
}

#[test]
fn exit_with_stdin_open_ends_the_process() {
    let mut server = Fixture::initialized(json!({}));
    let id = server.request("shutdown", Value::Null);
    server.result(id);
    server.notify("exit", Value::Null);
    assert_eq!(server.end(), End::Orderly);
}

#[test]
fn exit_without_shutdown_is_told_by_the_exit_status() {
    let mut server = Fixture::initialized(json!({}));
    server.notify("exit", Value::Null);
    assert_eq!(server.end(), End::Abrupt);
}

#[test]
fn exit_before_initialize_ends_the_process() {
    let mut server = Fixture::start();
    server.notify("exit", Value::Null);
    assert_eq!(server.end(), End::Abrupt);
}

#[test]
fn end_of_input_ends_the_process_even_with_requests_under_way() {
    let mut server = Fixture::initialized(json!({}));
    let id = build(&mut server);
    command_id(server.told());
    server.close_input();
    assert_eq!(server.end(), End::Abrupt);
    assert_eq!(server.error(id).0, -32603);
}

#[test]
fn a_broken_output_ends_the_process() {
    let mut server = Fixture::start_undrained();
    server.break_output();
    server.request("initialize", json!({ "capabilities": {} }));
    assert_eq!(server.end(), End::Abrupt);
}

#[test]
fn the_death_of_the_editors_process_ends_the_process() {
    let mut editor = Command::new("sleep").arg("600").spawn().expect("a process");
    let mut server = Fixture::start();
    let params = json!({ "processId": editor.id(), "rootUri": "file:///game", "capabilities": {} });
    let id = server.request("initialize", params);
    server.result(id);
    server.root();
    server.notify("initialized", json!({}));
    server.settle();
    assert!(!server.has_ended());
    editor.kill().expect("it can be killed");
    assert_eq!(server.end(), End::Abrupt);
    editor.wait().expect("it has ended");
}

#[test]
fn an_editor_in_another_process_name_space_is_served() {
    let mut server = Fixture::start();
    let id = server.request(
        "initialize",
        json!({ "processId": 0x7fff_fff0, "rootUri": "file:///game", "capabilities": {} }),
    );
    server.result(id);
    server.root();
    server.settle();
}

fn many(file: u32, version: u32) -> HubEvent {
    let path = format!("/game/scripts/{file}.rs").into();
    let place = Position { line: version, column: 1 };
    let diagnostic = Diagnostic {
        source: Source::Build,
        severity: Severity::Error,
        code: None,
        message: "x".repeat(2000),
        span: Span { path, start: place, end: place },
        related: Vec::new(),
        fixes: Vec::new(),
        seen: Default::default(),
        commands: vec![],
        tags: Vec::new(),
        rendered: None,
    };
    HubEvent::Diagnostics { path: diagnostic.span.path.clone(), diagnostics: vec![diagnostic], seen: None }
}

#[test]
fn an_output_that_is_not_read_neither_blocks_the_reader_nor_piles_up() {
    const FILES: u32 = 5;
    const VERSIONS: u32 = 4000;
    let mut server = Fixture::start_undrained();
    let id = server.request("initialize", json!({ "rootUri": "file:///game", "capabilities": {} }));
    server.notify("initialized", json!({}));
    server.root();
    server.hub_says(connected());
    server.open(URI, "");
    assert!(matches!(server.told(), FaceEvent::Opened { .. }));
    for version in 1..=VERSIONS {
        (0..FILES).for_each(|file| server.hub_says(many(file, version)));
    }
    for number in 0..100 {
        server.hub_says(HubEvent::Message { level: Level::Warning, text: format!("warning {number}") });
    }
    // A hub that connects anew is told of the open file, after all of the above.
    server.hub_says(connected());
    assert!(matches!(server.told(), FaceEvent::Opened { .. }));
    (0..FILES).for_each(|file| server.hub_says(many(file, VERSIONS)));
    server.drain();
    server.result(id);
    // What is held back is said when the editor has caught up: the marker below must not be held with it.
    server.take("the last that is held back", |message| {
        message["method"] == "window/logMessage" && message["params"]["message"] == "warning 99"
    });
    server.settle();
    let mut newest: HashMap<String, u64> = HashMap::new();
    let mut count = 0;
    while newest.len() < FILES as usize || newest.values().any(|line| *line + 1 < u64::from(VERSIONS)) {
        let params = server.notification("textDocument/publishDiagnostics");
        let line = params["diagnostics"][0]["range"]["start"]["line"].as_u64().unwrap_or_default();
        newest.insert(params["uri"].to_string(), line);
        count += 1;
    }
    let shown = |server: &mut Fixture| server.notification("window/showMessage")["message"].clone();
    assert_eq!(shown(&mut server), "warning 68", "the newest are held back, the others are lost");
    while shown(&mut server) != "warning 99" {}
    assert!(count < 1000, "{count} messages of {} were kept", FILES * VERSIONS);
}

#[test]
fn a_hundred_blocked_handlers_block_nobody_else() {
    let mut server = Fixture::initialized(json!({}));
    let ids: Vec<u64> = (0..100).map(|_| build(&mut server)).collect();
    let commands: Vec<u64> = (0..100).map(|_| command_id(server.told())).collect();
    server.open(URI, "fn a() {}\n");
    server.change(URI, 2, json!([{ "range": range((0, 3), (0, 4)), "text": "b" }]));
    server.save(URI);
    let path = "/game/scripts/player.rs".into();
    assert!(matches!(server.told(), FaceEvent::Opened { .. }));
    assert_eq!(server.told(), FaceEvent::Edited { path, text: "fn b() {}\n".to_owned() });
    assert!(matches!(server.told(), FaceEvent::Saved { .. }));
    server.settle();
    server.notify("$/cancelRequest", json!({ "id": ids[50] }));
    assert_eq!(server.error(ids[50]).0, -32800);
    for id in commands {
        server.hub_says(HubEvent::CommandDone { id, result: Ok(json!(id)) });
    }
    let done = ids.iter().filter(|id| **id != ids[50]);
    done.for_each(|id| _ = server.result(*id));
}

#[test]
fn every_request_can_be_cancelled_while_all_wait() {
    let mut server = Fixture::initialized(json!({}));
    let ids: Vec<u64> = (0..100).map(|_| build(&mut server)).collect();
    (0..100).for_each(|_| _ = command_id(server.told()));
    for id in ids.iter().rev() {
        server.notify("$/cancelRequest", json!({ "id": id }));
        // Others are answered in between.
        let status = server.request("liveline/status", Value::Null);
        server.result(status);
    }
    ids.iter().for_each(|id| assert_eq!(server.error(*id).0, -32800));
    // Their places are free again, and a late cancel harms nobody.
    ids.iter().for_each(|id| server.notify("$/cancelRequest", json!({ "id": id })));
    let id = build(&mut server);
    let command = command_id(server.told());
    server.hub_says(HubEvent::CommandDone { id: command, result: Ok(Value::Null) });
    assert_eq!(server.result(id), Value::Null);
}

#[test]
fn params_null_are_accepted() {
    let mut server = Fixture::start();
    server.initialize(json!({}));
    server.hub_says(connected());
    server.notify("initialized", Value::Null);
    server.send(&json!({ "jsonrpc": "2.0", "method": "initialized" }));
    server.settle();
    let id = server.request("liveline/status", json!({}));
    server.result(id);
    let id = server.request("shutdown", Value::Null);
    assert_eq!(server.result(id), Value::Null);
    server.notify("exit", Value::Null);
    assert_eq!(server.end(), End::Orderly);
}

#[test]
fn shutdown_with_an_empty_object_is_accepted() {
    let mut server = Fixture::initialized(json!({}));
    let id = server.request("shutdown", json!({}));
    assert_eq!(server.result(id), Value::Null);
    let late = build(&mut server);
    assert_eq!(server.error(late).0, -32600);
    server.notify("exit", json!({}));
    assert_eq!(server.end(), End::Orderly);
}

#[test]
fn a_handler_that_panics_costs_its_own_answer() {
    let mut server = Fixture::initialized(json!({}));
    for method in ["test/panic", "test/panicLoop"] {
        let id = server.request(method, json!({}));
        assert_eq!(server.error(id).0, -32603, "{method}");
    }
    server.notify("test/panicNotification", json!({}));
    server.settle();
    // The same id again: it is free.
    for _ in 0..2 {
        server.send(&json!({ "jsonrpc": "2.0", "id": "again", "method": "test/panic", "params": {} }));
        let answer = server.take("answer", |message| message["id"] == "again");
        assert_eq!(answer["error"]["code"], -32603);
    }
}

#[test]
fn unknown_methods_are_answered_and_unknown_notifications_are_not() {
    let mut server = Fixture::initialized(json!({}));
    for method in ["$/unknown", "liveline/unknown"] {
        let id = server.request(method, json!({}));
        assert_eq!(server.error(id).0, -32601, "{method}");
    }
    server.notify("$/unknown", json!({}));
    server.notify("liveline/unknown", json!({}));
    server.notify("$/setTrace", json!({ "value": "verbose" }));
    server.settle();
}

#[test]
fn what_is_no_message_is_refused_and_the_next_is_read() {
    let mut server = Fixture::initialized(json!({}));
    let bodies = ["{\"jsonrpc\":", "[]", "7", "{}", "\u{0}", r#"{"jsonrpc":"1.0","method":"x","id":4}"#];
    for body in bodies {
        server.send_raw(&framed(body));
        let refusal = server.take("refusal", |message| message.get("error").is_some());
        assert!([-32700, -32600].map(Value::from).contains(&refusal["error"]["code"]), "{body}: {refusal}");
    }
    server.send_raw(b"Content-Length: nonsense\r\n\r\n");
    let refusal = server.take("refusal", |message| message["error"]["code"] == -32700);
    assert_eq!(refusal["id"], Value::Null);
    server.settle();
}

#[test]
fn an_answer_to_nothing_is_ignored() {
    let mut server = Fixture::initialized(json!({}));
    server.reply(json!(4711), json!(null));
    server.reply(json!("what"), json!({ "a": 1 }));
    server
        .send(&json!({ "jsonrpc": "2.0", "id": 1.5, "error": { "code": 1, "message": "no", "more": true } }));
    server.settle();
}

#[test]
fn a_burst_of_ten_thousand_edits_arrives_in_order() {
    let mut server = Fixture::initialized(json!({}));
    server.open(URI, "");
    assert!(matches!(server.told(), FaceEvent::Opened { .. }));
    let mut reference = String::new();
    for number in 0..10_000 {
        let text = format!("{number};");
        let (at, place) = match number % 3 {
            0 => (0, 0),
            1 => (reference.len() / 2, reference.len() / 2),
            _ => (reference.len(), usize::MAX >> 33),
        };
        reference.insert_str(at, &text);
        let place = u32::try_from(place).expect("a short text");
        server.change(URI, number + 2, json!([{ "range": range((0, place), (0, place)), "text": text }]));
    }
    server.save(URI);
    let mut last = String::new();
    loop {
        match server.told() {
            FaceEvent::Edited { text, .. } => last = text,
            FaceEvent::Saved { .. } => break,
            other => panic!("unexpected: {other:?}"),
        }
    }
    assert_eq!(last, reference);
}

#[test]
fn messages_that_do_not_wait_for_the_answer_to_initialize_are_not_lost() {
    let mut server = Fixture::start();
    let messages = [
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "rootUri": "file:///game", "capabilities": {} } }),
        json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }),
        json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument":
            { "uri": URI, "languageId": "rust", "version": 1, "text": "fn a() {}" } } }),
    ];
    let burst: Vec<u8> = messages.iter().flat_map(|message| framed(&message.to_string())).collect();
    server.send_raw(&burst);
    server.result(0);
    server.root();
    server.settle();
    server.hub_says(connected());
    let path = "/game/scripts/player.rs".into();
    assert_eq!(server.told(), FaceEvent::Opened { path, text: "fn a() {}".to_owned() });
}

#[test]
fn requests_before_initialize_are_refused() {
    let mut server = Fixture::start();
    let id = server.request("liveline/status", Value::Null);
    assert_eq!(server.error(id).0, -32002);
    server.initialize(json!({}));
}

#[test]
fn a_slip_in_one_capability_costs_only_that_one() {
    let mut server = Fixture::start();
    let capabilities = json!({
        "general": { "positionEncodings": ["utf-8"], "staleRequestSupport": 7 },
        "textDocument": { "inlayHint": "yes", "publishDiagnostics": { "relatedInformation": true } },
        "window": [],
        "workspace": { "symbol": { "symbolKind": 3 } },
    });
    let params = json!({
        "processId": -1, "rootUri": "not a URI", "trace": "loud", "capabilities": capabilities,
        "workspaceFolders": [{ "uri": "file:///game", "name": "game" }],
    });
    let id = server.request("initialize", params);
    assert_eq!(server.result(id)["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(server.root(), Path::new("/game"));
}
