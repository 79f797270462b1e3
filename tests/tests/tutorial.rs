//! The book's tutorial, followed word for word: its files written, its commands run, its output seen.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use liveline_tests::book::{Step, changed, is_like, steps};
use liveline_tests::{Running, Typist, command, copy_sample, liveline, repository};

const CHAPTER: &str = "docs/tutorial.md";
/// The folder that the tutorial makes.
const PROJECT: &str = "my-game";
/// Where the tutorial expects the checkout of this repository.
const CHECKOUT: &str = "../liveline/";
const EDITED: &str = "scripts/src/miner.rs";

/// Somebody who follows the tutorial.
struct Reader {
    folder: PathBuf,
    terminals: BTreeMap<String, Running>,
    /// What the last commands have printed.
    printed: String,
    editor: Option<Typist>,
    /// The script's own count, which no swap may set back.
    day: u64,
}

impl Reader {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            terminals: BTreeMap::new(),
            printed: String::new(),
            editor: None,
            day: 0,
        }
    }

    fn shell(&self, commands: &str) -> std::process::Command {
        let mut paths = vec![liveline().parent().expect("a program lies in a folder").to_owned()];
        paths.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
        let path: OsString = std::env::join_paths(paths).expect("the PATH");
        let mut shell = command("sh");
        shell.args(["-e", "-c", commands]).current_dir(&self.folder).env("PATH", path);
        shell.env_remove("RUST_BACKTRACE").env("CARGO_TERM_COLOR", "never");
        // What the release build does is looked at, not how fast it is; optimising its dependencies takes a minute.
        shell.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
        shell
    }

    fn follow(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Run(commands) => self.run(commands),
            Step::Start(name, commands) => {
                let running = Running::start(name, self.shell(&format!("exec {commands}")));
                self.terminals.insert(name.clone(), running);
                Ok(())
            }
            Step::Printed(lines) => self.has_printed(lines),
            Step::Shows(name, lines) => self.sees(name, lines),
            Step::Write(file, text) => {
                let checkout = format!("{}/", repository().display());
                fs::write(self.folder.join(file), text.replace(CHECKOUT, &checkout))
                    .map_err(|e| e.to_string())
            }
            Step::Change(file, diff) => {
                let path = self.folder.join(file);
                let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
                fs::write(path, changed(&text, diff)?).map_err(|error| error.to_string())
            }
            Step::Editor(command) => {
                let folder = &self.folder;
                self.editor.get_or_insert_with(|| Typist::open_in(folder, EDITED)).command(command);
                Ok(())
            }
            Step::End(name) => {
                self.editor = None;
                let terminal = self.terminals.get_mut(name).ok_or("there is no such terminal")?;
                let status = terminal.terminate();
                status.success().then_some(()).ok_or_else(|| format!("it ended with {status}"))
            }
        }
    }

    /// The folder that the commands end in is the next ones' folder.
    fn run(&mut self, commands: &str) -> Result<(), String> {
        let output = self
            .shell(&format!("{commands}\necho \"in $PWD\""))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(format!("{}\n{out}{err}", output.status));
        }
        let (printed, folder) = out.trim_end().rsplit_once("in ").ok_or("no folder")?;
        (self.printed, self.folder) = (printed.to_owned(), PathBuf::from(folder));
        Ok(())
    }

    fn has_printed(&self, lines: &str) -> Result<(), String> {
        let mut printed = self.printed.lines();
        for shown in lines.lines() {
            if !printed.any(|line| is_like(shown, line)) {
                return Err(format!("no line like {shown:?}, in this order, in\n{}", self.printed));
            }
        }
        Ok(())
    }

    /// Server and game write to one terminal, so only a block's last line has its place: after all others.
    fn sees(&mut self, name: &str, lines: &str) -> Result<(), String> {
        let terminal = self.terminals.get_mut(name).ok_or("there is no such terminal")?;
        let latest = &mut self.day;
        let mut waiting: Vec<&str> = lines.lines().collect();
        while let Some(last) = waiting.last().copied() {
            let found = terminal.wait_for_line(&waiting.join("\n"), |line| {
                if let Some(day) = day(line) {
                    assert!(day > *latest, "the state started anew: {line:?} after day {latest}");
                    *latest = day;
                }
                let others = &waiting[..waiting.len() - 1];
                let found = others.iter().position(|shown| is_like(shown, line));
                found.or_else(|| (others.is_empty() && is_like(last, line)).then_some(0))
            });
            waiting.remove(found);
        }
        Ok(())
    }
}

/// `day 12: 30 gold`.
fn day(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("day ").or_else(|| line.strip_prefix("DAY "))?;
    rest.split(':').next()?.parse().ok()
}

/// What cargo has built for the sample serves this project too, so that its dependencies are built once; nothing else
/// of the sample stays.
fn with_builds_of_the_sample(project: &Path) -> std::io::Result<()> {
    copy_sample("sample", project)?;
    for entry in fs::read_dir(project)?.flatten() {
        match entry.file_name().to_str() {
            Some("target" | "Cargo.lock") => {}
            _ if entry.path().is_dir() => fs::remove_dir_all(entry.path())?,
            _ => fs::remove_file(entry.path())?,
        }
    }
    // Generations are counted from the first one.
    fs::remove_dir_all(project.join("target/liveline/libraries"))
}

#[test]
fn a_reader_comes_to_the_end_of_the_tutorial() {
    let chapter = fs::read_to_string(repository().join(CHAPTER)).expect("the chapter");
    let folder = tempfile::Builder::new().prefix("liveline-test-").tempdir().expect("a temporary folder");
    with_builds_of_the_sample(&folder.path().join(PROJECT)).expect("the sample's builds");
    let mut reader = Reader::new(folder.path());
    let steps = steps(&chapter);
    assert!(steps.len() > 30, "the chapter's blocks are found: {}", steps.len());
    for (line, step) in steps {
        eprintln!("{CHAPTER}:{line}");
        reader.follow(&step).unwrap_or_else(|error| panic!("{CHAPTER}:{line}: {error}"));
    }
}
