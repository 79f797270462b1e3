//! `cargo xtask release`: whether what is to be released holds together, and what the release says of itself.

mod changelog;
mod packages;
mod workflows;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};

use self::packages::Package;
use crate::place::Place;
use crate::run::{command, run, say};
use crate::stages::Progress;
use crate::tools::succeed;

/// What is wanted of it.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Build every crate from its package alone, as `cargo publish --dry-run` does; takes minutes
    #[arg(long)]
    build: bool,
    /// The tag that is to be released: the versions, the changelog and the sign-off are held against it
    #[arg(long, value_name = "vVERSION")]
    tag: Option<String>,
    /// Write the release's text, the changelog's section, to this file
    #[arg(long, value_name = "FILE")]
    notes: Option<PathBuf>,
}

/// Checks all of it. Every fault is said; any is a failure.
pub(crate) fn release(place: &Place, options: &Options) -> anyhow::Result<()> {
    let packages = packages::read(place)?;
    let mut faults = look(place, &packages)?;
    let tag = options.tag.as_deref();
    let text = read(place, "CHANGELOG.md")?;
    let notes = match tag {
        Some(tag) => {
            faults.extend(tag_faults(place, tag, &packages)?);
            changelog::released(&text, tag.trim_start_matches('v'))
        }
        None => changelog::unreleased(&text),
    };
    let notes = notes.unwrap_or_else(|fault| {
        faults.push(fault);
        String::new()
    });
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    if let Some(file) = &options.notes {
        fs::write(file, notes).with_context(|| file.display().to_string())?;
    }
    for words in packages::commands(&packages, options.build) {
        let mut cargo = command(&place.root, words);
        cargo.env("CARGO_TARGET_DIR", &place.target);
        succeed(cargo)?;
    }
    Ok(())
}

/// What `cargo xtask test` looks at: all of it that takes seconds.
pub(crate) fn check(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    let packages = packages::read(place)?;
    let mut faults = look(place, &packages)?;
    faults.extend(changelog::unreleased(&read(place, "CHANGELOG.md")?).err());
    for fault in &faults {
        say(fault);
    }
    progress.judge(faults.is_empty());
    for words in packages::commands(&packages, false) {
        let mut cargo = command(&place.root, words);
        cargo.env("CARGO_TARGET_DIR", &place.target);
        progress.check(cargo)?;
    }
    workflows::lint(place, progress)
}

/// What is wrong, tag or none.
fn look(place: &Place, packages: &[Package]) -> anyhow::Result<Vec<String>> {
    let mut faults: Vec<String> = packages.iter().flat_map(Package::faults).collect();
    faults.extend(packages::links(&place.root.join("server/packed"))?);
    let extension: serde_json::Value = serde_json::from_str(&read(place, "vscode-extension/package.json")?)?;
    let extension = ("the VS Code extension", extension["version"].as_str().unwrap_or_default());
    let versions = packages.iter().map(|package| (package.name.as_str(), package.version.as_str()));
    faults.extend(packages::one_version(versions.chain([extension])));
    let oldest = packages.iter().map(|package| package.rust_version.as_str());
    faults.extend(workflows::toolchain(&read(place, ".github/workflows/ci.yml")?, oldest));
    for name in ["ci", "release"] {
        faults.extend(workflows::pins(name, &read(place, &format!(".github/workflows/{name}.yml"))?));
    }
    Ok(faults)
}

/// What speaks against releasing this very commit under a tag.
fn tag_faults(place: &Place, tag: &str, packages: &[Package]) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| format!("v{}", package.version) != tag) {
        faults.push(format!(
            "{} has version {}, but the tag is {tag}: set the version in its Cargo.toml",
            package.name, package.version
        ));
    }
    let words = ["git", "log", "-1", "--format=%(trailers:key=Signed-off-by)"];
    if run(command(&place.root, words))?.output.trim().is_empty() {
        faults.push(
            "nobody has signed off the commit that is to be released: `git commit --amend --signoff` before you tag"
                .to_owned(),
        );
    }
    Ok(faults)
}

fn read(place: &Place, path: &str) -> anyhow::Result<String> {
    fs::read_to_string(place.root.join(path)).with_context(|| path.to_owned())
}
