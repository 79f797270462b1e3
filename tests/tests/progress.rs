//! Progress displays of real builds: each that begins ends, however its build does.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use liveline_tests::{DEADLINE, Editor, PLAYER, Project, file_uri};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// Takes rustc long enough to be interrupted, in one crate without any other file.
const SLOW: &str = "\n#[allow(long_running_const_eval)]\npub const SLOW: u64 = { let mut n = 0; while n < 2_000_000_000 { n += 1; } n };\n";

/// An editor that shows progress.
struct Displays {
    editor: Editor,
    uri: String,
    version: u32,
    shown: BTreeSet<String>,
    /// Of the library, when it was at rest last.
    generation: u64,
}

impl Displays {
    fn of(project: &Project) -> Self {
        let capabilities = json!({ "window": { "workDoneProgress": true } });
        let editor = Editor::start_as(&[project.root()], None, None, &capabilities).read();
        let uri = file_uri(&project.path(PLAYER));
        let (version, shown) = (1, BTreeSet::new());
        let mut displays = Self { editor, uri, version, shown, generation: 0 };
        let text = project.read(PLAYER);
        let item = json!({ "uri": displays.uri, "languageId": "rust", "version": 1, "text": text });
        displays.editor.notify("textDocument/didOpen", json!({ "textDocument": item }));
        displays
    }

    /// Of a server that has built the project, and then one save: everything is warm.
    fn of_built(project: &Project) -> Self {
        let mut displays = Self::of(project);
        displays.is_built();
        displays.save(project, &project.read(PLAYER).replace("one", "two"));
        displays.is_built();
        displays
    }

    fn save(&mut self, project: &Project, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        let changes = json!([{ "text": text }]);
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.editor.notify("textDocument/didChange", params);
        project.write(PLAYER, text);
        self.editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": self.uri } }));
    }

    /// Takes messages until it is so.
    fn wait(&mut self, what: &str, mut is_so: impl FnMut(&Self, &Value) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while let Some(message) = self.editor.next_until(deadline) {
            self.see(&message);
            if is_so(self, &message) {
                return;
            }
        }
        panic!("{what}: never; there are {:?}", self.shown);
    }

    /// The token of the display that is there, or will be.
    fn begun(&mut self) -> String {
        if self.shown.is_empty() {
            self.wait("a display", |displays, _| !displays.shown.is_empty());
        }
        self.shown.first().cloned().expect("a display")
    }

    /// Waits until the library is so, and no display is left. A build that is over before the editor has made room
    /// for its display has none.
    fn settles(&mut self, what: &str, is_so: impl Fn(&Value, u64) -> bool) {
        let (before, mut now, mut is_settled) = (self.generation, self.generation, false);
        self.wait(what, |displays, message| {
            if message["method"] == "liveline/status" {
                let library = &message["params"]["libraries"][0];
                now = library["generation"].as_u64().unwrap_or_default();
                is_settled = library["state"] != "building" && is_so(library, before);
            }
            is_settled && displays.shown.is_empty()
        });
        self.generation = now;
    }

    fn is_built(&mut self) {
        self.settles("a new generation", |library, before| library["generation"].as_u64() > Some(before));
    }

    fn fails(&mut self) {
        self.settles("a failure", |library, _| library["state"] == "failed");
    }

    fn see(&mut self, message: &Value) {
        if message["method"] != "$/progress" {
            return;
        }
        let params = &message["params"];
        let token = params["token"].as_str().expect("a token").to_owned();
        match params["value"]["kind"].as_str() {
            Some("begin") => assert!(self.shown.insert(token), "begins twice: {params}"),
            Some("end") => assert!(self.shown.remove(&token), "ends twice: {params}"),
            _ => assert!(self.shown.contains(&token), "moves and is not there: {params}"),
        }
    }
}

/// Compilers of the project's scripts.
fn compilers(project: &Project) -> Vec<u32> {
    let is_compiler = |command: &str| {
        let program = command.split(' ').next().unwrap_or_default();
        Path::new(program).file_name().is_some_and(|name| name == "rustc") && command.contains("scripts")
    };
    project
        .processes()
        .iter()
        .filter(|process| is_compiler(&process.command))
        .map(|process| process.pid)
        .collect()
}

#[test]
fn an_error_is_shown_while_its_build_runs() {
    let project = Project::sample();
    let good = project.read(PLAYER);
    let mut displays = Displays::of_built(&project);
    // rustc looks up names before it evaluates constants.
    let wrong = "\npub fn wrong() -> u32 { nowhere }\n";
    displays.save(&project, &format!("{good}{wrong}{SLOW}"));
    displays.wait("the error", |_, message| {
        let shown = message["params"]["diagnostics"].as_array();
        shown.is_some_and(|shown| shown.iter().any(|one| one["code"] == "E0425"))
    });
    assert!(!compilers(&project).is_empty(), "the build has ended");
    displays.save(&project, &good.replace("one", "three"));
    displays.is_built();
}

#[test]
fn every_display_that_begins_ends() {
    let project = Project::sample();
    let good = project.read(PLAYER);
    let mut displays = Displays::of_built(&project);

    displays.save(&project, &good.replace("+= 1", "+= \"x\""));
    displays.fails();

    // Ended by its user.
    let slow = format!("{good}{SLOW}");
    displays.save(&project, &slow);
    let token = displays.begun();
    displays.editor.notify("window/workDoneProgress/cancel", json!({ "token": token }));
    displays.settles("the end of the build", |_, _| true);

    // Superseded by a newer save, which has the display to itself then.
    displays.save(&project, &format!("{slow}// again\n"));
    displays.begun();
    displays.save(&project, &good.replace("one", "three"));
    displays.is_built();

    // Its compiler dies.
    displays.save(&project, &format!("{slow}// once more\n"));
    displays.begun();
    let deadline = Instant::now() + DEADLINE;
    while !displays.shown.is_empty() {
        for pid in compilers(&project) {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
            let _ = kill_process(pid, Signal::KILL);
        }
        let soon = Instant::now() + std::time::Duration::from_millis(100);
        if let Some(message) = displays.editor.next_until(soon) {
            displays.see(&message);
        }
        assert!(Instant::now() < deadline, "a build outlives its compiler");
    }

    // The conversation ends under it.
    displays.save(&project, &format!("{slow}// the last\n"));
    displays.begun();
    let id = displays.editor.request("shutdown", Value::Null);
    let mut is_answered = false;
    displays.wait("the answer and the displays' end", |displays, message| {
        is_answered |= message["id"] == id && message.get("method").is_none();
        is_answered && displays.shown.is_empty()
    });
    displays.editor.notify("exit", Value::Null);
    assert_eq!(displays.editor.end().code(), Some(0));
    project.wait_until_only(&[]);
}
