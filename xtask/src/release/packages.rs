//! The crates that are published: what the registry wants of each, and cargo's own check of them.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::place::Place;
use crate::run::command;

/// Workspaces with crates to publish, in the order in which they go to the registry; each with the crates of those before
/// that it needs, and their folders.
const WORKSPACES: [(&str, &[(&str, &str)]); 3] = [
    ("dynamic/Cargo.toml", &[]),
    ("Cargo.toml", &[("liveline-dynamic", "dynamic")]),
    (
        "engine/bevy/Cargo.toml",
        &[
            ("liveline", "engine"),
            ("liveline-dynamic", "dynamic"),
            ("liveline-link", "engine/link"),
            ("liveline-macros", "engine/macros"),
            ("liveline-protocol", "protocol"),
        ],
    ),
];

/// A package that cargo would publish.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rust_version: String,
    /// The manifest of its workspace, from the repository's root.
    workspace: &'static str,
    /// What its manifest lacks.
    lacks: Vec<&'static str>,
}

impl Package {
    /// What keeps it out of the registry, or unfound in it.
    pub(crate) fn faults(&self) -> Option<String> {
        (!self.lacks.is_empty()).then(|| {
            format!(
                "the Cargo.toml of {} lacks {}; add it, or `publish = false`",
                self.name,
                self.lacks.join(", ")
            )
        })
    }

    fn new(metadata: &Value, workspace: &'static str) -> Option<Self> {
        // `publish = false` is an empty list of registries.
        if metadata["publish"].as_array().is_some_and(Vec::is_empty) {
            return None;
        }
        let text = |key: &str| metadata[key].as_str().unwrap_or_default().to_owned();
        let wanted = [
            "description",
            "license",
            "repository",
            "homepage",
            "readme",
            "rust_version",
            "keywords",
            "categories",
        ];
        let is_empty = |value: &Value| match value {
            Value::Array(list) => list.is_empty(),
            value => value.as_str().is_none_or(str::is_empty),
        };
        Some(Self {
            name: text("name"),
            version: text("version"),
            rust_version: text("rust_version"),
            workspace,
            lacks: wanted.into_iter().filter(|key| is_empty(&metadata[*key])).collect(),
        })
    }
}

/// All of them.
pub(crate) fn read(place: &Place) -> anyhow::Result<Vec<Package>> {
    let mut packages = Vec::new();
    for (manifest, _) in WORKSPACES {
        let words = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--manifest-path", manifest];
        let output = command(&place.root, words).output()?;
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("cargo metadata of {manifest}"))?;
        let listed = metadata["packages"].as_array().into_iter().flatten();
        packages.extend(listed.filter_map(|package| Package::new(package, manifest)));
    }
    Ok(packages)
}

/// What has cargo make every package as it would publish it, and build it from that if `build`.
pub(crate) fn commands(packages: &[Package], build: bool) -> Vec<Vec<String>> {
    let commands = WORKSPACES.into_iter().map(|(manifest, needed)| {
        let action: &[&str] = if build { &["publish", "--dry-run"] } else { &["package", "--no-verify"] };
        let mut words: Vec<String> = ["cargo"].iter().chain(action).map(|word| (*word).to_owned()).collect();
        // What is tagged is clean; what is tested need not be.
        words.extend(["--allow-dirty", "--manifest-path", manifest].map(str::to_owned));
        for (name, folder) in needed {
            // Until the registry has them, and then too: these are the ones that will be published.
            words.extend(["--config".to_owned(), format!("patch.crates-io.{name}.path={folder:?}")]);
        }
        for package in packages.iter().filter(|package| package.workspace == manifest) {
            words.extend(["--package".to_owned(), package.name.clone()]);
        }
        words
    });
    commands.collect()
}

/// What is wrong with the links by which the server's package gets files of the repository.
pub(crate) fn links(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let target = format!("../../{}", name.replace('+', "/").trim_start_matches('/'));
        // Where links are texts, they have been checked elsewhere.
        let leads = fs::read_link(entry.path()).map_or_else(
            |_| fs::read_to_string(entry.path()).is_ok_and(|text| text == target),
            |link| link == Path::new(&target),
        );
        if !leads || !folder.join(&target).exists() {
            faults.push(format!("server/packed/{name} is no link to {target}, as its name says"));
        } else if folder.join(&target).join("Cargo.toml").exists() {
            faults.push(format!(
                "server/packed/{name} leads to a package, which cargo leaves out: link its parts"
            ));
        }
    }
    Ok(faults)
}

/// What has another version than the first.
pub(crate) fn one_version<'a>(versions: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut versions = versions.into_iter();
    let Some((first, version)) = versions.next() else {
        return vec!["there is no package to release".to_owned()];
    };
    versions
        .filter(|(_, other)| *other != version)
        .map(|(name, other)| {
            format!("{name} has version {other}, but {first} has {version}: all are released together")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_lacks_what_the_registry_wants_unless_it_is_not_published() {
        let mut metadata = serde_json::json!({
            "name": "a", "version": "1.0.0", "publish": null, "description": "A.", "license": "MIT", "readme": "README.md",
            "repository": "r", "homepage": "h", "rust_version": "1.95", "keywords": [], "categories": ["os"],
        });
        let package = Package::new(&metadata, WORKSPACES[1].0).unwrap();
        assert!(package.faults().unwrap().contains("lacks keywords"));
        metadata["publish"] = serde_json::json!([]);
        assert!(Package::new(&metadata, WORKSPACES[1].0).is_none());
    }

    #[test]
    fn versions_differ_or_not() {
        assert!(one_version([("a", "1.0.0"), ("b", "1.0.0")]).is_empty());
        assert!(one_version([("a", "1.0.0"), ("b", "1.0.1")])[0].starts_with("b has version 1.0.1"));
    }
}
