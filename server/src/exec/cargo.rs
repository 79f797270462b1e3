//! A program that cargo knows: cargo builds its dependencies, and says how it would have called rustc.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::cache::{self, Program};
use super::call::Call;
use super::capture::{CAPTURE, Captured, ROOT, WRAPPER, environment};
use super::manifest::{self, TargetKind};
use super::record::{self, Basis, Stamp};
use super::script::{Kind, Source};
use super::{Doing, Failure, Flags, shadow, toolchain};
use crate::build::inputs::Inputs;

/// Variables of cargo's run that would mislead a later one.
const FOREIGN: &[&str] = &["CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS", "RUSTC_WRAPPER", CAPTURE, ROOT, WRAPPER];
/// More files than this are not looked through for a build script that does not say what it reads.
const MOST_FILES: usize = 10_000;

/// How cargo would call rustc for the program, after it has built what the program depends on; and by what it
/// has decided that.
pub(super) fn call(program: &Program, source: &Source, flags: &Flags) -> Result<(Call, Basis), Failure> {
    let package = Package::of(program, source)?;
    shadow::refresh(program, source)?;
    let captured = program.folder.join("captured.json");
    let _ = fs::remove_file(&captured);
    let target = cache::folder()?.join("target");
    forget_fingerprint(&target, &package);
    let messages = run(&package, flags, &target, &captured)?;
    let captured: Option<Captured> =
        fs::read(&captured).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Captured { program: compiler, arguments, folder, environment } = captured.ok_or_else(|| {
        Failure::message(format!("cargo built `{}` without calling rustc through Liveline; is a rustc wrapper set in its configuration?", package.name))
    })?;
    let (set, unset) = difference(&environment);
    let externs = externs(&arguments, &folder);
    let mut arguments = stable(&arguments);
    arguments.extend(flags.others.iter().cloned());
    arguments.extend(shadow::remap(program, source));
    let call = Call { program: compiler, arguments, folder: Some(folder), set, unset };
    let basis = basis(&package, &call, &messages, &externs);
    Ok((call, basis))
}

/// A package with the program as a target.
struct Package {
    manifest: PathBuf,
    /// Whose place decides on toolchain and configuration.
    folder: PathBuf,
    kind: TargetKind,
    /// The target's name.
    name: String,
    /// The crate root that cargo sees.
    root: PathBuf,
}

impl Package {
    fn of(program: &Program, source: &Source) -> Result<Self, Failure> {
        let beside = source.path.parent().unwrap_or(Path::new("/")).to_owned();
        let (said, edition) = match &source.kind {
            Kind::Package(manifest, target) => {
                let folder = manifest.parent().unwrap_or(Path::new("/")).to_owned();
                let (kind, name) = (target.kind, target.name.clone());
                return Ok(Self {
                    manifest: manifest.clone(),
                    folder,
                    kind,
                    name,
                    root: source.path.clone(),
                });
            }
            Kind::Embedded(embedded) => {
                // cargo's scripts are of the newest edition, rust-script's of this one.
                let edition = if embedded.frontmatter.is_some() { "2024" } else { "2021" };
                (Ok(embedded.manifest.clone()), edition)
            }
            Kind::Beside(manifest) => (manifest::dependencies_of(manifest), "2015"),
            Kind::Plain => (Ok(String::new()), "2015"),
        };
        let root = shadow::path(program, source);
        let text = said
            .and_then(|said| manifest::package(&said, &source.stem(), &root, &beside, edition))
            .map_err(|error| {
                Failure::message(format!("the manifest of {} is not right: {error}", source.path.display()))
            })?;
        let folder = program.folder.join("package");
        let manifest = folder.join("Cargo.toml");
        if fs::read_to_string(&manifest).ok().as_deref() != Some(&text) {
            fs::create_dir_all(&folder)
                .and_then(|()| fs::write(&manifest, text))
                .doing(|| format!("write {}", manifest.display()))?;
        }
        let name = manifest::crate_name(&source.stem());
        Ok(Self { manifest, folder: beside, kind: TargetKind::Bin, name, root })
    }
}

fn run(package: &Package, flags: &Flags, target: &Path, captured: &Path) -> Result<Vec<Value>, Failure> {
    let own = std::env::current_exe().doing(|| "find the path of the `liveline` program".to_owned())?;
    let mut command = Command::new(crate::project::cargo());
    command.current_dir(&package.folder).arg("build").arg("--manifest-path").arg(&package.manifest);
    command.arg(match package.kind {
        TargetKind::Bin => "--bin",
        TargetKind::Example => "--example",
    });
    command
        .arg(&package.name)
        .arg("--target-dir")
        .arg(target)
        .arg("--message-format=json-render-diagnostics");
    if let Some(level) = &flags.level {
        let level = if level.parse::<u8>().is_ok() { level.clone() } else { format!("\"{level}\"") };
        command.arg("--config").arg(format!("profile.dev.opt-level={level}"));
    }
    if !std::io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    if let Some(wrapper) = crate::project::cargo_config::rustc_wrapper(&package.folder) {
        command.env(WRAPPER, wrapper);
    }
    command.env("RUSTC_WRAPPER", own).env(CAPTURE, captured).env(ROOT, &package.root);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut cargo =
        command.spawn().map_err(|error| Failure::message(crate::project::cargo_missing(&error)))?;
    let lines = cargo
        .stdout
        .take()
        .into_iter()
        .flat_map(|output| BufReader::new(output).lines().map_while(Result::ok));
    let messages = lines.filter_map(|line| serde_json::from_str(&line).ok()).collect();
    let status = cargo.wait().doing(|| "wait for cargo".to_owned())?;
    match status.code() {
        Some(0) => Ok(messages),
        code => Err(Failure::Said(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))),
    }
}

/// A crate that cargo calls fresh is not compiled, so nothing would be captured.
fn forget_fingerprint(target: &Path, package: &Package) {
    let kind = match package.kind {
        TargetKind::Bin => "bin",
        TargetKind::Example => "example",
    };
    let wanted = format!("{kind}-{}", package.name);
    for unit in fs::read_dir(target.join("debug").join(".fingerprint")).into_iter().flatten().flatten() {
        for file in [wanted.clone(), format!("dep-{wanted}")] {
            let _ = fs::remove_file(unit.path().join(file));
        }
    }
}

/// What cargo changed in the environment.
fn difference(captured: &BTreeMap<String, String>) -> (BTreeMap<String, String>, Vec<String>) {
    let own = environment();
    let set = captured
        .iter()
        .filter(|(name, value)| !FOREIGN.contains(&name.as_str()) && own.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let gone = own.keys().filter(|name| FOREIGN.contains(&name.as_str()) || !captured.contains_key(*name));
    (set, gone.cloned().collect())
}

/// Without what names cargo's outputs and the form of messages.
fn stable(arguments: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    let is_cargos = |value: &str| value.starts_with("incremental=") || value.starts_with("extra-filename=");
    let is_form = |argument: &str| {
        ["--out-dir=", "--emit=", "--json", "--error-format", "--diagnostic-width", "--color"]
            .iter()
            .any(|prefix| argument.starts_with(prefix))
    };
    while let Some(argument) = rest.next() {
        match argument {
            "--out-dir" | "--emit" => drop(rest.next()),
            "-C" => {
                let value = rest.next().unwrap_or_default();
                if !is_cargos(value) {
                    kept.push(format!("-C{value}"));
                }
            }
            _ if argument.strip_prefix("-C").is_some_and(is_cargos) || is_form(argument) => {}
            _ => kept.push(argument.to_owned()),
        }
    }
    kept
}

fn externs(arguments: &[String], folder: &Path) -> Vec<PathBuf> {
    let values = arguments.windows(2).filter(|pair| pair[0] == "--extern").map(|pair| pair[1].as_str());
    values.filter_map(|value| value.split_once('=')).map(|(_, path)| folder.join(path)).collect()
}

/// What would make cargo call rustc otherwise, or build a dependency again.
fn basis(package: &Package, call: &Call, messages: &[Value], externs: &[PathBuf]) -> Basis {
    let mut files: BTreeSet<PathBuf> = externs.iter().cloned().collect();
    let mut names: BTreeSet<String> = environment().into_keys().filter(|name| is_cargos_own(name)).collect();
    // Variables that are not set now count too.
    names.extend(["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC", "RUSTUP_TOOLCHAIN"].map(str::to_owned));
    files.insert(call.program.clone());
    files.extend(toolchain::deciding_files(&package.folder));
    for folder in package.folder.ancestors().chain(package.manifest.parent()) {
        let own = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", ".cargo/config"];
        files.extend(own.map(|name| folder.join(name)));
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    files.extend(home.into_iter().flat_map(|home| [home.join("config.toml"), home.join("config")]));
    let mut manifests: BTreeMap<&str, &Path> = BTreeMap::new();
    for message in messages {
        let text = |key: &str| message.get(key).and_then(Value::as_str).unwrap_or_default();
        // Packages of a registry do not change.
        if !text("package_id").starts_with("path+") {
            continue;
        }
        let manifest = Path::new(text("manifest_path"));
        match text("reason") {
            "compiler-artifact" => {
                manifests.insert(text("package_id"), manifest);
                files.insert(manifest.to_owned());
                let outputs = message.get("filenames").and_then(Value::as_array).into_iter().flatten();
                outputs
                    .filter_map(Value::as_str)
                    .for_each(|output| files.extend(read_for(Path::new(output))));
            }
            "build-script-executed" => {
                let folder = manifests.get(text("package_id")).and_then(|manifest| manifest.parent());
                let output = Path::new(text("out_dir")).with_file_name("output");
                let said = fs::read_to_string(output).unwrap_or_default();
                build_script(&said, folder.unwrap_or(&package.folder), &mut files, &mut names);
            }
            _ => {}
        }
    }
    let variables =
        names.into_iter().map(|name| (name.clone(), record::variable(&name, &Call::default()))).collect();
    Basis { files: files.iter().map(|path| Stamp::with_content(path)).collect(), variables }
}

fn is_cargos_own(name: &str) -> bool {
    ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTUP"].iter().any(|prefix| name.starts_with(prefix))
}

/// The sources of a crate, from the `.d` file beside its output.
fn read_for(output: &Path) -> BTreeSet<PathBuf> {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let names = [stem.strip_prefix("lib").unwrap_or(&stem).to_owned(), stem.clone(), stem.replace('-', "_")];
    let folder = output.parent().unwrap_or(Path::new("/"));
    let candidates = names.iter().map(|name| folder.join(format!("{name}.d")));
    candidates
        .filter_map(|path| Inputs::read(&path, folder).ok())
        .next()
        .map(|inputs| inputs.files)
        .unwrap_or_default()
}

/// What a build script says that it reads; one that says nothing reads its whole package.
fn build_script(said: &str, folder: &Path, files: &mut BTreeSet<PathBuf>, names: &mut BTreeSet<String>) {
    let said =
        said.lines().filter_map(|line| line.strip_prefix("cargo:").map(|rest| rest.trim_start_matches(':')));
    let mut is_silent = true;
    for line in said {
        if let Some(path) = line.strip_prefix("rerun-if-changed=") {
            is_silent = false;
            files.extend(below(&folder.join(path)));
        } else if let Some(name) = line.strip_prefix("rerun-if-env-changed=") {
            is_silent = false;
            names.insert(name.to_owned());
        }
    }
    if is_silent {
        files.extend(below(folder));
    }
}

fn below(path: &Path) -> Vec<PathBuf> {
    let (mut waiting, mut found) = (vec![path.to_owned()], Vec::new());
    while let Some(path) = waiting.pop().filter(|_| found.len() < MOST_FILES) {
        let is_skipped = path.file_name().is_some_and(|name| name == "target" || name == ".git");
        match fs::read_dir(&path) {
            Ok(_) if is_skipped => {}
            Ok(entries) => waiting.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => found.push(path),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_outputs_are_taken_out_of_a_call() {
        let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let kept = stable(&words(
            "--crate-name a --edition=2024 src/main.rs --error-format=json --json=artifacts --crate-type bin \
             --emit=dep-info,link -C debuginfo=2 -C metadata=1 -C extra-filename=-1 --out-dir /t -C incremental=/i \
             -L dependency=/t --extern b=/t/libb.rlib",
        ));
        let expected = words(
            "--crate-name a --edition=2024 src/main.rs --crate-type bin -Cdebuginfo=2 -Cmetadata=1 -L dependency=/t \
             --extern b=/t/libb.rlib",
        );
        assert_eq!(kept, expected);
    }

    #[test]
    fn a_build_script_says_what_it_reads() {
        let (mut files, mut names) = (BTreeSet::new(), BTreeSet::new());
        let said = "cargo:rerun-if-changed=a.txt\ncargo::rerun-if-env-changed=NAME\ncargo:rustc-cfg=x\n";
        build_script(said, Path::new("/p"), &mut files, &mut names);
        assert_eq!(files, BTreeSet::from(["/p/a.txt".into()]));
        assert_eq!(names, BTreeSet::from(["NAME".to_owned()]));
    }
}
