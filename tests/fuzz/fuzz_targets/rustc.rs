//! Any line as rustc's JSON: what it is mapped to has places, and can be shown in any text.
#![no_main]

use std::path::Path;

use cargo_metadata::diagnostic::Diagnostic;
use libfuzzer_sys::fuzz_target;
use liveline_server::diagnostics::mapper::Mapper;
use liveline_server::text::RustcLines;
use ropey::Rope;

const TEXT: &str = "fn main() {\r\n    let ü = \"👾\";\n\t\n}\n";

fuzz_target!(|bytes: &[u8]| {
    let (mut mapper, text) = (Mapper::default(), Rope::from_str(TEXT));
    let lines = RustcLines::new(&text);
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<Diagnostic>(line) else { continue };
        for diagnostic in mapper.map(&message, Path::new("/w")).placed {
            let edits = diagnostic.fixes.iter().flat_map(|fix| fix.edits.iter().map(|edit| &edit.span));
            let related = diagnostic.related.iter().map(|related| &related.span);
            for span in std::iter::once(&diagnostic.span).chain(related).chain(edits) {
                let range = lines.range(span);
                assert!(range.start <= range.end && range.end.0 <= text.len_chars(), "{span:?}");
            }
        }
    }
});
