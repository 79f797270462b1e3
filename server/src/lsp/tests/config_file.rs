//! Help in `liveline.toml`, and settings that go before it.

use serde_json::{Value, json};

use super::fixture::Fixture;
use crate::config::Preferences;
use crate::face::{FaceEvent, HubEvent};

const URI: &str = "file:///game/liveline.toml";
const TEXT: &str = "[build]\napply = \"\"\n[[library]]\npackage = \"👾\"\n";

fn registering() -> Value {
    let dynamic = json!({ "dynamicRegistration": true });
    json!({ "textDocument": { "completion": dynamic, "hover": dynamic } })
}

fn labels(server: &mut Fixture, line: u32, character: u32) -> Vec<String> {
    let at = json!({ "textDocument": { "uri": URI }, "position": { "line": line, "character": character } });
    let request = server.request("textDocument/completion", at);
    let label = |item: &Value| item["label"].as_str().expect("a label").to_owned();
    server.result(request).as_array().into_iter().flatten().map(label).collect()
}

#[test]
fn keys_values_and_packages_are_completed() {
    let mut server = Fixture::initialized(json!({}));
    server.open(URI, TEXT);
    server.told();
    server.hub_says(HubEvent::Libraries { libraries: Vec::new(), packages: vec!["scripts".to_owned()] });
    assert_eq!(labels(&mut server, 1, 9), ["save", "pause"]);
    assert_eq!(labels(&mut server, 3, 13), ["scripts"], "columns are UTF-16");
    assert_eq!(labels(&mut server, 0, 1), ["build", "engine", "library", "remote", "tests"]);
    let hover = server.request(
        "textDocument/hover",
        json!({ "textDocument": { "uri": URI }, "position": { "line": 1, "character": 2 } }),
    );
    let hover = server.result(hover);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("goes to the engine"), "{hover}");
    assert_eq!(hover["range"]["end"], json!({ "line": 1, "character": 5 }));
}

#[test]
fn other_files_get_nothing() {
    let mut server = Fixture::initialized(json!({}));
    let uri = "file:///game/Cargo.toml";
    server.open(uri, TEXT);
    server.told();
    let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 1 } });
    let request = server.request("textDocument/completion", at.clone());
    assert_eq!(server.result(request), Value::Null);
    let request = server.request("textDocument/hover", at);
    assert_eq!(server.result(request), Value::Null);
}

#[test]
fn editors_that_can_are_asked_to_ask_in_that_file_alone() {
    let mut server = Fixture::start();
    let answer = server.initialize(registering());
    assert!(answer["capabilities"].get("completionProvider").is_none(), "{answer}");
    let (_, asked) = server.asked("client/registerCapability");
    let registration = &asked["registrations"][0];
    assert_eq!(registration["method"], "textDocument/completion");
    assert_eq!(registration["registerOptions"]["documentSelector"][0]["pattern"], "**/liveline.toml");
    let mut server = Fixture::start();
    let answer = server.initialize(json!({}));
    assert!(answer["capabilities"]["completionProvider"].is_object(), "{answer}");
}

#[test]
fn a_hub_hears_what_the_user_prefers_when_it_comes_and_when_it_changes() {
    let mut server = Fixture::initialized(json!({}));
    let set = |server: &mut Fixture, value: Value| {
        server.notify("workspace/didChangeConfiguration", json!({ "settings": { "liveline": value } }));
    };
    set(&mut server, json!({ "build": { "speculate": false } }));
    let wanted = Preferences { speculate: Some(false), ..Preferences::default() };
    assert_eq!(server.told(), FaceEvent::Prefers(wanted));
    server.hub_says(super::fixture::connected());
    assert_eq!(server.told(), FaceEvent::Prefers(wanted));
    set(&mut server, json!({ "build": { "speculate": null } }));
    assert_eq!(server.told(), FaceEvent::Prefers(Preferences::default()));
}
