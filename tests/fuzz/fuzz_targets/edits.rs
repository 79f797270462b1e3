//! Any edits of any text, in every encoding, against the same edits of a plain string.
#![no_main]

use libfuzzer_sys::fuzz_target;
use liveline_server::text::{Change, Document, Encoding, LspPosition, LspRange, Version};

#[path = "../../../server/src/text/reference.rs"]
mod reference;
use reference::reference_apply;

fuzz_target!(|input: (String, Vec<(Option<[u8; 4]>, String)>)| {
    let (start, edits) = input;
    for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
        let (mut reference, mut document) = (start.clone(), Document::new(&start, Version(1)));
        for (range, text) in &edits {
            let place = |line: u8, column: u8| LspPosition { line: line.into(), column: column.into() };
            let range = range.map(|[a, b, c, d]| LspRange { start: place(a, b), end: place(c, d) });
            let change = Change { range, text: text.clone() };
            let before = document.text().clone();
            let edit = document.apply(&change, encoding);
            reference_apply(&mut reference, &change, encoding);
            assert_eq!(document.text().to_string(), reference);
            assert_eq!(before.len_chars() - edit.removed + edit.inserted, document.text().len_chars());
        }
    }
});
