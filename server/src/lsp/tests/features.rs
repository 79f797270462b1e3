//! Commands, status, progress, settings and messages.

use liveline_protocol::engine::{Build, BuildState, Generation};
use liveline_protocol::status::{Library, LibraryState, Status};
use serde_json::{Value, json};

use super::fixture::{Fixture, connected};
use crate::face::{Command, FaceEvent, HubEvent, Level};

fn build(state: BuildState, stage: &str) -> HubEvent {
    build_of("scripts", state, stage)
}

fn build_of(library: &str, state: BuildState, stage: &str) -> HubEvent {
    let build = Build { library: library.to_owned(), state, errors: 0, warnings: 0, first: None };
    HubEvent::Build { build, stage: stage.to_owned(), micros: 1000 }
}

fn status(state: LibraryState) -> Status {
    let library = "scripts".to_owned();
    Status {
        libraries: vec![Library {
            library,
            state,
            generation: Generation(3),
            last_reload: None,
            unsaved: false,
            undone: None,
            moved_at_unix_micros: None,
            with_package: Vec::new(),
            workspace: None,
        }],
        engines: vec![],
        remote: None,
    }
}

fn shows_progress() -> Value {
    json!({ "window": { "workDoneProgress": true } })
}

#[test]
fn what_the_server_can_do_is_announced() {
    let mut server = Fixture::start();
    let result = server.initialize(json!({}));
    assert_eq!(result["serverInfo"]["name"], "liveline");
    let capabilities = &result["capabilities"];
    let sync = json!({ "openClose": true, "change": 2, "save": { "includeText": false } });
    assert_eq!(capabilities["textDocumentSync"], sync);
    assert_eq!(capabilities["codeLensProvider"]["resolveProvider"], false);
    assert_eq!(capabilities["codeActionProvider"]["codeActionKinds"], json!(["quickfix"]));
    assert_eq!(capabilities["executeCommandProvider"]["commands"].as_array().map(Vec::len), Some(10));
    assert_eq!(capabilities.get("diagnosticProvider"), None, "diagnostics are pushed, never pulled");
}

#[test]
fn commands_are_given_to_the_hub_and_answered_when_it_answers() {
    let mut server = Fixture::initialized(json!({}));
    let library = || Some("scripts".to_owned());
    let cases = [
        ("liveline.build", json!([]), Command::Build { library: None }),
        ("liveline.build", json!([null]), Command::Build { library: None }),
        ("liveline.reload", json!(["scripts"]), Command::Reload { library: library() }),
        (
            "liveline.undo",
            json!([{ "library": "scripts" }]),
            Command::Undo { library: library(), generation: None },
        ),
        (
            "liveline.undo",
            json!([{ "library": "scripts", "generation": 7 }]),
            Command::Undo { library: library(), generation: Some(7) },
        ),
        (
            "liveline.test",
            json!([{ "library": "scripts", "test": "tests::adds" }]),
            Command::Test { library: library(), test: Some("tests::adds".to_owned()) },
        ),
        ("liveline.test", json!([]), Command::Test { library: None, test: None }),
        ("liveline.redo", json!(["scripts"]), Command::Redo { library: library() }),
        ("liveline.clearFaults", json!(["scripts"]), Command::ClearFaults { library: library() }),
        (
            "liveline.resetState",
            json!([{ "library": "scripts", "types": ["Player"] }]),
            Command::ResetState { library: library(), types: vec!["Player".to_owned()] },
        ),
        ("liveline.resetState", json!([{}]), Command::ResetState { library: None, types: Vec::new() }),
        ("liveline.restartEngine", json!([]), Command::RestartEngine),
    ];
    for (name, arguments, expected) in cases {
        let request =
            server.request("workspace/executeCommand", json!({ "command": name, "arguments": arguments }));
        let FaceEvent::Command { id, command } = server.told() else { panic!("not a command") };
        assert_eq!(command, expected, "{name}");
        server.hub_says(HubEvent::CommandDone { id, result: Ok(json!({ "done": name })) });
        assert_eq!(server.result(request), json!({ "done": name }));
    }
}

#[test]
fn a_command_that_fails_says_why() {
    let mut server = Fixture::initialized(json!({}));
    let request = server.request("workspace/executeCommand", json!({ "command": "liveline.undo" }));
    let FaceEvent::Command { id, .. } = server.told() else { panic!("not a command") };
    server.hub_says(HubEvent::CommandDone { id, result: Err("there is no generation before 1".to_owned()) });
    assert_eq!(server.error(request), (-32803, "there is no generation before 1".to_owned()));
    for params in
        [json!({ "command": "liveline.dance" }), json!({ "command": "liveline.build", "arguments": [7] })]
    {
        let request = server.request("workspace/executeCommand", params);
        assert_eq!(server.error(request).0, -32602);
    }
}

#[test]
fn a_command_before_the_hub_has_connected_waits_for_it() {
    let mut server = Fixture::start();
    server.initialize(json!({}));
    let request = server.request("workspace/executeCommand", json!({ "command": "liveline.build" }));
    server.settle();
    server.hub_says(connected());
    let FaceEvent::Command { id, .. } = server.told() else { panic!("not a command") };
    server.hub_says(HubEvent::CommandDone { id, result: Ok(Value::Null) });
    assert_eq!(server.result(request), Value::Null);
}

#[test]
fn a_hub_that_ends_for_good_fails_commands_and_nothing_else() {
    let mut server = Fixture::initialized(json!({}));
    server.hub_ends();
    assert_eq!(server.notification("window/showMessage")["type"], 1);
    let request = server.request("workspace/executeCommand", json!({ "command": "liveline.build" }));
    assert_eq!(server.error(request).0, -32803);
    server.settle();
}

#[test]
fn show_log_is_answered_by_the_face() {
    let mut server = Fixture::initialized(json!({}));
    let request = server.request("workspace/executeCommand", json!({ "command": "liveline.showLog" }));
    assert_eq!(server.result(request), Value::Null);
    assert_eq!(server.notification("window/showMessage")["type"], 3);
}

#[test]
fn the_status_is_told_when_it_changes_and_when_asked() {
    let mut server = Fixture::initialized(json!({}));
    let live = status(LibraryState::Live);
    for _ in 0..3 {
        server.hub_says(HubEvent::Status(live.clone()));
    }
    let told = server.notification("liveline/status");
    assert_eq!(
        told,
        json!({ "libraries": [{ "library": "scripts", "state": "live", "generation": 3 }], "engines": [] })
    );
    let request = server.request("liveline/status", Value::Null);
    assert_eq!(server.result(request), told);
}

#[test]
fn the_servers_health_is_told_to_who_announces_to_show_it() {
    let mut server = Fixture::initialized(json!({ "experimental": { "serverStatusNotification": true } }));
    for (state, expected) in [
        (LibraryState::Building, json!({ "health": "ok", "quiescent": false })),
        (
            LibraryState::Failed,
            json!({ "health": "warning", "quiescent": true, "message": "does not build: scripts" }),
        ),
        (LibraryState::Live, json!({ "health": "ok", "quiescent": true })),
    ] {
        server.hub_says(HubEvent::Status(status(state)));
        server.notification("liveline/status");
        assert_eq!(server.notification("experimental/serverStatus"), expected);
    }
}

/// Lets a display begin; gives its token.
fn begin(server: &mut Fixture) -> Value {
    server.hub_says(build(BuildState::Started, "cargo build"));
    let (id, params) = server.asked("window/workDoneProgress/create");
    server.reply(id, Value::Null);
    let begun = server.notification("$/progress");
    assert_eq!(begun["token"], params["token"]);
    let expected = json!({ "kind": "begin", "title": "Building scripts", "cancellable": true, "message": "cargo build" });
    assert_eq!(begun["value"], expected);
    params["token"].clone()
}

#[test]
fn a_build_is_shown_from_begin_to_end() {
    let mut server = Fixture::initialized(shows_progress());
    let token = begin(&mut server);
    server.hub_says(build(BuildState::Started, "rustc"));
    let report = json!({ "token": token, "value": { "kind": "report", "message": "rustc" } });
    assert_eq!(server.notification("$/progress"), report);
    server.hub_says(build(BuildState::Succeeded, "rustc"));
    let end = json!({ "token": token, "value": { "kind": "end", "message": "built" } });
    assert_eq!(server.notification("$/progress"), end);
    assert_ne!(begin(&mut server), token, "a token is used once");
    server.hub_says(build(BuildState::Cancelled, ""));
    assert_eq!(server.notification("$/progress")["value"]["kind"], "end");
}

#[test]
fn a_build_that_ends_before_the_editor_has_answered_is_not_begun() {
    let mut server = Fixture::initialized(shows_progress());
    server.hub_says(build(BuildState::Started, "rustc"));
    let (id, _) = server.asked("window/workDoneProgress/create");
    server.hub_says(build(BuildState::Succeeded, "rustc"));
    server.settle();
    server.reply(id, Value::Null);
    server.settle();
}

#[test]
fn an_editor_that_refuses_a_display_gets_none() {
    let mut server = Fixture::initialized(shows_progress());
    server.hub_says(build(BuildState::Started, "rustc"));
    let (id, _) = server.asked("window/workDoneProgress/create");
    server.send(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "no" } }));
    server.settle();
    server.hub_says(build(BuildState::Succeeded, "rustc"));
    server.settle();
}

#[test]
fn a_display_ends_when_the_hub_is_replaced_and_when_the_server_shuts_down() {
    let mut server = Fixture::initialized(shows_progress());
    begin(&mut server);
    server.hub_says(connected());
    assert_eq!(server.notification("$/progress")["value"]["kind"], "end");
    begin(&mut server);
    let id = server.request("shutdown", Value::Null);
    server.result(id);
    assert_eq!(server.notification("$/progress")["value"]["kind"], "end");
    server.notify("exit", Value::Null);
    server.end();
}

#[test]
fn a_display_ends_before_shutdown_is_answered_and_none_begins_after() {
    let mut server = Fixture::initialized(shows_progress());
    begin(&mut server);
    server.hub_says(build_of("player", BuildState::Started, "rustc"));
    let (asked, _) = server.asked("window/workDoneProgress/create");
    let id = server.request("shutdown", Value::Null);
    let ended = |message: &Value| message["params"]["value"]["kind"] == "end";
    let first = server.take("an end or the answer", |message| ended(message) || message["id"] == id);
    assert!(ended(&first), "{first}");
    server.result(id);
    // Late, both: the editor's answer for a display, and a build. The fixture knows of no message for them.
    server.reply(asked, Value::Null);
    server.hub_says(build_of("enemy", BuildState::Started, "rustc"));
    server.hub_says(HubEvent::Message { level: Level::Warning, text: "late".to_owned() });
    for _ in 0..2 {
        server.take("late", |message| message["params"]["message"] == "late");
    }
    server.notify("exit", Value::Null);
    server.end();
}

#[test]
fn a_build_can_be_ended_by_its_display() {
    let mut server = Fixture::initialized(shows_progress());
    let token = begin(&mut server);
    server.notify("window/workDoneProgress/cancel", json!({ "token": "other" }));
    server.notify("window/workDoneProgress/cancel", json!({ "token": token }));
    let FaceEvent::Command { id, command } = server.told() else { panic!("not a command") };
    assert_eq!(command, Command::Cancel { library: Some("scripts".to_owned()) });
    server.hub_says(build(BuildState::Cancelled, ""));
    server.hub_says(HubEvent::CommandDone { id, result: Ok(Value::Null) });
    assert_eq!(server.notification("$/progress")["value"]["kind"], "end");
}

#[test]
fn an_editor_without_displays_is_not_bothered() {
    let mut server = Fixture::initialized(json!({}));
    server.hub_says(build(BuildState::Started, "rustc"));
    server.hub_says(build(BuildState::Succeeded, "rustc"));
    server.settle();
}

#[test]
fn warnings_and_errors_are_shown_and_the_rest_is_logged() {
    let mut server = Fixture::initialized(json!({}));
    for (level, text) in
        [(Level::Error, "no cargo"), (Level::Warning, "old cargo"), (Level::Info, "cargo 1.95")]
    {
        server.hub_says(HubEvent::Message { level, text: text.to_owned() });
        let logged = server.take("log", |message| {
            message["params"]["message"] == text && message["method"] == "window/logMessage"
        });
        assert_eq!(logged["params"]["type"], level as u64 + 1);
    }
    assert_eq!(server.notification("window/showMessage"), json!({ "type": 1, "message": "no cargo" }));
    assert_eq!(server.notification("window/showMessage"), json!({ "type": 2, "message": "old cargo" }));
}

#[test]
fn settings_are_asked_for_where_the_editor_can_be_asked() {
    let capabilities = json!({ "workspace": { "configuration": true, "didChangeConfiguration": { "dynamicRegistration": true } } });
    let mut server = Fixture::initialized(capabilities);
    let (id, params) = server.asked("client/registerCapability");
    assert_eq!(params["registrations"][0]["method"], "workspace/didChangeConfiguration");
    server.reply(id, Value::Null);
    let (id, params) = server.asked("workspace/configuration");
    assert_eq!(params, json!({ "items": [{ "section": "liveline" }] }));
    server.reply(id, json!([{ "diagnostics": "off" }]));
    server.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    let (id, _) = server.asked("workspace/configuration");
    server.reply(id, json!([null]));
    server.settle();
}
