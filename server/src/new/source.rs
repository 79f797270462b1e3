//! Where a new project gets the `liveline` crates from.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::REPOSITORY;

/// The folder that holds this program's sources, where it was built.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where the crates are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the registry, in the version of this program.
    Published,
    /// In a checkout of Liveline's repository: its root, absolute.
    Checkout(PathBuf),
}

impl Source {
    /// What a person asked for, else the checkout that this program was built from, else the registry.
    pub fn choose(asked: Option<&Path>) -> anyhow::Result<Self> {
        match asked {
            Some(folder) => Self::checkout(folder),
            None => Ok(Self::built_from(Path::new(BUILT_FROM))),
        }
    }

    /// The repository of this folder, or of the engine's crate in it.
    fn checkout(folder: &Path) -> anyhow::Result<Self> {
        let folder = fs::canonicalize(folder)
            .with_context(|| format!("cannot open {}, which --liveline-path names", folder.display()))?;
        let root = [Some(folder.as_path()), folder.parent()].into_iter().flatten().find(|root| is_root(root));
        let Some(root) = root else {
            bail!(
                "{} is no checkout of Liveline: it has no engine/Cargo.toml of the package `liveline`; pass the \
                 folder that {REPOSITORY} was cloned into",
                folder.display()
            );
        };
        if root.to_str().is_none() {
            bail!("{} is not UTF-8, and so cannot stand in a Cargo.toml; move the checkout", root.display());
        }
        Ok(Self::Checkout(root.to_owned()))
    }

    fn built_from(folder: &Path) -> Self {
        let root = fs::canonicalize(folder).ok().filter(|root| root.to_str().is_some() && is_root(root));
        root.map_or(Self::Published, Self::Checkout)
    }

    /// What stands behind `=` in a manifest. `folder` is the crate's in the repository.
    pub(super) fn dependency(&self, folder: &str) -> String {
        match self {
            Self::Published => format!("{VERSION:?}"),
            Self::Checkout(root) => {
                let path = toml::Value::String(root.join(folder).display().to_string());
                format!("{{ path = {path} }}")
            }
        }
    }

    /// The lines of CMake that say where the repository is.
    pub(super) fn cmake(&self) -> String {
        match self {
            Self::Published => format!(
                "set(LIVELINE \"\" CACHE PATH \"Liveline's repository; empty: it is fetched\")\n\
                 if(ARENA_LIVE AND NOT LIVELINE)\n    \
                     include(FetchContent)\n    \
                     FetchContent_Declare(liveline GIT_REPOSITORY {REPOSITORY} GIT_TAG v{VERSION} GIT_SHALLOW TRUE)\n    \
                     FetchContent_MakeAvailable(liveline)\n    \
                     set(LIVELINE \"${{liveline_SOURCE_DIR}}\")\n\
                 endif()"
            ),
            Self::Checkout(root) => {
                let path: String = root
                    .display()
                    .to_string()
                    .chars()
                    .flat_map(|c| ['\\', '"', '$'].contains(&c).then_some('\\').into_iter().chain([c]))
                    .collect();
                format!("set(LIVELINE \"{path}\" CACHE PATH \"Liveline's repository\")")
            }
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Published => write!(f, "version {VERSION}, from the registry"),
            Self::Checkout(root) => write!(f, "the checkout in {}", root.display()),
        }
    }
}

fn is_root(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("engine/Cargo.toml")).ok();
    let manifest = manifest.and_then(|text| text.parse::<toml::Table>().ok());
    let name = manifest.as_ref().and_then(|manifest| manifest.get("package")?.get("name")?.as_str());
    name == Some("liveline")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_known_by_the_engines_manifest() {
        let here = Source::built_from(Path::new(BUILT_FROM));
        let Source::Checkout(root) = &here else { panic!("{here:?}") };
        assert_eq!(Source::choose(Some(root)).unwrap(), here);
        assert_eq!(Source::choose(Some(&root.join("engine"))).unwrap(), here);
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(Source::built_from(empty.path()), Source::Published);
        assert_eq!(Source::built_from(&empty.path().join("none")), Source::Published);
        let error = Source::choose(Some(empty.path())).unwrap_err().to_string();
        assert!(error.contains("pass the folder"), "{error}");
    }

    #[test]
    fn dependencies_are_versions_or_paths_that_toml_can_hold() {
        assert_eq!(Source::Published.dependency("engine"), format!("\"{VERSION}\""));
        let odd = Source::Checkout("/tmp/a \"b\"/c$d".into());
        let line = format!("x = {}", odd.dependency("engine"));
        let table: toml::Table = line.parse().unwrap();
        assert_eq!(table["x"]["path"].as_str(), Some("/tmp/a \"b\"/c$d/engine"));
        assert!(odd.cmake().starts_with("set(LIVELINE \"/tmp/a \\\"b\\\"/c\\$d\""), "{}", odd.cmake());
    }
}
