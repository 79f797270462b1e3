//! From the start of a language server to the first diagnostic of a script that does not build, in a workspace that
//! was built before; against the rustc run itself, as cargo makes it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use liveline_tests::{Editor, file_uri};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::figures::Samples;
use crate::memory::is_built;
use crate::project::Generated;
use crate::text;

/// What is done in the background after a build has ended by then.
const REST: Duration = Duration::from_secs(3);

/// Milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct First {
    /// From a server's start to the diagnostic in its editor.
    pub server: Samples,
    /// rustc on the same text, from its start to its end.
    pub rustc: Samples,
}

/// Takes both in turns, `count` times, each time with an error in another text.
pub fn measure(project: &Generated, count: usize) -> anyhow::Result<First> {
    let good = fs::read_to_string(project.script())?;
    let broken = |mark: usize| {
        text::with_mark(&good, u32::try_from(mark).unwrap_or_default() + 1)
            .replace("world.mark = ", "world.mark = \"\" + ")
    };
    built(project)?;
    let rustc = rustc_call(project, &broken(count))?;
    let mut first = First::default();
    let result = (0..count).try_for_each(|round| {
        fs::write(project.script(), broken(round))?;
        // Neither always has what the other has read in the disk's cache.
        if round % 2 == 0 {
            first.rustc.0.push(run(project, &rustc)?);
            first.server.0.push(start(project)?);
        } else {
            first.server.0.push(start(project)?);
            first.rustc.0.push(run(project, &rustc)?);
        }
        Ok(())
    });
    fs::write(project.script(), good)?;
    result.map(|()| first)
}

/// Has a server build the workspace, and ends it.
fn built(project: &Generated) -> anyhow::Result<()> {
    let mut editor = Editor::start(&project.root, None).read();
    editor.wait("every library", |message| is_built(message, project.shape.scripts()).then_some(()));
    std::thread::sleep(REST);
    leave(editor);
    Ok(())
}

fn leave(mut editor: Editor) {
    let id = editor.request("shutdown", Value::Null);
    editor.answer(id);
    editor.notify("exit", Value::Null);
    editor.end();
}

/// A server that starts, as an editor with the script open starts it.
fn start(project: &Generated) -> anyhow::Result<f64> {
    let text = fs::read_to_string(project.script())?;
    let uri = file_uri(&project.script());
    let started = Instant::now();
    let mut editor = Editor::start(&project.root, None).read();
    let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": text });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    editor.wait("the error", |message| {
        let params = &message["params"];
        let is_ours = message["method"] == "textDocument/publishDiagnostics" && params["uri"] == uri.as_str();
        params["diagnostics"].as_array().filter(|all| is_ours && !all.is_empty()).map(drop)
    });
    let taken = started.elapsed().as_secs_f64() * 1e3;
    leave(editor);
    Ok(taken)
}

/// The call that cargo makes for the scripts' package, with its environment, as a shell takes it.
fn rustc_call(project: &Generated, broken: &str) -> anyhow::Result<String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "-vv", "--offline", "--package", "scripts"]).current_dir(&project.root);
    cargo.env_remove("CARGO_TARGET_DIR");
    // The dependencies first; then only the scripts are left.
    cargo.output().context("cannot start cargo")?;
    fs::write(project.script(), broken)?;
    let said = cargo.output()?.stderr;
    let said = String::from_utf8_lossy(&said);
    let mut calls = said.lines().filter_map(|line| line.trim().strip_prefix("Running `")?.strip_suffix('`'));
    let call = calls.find(|call| call.contains("--crate-name scripts "));
    call.map(str::to_owned).with_context(|| format!("cargo has not called rustc:\n{said}"))
}

fn run(project: &Generated, call: &str) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut shell = Command::new("sh");
    shell.args(["-c", call]).current_dir(&project.root).stdout(Stdio::null()).stderr(Stdio::piped());
    let ended = shell.output()?;
    let taken = started.elapsed().as_secs_f64() * 1e3;
    if ended.status.success() {
        bail!("the broken script builds");
    }
    Ok(taken)
}
