//! Cargo manifests: whose target a file is, and the package that is made for a script's own manifest.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Doing, Failure};

/// A target of a package that has a `main`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: TargetKind,
    pub(super) name: String,
}

/// What cargo calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetKind {
    Bin,
    Example,
}

/// How a file stands to a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Belongs {
    /// It is the root of a target that runs.
    Target(Target),
    /// The manifest has a package, and the file is none of its targets.
    Package,
    /// The manifest has no package.
    Not,
}

/// How `file` stands to the manifest; both paths are absolute.
pub(super) fn target_of(manifest: &Path, file: &Path) -> Result<Belongs, Failure> {
    let text = fs::read_to_string(manifest).doing(|| format!("read {}", manifest.display()))?;
    // cargo says what is wrong with it, if the file is one of its targets.
    let Ok(table) = text.parse::<Table>() else { return Ok(Belongs::Not) };
    let Some(package) = table.get("package").and_then(Value::as_table) else { return Ok(Belongs::Not) };
    let folder = manifest.parent().unwrap_or(Path::new("/"));
    for (key, kind) in [("bin", TargetKind::Bin), ("example", TargetKind::Example)] {
        for entry in table.get(key).and_then(Value::as_array).into_iter().flatten() {
            let value = |key: &str| entry.get(key).and_then(Value::as_str);
            let is_it = value("path")
                .is_some_and(|path| fs::canonicalize(folder.join(path)).is_ok_and(|path| path == file));
            if let Some(name) = value("name").filter(|_| is_it) {
                return Ok(Belongs::Target(Target { kind, name: name.to_owned() }));
            }
        }
    }
    let package_name = package.get("name").and_then(Value::as_str).unwrap_or_default();
    let Ok(relative) = file.strip_prefix(folder) else { return Ok(Belongs::Package) };
    Ok(by_place(relative, package_name).map_or(Belongs::Package, Belongs::Target))
}

/// The targets that cargo finds by itself.
fn by_place(relative: &Path, package: &str) -> Option<Target> {
    let parts: Vec<&str> = relative.iter().map(|part| part.to_str().unwrap_or_default()).collect();
    let bin = |name: &str| Target { kind: TargetKind::Bin, name: name.to_owned() };
    let example = |name: &str| Target { kind: TargetKind::Example, name: name.to_owned() };
    match parts.as_slice() {
        ["src", "main.rs"] => Some(bin(package)),
        ["src", "bin", name, "main.rs"] => Some(bin(name)),
        ["src", "bin", file] => file.strip_suffix(".rs").map(bin),
        ["examples", name, "main.rs"] => Some(example(name)),
        ["examples", file] => file.strip_suffix(".rs").map(example),
        _ => None,
    }
}

/// The manifest of a package whose one program is `root`, from what the script says itself.
///
/// `beside` is the folder that relative paths in it start from, `name` the program's.
pub(super) fn package(
    said: &str,
    name: &str,
    root: &Path,
    beside: &Path,
    edition: &str,
) -> Result<String, String> {
    let mut table: Table =
        said.parse().map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())?;
    for key in ["bin", "lib", "example", "test", "bench", "workspace"] {
        if table.contains_key(key) {
            return Err(format!("a script's manifest cannot have `{key}`: the script is the only target"));
        }
    }
    let package = table.entry("package").or_insert_with(|| Value::Table(Table::new()));
    let package = package.as_table_mut().ok_or("`package` must be a table")?;
    let crate_name = crate_name(name);
    let defaults = [("name", crate_name.as_str()), ("version", "0.0.0"), ("edition", edition)];
    for (key, value) in defaults {
        package.entry(key).or_insert_with(|| Value::String(value.to_owned()));
    }
    package.insert("publish".to_owned(), Value::Boolean(false));
    if let Some(Value::String(script)) = package.get_mut("build") {
        *script = beside.join(&script).to_string_lossy().into_owned();
    }
    absolute_paths(&mut table, beside);
    let root = Value::String(root.to_string_lossy().into_owned());
    let bin = Table::from_iter([("name".to_owned(), Value::String(crate_name)), ("path".to_owned(), root)]);
    table.insert("bin".to_owned(), Value::Array(vec![Value::Table(bin)]));
    table.insert("workspace".to_owned(), Value::Table(Table::new()));
    toml::to_string(&table).map_err(|error| error.to_string())
}

/// The dependencies of a package for a program beside it that is none of its targets.
pub(super) fn dependencies_of(manifest: &Path) -> Result<String, String> {
    let text = fs::read_to_string(manifest).map_err(|error| error.to_string())?;
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let package = table.get("package").and_then(Value::as_table);
    let name = package.and_then(|package| package.get("name")).and_then(Value::as_str).map(str::to_owned);
    let edition = package.and_then(|package| package.get("edition")).cloned();
    let folder = manifest.parent().unwrap_or(Path::new("/"));
    let has_library = table.contains_key("lib") || folder.join("src").join("lib.rs").is_file();
    table.retain(|key, _| ["dependencies", "target", "patch", "profile", "lints"].contains(&key));
    if let Some(edition) = edition.filter(Value::is_str) {
        table.insert("package".to_owned(), Value::Table(Table::from_iter([("edition".to_owned(), edition)])));
    }
    if let Some(name) = name.filter(|_| has_library) {
        let dependencies = table.entry("dependencies").or_insert_with(|| Value::Table(Table::new()));
        let path = Table::from_iter([("path".to_owned(), Value::String(".".to_owned()))]);
        dependencies.as_table_mut().ok_or("`dependencies` must be a table")?.insert(name, Value::Table(path));
    }
    toml::to_string(&table).map_err(|error| error.to_string())
}

/// What rustc and cargo take as a name.
pub(super) fn crate_name(stem: &str) -> String {
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() { format!("_{name}") } else { name }
}

/// `path = "…"` of every dependency, wherever a manifest can have dependencies.
fn absolute_paths(table: &mut Table, beside: &Path) {
    for (key, value) in table.iter_mut() {
        let Some(inner) = value.as_table_mut() else { continue };
        if matches!(key.as_str(), "package" | "features" | "profile" | "lints") {
            continue;
        }
        if let Some(Value::String(path)) = inner.get_mut("path") {
            *path = normal(&beside.join(&path)).to_string_lossy().into_owned();
        }
        absolute_paths(inner, beside);
    }
}

fn normal(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_own_places_are_known() {
        let name = |path: &str| by_place(Path::new(path), "game").map(|target| target.name);
        assert_eq!(name("src/main.rs").as_deref(), Some("game"));
        assert_eq!(name("src/bin/tool.rs").as_deref(), Some("tool"));
        assert_eq!(name("src/bin/tool/main.rs").as_deref(), Some("tool"));
        assert_eq!(name("examples/show.rs").as_deref(), Some("show"));
        assert_eq!(name("src/lib.rs"), None);
        assert_eq!(name("hello.rs"), None);
    }

    #[test]
    fn a_scripts_manifest_becomes_a_packages() {
        let said = "[dependencies]\nserde = \"1\"\nmine = { path = \"../mine\" }\n[dependencies.other]\npath = \"other\"\n";
        let made = package(said, "my script", Path::new("/s/my script.rs"), Path::new("/s"), "2024").unwrap();
        let table: Table = made.parse().unwrap();
        assert_eq!(table["package"]["name"].as_str(), Some("my_script"));
        assert_eq!(table["package"]["edition"].as_str(), Some("2024"));
        assert_eq!(table["dependencies"]["serde"].as_str(), Some("1"));
        assert_eq!(table["dependencies"]["mine"]["path"].as_str(), Some("/s/../mine"));
        assert_eq!(table["dependencies"]["other"]["path"].as_str(), Some("/s/other"));
        assert_eq!(table["bin"][0]["path"].as_str(), Some("/s/my script.rs"));
    }

    #[test]
    fn what_a_script_cannot_have_is_named() {
        let refused =
            |said: &str| package(said, "a", Path::new("/a.rs"), Path::new("/"), "2024").unwrap_err();
        assert!(refused("[lib]").contains("`lib`"));
        assert!(refused("[dependencies").contains("TOML parse error"));
    }
}
