//! What running code says, in text that was saved and edited since it was built; and what can be done about it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fixture::{Fixture, range};
use crate::diagnostics::{CommandFix, Diagnostic, Position, Related, Severity, Source, Span, at_file};
use crate::face::{FaceEvent, HubEvent};
use crate::hash::hash;

const URI: &str = "file:///game/player.rs";
const PATH: &str = "/game/player.rs";
const BUILT: &str = "fn one() {}\nfn two() { panic!() }\n";

/// A fault at `panic` of [`BUILT`].
fn fault() -> Diagnostic {
    let mut fault =
        at_file(PATH.as_ref(), Severity::Error, "generation 12 panicked: out of range".to_owned());
    fault.source = Source::Run;
    let at = Position { line: 2, column: 12 };
    fault.span = Span { path: PATH.into(), start: at, end: at };
    fault.related = vec![Related { span: fault.span.clone(), message: "in `player::two`".to_owned() }];
    fault.seen = BTreeMap::from([(PATH.into(), hash(BUILT.as_bytes()))]);
    fault
}

fn says(diagnostics: Vec<Diagnostic>) -> HubEvent {
    HubEvent::Diagnostics { path: PATH.into(), diagnostics, seen: None }
}

fn opened() -> Fixture {
    let related = json!({ "textDocument": {
        "publishDiagnostics": { "relatedInformation": true },
        "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix"] } } },
    } });
    let mut server = Fixture::initialized(related);
    server.open(URI, BUILT);
    server.told();
    server
}

/// Puts three lines above all and saves, without any build that would be good.
fn saved_three_lines_below(server: &mut Fixture) -> String {
    server.change(URI, 2, json!([{ "range": range((0, 0), (0, 0)), "text": "//\n//\n//\n" }]));
    server.save(URI);
    let text = format!("//\n//\n//\n{BUILT}");
    while !matches!(server.told(), FaceEvent::Saved { .. }) {}
    text
}

#[test]
fn a_fault_stands_at_its_line_in_text_that_was_saved_since() {
    let mut server = opened();
    saved_three_lines_below(&mut server);
    server.settle();
    server.hub_says(says(vec![fault()]));
    let shown = server.diagnostics(URI)["diagnostics"].clone();
    assert_eq!(shown[0]["range"], range((4, 11), (4, 11)));
    let related = &shown[0]["relatedInformation"][0];
    assert_eq!(
        (&related["location"]["range"], &related["message"]),
        (&range((4, 11), (4, 11)), &json!("in `player::two`"),)
    );
}

#[test]
fn a_fault_moves_with_a_save_that_does_not_build_and_with_what_is_typed_after_it() {
    let mut server = opened();
    server.hub_says(says(vec![fault()]));
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((1, 11), (1, 11)));
    saved_three_lines_below(&mut server);
    let mut broken = at_file(PATH.as_ref(), Severity::Error, "expected one of".to_owned());
    broken.span.start = Position { line: 1, column: 1 };
    broken.span.end = broken.span.start;
    server.hub_says(says(vec![broken, fault()]));
    server.settle();
    let shown = server.last_diagnostics(URI)["diagnostics"].clone();
    assert_eq!(shown[0]["range"], range((0, 0), (0, 0)), "the error is of the text that was saved");
    assert_eq!(shown[1]["range"], range((4, 11), (4, 11)));
    server.change(URI, 3, json!([{ "range": range((0, 0), (0, 0)), "text": "//\n" }]));
    server.told();
    server.settle();
    let shown = server.last_diagnostics(URI)["diagnostics"].clone();
    assert_eq!((&shown[0]["range"], &shown[1]["range"]), (&range((1, 0), (1, 0)), &range((5, 11), (5, 11))));
}

#[test]
fn what_a_person_can_do_about_a_refusal_is_a_quick_fix() {
    let mut server = opened();
    let reset = CommandFix {
        title: "Reset this state and reload".to_owned(),
        command: "liveline.resetState".to_owned(),
        arguments: vec![json!({ "library": "player", "types": ["Player"] })],
    };
    server.hub_says(says(vec![Diagnostic { commands: vec![reset], ..fault() }]));
    server.diagnostics(URI);
    let ask = |server: &mut Fixture, line: u32| -> Value {
        let params = json!({
            "textDocument": { "uri": URI },
            "range": range((line, 11), (line, 11)),
            "context": { "diagnostics": [] },
        });
        let request = server.request("textDocument/codeAction", params);
        server.result(request)
    };
    assert_eq!(ask(&mut server, 0), json!([]));
    let action = &ask(&mut server, 1)[0];
    assert_eq!(
        (&action["title"], &action["kind"]),
        (&json!("Reset this state and reload"), &json!("quickfix"))
    );
    assert_eq!(action["command"]["command"], "liveline.resetState");
    assert_eq!(action["command"]["arguments"], json!([{ "library": "player", "types": ["Player"] }]));
}
