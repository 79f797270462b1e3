//! The server's memory with many open scripts: of its process alone, compilers apart.

use std::fs;

use anyhow::Context;
use liveline_tests::{Editor, file_uri};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::project::Generated;
use crate::text;

/// Megabytes (of 1,000,000 bytes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// How many scripts were open.
    pub scripts: usize,
    /// Resident, after all of them were built, opened and one in ten was edited.
    pub resident: f64,
    /// Of that, what is no file's.
    pub anonymous: f64,
    /// The most that was resident at any time.
    pub peak: f64,
}

/// Opens every script of the project in an editor, and edits some.
pub fn measure(project: &Generated) -> anyhow::Result<Memory> {
    let mut editor = Editor::start(&project.root, None).read();
    let count = project.shape.scripts();
    editor.wait("every library", |message| is_built(message, count).then_some(()));
    for path in project.scripts() {
        let text = fs::read_to_string(&path)?;
        let document = json!({ "uri": file_uri(&path), "languageId": "rust", "version": 1, "text": text });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }
    for (number, path) in project.scripts().enumerate().step_by(10) {
        let text = text::with_mark(&fs::read_to_string(&path)?, number as u32 + 1);
        let document = json!({ "uri": file_uri(&path), "version": 2 });
        let changes = json!([{ "text": text }]);
        editor
            .notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }
    // What is built of the edits ahead of a save belongs to it.
    std::thread::sleep(std::time::Duration::from_secs(10));
    let id = editor.request("liveline/status", json!(null));
    editor.answer(id);
    let status = fs::read_to_string(format!("/proc/{}/status", editor.process.id()))?;
    let megabytes = |name: &str| -> anyhow::Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such figure")?;
        let kilobytes = line.trim_start_matches(':').trim().trim_end_matches(" kB");
        Ok(kilobytes.parse::<f64>()? * 1024.0 / 1e6)
    };
    Ok(Memory {
        scripts: count,
        resident: megabytes("VmRSS")?,
        anonymous: megabytes("RssAnon")?,
        peak: megabytes("VmHWM")?,
    })
}

pub(crate) fn is_built(message: &Value, count: usize) -> bool {
    let libraries = message["params"]["libraries"].as_array();
    let built = |library: &&Value| library["generation"].as_u64() > Some(0) && library["state"] != "building";
    message["method"] == "liveline/status"
        && libraries.is_some_and(|all| all.len() >= count && all.iter().filter(built).count() == all.len())
}
