//! Packs the sample game, and the crates that it is built from, into the binary: `liveline demo` needs no checkout. So it
//! does with the templates of `liveline new`.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the sample is built from, relative to the repository's root.
const SAMPLE: &[&str] = &["Cargo.toml", "protocol", "engine", "dynamic", "examples/arena"];

/// What new projects are made of.
const TEMPLATES: &[&str] = &[
    "assets/templates",
    "examples/cpp-arena",
    "assets/editors/helix/languages.toml",
    "assets/editors/zed/settings.json",
];

fn main() -> io::Result<()> {
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // Programs that run in this process find its `readlink` before the C library's.
        println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol=readlink");
    }
    pack(SAMPLE, "include_bytes", "sample.rs")?;
    pack(TEMPLATES, "include_str", "templates.rs")
}

/// Writes a list of all files below these roots, with their names in the repository.
fn pack(roots: &[&str], include: &str, list: &str) -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    let mut files = Vec::new();
    for name in roots {
        println!("cargo::rerun-if-changed={}", root.join(name).display());
        collect(&root.join(name), &mut files)?;
    }
    files.sort();
    let mut source = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file);
        let _ = writeln!(
            source,
            "    ({:?}, {include}!({:?})),",
            name.display().to_string(),
            fs::canonicalize(file)?
        );
    }
    source.push(']');
    let output = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(output.join(list), source)
}

/// Sources and manifests; no build output and no tests.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with('.') && !["target", "tests", "build"].contains(&name.as_str()) {
            collect(&path, files)?;
        }
    }
    Ok(())
}
