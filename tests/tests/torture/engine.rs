//! One engine: its process, and what a model says of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use liveline_protocol::endpoint;
use liveline_tests::{DEADLINE, Game, Project, poll_until};

use crate::code::{Code, Flaw, PROBATION, State};

/// A running `steps` example of the sample game.
pub struct Engine {
    /// Its process.
    pub game: Game,
    snapshot: PathBuf,
    /// Whether its process survives crashes of scripts.
    pub recovers: bool,
    /// The code that it runs.
    pub code: Code,
    states: [State; 2],
    /// Calls of that code in this process.
    calls: u64,
    /// What ran before, and the state that it left where its layout was another one.
    before: Option<(Code, Option<[State; 2]>)>,
    /// What each instance's state has of the number of its last call.
    stamps: [Option<String>; 2],
    /// What the process took when it had started.
    start: Figures,
    /// The generations that this process has loaded since.
    loaded: u64,
}

/// What a process takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Resident memory, in KiB.
    pub memory: u64,
    /// Open files.
    pub files: usize,
    /// Its threads.
    pub threads: usize,
}

impl Figures {
    /// Of a process.
    pub fn of(pid: u32) -> Self {
        let place = PathBuf::from(format!("/proc/{pid}"));
        let count = |name: &str| std::fs::read_dir(place.join(name)).map_or(0, Iterator::count);
        let status = std::fs::read_to_string(place.join("status")).unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
        let memory = memory.and_then(|memory| memory.parse().ok()).unwrap_or_default();
        Self { memory, files: count("fd"), threads: count("task") }
    }
}

impl Engine {
    /// Starts one that takes over the state which `snapshot` has, if any. `code` is what it is to run.
    pub fn start(project: &Project, number: usize, libraries: &str, code: &Code) -> Self {
        let snapshot = project.path(&format!("target/state-{number}"));
        // One of them.
        let recovers = number == 0;
        let game = launch(project, &snapshot, libraries, Launch { recovers, is_anew: false });
        let start = Figures::default();
        let (code, states) = (code.clone(), [code.fresh(), code.fresh()]);
        let stamps = Default::default();
        Self { game, snapshot, recovers, code, states, calls: 0, before: None, stamps, start, loaded: 0 }
    }

    /// Starts it anew as `liveline run` does: with the state that the last process left.
    pub fn restart(&mut self, project: &Project, libraries: &str, code: &Code) {
        self.game.kill();
        let how = Launch { recovers: self.recovers, is_anew: true };
        self.game = launch(project, &self.snapshot, libraries, how);
        self.take(code);
        // What it was linked with is all that there is before.
        self.before = None;
    }

    /// From now on the process is at work.
    pub fn measure(&mut self) {
        self.start = Figures::of(self.game.pid());
        self.loaded = 0;
    }

    /// The new code runs with the state that there is.
    pub fn take(&mut self, code: &Code) {
        let states: Vec<State> =
            self.states.iter().map(|state| code.migrate(state).expect("the state can go over")).collect();
        let states = <[State; 2]>::try_from(states).expect("two instances");
        let old = std::mem::replace(&mut self.states, states);
        let is_other = self.code.layout != code.layout;
        let code_before = std::mem::replace(&mut self.code, code.clone());
        self.before = Some((code_before, is_other.then_some(old)));
        self.calls = 0;
        self.loaded += 1;
    }

    /// Whether the state that there is can go over.
    pub fn can_take(&self, code: &Code) -> bool {
        self.states.iter().all(|state| code.migrate(state).is_some())
    }

    /// The new code runs, with state of its own.
    pub fn take_anew(&mut self, code: &Code) {
        self.states = [code.fresh(), code.fresh()];
        self.stamps = Default::default();
        self.take(code);
    }

    /// The new code has panicked in its first call: what was before runs again.
    fn take_back(&mut self) {
        let (code, states) = self.before.take().expect("something was before");
        self.code = code;
        if let Some(states) = states {
            self.states = states;
        }
    }

    /// Has it do something that it may not answer.
    pub fn tell(&mut self, what: &str, instance: usize, number: u64) {
        self.game.tell(&format!("{what} {instance} {number}"));
    }

    /// Calls a script and holds what happens against the model.
    pub fn update(&mut self, instance: usize, number: u64) {
        self.tell("update", instance, number);
        let answer = self.game.wait_for(&format!("{number} ")).what;
        self.code.advance(&mut self.states[instance]);
        self.stamps[instance] = Some(format!("<{number}>"));
        self.calls += 1;
        let panics = match self.code.flaw {
            Flaw::Panic => true,
            Flaw::LatePanic => self.calls > PROBATION + 1,
            _ => false,
        };
        if !panics {
            assert_eq!(answer, format!("{number} {}", self.code.says(&self.states[instance])));
            return;
        }
        let line = format!("player.rs:{}:", self.code.line());
        let message = format!("m{}", self.code.marker);
        let is_told = answer.starts_with(&format!("{number} fault")) && answer.contains(&line);
        assert!(is_told && answer.contains(&message), "{answer:?} is not {message} at {line}");
        if self.code.flaw == Flaw::Panic {
            self.take_back();
        }
    }

    /// Calls a script that crashes, and survives that: the state is as the call had left it by then.
    pub fn survive(&mut self, instance: usize, number: u64) {
        self.tell("update", instance, number);
        let answer = self.game.wait_for(&format!("{number} ")).what;
        assert!(answer.starts_with(&format!("{number} fault")), "{answer:?} is no fault");
        self.code.advance(&mut self.states[instance]);
        self.stamps[instance] = Some(format!("<{number}>"));
    }

    /// Waits until it says itself that it runs what the model says.
    pub fn look(&mut self, number: u64) {
        let wanted = format!("{number} generation {}", self.code.generation);
        poll_until(&wanted, Instant::now() + DEADLINE, || {
            self.tell("look", 0, number);
            (self.game.wait_for(&format!("{number} generation")).what == wanted).then_some(())
        });
    }

    /// Waits until its state is where the next process finds it. Both instances must have been called.
    pub fn settle(&self) {
        let stamps: Vec<&[u8]> = self.stamps.iter().flatten().map(String::as_bytes).collect();
        assert_eq!(stamps.len(), 2, "both have been called");
        poll_until("the state is written", Instant::now() + DEADLINE, || {
            let content = std::fs::read(&self.snapshot).ok()?;
            let has = |stamp: &&[u8]| content.windows(stamp.len()).any(|part| part == *stamp);
            stamps.iter().all(has).then_some(())
        });
    }

    /// What the process takes now, what it took at its start, and the generations that it has loaded since.
    pub fn figures(&self) -> (Figures, Figures, u64) {
        (Figures::of(self.game.pid()), self.start, self.loaded)
    }
}

/// How a process is started.
struct Launch {
    recovers: bool,
    /// In place of one that has ended.
    is_anew: bool,
}

fn launch(project: &Project, snapshot: &Path, libraries: &str, how: Launch) -> Game {
    let target = project.path("target");
    let mut command: Command = project.command(target.join("debug/examples/steps"));
    command.env(endpoint::ENDPOINT_VARIABLE, target.join(endpoint::FOLDER).join(endpoint::FILE));
    command.env("LD_LIBRARY_PATH", libraries).env(endpoint::STATE_VARIABLE, snapshot);
    if how.recovers {
        command.env("GAME_RECOVERS", "1");
    }
    if how.is_anew {
        command.env(endpoint::AWAIT_VARIABLE, "20000");
    }
    Game::start(command)
}
