//! A keystroke in a large buffer: from `didChange` to the answer of a request behind it, over a real server.

use std::io::{BufRead, BufReader, Read};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use liveline_tests::{Editor, file_uri};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::figures::Samples;
use crate::memory::is_built;
use crate::project::Generated;
use crate::text::{self, Flavour};

const LINES: usize = 10_000;
/// What is done in the background after a build has ended by then.
const REST: Duration = Duration::from_secs(3);
/// Faster than anyone types.
const PAUSE: Duration = Duration::from_millis(3);

/// Microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Keys {
    /// The buffer's length.
    pub lines: usize,
    /// What the server itself took for a `didChange` of one character.
    pub handled: Samples,
    /// From a `didChange` of one character to the answer of a request sent behind it.
    pub change: Samples,
    /// From the request alone to its answer.
    pub request: Samples,
}

/// Types `count` characters into the project's script, whose buffer holds 10,000 lines.
pub fn measure(project: &Generated, count: usize) -> anyhow::Result<Keys> {
    let mut editor = Editor::start_logging(&project.root, None, Some("liveline::typing=trace")).read();
    let log = editor.process.stderr.take().context("the server has no log")?;
    let log = std::thread::spawn(move || handled(log));
    // cargo's first build takes both processors.
    editor.wait("the library", |message| is_built(message, project.shape.scripts()).then_some(()));
    std::thread::sleep(REST);
    let text = text::script("Script000", LINES + 40, 0, Flavour::Liveline);
    let uri = file_uri(&project.script());
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
    drop(editor);
    keys.handled = log.join().map_err(|_| anyhow!("the log could not be read"))?;
    anyhow::ensure!(
        keys.handled.0.len() == count,
        "{} edits of {count} are in the log",
        keys.handled.0.len()
    );
    Ok(keys)
}

/// What a server's log has of edits, to its end.
fn handled(log: impl Read) -> Samples {
    let nanos = |line: String| line.split_once("nanos=")?.1.trim().parse::<f64>().ok();
    BufReader::new(log).lines().map_while(Result::ok).filter_map(nanos).map(|nanos| nanos / 1e3).collect()
}
