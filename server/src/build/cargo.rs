//! A build through cargo, which also captures how cargo calls rustc for a package's library.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::attempt::{Bench, Compiled, Made, Output};
use super::capture::{self, Captured};
use super::compile::{self, Ended};
use super::inputs::Inputs;
use super::invocation::{FILES_VARIABLE, Invocation};
use super::job::Progress;
use super::messages;
use super::report::Report;
use super::seed;
use crate::project::{self, Broken, Library, Project};

/// What a run of cargo gave.
pub(super) struct FromCargo {
    /// How it calls rustc, if it came that far.
    pub(super) call: Option<Captured>,
    /// Of a package: what it made. Of a script file's package this is of no interest once there is a call.
    pub(super) compiled: Compiled,
}

/// The package that is built, and its library's crate and root: a script file has its package's.
struct Unit<'a> {
    package: &'a str,
    crate_name: &'a str,
    source: &'a Path,
}

impl<'a> Unit<'a> {
    fn of(library: &'a Library) -> Self {
        match &library.file {
            Some(file) => {
                Self { package: &file.owner, crate_name: &file.owner_crate, source: &file.owner_source }
            }
            None => Self { package: &library.name, crate_name: &library.crate_name, source: &library.source },
        }
    }
}

/// The package that cargo builds for a library.
pub(super) fn package(library: &Library) -> &str {
    Unit::of(library).package
}

/// How rustc is to be called, and cargo's folder for the profile.
pub(super) fn invocation(library: &Library, call: &Captured) -> (Invocation, PathBuf) {
    let own: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let source = Unit::of(library).source;
    let profile = output_folder(call).parent().map(Path::to_owned).unwrap_or_default();
    (Invocation::from_captured(call, source, &own, library.crate_type), profile)
}

/// Which files of a package are libraries of their own, for its scripts to know.
pub(super) fn files_variable(project: &Project, package: &str) -> String {
    let files = project
        .libraries
        .iter()
        .filter(|library| library.file.as_ref().is_some_and(|file| file.owner == package));
    let entry = |library: &Library| {
        let path = library.source.strip_prefix(&project.root).unwrap_or(&library.source);
        format!("{}={};", path.display(), library.name)
    };
    files.map(entry).collect()
}

/// Builds a library's package, in the selection of packages that its engine is built in.
pub(super) fn compile(bench: &mut Bench<'_>) -> FromCargo {
    match try_compile(bench) {
        Ok(done) => done,
        Err(error) => {
            let message = format!("cannot prepare a build in {}: {error}", bench.own_folder().display());
            FromCargo { call: None, compiled: broken(bench.order.library.source.clone(), message) }
        }
    }
}

fn try_compile(bench: &mut Bench<'_>) -> std::io::Result<FromCargo> {
    let (project, library) = (&bench.order.project, &bench.order.library);
    let (own, unit) = (bench.own_folder(), Unit::of(library));
    fs::create_dir_all(&own)?;
    let captured_file = own.join("captured.json");
    remove_if_there(&captured_file)?;
    take_over(bench);
    forget_fingerprint(bench.folder, unit.package, project.config.build.profile_folder());
    let mut command = command(bench, &unit, &captured_file);
    (bench.say)(Progress::Stage(format!("cargo build {}", unit.package)));
    // What is wrong elsewhere in a script file's package is no matter of the file's.
    let others = library.file.as_ref().map(|file| file.owner_source.clone());
    let mut report = Report::new(bench.order, project.root.clone()).deaf_to(others);
    let text = Mutex::new(Vec::new());
    // What is said of other packages is told if it is why there is no call: see `Workshop::capture`.
    let is_file = library.file.is_some();
    let mut say_stages = |progress| match progress {
        Progress::Diagnostics(_) if is_file => {}
        progress => (bench.say)(progress),
    };
    let say: Mutex<&mut (dyn FnMut(Progress) + Send)> = Mutex::new(&mut say_stages);
    let ended = compile::run(
        &mut command,
        bench.cancel,
        &mut |line| {
            if let Some(said) = messages::cargo(line) {
                report.hear(said, *say.lock().unwrap_or_else(PoisonError::into_inner));
            }
        },
        &|line| match line.trim().strip_prefix("Compiling ") {
            Some(name) => {
                let stage =
                    Progress::Stage(format!("cargo: compiling {}", name.split(" (").next().unwrap_or(name)));
                (*say.lock().unwrap_or_else(PoisonError::into_inner))(stage);
            }
            None => text.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned()),
        },
    );
    let text = text.into_inner().unwrap_or_else(PoisonError::into_inner);
    let call: Option<Captured> =
        fs::read(&captured_file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    remove_if_there(&captured_file)?;
    let compiled = match ended {
        Ok(Ended::Cancelled) => Compiled::Cancelled,
        Ok(Ended::With(status)) if status.success() => made(library, &unit, call.as_ref(), report),
        Ok(Ended::With(status)) => {
            text.iter().filter(|line| !is_noise(line)).for_each(|line| report.text(line));
            report.trouble(status).map_or_else(|| Compiled::Failed(report.said, None), Compiled::Broken)
        }
        Err(error) => broken(project.root.join("Cargo.toml"), project::cargo_missing(&error)),
    };
    Ok(FromCargo { call, compiled })
}

/// Before the first build: what is built for the game need not be built again.
fn take_over(bench: &mut Bench<'_>) {
    let project = &bench.order.project;
    let profile = project.config.build.profile_folder();
    let (from, to) = (project.target.join(profile), bench.folder.join(profile));
    let say = &mut *bench.say;
    let mut waits = || say(Progress::Stage("waiting for another build in the target directory".to_owned()));
    match seed::seed(&from, &to, bench.cancel, &mut waits) {
        Ok(false) => {}
        Ok(true) => tracing::debug!("took over what was built in {}", from.display()),
        // Then it is built, which takes longer and says what is wrong.
        Err(error) => tracing::warn!(%error, "cannot take over what was built in {}", from.display()),
    }
}

/// What cargo prints whether or not anything is wrong.
fn is_noise(line: &str) -> bool {
    let line = line.trim_start();
    ["Finished", "Locking", "Updating", "Blocking", "Downloading", "Downloaded", "warning: build failed"]
        .iter()
        .any(|word| line.starts_with(word))
}

fn command(bench: &Bench<'_>, unit: &Unit<'_>, captured: &Path) -> Command {
    let (project, folder) = (&bench.order.project, bench.folder);
    let mut command = Command::new(project::cargo());
    command.current_dir(&project.root);
    command.args([
        "build",
        "--lib",
        "--message-format=json",
        "--color=never",
        "--profile",
        &project.config.build.profile,
    ]);
    command.arg("--target-dir").arg(folder);
    let selected = std::iter::once(unit.package).chain(project.engines.iter().map(String::as_str));
    selected.for_each(|package| {
        command.args(["--package", package]);
    });
    for features in &project.config.build.features {
        command.args(["--features", features]);
    }
    if let Some(wrapper) = project::cargo_config::rustc_wrapper(&project.root) {
        command.env(capture::WRAPPER_VARIABLE, wrapper);
    }
    command.env("RUSTC_WRAPPER", bench.program);
    command.env(capture::CAPTURE_VARIABLE, captured).env(capture::CRATE_VARIABLE, unit.crate_name);
    command.env(capture::SOURCE_VARIABLE, unit.source).env(capture::FOLDER_VARIABLE, folder);
    command.env(FILES_VARIABLE, files_variable(project, unit.package));
    command
}

/// A crate that cargo calls fresh is not compiled, so nothing would be captured: without its fingerprint this
/// one crate is compiled again.
fn forget_fingerprint(folder: &Path, package: &str, profile_folder: &str) {
    let below = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let candidates = std::iter::once(folder.to_owned()).chain(below);
    for fingerprints in candidates.map(|folder| folder.join(profile_folder).join(".fingerprint")) {
        for unit in fs::read_dir(&fingerprints).into_iter().flatten().flatten() {
            let name = unit.file_name().to_string_lossy().into_owned();
            if name.rsplit_once('-').is_some_and(|(name, _)| name == package) {
                for file in fs::read_dir(unit.path()).into_iter().flatten().flatten() {
                    if file.file_name().to_string_lossy().starts_with("lib-") {
                        let _ = fs::remove_file(file.path());
                    }
                }
            }
        }
    }
}

fn made(library: &Library, unit: &Unit<'_>, call: Option<&Captured>, report: Report<'_>) -> Compiled {
    let wanted = format!("lib{}.so", unit.crate_name);
    let dylib = report.files.iter().find(|file| file.file_name().is_some_and(|name| name == wanted.as_str()));
    let (Some(call), true) = (call, dylib.is_some() || library.file.is_some()) else {
        let message = format!(
            "cargo built `{}` and made no {wanted}, or did not call rustc through Liveline; is a rustc wrapper in \
             the way?",
            unit.package
        );
        return broken(library.source.clone(), message);
    };
    let extra =
        call.arguments.iter().find_map(|a| a.trim_start_matches("-C").strip_prefix("extra-filename="));
    let dep_info = format!("{}{}.d", unit.crate_name, extra.unwrap_or_default());
    match Inputs::read(&output_folder(call).join(dep_info), &call.folder) {
        Ok(inputs) => Compiled::Made(Box::new(Made {
            output: Output::Dylib(dylib.cloned().unwrap_or_default()),
            inputs,
            diagnostics: report.said,
            attempt: None,
        })),
        Err(error) => {
            broken(library.source.clone(), format!("cargo's list of what was compiled is missing: {error}"))
        }
    }
}

/// Where cargo has rustc put a crate.
fn output_folder(call: &Captured) -> PathBuf {
    call.folder.join(value_of(&call.arguments, "--out-dir").unwrap_or_default())
}

fn value_of<'a>(arguments: &'a [String], flag: &str) -> Option<&'a str> {
    arguments.windows(2).find(|pair| pair[0] == flag).map(|pair| pair[1].as_str())
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn broken(path: PathBuf, message: String) -> Compiled {
    Compiled::Broken(Broken::at_file(path, message))
}
