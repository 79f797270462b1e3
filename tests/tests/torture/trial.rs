//! Three engines, one server and a seeded mix of everything that can go wrong, held against a model.

mod faults;

use std::collections::BTreeMap;
use std::path::PathBuf;

use liveline_protocol::engine::BuildState;
use liveline_tests::{Editor, PLAYER, Project, Random, Server, events};
use serde_json::{Value, json};

use crate::code::{Change, Code, Flaw, PROBATION};
use crate::engine::{Engine, Figures};
use crate::report::Report;
use crate::sight::Sight;

const ENGINES: usize = 3;
/// A call that lasts longer hangs.
const HANG_MILLIS: u64 = 400;
/// The generations, counted back from the newest, that can be gone back to for certain.
const REACHABLE: usize = 12;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A save that changes what a call does, and now and then the layout.
    Good,
    /// A save that does not compile.
    TypeError,
    /// A save whose layout the state cannot go over to.
    Layout,
    /// A save that panics in its first calls.
    Panic,
    /// A save that panics after its probation.
    LatePanic,
    /// A save that ends an engine.
    Crash(Flaw),
    /// A save that does not return.
    Hang,
    /// Back to an earlier generation.
    Undo,
    /// Forward again.
    Redo,
    /// The server is killed, in the middle of a build or not.
    KillServer,
    /// An engine is killed.
    KillEngine,
}

/// All steps; the good ones as often as they are among real ones.
pub const STEPS: [Step; 15] = [
    Step::Good,
    Step::Good,
    Step::Good,
    Step::TypeError,
    Step::Layout,
    Step::Panic,
    Step::LatePanic,
    Step::Crash(Flaw::Segfault),
    Step::Crash(Flaw::Abort),
    Step::Crash(Flaw::Overflow),
    Step::Hang,
    Step::Undo,
    Step::Redo,
    Step::KillServer,
    Step::KillEngine,
];

/// The torture.
pub struct Trial {
    project: Project,
    file: PathBuf,
    libraries: String,
    server: Server,
    sight: Sight,
    engines: Vec<Engine>,
    random: Random,
    /// What became a generation, oldest first.
    codes: Vec<Code>,
    /// The one of them that engines are to run.
    told: usize,
    /// Whether the last save compiles.
    compiles: bool,
    marker: u64,
    number: u64,
    report: Report,
}

impl Trial {
    /// Everything runs.
    pub fn start(seed: u64) -> Self {
        let project = Project::sample();
        let settings = format!("[engine]\nhang-millis = {HANG_MILLIS}\nprobation = {PROBATION}\n");
        project.write("liveline.toml", &settings);
        let mut build = project.command("cargo");
        build.args(["build", "--quiet", "--package", "game", "--example", "steps"]);
        assert!(build.status().is_ok_and(|status| status.success()), "the game builds");
        let libraries = libraries(&project);
        let server = project.serve();
        let first = Code::first();
        let start = |number| Engine::start(&project, number, &libraries, &first);
        let engines = (0..ENGINES).map(start).collect();
        let mut trial = Self {
            file: project.path(PLAYER),
            project,
            libraries,
            server,
            sight: Sight::default(),
            engines,
            random: Random::new(seed),
            codes: vec![first],
            told: 0,
            compiles: true,
            marker: 0,
            number: 0,
            report: Report::default(),
        };
        trial.wait("all engines run the first build", |sight, pids| {
            sight.newest() > 0 && pids.iter().all(|pid| sight.runs(*pid) == Some(sight.newest()))
        });
        trial.codes[0].generation = trial.sight.newest();
        trial.engines.iter_mut().for_each(Engine::measure);
        trial.report.server = Figures::of(trial.server.pid());
        trial
    }

    /// Does one thing, and sees that everything is as the model says.
    pub fn step(&mut self, step: Step) {
        self.report.count(step);
        match step {
            Step::Good => self.good(),
            Step::TypeError => self.type_error(),
            Step::Layout => self.layout(),
            Step::Panic => self.panic(),
            Step::LatePanic => self.late_panic(),
            Step::Crash(flaw) => self.crash(flaw),
            Step::Hang => self.hang(),
            Step::Undo => self.undo(),
            Step::Redo => self.redo(),
            Step::KillServer => self.kill_server(),
            Step::KillEngine => self.kill_engine(),
        }
        let is_bad = !matches!(step, Step::Good | Step::Undo | Step::Redo);
        if is_bad && self.random.one_in(2) {
            self.good();
            self.good();
        }
    }

    /// Every engine runs the last good generation, with the state that the model says; then everything ends.
    pub fn finish(mut self) -> Report {
        self.good();
        self.good();
        for engine in 0..ENGINES {
            for instance in 0..2 {
                self.update(engine, instance);
            }
        }
        for engine in &self.engines {
            self.report.engine(engine.figures());
        }
        self.report.ends(self.server.pid(), self.codes.len());
        self.server.terminate();
        let pids: Vec<u32> = self.engines.iter().map(|engine| engine.game.pid()).collect();
        self.project.wait_until_only(&pids);
        for engine in &mut self.engines {
            assert!(engine.game.close().success(), "the game ends well");
        }
        self.project.wait_until_only(&[]);
        self.report
    }

    fn next(&mut self, flaw: Flaw, change: Change) -> Code {
        self.marker += 1;
        self.codes[self.told].next(self.marker, flaw, change, &mut self.random)
    }

    fn save(&mut self, code: &Code) {
        self.project.write(PLAYER, &code.text());
        self.compiles = code.flaw != Flaw::TypeError;
    }

    fn good(&mut self) {
        let change = Change::possible(&mut self.random);
        let code = self.next(Flaw::None, change);
        self.save(&code);
        self.becomes_live(code);
        self.play();
    }

    /// Waits until every engine runs a code that was saved.
    fn becomes_live(&mut self, code: Code) {
        let before = self.codes.last().expect("a first one").generation;
        let (file, what) = (self.file.clone(), format!("every engine runs m{}", code.marker));
        self.wait(&what, |sight, pids| {
            let newest = sight.newest();
            newest > before
                && sight.is_live()
                && sight.undone().is_none()
                && sight.is_clear(&file)
                && pids.iter().all(|pid| sight.runs(*pid) == Some(newest))
        });
        self.becomes_told(code);
        self.all_take();
    }

    fn becomes_told(&mut self, mut code: Code) {
        code.generation = self.sight.newest();
        self.codes.push(code);
        self.told = self.codes.len() - 1;
    }

    /// In the model every engine takes what it is told, if it does not run it already; and they say so.
    fn all_take(&mut self) {
        let told = self.codes[self.told].clone();
        for index in 0..ENGINES {
            if self.engines[index].code.generation != told.generation {
                self.engines[index].take(&told);
            }
            self.look(index);
        }
    }

    fn is_good(&self) -> bool {
        let told = &self.codes[self.told];
        let runs = |engine: &Engine| engine.code.generation == told.generation;
        told.flaw == Flaw::None && self.engines.iter().all(runs)
    }

    /// Makes what runs good, newest and saved, if it is not.
    fn settle_down(&mut self) {
        if !self.is_good() || self.told + 1 != self.codes.len() || !self.compiles {
            self.good();
        }
    }

    /// Some calls in some engines.
    fn play(&mut self) {
        for _ in 0..self.random.below(8) {
            let (engine, instance) = (self.random.index(ENGINES), self.random.index(2));
            self.update(engine, instance);
        }
    }

    fn update(&mut self, engine: usize, instance: usize) {
        self.number += 1;
        self.engines[engine].update(instance, self.number);
    }

    fn look(&mut self, engine: usize) {
        self.number += 1;
        self.engines[engine].look(self.number);
    }

    /// Waits until every engine's state is where the next process finds it.
    fn settle_state(&mut self, engine: usize) {
        self.update(engine, 0);
        self.update(engine, 1);
        self.engines[engine].settle();
    }

    fn restart(&mut self, victim: usize) {
        self.report.engine(self.engines[victim].figures());
        let told = self.codes[self.told].clone();
        self.engines[victim].restart(&self.project, &self.libraries, &told);
        let pid = self.engines[victim].game.pid();
        self.wait("the new process runs what engines are to run", |sight, _| {
            sight.runs(pid) == Some(told.generation)
        });
        self.look(victim);
        self.engines[victim].measure();
    }

    fn kill_engine(&mut self) {
        self.settle_down();
        let victim = self.random.index(ENGINES);
        self.settle_state(victim);
        self.restart(victim);
        self.play();
    }

    fn undo(&mut self) {
        if !self.is_good() {
            self.good();
        }
        let newest = self.codes.len() - 1;
        let can = |at: &usize| {
            *at != self.told
                && self.codes[*at].flaw == Flaw::None
                && self.engines.iter().all(|engine| engine.can_take(&self.codes[*at]))
        };
        let one_back = (0..self.told).rev().find(|at| !self.codes[*at].is_passed_over);
        let one_back = one_back.filter(|at| *at + REACHABLE > newest).filter(can);
        let reachable: Vec<usize> = (newest.saturating_sub(REACHABLE)..=newest).filter(can).collect();
        let (target, generation) = match one_back.filter(|_| self.random.one_in(2)) {
            Some(target) => (target, Value::Null),
            None if reachable.is_empty() => return,
            None => {
                let target = reachable[self.random.index(reachable.len())];
                (target, json!(self.codes[target].generation))
            }
        };
        self.command("liveline.undo", json!([{ "library": "scripts", "generation": generation }]));
        self.went_to(target);
    }

    fn redo(&mut self) {
        if !self.is_good() {
            return self.good();
        }
        let mut later = self.told + 1..self.codes.len();
        let Some(next) = later.find(|at| !self.codes[*at].is_passed_over) else {
            if matches!(
                self.codes.last(),
                Some(Code { flaw: Flaw::Segfault | Flaw::Abort | Flaw::Overflow, .. })
            ) {
                self.redo_is_refused();
            }
            return self.good();
        };
        let can_all = |code: &Code| self.engines.iter().all(|engine| engine.can_take(code));
        if self.codes[next].flaw != Flaw::None || !can_all(&self.codes[next]) {
            return self.good();
        }
        self.command("liveline.redo", json!([{ "library": "scripts" }]));
        self.went_to(next);
    }

    /// What crashed is not what forward leads to.
    fn redo_is_refused(&mut self) {
        let answer = self.answer("liveline.redo", &json!([{ "library": "scripts" }]));
        let error = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(error.contains("it crashed"), "{answer}");
        self.all_take();
        self.play();
    }

    fn went_to(&mut self, target: usize) {
        self.told = target;
        let generation = self.codes[target].generation;
        let undone = (target + 1 != self.codes.len()).then_some(generation);
        self.wait(&format!("every engine runs generation {generation} again"), |sight, pids| {
            sight.undone() == undone && pids.iter().all(|pid| sight.runs(*pid) == Some(generation))
        });
        self.all_take();
        self.play();
    }

    fn kill_server(&mut self) {
        if !self.is_good() {
            self.good();
        }
        let saved = self.random.one_in(2).then(|| self.next(Flaw::None, Change::Add));
        if saved.is_none() && self.random.one_in(2) {
            self.type_error();
        }
        if let Some(code) = &saved {
            self.save(code);
            self.server.wait("a build", |event| events::build(event, "scripts", BuildState::Started));
        }
        self.restart_server();
        match saved {
            Some(code) => self.becomes_live(code),
            None => {
                let told = self.codes[self.told].generation;
                self.wait("every engine is back", |sight, pids| {
                    pids.iter().all(|pid| sight.runs(*pid) == Some(told))
                });
                self.all_take();
                self.crash_stands();
            }
        }
        self.play();
    }

    /// Kills the server and starts another one.
    fn restart_server(&mut self) {
        self.server.kill();
        let pids: Vec<u32> = self.engines.iter().map(|engine| engine.game.pid()).collect();
        self.project.wait_until_only(&pids);
        self.server = self.project.serve();
        self.sight = Sight::default();
    }

    /// A person's command in an editor.
    fn command(&mut self, name: &str, arguments: Value) {
        let answer = self.answer(name, &arguments);
        assert!(answer.get("error").is_none(), "{name} {arguments}: {answer}");
    }

    fn answer(&mut self, name: &str, arguments: &Value) -> Value {
        let mut editor = Editor::start(self.project.root(), None).read();
        let id =
            editor.request("workspace/executeCommand", json!({ "command": name, "arguments": arguments }));
        editor.answer(id)
    }

    /// Waits until a person sees something; `holds` is given the engines' processes.
    fn wait(&mut self, what: &str, holds: impl Fn(&Sight, &[u32]) -> bool) {
        let pids: Vec<u32> = self.engines.iter().map(|engine| engine.game.pid()).collect();
        let sight = &mut self.sight;
        self.server.heard().iter().for_each(|event| sight.note(event));
        if !holds(sight, &pids) {
            self.server.wait(what, |event| {
                sight.note(event);
                holds(sight, &pids).then_some(())
            });
        }
    }
}

/// What a development build needs to find its libraries.
fn libraries(project: &Project) -> String {
    let mut rustc = project.command("rustc");
    let output = rustc.args(["--print", "target-libdir"]).output().expect("rustc runs");
    let std = String::from_utf8(output.stdout).expect("a path");
    let debug = project.path("target/debug");
    format!("{0}:{0}/deps:{1}", debug.display(), std.trim())
}

/// How often what happened.
pub type Counts = BTreeMap<Step, usize>;
