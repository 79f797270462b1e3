//! `cargo xtask measure` and `measure-peers`: release builds, and the program or script that measures with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::place::Place;
use crate::run::command;

/// Measures Liveline; `words` go to `measure run`.
pub(crate) fn own(place: &Place, words: &[String]) -> anyhow::Result<()> {
    let (measure, folder) = build(place)?;
    let mut run =
        command(&place.root, [measure.as_os_str(), "run".as_ref(), "--folder".as_ref(), folder.as_os_str()]);
    run.args(words).env("LIVELINE_BIN", measure.with_file_name("liveline"));
    carry_out(run)
}

/// Measures other tools on the same texts; `words` go to `measure.py`.
pub(crate) fn peers(place: &Place, words: &[String]) -> anyhow::Result<()> {
    let (measure, folder) = build(place)?;
    let script = place.root.join("tests/benches/peers/measure.py");
    let mut run = command(
        &place.root,
        ["python3".as_ref(), script.as_os_str(), "--folder".as_ref(), folder.as_os_str()],
    );
    run.args(words).env("LIVELINE_MEASURE", measure);
    carry_out(run)
}

/// The program that measures, and the folder for what it makes.
fn build(place: &Place) -> anyhow::Result<(PathBuf, PathBuf)> {
    let words =
        ["cargo", "build", "--release", "--package", "liveline-server", "--package", "liveline-benches"];
    let mut cargo = command(&place.root, words);
    cargo.arg("--target-dir").arg(&place.target);
    carry_out(cargo)?;
    let in_target = |path: &str| -> PathBuf { Path::new(&place.target).join(path) };
    Ok((in_target("release/measure"), in_target("measure")))
}

/// Not shown through a pipe: a person watches, and nothing of the time goes into that.
fn carry_out(mut command: Command) -> anyhow::Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{} failed", command.get_program().to_string_lossy());
    }
    Ok(())
}
