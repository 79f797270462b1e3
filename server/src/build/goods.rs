//! What a good build comes to: an artifact that only wants its generation's number.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use liveline_protocol::engine::{Api, ArtifactKind};
use tempfile::TempDir;

use super::archive::{self, Member};
use super::attempt::{Made, Output};
use super::direct::Call;
use super::handover;
use super::inputs::Inputs;
use super::invocation::Invocation;
use super::link_line::{Item, LinkLine};
use super::linker;
use super::members::Members;
use super::stamp::{Hash, hash};
use crate::diagnostics::Diagnostic;
use crate::os;

/// The artifact's name while it has no number.
const STAGED: &str = "artifact";

/// A build that can be published.
#[derive(Debug)]
pub(super) struct Good {
    pub(super) capture: Hash,
    pub(super) inputs: Inputs,
    pub(super) digest: Hash,
    pub(super) api: Option<Api>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) staged: Staged,
    pub(super) micros: u64,
}

/// An artifact without a number.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) kind: ArtifactKind,
    pub(super) path: PathBuf,
    pub(super) sha256: String,
    pub(super) bytes: u64,
    /// What a linker needs to make a shared library of the same objects.
    pub(super) kept: Option<PathBuf>,
    pub(super) invocation: Arc<Invocation>,
    /// Holds the files.
    _folder: Arc<TempDir>,
}

/// An artifact, and why it is a shared library although objects were asked for.
pub(super) type Stage = (Staged, Option<String>);

/// Makes an artifact of what a compiler made.
pub(super) fn stage(made: &Made, call: &Call, members: &Members) -> io::Result<Stage> {
    let folder = match &made.attempt {
        Some(folder) => folder.clone(),
        None => call.fresh_folder()?,
    };
    let path = folder.path().join(STAGED);
    let kept = folder.path().join(handover::KEPT);
    let (kind, bytes, reason) = match &made.output {
        Output::Dylib(dylib) => (ArtifactKind::Dylib, fs::read(dylib)?, None),
        Output::Objects(line) => match objects(line, &kept, members) {
            Ok(all) => (ArtifactKind::Object, archive::write(&all), None),
            Err(reason) => {
                let dylib = folder.path().join("linked.so");
                linker::link(&call.invocation, line, &kept, &dylib).map_err(io::Error::other)?;
                (ArtifactKind::Dylib, fs::read(dylib)?, Some(reason))
            }
        },
    };
    use std::io::Write as _;
    os::create_private_file(&path)?.write_all(&bytes)?;
    let has_line = matches!(made.output, Output::Objects(_));
    let staged = Staged {
        kind,
        path,
        sha256: hash(&bytes).0,
        bytes: bytes.len() as u64,
        kept: has_line.then_some(kept),
        invocation: Arc::new(call.invocation.clone()),
        _folder: folder,
    };
    Ok((staged, reason))
}

/// All objects that a library is made of; or why they cannot be loaded without a linker.
fn objects(line: &LinkLine, kept: &Path, members: &Members) -> Result<Vec<Member>, String> {
    if let Some(reason) = line.needs_linker() {
        return Err(reason);
    }
    let items = line.items();
    let mut own = Vec::new();
    let mut roots = Vec::new();
    for item in &items {
        let (name, path, into) = match item {
            Item::Own(file) => (file.clone(), kept.join(file), &mut own),
            Item::Roots(file) => (file.clone(), kept.join(file), &mut roots),
            Item::Object(path) => (path.display().to_string(), path.clone(), &mut own),
            _ => continue,
        };
        let bytes = fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        into.push((name, bytes));
    }
    let needed = members.needed(&own, &roots, &items)?;
    own.extend(needed);
    Ok(own)
}
