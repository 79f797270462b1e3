//! The artifact directory: files that engines load, named once and never written again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use liveline_protocol::api::without_crate_hash;
use liveline_protocol::engine::{Artifact, ArtifactKind, Generation};
use object::{Object, ObjectSection};

use super::goods::Staged;
use super::past;
use super::stamp::{Hash, hash_both};
use crate::os;

/// How many generations of a library stay: those that can be gone back to, and a few more, since an engine may have
/// been told of the oldest of them a moment ago.
const KEPT: usize = past::GENERATIONS + 4;

/// The folder's name in Liveline's folder.
pub const FOLDER: &str = "artifacts";

/// Moves a staged artifact into `folder` under a name of its own.
pub(super) fn publish(
    folder: &Path,
    library: &str,
    generation: Generation,
    staged: &Staged,
) -> io::Result<Artifact> {
    let Staged { kind, sha256, bytes, .. } = staged;
    let extension = match kind {
        ArtifactKind::Dylib => "so",
        ArtifactKind::Object => "a",
    };
    let file = format!("{library}-{generation}-{}.{extension}", &sha256[..12]);
    let path = folder.join(&file);
    if fs::rename(&staged.path, &path).is_err() {
        os::private_directory(folder)?;
        fs::rename(&staged.path, &path)?;
    }
    Ok(Artifact { kind: *kind, file, sha256: sha256.clone(), bytes: *bytes })
}

/// Removes generations that are long past. A file that cannot be removed stays.
pub(super) fn prune(folder: &Path, library: &str, newest: Generation) {
    let prefix = format!("{library}-");
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number =
            name.to_str().and_then(|name| name.strip_prefix(&prefix)).and_then(|rest| rest.split('-').next());
        let Some(number) = number.and_then(|number| number.parse::<u64>().ok()) else { continue };
        if number + (KEPT as u64) < newest.0 {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The hash of an API crate's build: of the crate metadata in its shared library, without its own crate hash.
pub fn api_hash(dylib: &Path) -> Option<Hash> {
    let bytes = fs::read(dylib).ok()?;
    let file = object::File::parse(&*bytes).ok()?;
    let section = file.section_by_name(".rustc")?;
    Some(hash_both(without_crate_hash(section.data().ok()?)))
}

/// The shared form of crate `name` among the artifacts that a library is linked with.
pub fn shared_form<'a>(externs: &'a [PathBuf], name: &str) -> Option<&'a PathBuf> {
    let file = format!("lib{name}.so");
    externs.iter().find(|path| path.file_name().is_some_and(|found| found == file.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_generations_go_and_other_libraries_stay() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| fs::write(folder.path().join(name), "bytes").unwrap();
        put("scripts-two-1-abc.so");
        for number in 1..=(KEPT as u64 + 3) {
            put(&format!("scripts-{number}-abc.a"));
            prune(folder.path(), "scripts", Generation(number));
        }
        let names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names.len(), KEPT + 2, "{names:?}");
        assert!(names.iter().any(|name| name.starts_with("scripts-two-1-")));
        assert!(!names.iter().any(|name| name.starts_with("scripts-2-")));
    }
}
