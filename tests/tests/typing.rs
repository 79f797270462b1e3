//! A person who types and saves without a rest, over a real server and a real game.
//!
//! `LIVELINE_TYPING_SECONDS=600 LIVELINE_TYPING_SEED=1 cargo test -p liveline-tests --test typing -- --nocapture`
//! types for ten minutes and prints what it has seen.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use liveline_tests::{DEADLINE, Editor, Game, PLAYER, Project, Random, file_uri, number};
use serde_json::{Value, json};

/// From one edit to the next.
const PACE: Duration = Duration::from_millis(150);
/// What is typed into a comment: characters that encodings count differently.
const PIECES: [&str; 8] = ["x", "ü", "e\u{301}", "👾", "中文", "\t", "\n    // ", " "];
const COMMENT: &str = "    // typed:";
const GOOD: &str = "self.ticks += 1;";
const BAD: &str = "self.ticks += \"👾\";";

/// The person, the editor and the game.
struct Person {
    project: Project,
    editor: Editor,
    game: Game,
    random: Random,
    uri: String,
    text: String,
    version: u32,
    /// The number in the word that the script says.
    word: u64,
    /// The newest good save that the game has not shown to run.
    awaited: Option<(String, Instant)>,
    /// Since when what is saved is good and the editor shows something all the same.
    stale_since: Option<Instant>,
    is_saved_good: bool,
    /// What the game has said last.
    says: String,
    /// What the editor shows in the file.
    shown: Vec<Value>,
    displays: BTreeSet<String>,
    seen: Seen,
    /// What the server itself took for its answers.
    answers: Option<JoinHandle<Vec<u128>>>,
}

/// What came of it.
#[derive(Debug, Default)]
struct Seen {
    edits: u64,
    saves: u64,
    reloads: u64,
    /// Times of answers, in microseconds.
    lenses: Vec<u128>,
    statuses: Vec<u128>,
    save_to_running: Vec<u128>,
    with_errors: u64,
}

impl Person {
    fn sit_down(project: Project, seed: u64) -> Self {
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8"] },
            "window": { "workDoneProgress": true },
            "workspace": { "codeLens": { "refreshSupport": true } },
            "textDocument": { "publishDiagnostics": { "relatedInformation": true, "dataSupport": true } },
        });
        let text = project.read(PLAYER).replace("impl Script", &format!("{COMMENT}\nimpl Script"));
        let text =
            text.replacen("#[liveline::script]\n    // typed:\n", "    // typed:\n#[liveline::script]\n", 1);
        let log = Some("warn,liveline::answers=trace");
        let mut editor = Editor::start_as(&[project.root()], None, log, &capabilities).read();
        let log = editor.process.stderr.take().expect("a log");
        let answers = std::thread::spawn(move || answers(log));
        let game = project.play();
        let uri = file_uri(&project.path(PLAYER));
        let mut person = Self {
            project,
            editor,
            game,
            random: Random::new(seed),
            uri,
            text,
            version: 1,
            word: 0,
            awaited: None,
            stale_since: None,
            is_saved_good: true,
            says: String::new(),
            shown: Vec::new(),
            displays: BTreeSet::new(),
            seen: Seen::default(),
            answers: Some(answers),
        };
        person.project.write(PLAYER, &person.text);
        let item = json!({ "uri": person.uri, "languageId": "rust", "version": 1, "text": person.text });
        person.editor.notify("textDocument/didOpen", json!({ "textDocument": item }));
        person.says = person.game.wait_for("says one").what;
        person
    }

    /// Replaces a stretch, as an editor tells it.
    fn edit(&mut self, at: std::ops::Range<usize>, new: &str) {
        let place = |byte: usize| {
            let before = &self.text[..byte];
            let line = before.matches('\n').count();
            json!({ "line": line, "character": byte - before.rfind('\n').map_or(0, |end| end + 1) })
        };
        let range = json!({ "start": place(at.start), "end": place(at.end) });
        self.text.replace_range(at, new);
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        let changes = json!([{ "range": range, "text": new }]);
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.editor.notify("textDocument/didChange", params);
        self.seen.edits += 1;
    }

    fn replace(&mut self, from: &str, to: &str) {
        let at = self.text.find(from).unwrap_or_else(|| panic!("no {from:?} in\n{}", self.text));
        self.edit(at..at + from.len(), to);
    }

    fn is_good(&self) -> bool {
        self.text.contains(GOOD)
    }

    fn word(&self) -> &str {
        let (_, rest) = self.text.split_once("say(\"").expect("the script says something");
        rest.split('"').next().expect("a word")
    }

    /// One edit of many kinds.
    fn type_something(&mut self) {
        match self.random.below(10) {
            0 if self.is_good() => self.replace(GOOD, BAD),
            0..=2 if !self.is_good() => self.replace(BAD, GOOD),
            1 | 2 => self.another_word(),
            3 => self.clear_comment(),
            _ => {
                let piece = PIECES[self.random.index(PIECES.len())];
                let end = self.text.find(COMMENT).expect("a comment") + COMMENT.len();
                self.edit(end..end, piece);
            }
        }
    }

    fn another_word(&mut self) {
        self.word += 1;
        let (old, new) = (self.word().to_owned(), format!("word{}", self.word));
        self.replace(&format!("say(\"{old}\")"), &format!("say(\"{new}\")"));
    }

    fn clear_comment(&mut self) {
        let start = self.text.find(COMMENT).expect("a comment") + COMMENT.len();
        let end = self.text.find("#[liveline::script]").expect("the script");
        self.edit(start..end, "\n");
    }

    fn save(&mut self) {
        if self.is_good() && self.random.one_in(2) {
            self.another_word();
        }
        self.project.write(PLAYER, &self.text);
        self.editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": self.uri } }));
        self.seen.saves += 1;
        self.is_saved_good = self.is_good();
        let word = format!("says {}", self.word());
        // The game says only what is new.
        self.awaited = (self.is_good() && word != self.says).then(|| (word, Instant::now()));
    }

    /// Asks for code lenses and for the status, and takes what comes until the next edit is due.
    fn look(&mut self) {
        let next = Instant::now() + PACE;
        let document = json!({ "textDocument": { "uri": self.uri } });
        let started = Instant::now();
        let lenses = self.editor.request("textDocument/codeLens", document);
        self.answered(lenses);
        self.seen.lenses.push(started.elapsed().as_micros());
        let started = Instant::now();
        let status = self.editor.request("liveline/status", Value::Null);
        self.answered(status);
        self.seen.statuses.push(started.elapsed().as_micros());
        while let Some(message) = self.editor.next_until(next) {
            self.hear(&message);
        }
        self.look_at_game();
        self.look_for_stale();
    }

    fn answered(&mut self, id: u64) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let message = self.editor.next_until(deadline).expect("an answer");
            self.hear(&message);
            if message.get("method").is_none() && message["id"] == id {
                assert!(message.get("error").is_none(), "{message}");
                return;
            }
        }
    }

    fn hear(&mut self, message: &Value) {
        let params = &message["params"];
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") if params["uri"] == self.uri.as_str() => {
                self.shown = params["diagnostics"].as_array().cloned().unwrap_or_default();
                self.seen.with_errors += u64::from(!self.shown.is_empty());
                let lines: Vec<&Value> =
                    self.shown.iter().map(|one| &one["range"]["start"]["line"]).collect();
                assert!(lines.iter().all(|line| line.as_u64() < Some(10_000)), "{lines:?}");
                let once: BTreeSet<String> = self.shown.iter().map(place_and_words).collect();
                assert_eq!(once.len(), self.shown.len(), "shown twice: {:?}", self.shown);
            }
            Some("$/progress") => {
                let token = params["token"].as_str().expect("a token").to_owned();
                match params["value"]["kind"].as_str() {
                    Some("begin") => assert!(self.displays.insert(token), "begins twice: {params}"),
                    Some("end") => assert!(self.displays.remove(&token), "ends twice: {params}"),
                    _ => assert!(self.displays.contains(&token), "moves and is not there: {params}"),
                }
            }
            Some("window/showMessage") => panic!("nothing is wrong with this project: {params}"),
            _ => {}
        }
    }

    /// Whether the newest good save runs.
    fn look_at_game(&mut self) {
        let heard = self.game.heard();
        if let Some(last) = heard.last() {
            self.says.clone_from(&last.what);
        }
        let Some((word, saved)) = &self.awaited else { return };
        if heard.iter().any(|said| said.what == *word) {
            self.seen.save_to_running.push(saved.elapsed().as_micros());
            self.seen.reloads += 1;
            self.awaited = None;
        } else {
            assert!(saved.elapsed() < DEADLINE, "never ran: {word}");
        }
    }

    /// An error may stand for as long as text with it is the newest that was built; not for longer.
    fn look_for_stale(&mut self) {
        let is_stale =
            self.is_good() && self.is_saved_good && self.awaited.is_none() && !self.shown.is_empty();
        match (is_stale, self.stale_since) {
            (false, _) => self.stale_since = None,
            (true, None) => self.stale_since = Some(Instant::now()),
            (true, Some(since)) => assert!(since.elapsed() < DEADLINE, "stale: {:?}", self.shown),
        }
    }

    /// Takes what comes until it is so.
    fn wait(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "{what}: {:?}", self.shown);
            if let Some(message) = self.editor.next_until(Instant::now() + PACE) {
                self.hear(&message);
            }
            self.look_at_game();
        }
    }

    fn memory(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.editor.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

/// Times of answers in a server's log, in microseconds, to its end.
fn answers(log: impl Read) -> Vec<u128> {
    let nanos = |line: String| line.split_once("nanos=")?.1.trim().parse::<u128>().ok();
    BufReader::new(log).lines().map_while(Result::ok).filter_map(nanos).map(|nanos| nanos / 1000).collect()
}

/// What a person would take for the same.
fn place_and_words(diagnostic: &Value) -> String {
    format!("{}{}", diagnostic["range"]["start"], diagnostic["message"])
}

fn show(name: &str, mut micros: Vec<u128>) {
    micros.sort_unstable();
    let at =
        |share: usize| micros.get(micros.len().saturating_sub(1) * share / 1000).copied().unwrap_or_default();
    let [p50, p99, worst] = [500, 990, 1000].map(at).map(|micros| micros as f64 / 1000.0);
    eprintln!("{name}: p50 {p50:.2} ms, p99 {p99:.2} ms, worst {worst:.2} ms, {} times", micros.len());
}

#[test]
fn nothing_is_missed_left_over_or_stale_under_a_typist_who_never_rests() {
    let length = Duration::from_secs(number("LIVELINE_TYPING_SECONDS", 20));
    let mut person = Person::sit_down(Project::sample(), number("LIVELINE_TYPING_SEED", 1));
    let (started, mut memory) = (Instant::now(), Vec::new());
    while started.elapsed() < length {
        person.type_something();
        // One save in two has to run before the next: the others may be overtaken.
        let may_save = person.awaited.is_none() || person.random.one_in(2);
        if may_save && person.random.one_in(8) {
            person.save();
        }
        person.look();
        if person.seen.edits.is_multiple_of(40) {
            memory.push(person.memory());
        }
    }

    // What was typed last, seen to its end: an error before it is saved, where it is, and then none.
    if !person.is_good() {
        person.replace(BAD, GOOD);
    }
    person.clear_comment();
    person.another_word();
    person.save();
    person.wait("the last save runs", |person| person.awaited.is_none());
    person.wait("nothing is wrong with it", |person| person.shown.is_empty());
    person.replace(GOOD, BAD);
    let line = person.text.lines().position(|line| line.contains(BAD)).expect("the error") as u64;
    let stands = |one: &Value| {
        one["range"]["start"]["line"] == line
            && one["message"].as_str().is_some_and(|m| m.contains("E0277") || m.contains("add"))
    };
    person.wait("the error before the save", |person| person.shown.iter().any(stands));
    person.replace(BAD, GOOD);
    person.wait("the end of the error", |person| person.shown.is_empty());

    memory.push(person.memory());
    let id = person.editor.request("shutdown", Value::Null);
    person.answered(id);
    person.wait("the displays' ends", |person| person.displays.is_empty());
    person.editor.notify("exit", Value::Null);
    assert_eq!(person.editor.end().code(), Some(0));
    let game = person.game.pid();
    person.project.wait_until_only(&[game]);

    let seen = std::mem::take(&mut person.seen);
    eprintln!("{} edits, {} saves, {} good saves seen running", seen.edits, seen.saves, seen.reloads);
    eprintln!("{} publications with errors", seen.with_errors);
    show("code lenses", seen.lenses);
    show("status", seen.statuses);
    let answers = person.answers.take().expect("a log").join().expect("the log can be read");
    assert!(answers.len() as u64 >= seen.edits, "{} answers in the log", answers.len());
    show("both in the server alone", answers);
    show("save to running, at the typist's pace", seen.save_to_running);
    let (first, last) = (memory[memory.len() / 10], memory[memory.len() - 1]);
    eprintln!("memory of the server: {first} kB after a tenth of the time, {last} kB at the end; {memory:?}");
    assert!(seen.reloads > 0 && seen.with_errors > 0, "a typist who does nothing");
    assert!(last < first + first / 4 + 16 * 1024, "memory grows: {memory:?} kB");
}
