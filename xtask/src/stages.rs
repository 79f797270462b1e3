//! The stages of `cargo xtask test`, in their order: the cheapest to fail goes first.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::counts::{Counts, closing_lines};
use crate::place::{Place, has};
use crate::release;
use crate::run::{command, run, say};
use crate::tools;

/// The stages' names, for the command line.
pub(crate) const NAMES: [&str; 10] =
    ["fmt", "clippy", "deny", "release", "unit", "extension", "arena", "e2e", "editors", "bevy"];

/// Something to check or test.
#[derive(Debug)]
pub(crate) struct Stage {
    name: &'static str,
    work: fn(&Place, &mut Progress) -> anyhow::Result<()>,
}

/// What a stage has done so far.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    counts: Counts,
    closing: Vec<String>,
    missing: Vec<String>,
}

/// What a stage did.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) name: &'static str,
    pub(crate) took: Duration,
    pub(crate) counts: Counts,
    /// The runners' own closing lines.
    pub(crate) closing: Vec<String>,
    /// What was not done for want of something, and how to get it.
    pub(crate) missing: Vec<String>,
}

const ALL: [Stage; 11] = [
    Stage { name: "fmt", work: fmt },
    Stage { name: "clippy", work: clippy },
    Stage { name: "deny", work: deny },
    Stage { name: "release", work: release::check },
    Stage { name: "unit", work: unit },
    Stage { name: "extension", work: extension },
    Stage { name: "arena", work: arena },
    Stage { name: "e2e", work: end_to_end },
    Stage { name: "editors", work: editors },
    Stage { name: "bevy", work: bevy },
    Stage { name: "pictures", work: pictures },
];

impl Stage {
    /// All that check or test.
    pub(crate) fn all() -> Vec<Self> {
        ALL.into_iter().filter(|stage| NAMES.contains(&stage.name)).collect()
    }

    /// Those that take no real processes.
    pub(crate) fn fast() -> Vec<Self> {
        ALL.into_iter().filter(|stage| ["fmt", "clippy", "unit"].contains(&stage.name)).collect()
    }

    /// Those with these names.
    pub(crate) fn named(names: &[String]) -> Vec<Self> {
        ALL.into_iter().filter(|stage| names.iter().any(|name| name == stage.name)).collect()
    }

    /// Does it. What goes wrong is counted as a failure; the next stage can still say something.
    pub(crate) fn carry_out(&self, place: &Place) -> Result {
        say(&format!("\n== {} ==", self.name));
        let start = Instant::now();
        let mut progress = Progress::default();
        if let Err(error) = (self.work)(place, &mut progress) {
            say(&format!("{}: {error:#}", self.name));
            progress.counts.failed += 1;
        }
        let Progress { counts, closing, missing } = progress;
        Result { name: self.name, took: start.elapsed(), counts, closing, missing }
    }
}

impl Result {
    /// On CI nothing may be missing.
    pub(crate) fn has_failed(&self, ci: bool) -> bool {
        self.counts.failed > 0 || (ci && !self.missing.is_empty())
    }
}

impl Progress {
    /// Runs something that succeeds or not: one test.
    pub(crate) fn check(&mut self, command: Command) -> anyhow::Result<()> {
        let success = run(command)?.success;
        self.counts += Counts { passed: u64::from(success), failed: u64::from(!success), skipped: 0 };
        Ok(())
    }

    /// Counts something that was looked at without a command: one test.
    pub(crate) fn judge(&mut self, success: bool) {
        self.counts += Counts { passed: u64::from(success), failed: u64::from(!success), skipped: 0 };
    }

    /// Runs a test runner.
    fn test(&mut self, command: Command) -> anyhow::Result<()> {
        let ended = run(command)?;
        let mut counts = Counts::read(&ended.output);
        // It did not come to its tests, or something besides them failed.
        counts.failed += u64::from(!ended.success && counts.failed == 0);
        self.counts += counts;
        self.closing.extend(closing_lines(&ended.output).map(|line| line.trim().to_owned()));
        Ok(())
    }

    /// Says something now and beside the stage's counts at the end.
    pub(crate) fn note(&mut self, what: &str) {
        say(what);
        self.closing.push(what.to_owned());
    }

    /// Says what cannot be done here, and what to do about it.
    pub(crate) fn missing(&mut self, what: impl Into<String>) {
        self.counts.skipped += 1;
        self.missing.push(what.into());
    }
}

fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    command(folder, std::iter::once("cargo").chain(arguments.iter().copied()))
}

/// cargo in the arena's workspace. It builds where the end-to-end tests' copies of the arena come from, so that its
/// many dependencies are built once.
fn arena_cargo(place: &Place, arguments: &[&str]) -> Command {
    let mut cargo = cargo(&place.arena(), arguments);
    cargo.env("CARGO_TARGET_DIR", place.target.join("samples/arena/target"));
    cargo
}

/// cargo in the C library's workspace, where the end-to-end tests have it built too.
fn c_cargo(place: &Place, arguments: &[&str]) -> Command {
    let mut cargo = cargo(&place.c_library(), arguments);
    cargo.env("CARGO_TARGET_DIR", place.target.join("c-library"));
    cargo
}

fn fmt(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    let own = [place.arena(), place.bevy_arena(), place.bevy(), place.cpp_arena(), place.c_library()];
    for folder in std::iter::once(place.root.clone()).chain(own) {
        progress.check(cargo(&folder, &["fmt", "--all", "--check"]))?;
    }
    Ok(())
}

fn clippy(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    let lint = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    progress.check(cargo(&place.root, &lint))?;
    progress.check(c_cargo(place, &lint))?;
    let mut scripts = cargo(&place.cpp_arena(), &lint);
    scripts.env("CARGO_TARGET_DIR", place.target.join("cpp-scripts"));
    progress.check(scripts)?;
    progress.check(arena_cargo(place, &lint))
}

fn deny(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    if !has("cargo-deny") {
        // Optional everywhere: building it takes longer than all that it would check.
        say("cargo-deny is not installed; `cargo install --locked cargo-deny` gets it");
        progress.counts.skipped += 1;
        return Ok(());
    }
    for folder in [place.root.clone(), place.arena(), place.bevy_arena(), place.c_library()] {
        let config = place.root.join("deny.toml");
        let mut deny = cargo(&folder, &["deny", "--offline", "--config"]);
        deny.arg(config).args(["check", "bans", "licenses", "sources"]);
        progress.check(deny)?;
    }
    Ok(())
}

/// `cargo nextest run` where it is there, else `cargo test`.
fn runner() -> &'static [&'static str] {
    if has("cargo-nextest") { &["nextest", "run", "--no-fail-fast"] } else { &["test", "--no-fail-fast"] }
}

/// Every language server that a test starts copies there what it says; the editors' stage looks at all of it.
pub(crate) fn record(place: &Place, mut command: Command) -> Command {
    command.env("LIVELINE_LSP_RECORD", place.recordings());
    command
}

fn unit(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    let rest = ["--workspace", "--exclude", "liveline", "--exclude", "liveline-tests"];
    progress.test(record(place, cargo(&place.root, &[runner(), &rest].concat())))?;
    if has("cargo-nextest") {
        // nextest leaves documentation's examples out.
        progress.test(cargo(&place.root, &[&["test", "--doc", "--no-fail-fast"], &rest[..]].concat()))?;
    }
    // Its tests share one built game and take turns, which they can only within one process.
    progress.test(cargo(&place.root, &["test", "--no-fail-fast", "--package", "liveline"]))?;
    progress.test(c_cargo(place, &["test", "--no-fail-fast"]))
}

fn extension(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    if !tools::node(place, progress)? {
        return Ok(());
    }
    tools::npm_ci(place, &place.extension())?;
    for script in ["check", "lint"] {
        progress.check(tools::npm(place, &place.extension(), &["run", "--silent", script]))?;
    }
    progress.test(tools::npm(place, &place.extension(), &["run", "--silent", "test"]))?;
    progress.check(tools::npm(place, &place.extension(), &["run", "--silent", "package"]))
}

fn arena(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    progress.test(arena_cargo(place, &[runner(), &["--workspace"]].concat()))
}

fn end_to_end(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    tools::native(place, progress)?;
    progress.check(cargo(&place.root, &["build", "--package", "liveline-server", "--bin", "liveline"]))?;
    let tests = cargo(&place.root, &[runner(), &["--package", "liveline-tests"]].concat());
    progress.test(record(place, tests))
}

fn editors(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    let programs = ["build", "--package", "liveline-server", "--package", "liveline-tests", "--bins"];
    progress.check(cargo(&place.root, &programs))?;
    let suites = tools::editor_suites(place, progress)?;
    if !suites.is_empty() {
        progress.test(record(place, tools::pytest(place, &suites)?))?;
    }
    Ok(())
}

/// cargo in a workspace that needs Bevy, which is built where the sample of the end-to-end tests is, once.
fn bevy_cargo(place: &Place, folder: &Path, arguments: &[&str]) -> Command {
    let mut cargo = cargo(folder, arguments);
    cargo.env("CARGO_TARGET_DIR", place.target.join("samples/bevy-arena/target"));
    cargo
}

/// What needs Bevy: last, since it takes long to build and little fails here alone.
fn bevy(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    let lint = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    progress.check(bevy_cargo(place, &place.bevy_arena(), &lint))?;
    progress.check(bevy_cargo(place, &place.bevy(), &lint))?;
    // A shared library's name says nothing of how it was built: the adapter's own tests leave another in its place.
    progress.check(bevy_cargo(place, &place.bevy_arena(), &["clean", "--package", "liveline-bevy"]))?;
    progress.check(cargo(&place.root, &["build", "--package", "liveline-server", "--bin", "liveline"]))?;
    let tests =
        ["--package", "liveline-tests", "--test", "bevy_arena", "--", "--ignored", "--test-threads=1"];
    progress.test(record(place, cargo(&place.root, &[&["test"], &tests[..]].concat())))?;
    progress.test(bevy_cargo(place, &place.bevy(), &["test", "--workspace"]))
}

fn pictures(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    let programs = ["build", "--package", "liveline-server", "--package", "liveline-tests", "--bins"];
    progress.check(cargo(&place.root, &programs))?;
    if tools::editor_suites(place, progress)?.contains(&"vscode") {
        let mut pytest = tools::pytest(place, &["vscode/test_person.py", "-k", "goes_back"])?;
        pytest.env("LIVELINE_PICTURES", place.root.join("assets/screenshots"));
        progress.test(pytest)?;
    }
    Ok(())
}
