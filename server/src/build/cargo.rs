//! A build through cargo, which also captures how cargo calls rustc for the library.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::capture::{self, Captured};
use super::compile::{self, Json};
use super::invocation::Invocation;
use super::job::{Bench, Compiled, Made, Progress};
use super::messages;
use super::report::Report;
use crate::project::{self, Broken, Library, Project};

/// Builds a library, in the selection of packages that its engine is built in.
pub(super) fn compile(bench: &mut Bench<'_>) -> Compiled {
    match try_compile(bench) {
        Ok(compiled) => compiled,
        Err(error) => {
            let message = format!("cannot prepare a build in {}: {error}", bench.own_folder().display());
            Compiled::Broken(Broken::at_file(bench.order.library.source.clone(), message))
        }
    }
}

fn try_compile(bench: &mut Bench<'_>) -> std::io::Result<Compiled> {
    let (project, library) = (&bench.order.project, &bench.order.library);
    let own = bench.own_folder();
    fs::create_dir_all(&own)?;
    let captured_file = own.join("captured.json");
    remove_if_there(&captured_file)?;
    forget_fingerprint(bench.folder, library, &project.config.build.profile);
    let mut command = command(project, library, bench.folder, &captured_file)?;
    (bench.say)(Progress::Stage(format!("cargo build {}", library.name)));
    let mut report = Report::new(bench.order, project.root.clone());
    let text = Mutex::new(Vec::new());
    let say = Mutex::new(&mut *bench.say);
    let ended = compile::run(
        &mut command,
        Json::Stdout,
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
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => return Ok(broken(project.root.join("Cargo.toml"), project::cargo_missing(&error))),
    };
    if let Some(failure) = Compiled::of_failure(&ended) {
        text.iter().filter(|line| !is_noise(line)).for_each(|line| report.text(line));
        return Ok(match (&failure, report.trouble(&ended)) {
            (Compiled::Failed, Some(broken)) => Compiled::Broken(broken),
            _ => failure,
        });
    }
    made(library, &report.files, &captured_file)
}

/// What cargo prints whether or not anything is wrong.
fn is_noise(line: &str) -> bool {
    let line = line.trim_start();
    ["Finished", "Locking", "Updating", "Blocking", "Downloading", "Downloaded", "warning: build failed"]
        .iter()
        .any(|word| line.starts_with(word))
}

fn command(project: &Project, library: &Library, folder: &Path, captured: &Path) -> std::io::Result<Command> {
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
    let selected = std::iter::once(&library.name).chain(&project.engines);
    selected.for_each(|package| {
        command.args(["--package", package]);
    });
    let own_wrapper = ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"].iter().find_map(std::env::var_os);
    if let Some(wrapper) = own_wrapper.filter(|wrapper| !wrapper.is_empty()) {
        command.env(capture::WRAPPER_VARIABLE, wrapper);
    }
    command.env("RUSTC_WRAPPER", std::env::current_exe()?);
    command.env(capture::CAPTURE_VARIABLE, captured).env(capture::CRATE_VARIABLE, &library.crate_name);
    command.env(capture::FOLDER_VARIABLE, folder);
    Ok(command)
}

/// A crate that cargo calls fresh is not compiled, so nothing would be captured: without its fingerprint this
/// one crate is compiled again.
fn forget_fingerprint(folder: &Path, library: &Library, profile: &str) {
    let profile = match profile {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    };
    let below = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let candidates = std::iter::once(folder.to_owned()).chain(below);
    for fingerprints in candidates.map(|folder| folder.join(profile).join(".fingerprint")) {
        for unit in fs::read_dir(&fingerprints).into_iter().flatten().flatten() {
            let name = unit.file_name().to_string_lossy().into_owned();
            if name.rsplit_once('-').is_some_and(|(package, _)| package == library.name) {
                for file in fs::read_dir(unit.path()).into_iter().flatten().flatten() {
                    if file.file_name().to_string_lossy().starts_with("lib-") {
                        let _ = fs::remove_file(file.path());
                    }
                }
            }
        }
    }
}

fn made(library: &Library, files: &[PathBuf], captured_file: &Path) -> std::io::Result<Compiled> {
    let wanted = format!("lib{}.so", library.crate_name);
    let dylib = files.iter().find(|file| file.file_name().is_some_and(|name| name == wanted.as_str()));
    let captured: Option<Captured> =
        fs::read(captured_file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    remove_if_there(captured_file)?;
    let (Some(dylib), Some(captured)) = (dylib, captured) else {
        let message = format!(
            "cargo built `{}` and made no {wanted}, or did not call rustc through Liveline; is a rustc wrapper in \
             the way?",
            library.name
        );
        return Ok(broken(library.source.clone(), message));
    };
    let own: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let output = value_of(&captured.arguments, "--out-dir").map(|folder| captured.folder.join(folder));
    let output = output.unwrap_or_else(|| dylib.parent().unwrap_or(Path::new(".")).join("deps"));
    let extra =
        captured.arguments.iter().find_map(|a| a.trim_start_matches("-C").strip_prefix("extra-filename="));
    let dep_info = output.join(format!("{}{}.d", library.crate_name, extra.unwrap_or_default()));
    Ok(Compiled::Made(Box::new(Made {
        invocation: Invocation::from_captured(&captured, &own, library.crate_type),
        profile_folder: output.parent().unwrap_or(&output).to_owned(),
        dylib: dylib.clone(),
        dep_info,
        attempt: None,
    })))
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
