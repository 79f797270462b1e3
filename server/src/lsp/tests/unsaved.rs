//! Diagnostics of text that is not saved, placed in the text that their build saw.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::fixture::{Fixture, range};
use crate::diagnostics::{Diagnostic, Position, Severity, at_file};
use crate::face::{FaceEvent, HubEvent, Speculated};
use crate::hash::{Hash, hash};

const URI: &str = "file:///game/player.rs";
const PATH: &str = "/game/player.rs";
const TEXT: &str = "fn f() {\n    x;\n}\n";

fn opened() -> Fixture {
    let mut server = Fixture::initialized(json!({}));
    server.open(URI, TEXT);
    assert!(matches!(server.told(), FaceEvent::Opened { .. }));
    server
}

fn error(line: u32) -> Diagnostic {
    let mut diagnostic = at_file(Path::new(PATH), Severity::Error, "cannot find value `x`".to_owned());
    diagnostic.span.start = Position { line, column: 5 };
    diagnostic.span.end = Position { line, column: 6 };
    diagnostic
}

/// The hash of the next text that the hub is told.
fn told(server: &mut Fixture) -> Hash {
    match server.told() {
        FaceEvent::Edited { text, .. } => hash(text.as_bytes()),
        other => panic!("unexpected: {other:?}"),
    }
}

fn says(diagnostics: Vec<Diagnostic>, seen: Option<Hash>) -> HubEvent {
    HubEvent::Diagnostics { path: PATH.into(), diagnostics, seen }
}

#[test]
fn an_error_in_unsaved_text_stands_where_that_text_has_it() {
    let mut server = opened();
    server.change(URI, 2, json!([{ "range": range((0, 0), (0, 0)), "text": "\n\n" }]));
    let seen = told(&mut server);
    server.hub_says(says(vec![error(4)], Some(seen)));
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((3, 4), (3, 5)));
    server.change(URI, 3, json!([{ "range": range((0, 0), (1, 0)), "text": "" }]));
    told(&mut server);
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((2, 4), (2, 5)));
}

#[test]
fn the_same_words_of_another_text_stand_at_that_texts_place() {
    let mut server = opened();
    server.hub_says(says(vec![error(2)], None));
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((1, 4), (1, 5)));
    server.change(URI, 2, json!([{ "range": range((0, 0), (0, 0)), "text": "fn f() {\n    x;\n}\n" }]));
    let seen = told(&mut server);
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((4, 4), (4, 5)));
    // The build of the unsaved text says what the one before said, so only its end is told.
    let seen: BTreeMap<PathBuf, Hash> = BTreeMap::from([(PATH.into(), seen)]);
    let library = "player".to_owned();
    server.hub_says(HubEvent::Speculated { library, outcome: Speculated::Failed, seen, micros: 1 });
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((1, 4), (1, 5)));
}

#[test]
fn text_that_is_long_past_is_taken_for_what_was_saved() {
    let mut server = opened();
    server.change(URI, 2, json!([{ "range": range((0, 0), (0, 0)), "text": "\n" }]));
    told(&mut server);
    server.hub_says(says(vec![error(2)], Some(hash(b"never told"))));
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((2, 4), (2, 5)));
}

#[test]
fn an_error_that_has_moved_is_shown_once_while_its_build_runs() {
    let mut server = opened();
    server.hub_says(says(vec![error(2)], None));
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((1, 4), (1, 5)));
    server.change(URI, 2, json!([{ "range": range((0, 0), (0, 0)), "text": "\n" }]));
    let seen = told(&mut server);
    assert_eq!(server.diagnostics(URI)["diagnostics"][0]["range"], range((2, 4), (2, 5)));
    // The running build has said it of the new text; what its predecessor said of the old one stands until its end.
    server.hub_says(says(vec![error(2), error(3)], Some(seen.clone())));
    let shown = server.diagnostics(URI)["diagnostics"].clone();
    assert_eq!(shown.as_array().map(Vec::len), Some(1), "{shown}");
    assert_eq!(shown[0]["range"], range((2, 4), (2, 5)));
    server.hub_says(says(vec![error(3)], Some(seen)));
    assert_eq!(server.diagnostics(URI)["diagnostics"], shown);
}
