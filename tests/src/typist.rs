//! A person who types in an editor: an open file whose text changes before it is saved.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{Editor, Project};

/// One open file in an editor of its own.
#[derive(Debug)]
pub struct Typist {
    editor: Editor,
    path: PathBuf,
    version: i32,
    text: String,
}

impl Typist {
    /// Opens a file of a project.
    pub fn open(project: &Project, file: &str) -> Self {
        let editor = Editor::start(project.root(), None).read();
        let mut typist = Self { editor, path: project.path(file), version: 1, text: project.read(file) };
        let document =
            json!({ "uri": typist.uri(), "languageId": "rust", "version": 1, "text": typist.text });
        typist.editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
        typist
    }

    fn uri(&self) -> String {
        format!("file://{}", self.path.display())
    }

    /// What the editor shows.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Makes the whole text another one.
    pub fn change(&mut self, text: &str) {
        self.version += 1;
        text.clone_into(&mut self.text);
        let document = json!({ "uri": self.uri(), "version": self.version });
        let changes = json!([{ "text": text }]);
        self.editor
            .notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Replaces the only occurrence of `from`.
    ///
    /// # Panics
    /// When `from` does not occur exactly once.
    pub fn replace(&mut self, from: &str, to: &str) {
        assert_eq!(self.text.matches(from).count(), 1, "{from:?} in\n{}", self.text);
        self.change(&self.text.replace(from, to));
    }

    /// Writes the file and says so.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn save(&mut self) {
        std::fs::write(&self.path, &self.text).expect("the file can be written");
        let document = json!({ "uri": self.uri() });
        self.editor.notify("textDocument/didSave", json!({ "textDocument": document }));
    }

    /// Closes the file, saved or not.
    pub fn close(&mut self) {
        let document = json!({ "uri": self.uri() });
        self.editor.notify("textDocument/didClose", json!({ "textDocument": document }));
    }

    /// Waits until the editor shows diagnostics of the file that `is_it` accepts.
    pub fn wait_for_diagnostics(&mut self, what: &str, is_it: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = self.uri();
        self.editor.wait(what, |message| {
            let params = &message["params"];
            let is_ours =
                message["method"] == "textDocument/publishDiagnostics" && params["uri"] == uri.as_str();
            let diagnostics = params["diagnostics"].as_array().filter(|_| is_ours)?;
            is_it(diagnostics).then(|| diagnostics.clone())
        })
    }

    /// Asks the server to carry out a command, and waits until it has.
    pub fn command(&mut self, name: &str) -> Value {
        self.command_with(name, json!([]))
    }

    /// The same, with arguments.
    pub fn command_with(&mut self, name: &str, arguments: Value) -> Value {
        self.ask("workspace/executeCommand", json!({ "command": name, "arguments": arguments }))
    }

    /// The quick fixes at a line of the file, 0-based.
    pub fn fixes(&mut self, line: u64) -> Value {
        let place = json!({ "line": line, "character": 0 });
        let end = json!({ "line": line, "character": 200 });
        let document = json!({ "uri": self.uri() });
        let range = json!({ "start": place, "end": end });
        let context = json!({ "diagnostics": [] });
        self.ask(
            "textDocument/codeAction",
            json!({ "textDocument": document, "range": range, "context": context }),
        )
    }

    /// The titles of the code lenses of the file, by line.
    pub fn lenses(&mut self) -> Vec<(u64, String)> {
        let document = json!({ "uri": self.uri() });
        let answer = self.ask("textDocument/codeLens", json!({ "textDocument": document }));
        let lenses = answer["result"].as_array().cloned().unwrap_or_default();
        let lens = |lens: &Value| {
            let title = lens["command"]["title"].as_str().unwrap_or_default().to_owned();
            (lens["range"]["start"]["line"].as_u64().unwrap_or_default(), title)
        };
        lenses.iter().map(lens).collect()
    }

    /// Asks the server, and waits for the answer.
    ///
    /// # Panics
    /// When the answer is an error.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.editor.request(method, params);
        let answer = self.editor.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer
    }
}
