//! The tests of a library, after a good build: compiled by the same call with `--test`, run in a process of their own.
//!
//! Nobody waits for them: compiler and tests step back for builds and for the game. The text is what is saved, so there is no need of the
//! shadow tree, and builds of unsaved text go on beside. The program that is tested is not the one that was loaded: tests are only in a
//! crate that is compiled for them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cargo_metadata::Message;
use liveline_protocol::engine::Generation;

use super::attempt::own_folder;
use super::compile::Cancel;
use super::inputs::Inputs;
use super::invocation::Invocation;
use super::job::Order;
use super::report::Report;
use super::workshop::{Workshop, lock, micros_since};
use super::{backend, cargo, messages};
use crate::diagnostics::{Diagnostic, Severity, Span, at_file};
use crate::os;
use crate::project::test_functions::{full_name, may_hold_tests, test_functions};
use crate::project::{self, LocalPackage, is_rust};
use crate::test_report::{Test, TestOutcome, TestProgram, TestReport};

mod output;
mod run;

use run::run;

/// The folder of what is made for tests, in a library's own.
const FOLDER: &str = "tests";
/// After a crash or a hang each test that is left is run alone: no more than these,
const MOST_ALONE: usize = 200;
/// and none any more after so many that did not end.
const MOST_LATE: usize = 5;

/// A library's tests, compiled.
struct Built {
    program: TestProgram,
    inputs: Inputs,
    /// What paths in panics are relative to.
    base: PathBuf,
}

/// What came of compiling them.
enum Compiled {
    Built(Box<Built>),
    Failed(Vec<Diagnostic>),
    Cancelled,
}

impl Workshop {
    /// Runs the tests of what was built last, or only the one of this name; `None` if it was asked to end.
    pub fn test(
        &self,
        order: &Order,
        generation: Generation,
        only: Option<&str>,
        cancel: &Cancel,
    ) -> Option<TestReport> {
        let started = Instant::now();
        let library = order.library.name.clone();
        let mut report = TestReport {
            library,
            generation,
            program: None,
            tests: Vec::new(),
            errors: Vec::new(),
            micros: 0,
        };
        if self.has_tests(order) {
            match self.compile_tests(order, cancel) {
                Ok(Compiled::Cancelled) => return None,
                Ok(Compiled::Failed(errors)) => report.errors = errors,
                Ok(Compiled::Built(built)) => {
                    let limit = Duration::from_millis(order.project.config.tests.limit_millis);
                    match built.run(only, limit, cancel) {
                        Ok(Some(tests)) => report.tests = built.placed(tests, order),
                        Ok(None) => return None,
                        Err(error) => report.errors.push(trouble(order, &error)),
                    }
                    report.program = Some(built.program);
                }
                Err(error) => report.errors.push(trouble(order, &error)),
            }
        }
        report.micros = micros_since(started);
        tracing::debug!(
            library = report.library,
            tests = report.tests.len(),
            micros = report.micros,
            "tested"
        );
        Some(report)
    }

    /// Whether any of its files can hold tests: most scripts have none, and are not compiled for them.
    fn has_tests(&self, order: &Order) -> bool {
        let known = self.inputs_known(order).files;
        let sources = known.iter().chain([&order.library.source]).filter(|file| is_rust(file));
        // Tests in a file of their own are no input of a build without them, but what names that file is.
        let may = |text: &str| may_hold_tests(text) || text.contains("cfg(test)");
        let read = |file: &PathBuf| os::read_file(file).ok();
        sources.filter_map(read).any(|bytes| may(&String::from_utf8_lossy(&bytes)))
    }

    fn compile_tests(&self, order: &Order, cancel: &Cancel) -> io::Result<Compiled> {
        let folder = own_folder(&self.folder, &order.library.name).join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let Some(captured) = self.valid_capture(order) else {
            // Something that cargo looks at has changed, so the next build is on its way.
            return Ok(Compiled::Cancelled);
        };
        let mut invocation = captured.0.invocation.of(&order.library);
        match backend::arguments(&order.project, &invocation.program) {
            Ok(chosen) => invocation.arguments.extend(chosen),
            Err(broken) => return Ok(Compiled::Failed(vec![error_at(order, &broken.message)])),
        }
        match order.library.file {
            Some(_) => self.compile_file(order, &invocation, &folder, cancel),
            None => self.compile_package(order, &invocation, cancel),
        }
    }

    /// By the captured call of its package.
    fn compile_file(
        &self,
        order: &Order,
        invocation: &Invocation,
        folder: &Path,
        cancel: &Cancel,
    ) -> io::Result<Compiled> {
        let mut command = invocation.command(&invocation.program);
        command.arg(&order.library.source).arg(format!("--crate-name={}", invocation.crate_name));
        command.args(invocation.arguments.iter().filter(|argument| !argument.starts_with("--crate-type")));
        command.arg("--test").arg(format!("-Cincremental={}", folder.join("incremental").display()));
        command.arg(format!("--out-dir={}", folder.display()));
        let Some(ran) = run(&mut command, cancel, None)? else { return Ok(Compiled::Cancelled) };
        let mut report = Report::new(order, invocation.folder.clone());
        ran.stderr.lines().for_each(|line| report.rustc_line(line, &mut |_| {}));
        if !ran.status.success() {
            return Ok(failed(order, &report, ran.status));
        }
        let program = folder.join(&invocation.crate_name);
        self.built(order, invocation, program, &invocation.folder).map(Compiled::Built)
    }

    /// By cargo: tests of a package may use what it depends on for them alone.
    fn compile_package(
        &self,
        order: &Order,
        invocation: &Invocation,
        cancel: &Cancel,
    ) -> io::Result<Compiled> {
        let (project, package) = (&order.project, cargo::package(&order.library));
        let mut command = Command::new(project::cargo());
        command.current_dir(&project.root).args(["test", "--no-run", "--lib", "--message-format=json"]);
        command.args(["--color=never", "--profile", &project.config.build.profile, "--package", package]);
        command.arg("--target-dir").arg(&self.folder);
        command.env(super::invocation::FILES_VARIABLE, cargo::files_variable(project, package));
        let one_cargo = lock(&self.cargo);
        let Some(ran) = run(&mut command, cancel, None)? else { return Ok(Compiled::Cancelled) };
        drop(one_cargo);
        let mut report = Report::new(order, project.root.clone());
        let (mut program, mut errors) = (None, ran.stderr.lines());
        for line in ran.stdout.lines() {
            if let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line)
                && artifact.profile.test
            {
                program = artifact.executable.map(cargo_metadata::camino::Utf8PathBuf::into_std_path_buf);
            } else if let Some(said) = messages::cargo(line) {
                report.hear(said, &mut |_| {});
            }
        }
        match program.filter(|_| ran.status.success()) {
            Some(program) => self.built(order, invocation, program, &project.root).map(Compiled::Built),
            None => {
                errors.by_ref().filter(|line| line.starts_with("error")).for_each(|line| report.text(line));
                Ok(failed(order, &report, ran.status))
            }
        }
    }

    fn built(
        &self,
        order: &Order,
        invocation: &Invocation,
        program: PathBuf,
        base: &Path,
    ) -> io::Result<Box<Built>> {
        let inputs = Inputs::read(&program.with_extension("d"), base)?;
        let mut paths = order.project.library_paths(&self.folder)?;
        paths.extend(std::env::var_os("LD_LIBRARY_PATH").iter().flat_map(std::env::split_paths));
        let paths = std::env::join_paths(paths).map_err(io::Error::other)?;
        let mut environment: BTreeMap<String, String> = invocation
            .set
            .iter()
            .filter(|(name, _)| name.starts_with("CARGO"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        environment.insert("LD_LIBRARY_PATH".to_owned(), paths.to_string_lossy().into_owned());
        let own = cargo::package(&order.library);
        let package = order.project.packages.iter().find(|package: &&LocalPackage| package.name == own);
        let folder = package.map_or_else(|| order.project.root.clone(), |package| package.folder.clone());
        Ok(Box::new(Built {
            program: TestProgram { program, folder, environment },
            inputs,
            base: base.to_owned(),
        }))
    }
}

impl Built {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program.program);
        command.current_dir(&self.program.folder).envs(&self.program.environment);
        // What is read here is the first panic's place and words.
        command.env("RUST_BACKTRACE", "0").env_remove("RUST_TEST_NOCAPTURE");
        command
    }

    /// All at once; where that does not come to an end by itself, each that is left alone.
    fn run(&self, only: Option<&str>, limit: Duration, cancel: &Cancel) -> io::Result<Option<Vec<Test>>> {
        let mut command = self.command();
        command.args(only.iter().flat_map(|name| ["--exact", name]));
        let Some(all) = run(&mut command, cancel, Some(limit))? else { return Ok(None) };
        let mut tests: Vec<Test> =
            output::results(&all.stdout).into_iter().map(|said| self.test(said)).collect();
        if all.is_late || !matches!(all.status.code(), Some(0 | 101)) {
            let Some(listed) = run(self.command().args(["--list", "--format=terse"]), cancel, Some(limit))?
            else {
                return Ok(None);
            };
            let is_left = |name: &String| {
                tests.iter().all(|test| test.name != *name) && only.is_none_or(|only| only == name)
            };
            let left: Vec<String> = output::names(&listed.stdout).into_iter().filter(is_left).collect();
            let mut late = 0;
            for name in left.into_iter().take(MOST_ALONE) {
                if late == MOST_LATE {
                    break;
                }
                let Some(test) = self.run_alone(name, limit, cancel)? else { return Ok(None) };
                late += usize::from(test.outcome == TestOutcome::TimedOut);
                tests.push(test);
            }
        }
        tests.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Some(tests))
    }

    fn run_alone(&self, name: String, limit: Duration, cancel: &Cancel) -> io::Result<Option<Test>> {
        let Some(ran) = run(self.command().args(["--exact", &name]), cancel, Some(limit))? else {
            return Ok(None);
        };
        if let Some(said) = output::results(&ran.stdout).into_iter().next() {
            return Ok(Some(self.test(said)));
        }
        let (outcome, message) = if ran.is_late {
            (TestOutcome::TimedOut, format!("it did not end within {} s", limit.as_secs_f32()))
        } else {
            let said = ran.stderr.trim().lines().last().unwrap_or_default().to_owned();
            (
                TestOutcome::Crashed,
                format!("its process ended with {}\n{said}", ran.status).trim_end().to_owned(),
            )
        };
        Ok(Some(Test { name, span: None, outcome, message: Some(message), panicked_at: None }))
    }

    fn test(&self, said: output::Said) -> Test {
        let panic = output::panic(&said.text).filter(|_| said.outcome == TestOutcome::Failed);
        let (message, panicked_at) = match panic {
            Some(panic) => {
                let path = self.base.join(&panic.file);
                let span = Span { path, start: panic.at, end: panic.at };
                (Some(panic.message), Some(span))
            }
            None => (output::words(&said.text), None),
        };
        let message = message.filter(|_| said.outcome == TestOutcome::Failed);
        Test { name: said.name, span: None, outcome: said.outcome, message, panicked_at }
    }

    /// With the places of their functions. One that has panicked in its own body is shown at that line.
    fn placed(&self, mut tests: Vec<Test>, order: &Order) -> Vec<Test> {
        for file in self.inputs.files.iter().filter(|file| is_rust(file)) {
            let text = os::read_file(file).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let functions = text.as_deref().and_then(test_functions).unwrap_or_default();
            for function in functions {
                let full = full_name(file, &order.library.source, &function.name);
                let Some(test) = tests.iter_mut().find(|test| test.name == full) else { continue };
                let own = Span { path: file.clone(), start: function.start, end: function.end };
                let in_body = test.panicked_at.clone().filter(|place| {
                    place.path == *file && (function.start..function.body_end).contains(&place.start)
                });
                test.span = Some(in_body.unwrap_or(own));
            }
        }
        tests
    }
}

/// Errors alone: warnings of the same text were told by its build.
fn failed(order: &Order, report: &Report<'_>, status: std::process::ExitStatus) -> Compiled {
    let mut errors: Vec<Diagnostic> =
        report.said.iter().filter(|said| said.severity == Severity::Error).cloned().collect();
    if let Some(broken) = report.trouble(status).filter(|_| errors.is_empty()) {
        errors.push(error_at(order, &broken.message));
    }
    Compiled::Failed(errors)
}

fn trouble(order: &Order, error: &io::Error) -> Diagnostic {
    error_at(order, &error.to_string())
}

fn error_at(order: &Order, message: &str) -> Diagnostic {
    at_file(&order.library.source, Severity::Error, format!("the tests cannot be run: {message}"))
}
