//! `cargo xtask sanitize`: tests of what is unsafe under the address sanitizer, where a nightly toolchain is installed.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::place::Place;
use crate::run::{command, say};

const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Code that has run is never freed, neither is what names it, nor what it panicked with.
const KEPT: &str = "leak:Functions>::swap\nleak:scripts::tests::\nleak:PanicPayload>::take_box\n";

/// Runs them.
pub(crate) fn sanitize(place: &Place) -> anyhow::Result<()> {
    let has_nightly = command(&place.root, ["cargo", "+nightly", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_nightly {
        bail!("the address sanitizer needs a nightly toolchain: `rustup toolchain install nightly`");
    }
    let folder = Path::new(&place.target).join("sanitize");
    std::fs::create_dir_all(&folder)?;
    let kept = folder.join("kept");
    std::fs::write(&kept, KEPT)?;
    for what in [["liveline", "--lib"], ["liveline-link", "--tests"]] {
        let words = ["cargo", "+nightly", "test", "--target", TARGET, "--package"];
        let mut test: Command = command(&place.root, words.into_iter().chain(what));
        test.env("RUSTFLAGS", "-Zsanitizer=address")
            .env("LSAN_OPTIONS", format!("suppressions={}", kept.display()))
            .env("CARGO_TARGET_DIR", &folder);
        say(&format!("`{}` under the address sanitizer", what[0]));
        if !test.status()?.success() {
            bail!("`{}` fails under the address sanitizer", what[0]);
        }
    }
    Ok(())
}
