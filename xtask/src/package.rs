//! `cargo xtask package`: the VS Code extension with the server in it, for this kind of machine.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::place::{Place, has};
use crate::run::{command, say};
use crate::tools::{self, succeed};

/// What a package may weigh: it is downloaded by everyone who tries Liveline.
const MOST_BYTES: u64 = 10_000_000;

/// Builds the server as users get it, and packages the extension with it.
pub(crate) fn package(place: &Place) -> anyhow::Result<()> {
    let target = target().context("VS Code's extensions have no packages for this kind of machine")?;
    let words = ["cargo", "build", "--release", "--package", "liveline-server", "--bin", "liveline"];
    succeed(command(&place.root, words))?;
    tools::npm_ci(place, &place.extension())?;
    let folder = place.extension().join("server");
    let packaged = fill(place, &folder).and_then(|()| pack(place, target));
    // The package without a server is made from the same folder.
    fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let package = packaged?;
    let bytes = fs::metadata(&package)?.len();
    say(&format!("{} ({:.1} MB)", package.display(), bytes as f64 / 1e6));
    if bytes > MOST_BYTES {
        bail!("the package is larger than {} MB", MOST_BYTES / 1_000_000);
    }
    Ok(())
}

fn fill(place: &Place, folder: &PathBuf) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let name = format!("liveline{}", std::env::consts::EXE_SUFFIX);
    let server = folder.join(&name);
    fs::copy(place.target.join("release").join(&name), &server).context("the server's release build")?;
    if has("strip") {
        let mut strip = command(&place.root, ["strip"]);
        strip.arg(&server);
        succeed(strip)?;
    }
    Ok(())
}

fn pack(place: &Place, target: &str) -> anyhow::Result<PathBuf> {
    let name = format!("liveline-{target}.vsix");
    let words = ["exec", "--", "vsce", "package", "--target", target, "--no-dependencies", "--out", &name];
    let mut vsce = tools::npm(place, &place.extension(), &words);
    vsce.arg("--allow-unused-files-pattern");
    succeed(vsce)?;
    Ok(place.extension().join(name))
}

/// VS Code's name for this kind of machine.
fn target() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x64"),
        ("linux", "aarch64") => Some("linux-arm64"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        ("windows", "x86_64") => Some("win32-x64"),
        _ => None,
    }
}
