//! Packs the sample game, and the crates that it is built from, into the binary: `liveline demo` needs no checkout.
//! So it does with the templates of `liveline new`.
//!
//! `packed` lists what is packed, by links into the repository with `+` for `/`. cargo puts what they lead to into the
//! package of this crate, where there is no repository. It leaves out folders that hold a `Cargo.toml`, so a package
//! is linked part by part.

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
    "examples/bevy-arena",
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
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let packed = here.join("packed");
    println!("cargo::rerun-if-changed={}", packed.display());
    // Links are followed by name: a checkout on Windows may hold texts in their place.
    let repository = here.parent().filter(|root| root.join("engine/include").is_dir());
    let mut files = Vec::new();
    for entry in fs::read_dir(&packed)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().replace('+', "/");
        let name = name.trim_start_matches('/');
        if roots.iter().any(|root| Path::new(name).starts_with(root)) {
            let path = repository.map_or_else(|| entry.path(), |root| root.join(name));
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, name, &mut files)?;
        }
    }
    for root in roots {
        if !files.iter().any(|(name, _)| Path::new(name).starts_with(root)) {
            return Err(io::Error::other(format!(
                "server/packed has no link for `{root}`: make one to each file and folder of it that lies beside a Cargo.toml"
            )));
        }
    }
    files.sort();
    let mut source = String::from("&[\n");
    for (name, file) in &files {
        let _ = writeln!(source, "    ({name:?}, {include}!({:?})),", fs::canonicalize(file)?);
    }
    source.push(']');
    let output = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(output.join(list), source)
}

/// Sources and manifests; no build output and no tests.
fn collect(path: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    if path.is_file() {
        files.push((name.to_owned(), path.to_owned()));
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let part = entry.file_name().to_string_lossy().into_owned();
        if !part.starts_with('.') && !["target", "tests", "build"].contains(&part.as_str()) {
            collect(&entry.path(), &format!("{name}/{part}"), files)?;
        }
    }
    Ok(())
}
