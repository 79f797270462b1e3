//! `cargo xtask fuzz`: whatever reads what others wrote, with libFuzzer, under the address sanitizer where a nightly toolchain is
//! installed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::place::Place;
use crate::run::{command, say};

/// What is fuzzed, and where its first inputs come from: files with one of these ends.
pub(crate) const TARGETS: [(&str, &str, &[&str]); 5] = [
    ("frames", "tests/fuzz/seeds", &["frame"]),
    ("link", "engine/link/tests", &["o", "a"]),
    ("config", "examples", &["toml"]),
    ("edits", "tests/sample/scripts", &["rs"]),
    ("rustc", "server/src/diagnostics/fixtures", &["json"]),
];
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// What cargo-fuzz would ask for: which edges were taken, and every check that a debug build has.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1";

/// Fuzzes each of `only`, or all, for so many seconds. What was found stays in the target directory for the next time.
pub(crate) fn fuzz(place: &Place, only: &[String], seconds: u64) -> anyhow::Result<()> {
    let nightly = command(&place.root, ["cargo", "+nightly", "--version"]);
    let has_nightly = { nightly }.output().is_ok_and(|output| output.status.success());
    let folder = place.target.join("fuzz");
    let flags = if has_nightly { format!("{COVERAGE} -Zsanitizer=address") } else { COVERAGE.to_owned() };
    if !has_nightly {
        say(
            "There is no nightly toolchain, so the address sanitizer does not watch: `rustup toolchain install nightly`.",
        );
    }
    let toolchain = if has_nightly { "+nightly" } else { "+stable" };
    let words = ["cargo", toolchain, "build", "--release", "--locked", "--target", TARGET];
    let mut build = command(&place.root.join("tests/fuzz"), words);
    build.env("RUSTFLAGS", flags).env("CARGO_TARGET_DIR", &folder);
    if !build.status()?.success() {
        bail!("the fuzz targets in tests/fuzz do not build");
    }
    let mut failed = Vec::new();
    for (name, seeds, ends) in
        TARGETS.iter().filter(|(name, ..)| only.is_empty() || only.iter().any(|one| one == name))
    {
        let corpus = folder.join("corpus").join(name);
        fs::create_dir_all(&corpus)?;
        let first = seed(&place.root.join(seeds), ends, &corpus)?;
        say(&format!("`{name}` for {seconds} s, from {first} files of {seeds}"));
        let program = folder.join(TARGET).join("release").join(name);
        let mut run = command(&folder, [program.as_os_str(), corpus.as_os_str()]);
        run.args([
            &format!("-max_total_time={seconds}"),
            "-max_len=65536",
            "-timeout=20",
            "-rss_limit_mb=4096",
        ]);
        run.args(["-print_final_stats=1", "-verbosity=0", &format!("-artifact_prefix={name}-")]);
        if !run.status().with_context(|| format!("{} does not start", program.display()))?.success() {
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        bail!("{} found something; the inputs are in {}", failed.join(", "), folder.display());
    }
    Ok(())
}

/// Copies all files with one of these ends below a folder; gives how many there are.
fn seed(from: &Path, ends: &[&str], corpus: &Path) -> anyhow::Result<usize> {
    let (mut waiting, mut copied) = (vec![from.to_owned()], 0);
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_wanted = |path: &PathBuf| {
                path.extension().and_then(|end| end.to_str()).is_some_and(|end| ends.contains(&end))
            };
            if path.is_dir() && !path.is_symlink() && !path.ends_with("target") && !path.ends_with(".cache") {
                waiting.push(path);
            } else if is_wanted(&path) {
                copied += 1;
                fs::copy(&path, corpus.join(format!("seed-{copied}")))?;
            }
        }
    }
    Ok(copied)
}
