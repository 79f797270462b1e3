//! A system of the arena in Bevy: from the save to the frame that runs it, in turns with cargo on the same edits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use liveline_server::build::stamp::now_micros;
use liveline_tests::{Editor, file_uri};
use serde_json::json;

use crate::child::Spoken;
use crate::figures::Samples;
use crate::memory::is_built;
use crate::way::Measured;

/// The project's name among the results.
pub const NAME: &str = "bevy-arena";
/// The example's script files.
const SCRIPTS: usize = 4;
const SCRIPT: &str = "scripts/src/enemy.rs";
/// Between two edits: what is prepared for the next one is ready by then.
const REST: Duration = Duration::from_millis(1500);
/// From the last key to the save, in milliseconds; none: nothing was typed into an editor.
const PAUSES: [(&str, Option<u64>); 4] = [
    ("B: save → running", None),
    ("built ahead, 150 ms", Some(150)),
    ("built ahead, 400 ms", Some(400)),
    ("built ahead, 1000 ms", Some(1000)),
];
const CARGO: [(&str, &str); 2] = [("cargo build", "build"), ("cargo check", "check")];

/// The profile of all crates but the workspace's own.
const ALL_CRATES: &str = "[profile.dev.package.\"*\"]\n";
/// Unoptimised, Bevy would take more than a processor at this rate, and every way would be measured beside that.
const OPTIMISED: &str = "[profile.dev.package.\"*\"]\nopt-level = 1\n";

/// What is edited: the first statement of a system of nine lines.
const SYSTEM: &str = "    for (enemy, place, mut velocity) in &mut enemies {\n";
/// Says once that a generation's system has run, and when.
const TELL: &str = "
fn tell(mark: u32) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static LAST: AtomicU32 = AtomicU32::new(0);
    if LAST.swap(mark, Ordering::Relaxed) != mark {
        let at = std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_micros());
        println!(\"mark {mark} {at}\");
    }
}
";

/// Takes every way in turns, so many times; the first round, which fills caches, does not count.
pub fn measure(folder: &Path, samples: usize) -> anyhow::Result<Measured> {
    let (root, beside) = (folder.join("bevy/live"), folder.join("bevy/cargo"));
    let text = lay_out(&root)?;
    lay_out(&beside)?;
    eprintln!("Bevy is built: this takes minutes the first time");
    cargo(&root, "build")?;
    if !beside.join("target").exists() {
        let copied = Command::new("cp").arg("-a").arg(root.join("target")).arg(&beside).status()?;
        ensure!(copied.success(), "cannot copy {}", root.join("target").display());
    }
    CARGO.iter().try_for_each(|(_, word)| cargo(&beside, word).map(drop))?;
    let mut live = Live::start(&root, text.clone())?;
    let mut measured = Measured { title: "a system in Bevy".to_owned(), ..Measured::default() };
    let names = CARGO.map(|(name, _)| name).into_iter().chain(PAUSES.map(|(name, _)| name));
    measured.ways = names.map(|name| (name.to_owned(), Samples::default())).collect();
    let mut mark = 0;
    for round in 0..=samples {
        let mut all = Vec::new();
        for (_, word) in CARGO {
            mark += 1;
            fs::write(beside.join(SCRIPT), with_mark(&text, mark))?;
            all.push(cargo(&beside, word)?);
        }
        for (_, pause) in PAUSES {
            mark += 1;
            all.push(live.save(mark, pause)?);
        }
        eprintln!("round {round} of {samples}: {all:.1?}");
        if round > 0 {
            measured.ways.iter_mut().zip(all).for_each(|((_, kept), millis)| kept.0.push(millis));
        }
    }
    live.game.end();
    Ok(measured)
}

/// The text with an edit of this number in its system.
fn with_mark(text: &str, mark: u32) -> String {
    text.replace("tell(0);", &format!("tell({mark});"))
}

/// The example in a folder, with a thousand frames a second; the edited script's text.
fn lay_out(root: &Path) -> anyhow::Result<String> {
    let repository = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))?;
    let engine = repository.join("engine").display().to_string();
    copy(&repository.join("examples/bevy-arena"), root, &|file, text| {
        let text = match file.strip_prefix(root).ok()?.to_str()? {
            "Cargo.toml" => text.replace("../../engine", &engine).replace(ALL_CRATES, OPTIMISED),
            "game/src/main.rs" => text.replace("16_667", "1_000"),
            SCRIPT => text.replace(SYSTEM, &format!("    tell(0);\n{SYSTEM}")) + TELL,
            _ => text,
        };
        Some(text)
    })?;
    let text = fs::read_to_string(root.join(SCRIPT))?;
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    ensure!(
        manifest.contains(OPTIMISED),
        "the example's Cargo.toml has another profile than is to be edited"
    );
    ensure!(text.contains("tell(0);"), "{SCRIPT} of the example has another system than is to be edited");
    Ok(text)
}

/// Copies what is source. Files that are right already keep their times, by which cargo goes.
fn copy(from: &Path, to: &Path, edit: &dyn Fn(&Path, String) -> Option<String>) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if path.ends_with("target") {
            continue;
        }
        if path.is_dir() {
            copy(&path, &target, edit)?;
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let text = edit(&target, text).with_context(|| format!("{} has an odd name", target.display()))?;
        if !fs::read_to_string(&target).is_ok_and(|old| old == text) {
            fs::write(&target, text)?;
        }
    }
    Ok(())
}

/// Runs cargo in a copy; how many milliseconds it takes.
fn cargo(root: &Path, word: &str) -> anyhow::Result<f64> {
    let mut cargo = Command::new("cargo");
    cargo.args([word, "--quiet"]).current_dir(root).env_remove("CARGO_TARGET_DIR").stdin(Stdio::null());
    let started = Instant::now();
    let ended = cargo.output().context("cannot start cargo")?;
    let taken = started.elapsed().as_secs_f64() * 1e3;
    if !ended.status.success() {
        bail!("cargo {word} in {} fails:\n{}", root.display(), String::from_utf8_lossy(&ended.stderr));
    }
    Ok(taken)
}

/// An editor with the script open, and the game.
struct Live {
    editor: Editor,
    game: Spoken,
    path: PathBuf,
    text: String,
    version: u32,
}

impl Live {
    fn start(root: &Path, text: String) -> anyhow::Result<Self> {
        let path = root.join(SCRIPT);
        let mut editor = Editor::start(root, None).read();
        editor.wait("every script", |message| is_built(message, SCRIPTS).then_some(()));
        let document = json!({ "uri": file_uri(&path), "languageId": "rust", "version": 1, "text": text });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
        let mut program = Command::new(root.join("target/debug/game"));
        program.current_dir(root);
        let game = Spoken::start(program)?;
        game.wait("attached game", |line| line.starts_with("liveline: enemy generation").then_some(Ok(())))?;
        Ok(Self { editor, game, path, text, version: 1 })
    }

    /// Types an edit and saves it after the pause; milliseconds from the save to the frame that ran it.
    fn save(&mut self, mark: u32, pause: Option<u64>) -> anyhow::Result<f64> {
        sleep(REST);
        let text = with_mark(&self.text, mark);
        if let Some(pause) = pause {
            self.version += 1;
            let document = json!({ "uri": file_uri(&self.path), "version": self.version });
            let change = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
            self.editor.notify("textDocument/didChange", change);
            sleep(Duration::from_millis(pause));
        }
        fs::write(&self.path, text)?;
        let saved = now_micros();
        if pause.is_some() {
            let document = json!({ "uri": file_uri(&self.path) });
            self.editor.notify("textDocument/didSave", json!({ "textDocument": document }));
        }
        let at = self.game.ran(mark)?;
        Ok(at.saturating_sub(saved) as f64 / 1e3)
    }
}
