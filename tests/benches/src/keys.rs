//! A keystroke in a large buffer: from `didChange` to the answer of a request behind it, over a real server.

use std::time::{Duration, Instant};

use liveline_tests::Editor;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::figures::Samples;
use crate::memory::uri;
use crate::project::Generated;
use crate::text::{self, Flavour};

const LINES: usize = 10_000;
/// Faster than anyone types.
const PAUSE: Duration = Duration::from_millis(3);

/// Microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Keys {
    /// The buffer's length.
    pub lines: usize,
    /// From a `didChange` of one character to the answer of a request sent behind it.
    pub change: Samples,
    /// From the request alone to its answer.
    pub request: Samples,
}

/// Types `count` characters into the project's script, whose buffer holds 10,000 lines.
pub fn measure(project: &Generated, count: usize) -> anyhow::Result<Keys> {
    let mut editor = Editor::start(&project.root, None).read();
    let text = text::script("Script000", LINES + 40, 0, Flavour::Liveline);
    let uri = uri(&project.script());
    let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": text });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let mut keys = Keys { lines: text.lines().count(), ..Keys::default() };
    let ask = |editor: &mut Editor, start: Instant| {
        let id = editor.request("liveline/status", json!(null));
        editor.answer(id);
        start.elapsed().as_nanos() as f64 / 1e3
    };
    for number in 0..count {
        // Comments all over the text: rustc has nothing to say of them.
        let line = number * 7919 % keys.lines;
        let at = json!({ "line": line, "character": 0 });
        let change = json!([{ "range": { "start": at, "end": at }, "text": if number % 8 == 7 { "\n" } else { " " } }]);
        let params =
            json!({ "textDocument": { "uri": uri, "version": number + 2 }, "contentChanges": change });
        std::thread::sleep(PAUSE);
        keys.request.0.push(ask(&mut editor, Instant::now()));
        let start = Instant::now();
        editor.notify("textDocument/didChange", params);
        keys.change.0.push(ask(&mut editor, start));
    }
    Ok(keys)
}
