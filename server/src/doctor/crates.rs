//! The versions of Liveline's crates in the workspace, and games that were built without reloading.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, TargetKind};
use liveline_protocol::endpoint::ENDPOINT_VARIABLE;

use super::Finding;
use crate::os;

const OWN: &str = env!("CARGO_PKG_VERSION");
/// The crates that a game or its scripts depend on.
const CRATES: &[&str] = &["liveline", "liveline-export"];

/// A running process whose program is a game of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Running {
    pid: u32,
    program: PathBuf,
    /// Whether any of its code in the workspace looks for a server.
    looks_for_server: bool,
}

/// Of a workspace; `command` is what `liveline run` starts, `engines` the packages of its games.
pub(super) fn examine(metadata: &Metadata, command: &[String], engines: &[String]) -> Vec<Finding> {
    let own = CRATES.iter().flat_map(|name| {
        let packages = metadata.packages.iter().filter(move |package| package.name == *name);
        packages.map(move |package| ((*name).to_owned(), package.version.to_string()))
    });
    let programs: Vec<&str> = metadata
        .packages
        .iter()
        .filter(|package| engines.contains(&package.name.to_string()))
        .flat_map(|package| &package.targets)
        .filter(|target| target.kind.contains(&TargetKind::Bin))
        .map(|target| target.name.as_str())
        .collect();
    let running = running(metadata.target_directory.as_std_path(), &programs);
    let mut findings = versions(&own.collect::<Vec<_>>());
    findings.extend(release_command(command));
    findings.extend(running.iter().filter_map(judge));
    findings
}

/// By name and version.
fn versions(crates: &[(String, String)]) -> Vec<Finding> {
    let what = "versions";
    let mut findings = Vec::new();
    for name in CRATES {
        let versions: Vec<&str> =
            crates.iter().filter(|(known, _)| known == name).map(|(_, version)| version.as_str()).collect();
        match versions.as_slice() {
            [] => {}
            [version] if speaks_to(version, OWN) => findings.push(Finding::good(what, format!("`{name}` {version}"))),
            [version] => findings.push(Finding::trouble(
                what,
                format!("the workspace has `{name}` {version}, and this program is {OWN}"),
                format!("`cargo install liveline-server --version {version}`, or `{name} = \"{OWN}\"` in Cargo.toml"),
            )),
            several => findings.push(Finding::trouble(
                what,
                format!("the workspace has several versions of `{name}`: {}", several.join(", ")),
                format!("ask for one version of `{name}` everywhere; `cargo tree -i {name}` shows who asks"),
            )),
        }
    }
    findings
}

/// As cargo has it: below 1.0 the second number counts.
fn speaks_to(one: &str, other: &str) -> bool {
    let numbers = |version: &str| {
        let mut numbers =
            version.split(['.', '-', '+']).map(|number| number.parse::<u64>().unwrap_or_default());
        (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
    };
    let (one, other) = (numbers(one), numbers(other));
    one.0 == other.0 && (one.0 > 0 || one.1 == other.1)
}

fn release_command(command: &[String]) -> Option<Finding> {
    let is_cargo = command.first().is_some_and(|program| program.ends_with("cargo"));
    let own = command.split(|word| word == "--").next().unwrap_or_default();
    let is_release = own.iter().any(|word| ["--release", "-r", "--profile=release"].contains(&word.as_str()));
    let is_live = own.iter().any(|word| word.contains("live"));
    (is_cargo && is_release && !is_live).then(|| {
        Finding::trouble(
            "engine",
            format!(
                "`engine.command` of liveline.toml is `{}`: a release build holds its scripts as plain code",
                command.join(" ")
            ),
            "take `--release` out, or build with the feature `live` of the crate `liveline`",
        )
    })
}

fn judge(running: &Running) -> Option<Finding> {
    (!running.looks_for_server).then(|| {
        Finding::trouble(
            "engine",
            format!(
                "process {} runs {}, which was built without reloading: its scripts are plain code in it, and it looks \
                 for no server",
                running.pid,
                running.program.display()
            ),
            "start it with `cargo run`, without `--release`, or build with the feature `live` of the crate `liveline`",
        )
    })
}

/// This user's processes whose program is of one of these names below the target directory.
fn running(target: &Path, programs: &[&str]) -> Vec<Running> {
    let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let running = processes.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let program = fs::read_link(entry.path().join("exe")).ok()?;
        let name = program.file_name()?.to_str()?.trim_end_matches(" (deleted)");
        if !programs.contains(&name) || !program.starts_with(&target) {
            return None;
        }
        // Its own code, and that of its libraries; what was built anew since is not what runs.
        let maps = fs::read_to_string(entry.path().join("maps")).ok()?;
        let mut files: Vec<PathBuf> = vec![entry.path().join("exe")];
        files.extend(mapped(&maps, &target));
        let looks_for_server =
            files.iter().any(|file| names_endpoint(&os::read_file(file).unwrap_or_default()));
        Some(Running { pid, program, looks_for_server })
    });
    running.collect()
}

/// The files below a folder that a process has mapped.
fn mapped(maps: &str, folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in maps.lines().filter_map(|line| line.find('/').map(|start| PathBuf::from(&line[start..]))) {
        if path.starts_with(folder) && !files.contains(&path) {
            files.push(path);
        }
    }
    files
}

/// Code that reloads names the variable with its endpoint; code that was built without has no such word.
fn names_endpoint(bytes: &[u8]) -> bool {
    bytes.windows(ENDPOINT_VARIABLE.len()).any(|window| window == ENDPOINT_VARIABLE.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    fn of(crates: &[(&str, &str)]) -> Finding {
        let crates: Vec<_> =
            crates.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect();
        let findings = versions(&crates);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings[0].clone()
    }

    #[test]
    fn versions_that_do_not_speak_to_each_other_are_trouble() {
        assert_eq!(of(&[("liveline", OWN)]).health, Health::Good);
        let other = of(&[("liveline", "9.9.0")]);
        assert!(other.health == Health::Trouble && other.mend.unwrap().contains("--version 9.9.0"));
        let both = of(&[("liveline", OWN), ("liveline", "0.0.9")]);
        assert!(both.mend.unwrap().contains("cargo tree -i liveline"));
        assert!(speaks_to("0.3.1", "0.3.7") && !speaks_to("0.3.1", "0.4.0"));
        assert!(speaks_to("1.0.0", "1.9.2") && !speaks_to("1.0.0", "2.0.0"));
        assert_eq!(versions(&[]), []);
    }

    #[test]
    fn a_release_build_is_told_from_its_command() {
        let of = |words: &[&str]| {
            release_command(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        };
        assert!(of(&["cargo", "run", "--release", "-p", "game"]).is_some());
        assert!(of(&["/x/cargo", "run", "-r"]).is_some());
        assert!(of(&["cargo", "run", "-p", "game", "--", "--release"]).is_none());
        assert!(of(&["cargo", "run", "--release", "--features", "liveline/live"]).is_none());
        assert!(of(&["sh", "-c", "x", "--release"]).is_none());
        assert!(of(&[]).is_none());
    }

    #[test]
    fn a_process_that_looks_for_no_server_is_told() {
        let running =
            |looks_for_server| Running { pid: 7, program: "/t/release/game".into(), looks_for_server };
        assert_eq!(judge(&running(true)), None);
        assert!(judge(&running(false)).unwrap().found.contains("/t/release/game"));
        assert!(names_endpoint(b"\0LIVELINE_ENDPOINT\0") && !names_endpoint(b"LIVELINE_ENDPOIN"));
        let maps = "7f00-7f01 r-xp 00000000 08:01 12   /t/release/libapi.so\n7f01-7f02 rw-p 0 0 0\n";
        assert_eq!(mapped(maps, Path::new("/t")), [PathBuf::from("/t/release/libapi.so")]);
    }
}
