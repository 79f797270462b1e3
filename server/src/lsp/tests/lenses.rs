//! What stands above the functions of scripts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use liveline_protocol::engine::Generation;
use liveline_protocol::status::{Engine, Library, LibraryState, Status};
use serde_json::{Value, json};

use super::fixture::{Fixture, range};
use crate::face::{Command, FaceEvent, HubEvent, LibraryFiles, Proven};
use crate::test_report::{Test, TestOutcome, TestProgram, TestReport};

const URI: &str = "file:///game/player.rs";
const TEXT: &str = "struct Player; // 👾\n#[liveline::script]\nimpl Script for Player {\n    /*👾*/ fn update(&mut self) {}\n    fn draw(&self) {}\n}\n";

fn files() -> HubEvent {
    let library = LibraryFiles {
        library: "player".to_owned(),
        file: Some("/game/player.rs".into()),
        folders: Vec::new(),
    };
    HubEvent::Libraries { libraries: vec![library], packages: Vec::new() }
}

fn proof(generation: u64, functions: &[(&str, u64, bool)]) -> HubEvent {
    let functions = functions.iter().map(|(function, calls, is_stale)| Proven {
        function: (*function).to_owned(),
        calls: *calls,
        is_stale: *is_stale,
    });
    let library = "player".to_owned();
    HubEvent::Proof { library, generation: Generation(generation), functions: functions.collect() }
}

/// What engines run, each its generation.
fn status(state: LibraryState, generation: u64, engines: &[u64]) -> HubEvent {
    let library = Library {
        library: "player".to_owned(),
        state,
        generation: Generation(generation),
        last_reload: None,
        unsaved: false,
        undone: None,
        moved_at_unix_micros: None,
        with_package: Vec::new(),
        workspace: None,
    };
    let engine = |generation: &u64| Engine {
        session: generation.to_string(),
        name: "game".to_owned(),
        pid: 1,
        libraries: BTreeMap::from([("player".to_owned(), Generation(*generation))]),
        address: None,
        refused: BTreeMap::new(),
        workspace: None,
    };
    let engines = engines.iter().map(engine).collect();
    HubEvent::Status(Status { libraries: vec![library], engines, remote: None })
}

fn opened(capabilities: Value) -> Fixture {
    let mut server = Fixture::initialized(capabilities);
    server.open(URI, TEXT);
    server.told();
    server.hub_says(files());
    server
}

fn lenses(server: &mut Fixture) -> Vec<Value> {
    let request = server.request("textDocument/codeLens", json!({ "textDocument": { "uri": URI } }));
    server.result(request).as_array().expect("a list").clone()
}

fn titles(server: &mut Fixture) -> Vec<String> {
    let title = |lens: &Value| lens["command"]["title"].as_str().expect("a title").to_owned();
    lenses(server).iter().map(title).collect()
}

fn settle_status(server: &mut Fixture) {
    server.notification("liveline/status");
}

#[test]
fn each_function_has_its_proof_above_it() {
    let mut server = opened(json!({}));
    assert!(titles(&mut server).is_empty(), "nothing is known");
    server.hub_says(status(LibraryState::Live, 12, &[]));
    settle_status(&mut server);
    assert!(titles(&mut server).is_empty(), "no engine is attached");
    server.hub_says(status(LibraryState::Live, 12, &[12]));
    settle_status(&mut server);
    assert_eq!(titles(&mut server), ["pending", "pending"], "nothing was called");
    server.hub_says(proof(12, &[("Player::update", 4031, false), ("Player::draw", 0, true)]));
    server.settle();
    let shown = lenses(&mut server);
    assert_eq!(shown[0]["command"]["title"], "live · generation 12 · 4,031 calls");
    assert_eq!(shown[0]["range"], range((3, 14), (3, 20)), "in UTF-16");
    assert_eq!(shown[1]["command"]["title"], "stale: inlined or still on the stack");
}

#[test]
fn what_does_not_run_yet_is_pending_and_half_of_the_engines_are_not_all() {
    let mut server = opened(json!({}));
    server.hub_says(proof(12, &[("Player::update", 1, false)]));
    for (state, generation, engines, expected) in [
        (LibraryState::Live, 12, vec![12], "live · generation 12 · 1 call"),
        (LibraryState::Idle, 12, vec![12, 11], "live in 1 of 2 engines · generation 12 · 1 call"),
        (LibraryState::Building, 12, vec![12], "pending"),
        (LibraryState::Failed, 12, vec![12, 12], "pending"),
        (LibraryState::Idle, 13, vec![12], "pending"),
        (LibraryState::Live, 13, vec![13], "pending"),
    ] {
        server.hub_says(status(state, generation, &engines));
        settle_status(&mut server);
        assert_eq!(titles(&mut server)[0], expected, "{state:?} {generation} {engines:?}");
    }
}

#[test]
fn lenses_stay_at_their_functions_while_the_text_is_no_rust() {
    let mut server = opened(json!({ "general": { "positionEncodings": ["utf-8"] } }));
    server.hub_says(status(LibraryState::Live, 12, &[12]));
    settle_status(&mut server);
    assert_eq!(lenses(&mut server)[1]["range"], range((4, 7), (4, 11)));
    server.change(URI, 2, json!([{ "range": range((0, 0), (0, 0)), "text": "fn f() {\n" }]));
    assert!(matches!(server.told(), FaceEvent::Edited { .. }));
    assert_eq!(lenses(&mut server)[1]["range"], range((5, 7), (5, 11)));
    server.change(URI, 3, json!([{ "range": range((1, 0), (1, 0)), "text": "}\n" }]));
    assert!(matches!(server.told(), FaceEvent::Edited { .. }));
    assert_eq!(lenses(&mut server)[1]["range"], range((6, 7), (6, 11)));
}

#[test]
fn the_editor_is_asked_to_ask_again_only_when_a_title_would_change_and_not_often() {
    let mut server = opened(json!({ "workspace": { "codeLens": { "refreshSupport": true } } }));
    server.hub_says(status(LibraryState::Live, 12, &[12]));
    settle_status(&mut server);
    assert_eq!(titles(&mut server), ["pending", "pending"]);
    server.hub_says(proof(12, &[("Player::update", 7, false)]));
    let (id, _) = server.asked("workspace/codeLens/refresh");
    server.reply(id, Value::Null);
    assert_eq!(titles(&mut server)[0], "live · generation 12 · 7 calls");
    let started = Instant::now();
    server.hub_says(proof(12, &[("Player::update", 7, false)]));
    server.hub_says(proof(12, &[("Ghost::update", 7, false), ("Player::update", 7, false)]));
    server.settle();
    for calls in 8..20 {
        server.hub_says(proof(12, &[("Player::update", calls, false)]));
        server.settle();
    }
    let (id, _) = server.asked("workspace/codeLens/refresh");
    assert!(started.elapsed() > Duration::from_millis(250), "{:?}", started.elapsed());
    server.reply(id, Value::Null);
    assert_eq!(titles(&mut server)[0], "live · generation 12 · 19 calls");
}

#[test]
fn a_long_file_is_answered_at_once() {
    let function =
        |n: u32| format!("    fn update_{n}(&mut self) {{ self.x += {n}; let y = (1, 2, [3; 4]); }}\n");
    let body: String = (0..300).map(function).collect();
    let mut server = opened(json!({}));
    let text = format!("#[liveline::script]\nimpl Script for Player {{\n{body}}}\n");
    server.change(URI, 2, json!([{ "text": text }]));
    assert!(matches!(server.told(), FaceEvent::Edited { .. }));
    server.hub_says(status(LibraryState::Live, 12, &[12]));
    settle_status(&mut server);
    assert_eq!(titles(&mut server).len(), 300);
    let started = Instant::now();
    assert_eq!(titles(&mut server).len(), 300);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

fn with_test() -> String {
    format!("{TEXT}#[cfg(test)]\nmod tests {{\n    #[test]\n    fn adds() {{}}\n}}\n")
}

fn tested(generation: u64, outcome: TestOutcome) -> HubEvent {
    let test = Test { name: "tests::adds".to_owned(), span: None, outcome, message: None, panicked_at: None };
    HubEvent::Tested(TestReport {
        library: "player".to_owned(),
        generation: Generation(generation),
        program: Some(TestProgram {
            program: "/t/player".into(),
            folder: "/game".into(),
            environment: BTreeMap::new(),
        }),
        tests: vec![test],
        errors: Vec::new(),
        micros: 1,
    })
}

#[test]
fn a_test_can_be_run_from_above_its_name_and_shows_what_came_of_it() {
    let mut server = Fixture::initialized(json!({}));
    server.open(URI, &with_test());
    server.told();
    server.hub_says(files());
    server.settle();
    let [run] = &lenses(&mut server)[..] else { panic!("one lens: the editor has no command to debug with") };
    assert_eq!(run["command"]["title"], "run");
    assert_eq!(run["range"], range((9, 7), (9, 11)));
    let arguments = run["command"]["arguments"].clone();
    assert_eq!(arguments, json!([{ "library": "player", "test": "tests::adds" }]));
    let command = json!({ "command": "liveline.test", "arguments": arguments });
    let request = server.request("workspace/executeCommand", command);
    let FaceEvent::Command { id, command: Command::Test { library, test } } = server.told() else {
        panic!("another command")
    };
    assert_eq!((library.as_deref(), test.as_deref()), (Some("player"), Some("tests::adds")));
    server.hub_says(HubEvent::CommandDone { id, result: Ok(Value::Null) });
    server.result(request);
    server.hub_says(status(LibraryState::Live, 12, &[]));
    settle_status(&mut server);
    for (generation, outcome, expected) in [
        (12, TestOutcome::Failed, "run · failed"),
        (11, TestOutcome::Passed, "run · passed in generation 11"),
    ] {
        server.hub_says(tested(generation, outcome));
        server.settle();
        assert_eq!(titles(&mut server), [expected]);
    }
}

#[test]
fn an_editor_that_can_debug_is_told_how_a_test_is_started() {
    let commands = json!({ "commands": { "commands": ["liveline.debugTest"] } });
    let mut server = Fixture::initialized(json!({ "experimental": commands }));
    server.open(URI, &with_test());
    server.told();
    server.hub_says(files());
    server.settle();
    assert_eq!(titles(&mut server), ["run"], "nothing is compiled yet");
    server.hub_says(tested(12, TestOutcome::Passed));
    server.settle();
    let debug = lenses(&mut server)[1]["command"].clone();
    assert_eq!((&debug["title"], &debug["command"]), (&json!("debug"), &json!("liveline.debugTest")));
    assert_eq!(debug["arguments"][0]["program"], "/t/player");
    assert_eq!(debug["arguments"][0]["arguments"][1], "tests::adds");
}
