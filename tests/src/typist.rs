//! A person who types in an editor: an open file whose text changes before it is saved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::editor::file_uri;
use crate::{Editor, Project};

/// One open file in an editor of its own.
#[derive(Debug)]
pub struct Typist {
    editor: Editor,
    path: PathBuf,
    version: i32,
    text: String,
    /// What is shown, by the file's URI, as far as anybody waited.
    shown: BTreeMap<String, Vec<Value>>,
}

/// Takes note of diagnostics, if a message has any.
fn note(shown: &mut BTreeMap<String, Vec<Value>>, message: &Value) -> Option<()> {
    let is_ours = message["method"] == "textDocument/publishDiagnostics";
    let params = Some(&message["params"]).filter(|_| is_ours)?;
    let (uri, diagnostics) = (params["uri"].as_str()?, params["diagnostics"].as_array()?);
    shown.insert(uri.to_owned(), diagnostics.clone());
    Some(())
}

impl Typist {
    /// Opens a file of a project.
    pub fn open(project: &Project, file: &str) -> Self {
        Self::open_in(project.root(), file)
    }

    /// Opens a file of a workspace, whatever way leads to it.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn open_in(root: &Path, file: &str) -> Self {
        Self::open_in_folders(&[root], root, file)
    }

    /// The same in an editor with several workspace folders.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn open_in_folders(folders: &[&Path], root: &Path, file: &str) -> Self {
        let editor = Editor::start_in(folders, None, None).read();
        let text = std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut typist = Self { editor, path: root.join(file), version: 1, text, shown: BTreeMap::new() };
        typist.tell_open();
        typist
    }

    fn tell_open(&mut self) {
        let document = json!({ "uri": self.uri(), "languageId": "rust", "version": 1, "text": self.text });
        self.editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Renames the file, as an editor does it: on the disk, and then it is another document.
    ///
    /// # Panics
    /// When it cannot be renamed.
    pub fn rename(&mut self, to: &Path) {
        std::fs::rename(&self.path, to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
        self.close();
        (self.path, self.version) = (to.to_owned(), 1);
        self.tell_open();
    }

    fn uri(&self) -> String {
        file_uri(&self.path)
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
        let (uri, shown) = (self.uri(), &mut self.shown);
        self.editor.wait(what, |message| {
            note(shown, message)?;
            let diagnostics = shown.get(&uri).filter(|_| message["params"]["uri"] == uri.as_str())?;
            is_it(diagnostics).then(|| diagnostics.clone())
        })
    }

    /// Waits until the editor has been told of an error, and gives every file of which it was told anything until then.
    pub fn wait_for_files(&mut self, is_it: impl Fn(&[Value]) -> bool) -> Vec<String> {
        self.wait_for_diagnostics("diagnostics", is_it);
        self.shown.keys().cloned().collect()
    }

    /// Waits until no file has diagnostics that are shown.
    pub fn wait_until_clean(&mut self) {
        while self.shown.values().any(|diagnostics| !diagnostics.is_empty()) {
            let shown = &mut self.shown;
            self.editor.wait("other diagnostics", |message| note(shown, message));
        }
    }

    /// Opens another file, and leaves it as it is.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn open_beside(&mut self, path: &Path) {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let document = json!({ "uri": file_uri(path), "languageId": "rust", "version": 1, "text": text });
        self.editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
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
