//! The saves that go wrong.

use liveline_protocol::engine::{FaultKind, Outcome};
use liveline_server::diagnostics::Source;
use serde_json::json;

use super::{ENGINES, Trial};
use crate::code::{Change, Flaw, PROBATION};

impl Trial {
    pub(super) fn type_error(&mut self) {
        let code = self.next(Flaw::TypeError, Change::None);
        self.save(&code);
        let (file, line) = (self.file.clone(), code.line());
        self.wait("the type error stands at its line", |sight, _| {
            sight.errors(&file, Source::Build) == [line]
        });
        if self.is_good() {
            self.play();
        }
    }

    pub(super) fn layout(&mut self) {
        self.settle_down();
        let code = self.next(Flaw::Layout, Change::Impossible);
        self.save(&code);
        let before = self.codes[self.told].generation;
        let (file, line) = (self.file.clone(), code.line());
        self.wait("every engine refuses the layout, at its field", |sight, pids| {
            let newest = sight.newest();
            let refuses =
                |pid: &u32| sight.refuses(*pid, newest, Outcome::Refused) && sight.runs(*pid) == Some(before);
            newest > before && pids.iter().all(refuses) && sight.errors(&file, Source::Run) == [line]
        });
        let good = self.told;
        self.becomes_told(code);
        self.play();
        if self.random.one_in(2) {
            // The quick fix: this state starts anew.
            self.command("liveline.resetState", json!([{ "library": "scripts", "types": ["Player"] }]));
            let told = self.codes[self.told].generation;
            self.wait("every engine runs it, with state anew", |sight, pids| {
                pids.iter().all(|pid| sight.runs(*pid) == Some(told)) && sight.is_clear(&file)
            });
            self.codes[self.told].flaw = Flaw::None;
            let code = self.codes[self.told].clone();
            self.engines.iter_mut().for_each(|engine| engine.take_anew(&code));
            self.all_take();
            self.play();
        } else {
            self.codes[self.told].is_passed_over = true;
            self.told = good;
            self.good();
        }
    }

    pub(super) fn panic(&mut self) {
        self.settle_down();
        let before = self.codes[self.told].generation;
        let change = if self.random.one_in(2) { Change::None } else { Change::Add };
        let code = self.next(Flaw::Panic, change);
        let line = code.line();
        self.save(&code);
        let good = self.told;
        self.becomes_live(code);
        let fallen = self.some();
        let generation = self.codes[self.told].generation;
        for engine in &fallen {
            let instance = self.random.index(2);
            self.update(*engine, instance);
            self.look(*engine);
        }
        let fallen: Vec<u32> = fallen.iter().map(|engine| self.engines[*engine].game.pid()).collect();
        let file = self.file.clone();
        self.wait("what panicked is taken back, and only there", |sight, pids| {
            pids.iter().all(|pid| match fallen.contains(pid) {
                true => {
                    sight.refuses(*pid, generation, Outcome::Restored) && sight.runs(*pid) == Some(before)
                }
                false => sight.runs(*pid) == Some(generation),
            }) && sight.errors(&file, Source::Run).contains(&line)
        });
        // The next save is made from the good one: engines run either.
        if fallen.len() == ENGINES {
            self.codes[self.told].is_passed_over = true;
            self.told = good;
            self.late_ones_get_the_one_before(generation, line);
        }
        self.told = good;
        self.good();
    }

    /// What every engine has taken back is given to no other, nor by another server.
    fn late_ones_get_the_one_before(&mut self, generation: u64, line: u32) {
        let before = self.codes[self.told].generation;
        if self.random.one_in(2) {
            let victim = self.random.index(ENGINES);
            self.settle_state(victim);
            self.restart(victim);
        }
        if self.random.one_in(2) {
            self.restart_server();
        }
        let file = self.file.clone();
        self.wait("every engine runs the one before, and it is said why", |sight, pids| {
            pids.iter().all(|pid| {
                sight.runs(*pid) == Some(before) && sight.refuses(*pid, generation, Outcome::Restored)
            }) && sight.errors(&file, Source::Run) == [line]
        });
        self.play();
    }

    pub(super) fn late_panic(&mut self) {
        self.settle_down();
        let code = self.next(Flaw::LatePanic, Change::None);
        let line = code.line();
        self.save(&code);
        self.becomes_live(code);
        let generation = self.codes[self.told].generation;
        for engine in self.some() {
            for _ in 0..PROBATION + 3 {
                let instance = self.random.index(2);
                self.update(engine, instance);
            }
            self.look(engine);
        }
        let file = self.file.clone();
        self.wait("a late panic stands at its line, and the generation runs on", |sight, pids| {
            sight.errors(&file, Source::Run).contains(&line)
                && pids.iter().all(|pid| sight.runs(*pid) == Some(generation))
        });
        self.good();
    }

    pub(super) fn crash(&mut self, flaw: Flaw) {
        self.settle_down();
        let victim = self.random.index(ENGINES);
        self.settle_state(victim);
        let good = self.told;
        let code = self.next(flaw, Change::None);
        let line = code.line();
        self.save(&code);
        self.becomes_live(code);
        let generation = self.codes[self.told].generation;
        self.codes[self.told].is_passed_over = true;
        self.number += 1;
        let number = self.number;
        let recovers = self.engines[victim].recovers;
        if recovers {
            self.engines[victim].survive(0, number);
        } else {
            self.engines[victim].tell("update", 0, number);
            let status = self.engines[victim].game.wait_for_end();
            assert!(!status.success(), "{flaw:?}: {status:?}");
        }
        let (file, before) = (self.file.clone(), self.codes[good].generation);
        self.told = good;
        let gone = (!recovers).then(|| self.engines[victim].game.pid());
        self.wait(&format!("{flaw:?} is told at its line, and the others go back"), |sight, pids| {
            sight.fault(generation).is_some_and(|fault| fault.kind == FaultKind::Crash)
                && sight.errors(&file, Source::Run) == [line]
                && sight.undone() == Some(before)
                && pids.iter().all(|pid| (Some(*pid) == gone) != (sight.runs(*pid) == Some(before)))
                && gone.is_none_or(|gone| !sight.has(gone))
        });
        if !recovers {
            self.restart(victim);
        }
        self.all_take();
        self.play();
    }

    pub(super) fn hang(&mut self) {
        self.settle_down();
        let victim = self.random.index(ENGINES);
        self.settle_state(victim);
        let code = self.next(Flaw::Hang, Change::None);
        let line = code.line();
        self.save(&code);
        let good = self.told;
        self.becomes_live(code);
        let generation = self.codes[self.told].generation;
        self.codes[self.told].is_passed_over = true;
        self.number += 1;
        let number = self.number;
        self.engines[victim].tell("update", 0, number);
        let file = self.file.clone();
        self.wait("the hang stands at its line", |sight, _| {
            sight.fault(generation).is_some_and(|fault| fault.kind == FaultKind::Hang)
                && sight.errors(&file, Source::Run) == [line]
        });
        // The next save is made from the good one: engines run either.
        if self.random.one_in(2) {
            self.restart(victim);
            self.told = good;
            return self.good();
        }
        self.told = good;
        let change = Change::possible(&mut self.random);
        let code = self.next(Flaw::None, change);
        self.save(&code);
        let stuck = self.engines[victim].game.pid();
        self.wait("the others take the next save", |sight, pids| {
            let newest = sight.newest();
            newest > generation && pids.iter().all(|pid| *pid == stuck || sight.runs(*pid) == Some(newest))
        });
        self.becomes_told(code);
        self.restart(victim);
        self.all_take();
        self.wait("nothing is said of the hang any more", |sight, _| {
            sight.is_live() && sight.is_clear(&file)
        });
        self.play();
    }

    /// What the newest generation crashed with still stands at its line, whatever became of the server.
    pub(super) fn crash_stands(&mut self) {
        let newest = self.codes.last().expect("a first one");
        let crashes = matches!(newest.flaw, Flaw::Segfault | Flaw::Abort | Flaw::Overflow);
        if crashes && self.compiles {
            let (file, line) = (self.file.clone(), newest.line());
            self.wait("the crash stands at its line", |sight, _| sight.errors(&file, Source::Run) == [line]);
        }
    }

    /// Some of the engines, at least one.
    fn some(&mut self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..ENGINES).collect();
        self.random.shuffle(&mut all);
        all.truncate(1 + self.random.index(ENGINES));
        all
    }
}
