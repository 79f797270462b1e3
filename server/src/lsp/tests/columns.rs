//! What rustc says of a text with emoji, combining characters, tabs and Windows line ends, in every way to count.

use std::path::Path;

use serde_json::{Value, json};

use super::fixture::Fixture;
use crate::diagnostics::mapper::Mapper;
use crate::face::{FaceEvent, HubEvent};

const URI: &str = "file:///game/src/columns.rs";
const TEXT: &str = include_str!("../../diagnostics/fixtures/columns.rs");
const SAID: &str = include_str!("../../diagnostics/fixtures/columns.json");

/// The bytes of a range in [`TEXT`], counted by hand.
fn stretch(range: &Value, encoding: &str) -> String {
    let place = |place: &Value| {
        let (line, column) = (place["line"].as_u64(), place["character"].as_u64());
        let (line, column) = (line.expect("a line") as usize, column.expect("a column") as usize);
        let start: usize = TEXT.split_inclusive('\n').take(line).map(str::len).sum();
        let (mut units, mut byte) = (0, start);
        for c in TEXT[start..].chars() {
            if units >= column {
                break;
            }
            byte += c.len_utf8();
            units += match encoding {
                "utf-8" => c.len_utf8(),
                "utf-16" => c.len_utf16(),
                _ => 1,
            };
        }
        assert_eq!(units, column, "a place inside of a character");
        byte
    };
    TEXT[place(&range["start"])..place(&range["end"])].to_owned()
}

#[test]
fn rustcs_places_are_found_however_the_editor_counts() {
    let mut mapper = Mapper::default();
    let messages = SAID.lines().map(|line| serde_json::from_str(line).expect("a message"));
    let diagnostics: Vec<_> =
        messages.flat_map(|message| mapper.map(&message, Path::new("/game")).placed).collect();
    for encoding in ["utf-8", "utf-16", "utf-32"] {
        let mut server = Fixture::initialized(json!({
            "general": { "positionEncodings": [encoding] },
            "textDocument": { "publishDiagnostics": { "relatedInformation": true } },
        }));
        server.open(URI, TEXT);
        assert!(matches!(server.told(), FaceEvent::Opened { .. }));
        let path = "/game/src/columns.rs".into();
        server.hub_says(HubEvent::Diagnostics { path, diagnostics: diagnostics.clone(), seen: None });
        let shown = server.diagnostics(URI)["diagnostics"].clone();
        let shown = shown.as_array().expect("a list");
        let errors: Vec<String> = shown.iter().map(|one| stretch(&one["range"], encoding)).collect();
        assert_eq!(errors, ["\"👾\"", "1", "\"a\r\n\t🦀b\""], "{encoding}");
        let related = |one: &Value| stretch(&one["relatedInformation"][0]["location"]["range"], encoding);
        assert_eq!(shown.iter().map(related).collect::<Vec<_>>(), ["u32", "&str", "u32"], "{encoding}");
    }
}
