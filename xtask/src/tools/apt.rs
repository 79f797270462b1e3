//! Debian's packages: installed where this may be done, named where not.

use std::sync::Once;

use crate::place::{Place, has};
use crate::run::{command, run, say};
use crate::stages::Progress;

/// Whether `there` holds, if need be after installing `packages`. Where it cannot, says what is missing.
pub(crate) fn want(
    place: &Place,
    progress: &mut Progress,
    what: &str,
    there: impl Fn() -> bool,
    packages: &[&str],
) -> anyhow::Result<bool> {
    if !there() && may_install() {
        install(place, packages)?;
    }
    let found = there();
    if !found {
        progress
            .missing(format!("{what}: run `apt-get install {}` or your system's like", packages.join(" ")));
    }
    Ok(found)
}

fn may_install() -> bool {
    has("apt-get") && command(".".as_ref(), ["id", "-u"]).output().is_ok_and(|output| output.stdout == b"0\n")
}

fn install(place: &Place, packages: &[&str]) -> anyhow::Result<()> {
    static UPDATED: Once = Once::new();
    let apt = |words: &[&str]| {
        let mut apt = command(&place.root, std::iter::once("apt-get").chain(words.iter().copied()));
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        run(apt)
    };
    UPDATED.call_once(|| {
        if let Err(error) = apt(&["update", "--quiet"]) {
            say(&format!("apt-get update: {error}"));
        }
    });
    apt(&[&["install", "--yes", "--quiet", "--no-install-recommends"], packages].concat())?;
    Ok(())
}
