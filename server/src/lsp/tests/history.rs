//! What the editor asks of the generations that are kept.

use liveline_protocol::engine::Generation;
use serde_json::{Value, json};

use super::fixture::Fixture;
use crate::face::{FaceEvent, HubEvent, Question};

fn asked(server: &mut Fixture) -> (u64, Question) {
    match server.told() {
        FaceEvent::Asked { id, question } => (id, question),
        other => panic!("the hub was told {other:?}"),
    }
}

#[test]
fn questions_go_to_the_hub_and_its_answers_to_the_editor() {
    let mut server = Fixture::initialized(json!({}));
    let history = server.request("liveline/history", json!({}));
    let (id, question) = asked(&mut server);
    assert_eq!(question, Question::History);
    server.hub_says(HubEvent::CommandDone { id, result: Ok(json!({ "libraries": [] })) });
    assert_eq!(server.result(history), json!({ "libraries": [] }));

    let sources = server.request("liveline/sources", json!({ "library": "a", "generation": 3 }));
    let (id, question) = asked(&mut server);
    assert_eq!(question, Question::Sources { library: "a".to_owned(), generation: Generation(3) });
    server.hub_says(HubEvent::CommandDone { id, result: Err("generation 3 is not kept".to_owned()) });
    assert_eq!(server.error(sources).1, "generation 3 is not kept");

    let params = json!({ "library": "a", "generation": 3, "path": "/game/a.rs" });
    let source = server.request("liveline/source", params);
    let (id, question) = asked(&mut server);
    let path = "/game/a.rs".into();
    assert_eq!(question, Question::Source { library: "a".to_owned(), generation: Generation(3), path });
    server.hub_says(HubEvent::CommandDone { id, result: Ok(json!({ "text": "fn a() {}" })) });
    assert_eq!(server.result(source), json!({ "text": "fn a() {}" }));
}

#[test]
fn a_question_that_says_nothing_is_refused_and_one_without_parameters_is_not() {
    let mut server = Fixture::initialized(json!({}));
    let source = server.request("liveline/source", json!({ "library": "a" }));
    assert_eq!(server.error(source).0, -32602);
    let history = server.request("liveline/history", Value::Null);
    let (id, _) = asked(&mut server);
    server.hub_says(HubEvent::CommandDone { id, result: Ok(Value::Null) });
    assert_eq!(server.result(history), Value::Null);
}
