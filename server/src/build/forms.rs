//! A generation in another form than it was built in: its objects, linked after all.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use liveline_protocol::engine::{Artifact, ArtifactKind, Generation, Reload};

use super::attempt::own_folder;
use super::goods::Staged;
use super::handover;
use super::invocation::Invocation;
use super::linker;
use super::past;
use super::stamp::hash;
use super::workshop::{Workshop, lock};
use crate::os;

/// For how many generations of a library the objects are kept: an engine may want any that can be gone back to.
const KEPT: usize = past::GENERATIONS;
/// The folder of kept objects in a library's own, by generation.
const LINKS: &str = "links";

/// What can still be linked.
#[derive(Debug, Default)]
pub(super) struct Forms {
    libraries: HashMap<String, VecDeque<Form>>,
}

#[derive(Clone, Debug)]
struct Form {
    reload: Reload,
    invocation: Arc<Invocation>,
    /// The other form, where it has been made.
    made: Option<Artifact>,
}

impl Workshop {
    /// Keeps what another form of a generation can be made of. What cannot be kept can only not be made.
    pub(super) fn keep_form(&self, reload: &Reload, staged: &Staged) {
        let links = self.links(&reload.library);
        if let Some(kept) = &staged.kept {
            let target = links.join(reload.generation.to_string());
            let _ = fs::remove_dir_all(&target);
            if let Err(error) = fs::create_dir_all(&links).and_then(|()| fs::rename(kept, &target)) {
                tracing::warn!(%error, "the objects of `{}` are not kept", reload.library);
            }
        }
        let form = Form { reload: reload.clone(), invocation: staged.invocation.clone(), made: None };
        let mut forms = lock(&self.forms);
        let kept = forms.libraries.entry(reload.library.clone()).or_default();
        kept.push_back(form);
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    /// Removes objects that nobody will ask for.
    pub(super) fn prune_links(&self, library: &str) {
        let newest = lock(&self.records).generation(library).0;
        for entry in fs::read_dir(self.links(library)).into_iter().flatten().flatten() {
            let number = entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
            if number.is_some_and(|number| number + (KEPT as u64) <= newest) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// A generation as an artifact of another kind, made now if it is not there. Blocks for as long as a linker
    /// takes.
    pub fn in_form(
        &self,
        library: &str,
        generation: Generation,
        kind: ArtifactKind,
    ) -> Result<Reload, String> {
        let form = self.form(library, generation);
        let form = form.ok_or_else(|| format!("generation {generation} of `{library}` is gone"))?;
        let made = form.made.clone().filter(|artifact| artifact.kind == kind);
        let there = std::iter::once(form.reload.artifact.clone()).chain(made);
        for artifact in there.filter(|artifact| artifact.kind == kind) {
            if self.artifacts().join(&artifact.file).is_file() {
                return Ok(Reload { artifact, ..form.reload });
            }
        }
        if kind != ArtifactKind::Dylib {
            return Err(format!("generation {generation} of `{library}` was built as a shared library"));
        }
        let artifact = self.link(&form)?;
        let mut forms = lock(&self.forms);
        let kept = forms.libraries.get_mut(library).into_iter().flatten();
        kept.filter(|form| form.reload.generation == generation)
            .for_each(|form| form.made = Some(artifact.clone()));
        Ok(Reload { artifact, ..form.reload })
    }

    /// What is known of a generation; after a restart, of those that can be gone back to.
    fn form(&self, library: &str, generation: Generation) -> Option<Form> {
        let kept = lock(&self.forms)
            .libraries
            .get(library)
            .and_then(|kept| kept.iter().find(|form| form.reload.generation == generation).cloned());
        kept.or_else(|| {
            let past = self.past_generation(library, generation);
            let records = lock(&self.records);
            let record = records.get(library).filter(|record| record.reload.generation == generation);
            let of_record = record.map(|record| (record.reload.clone(), &record.capture));
            let (reload, capture) = of_record.or(past.as_ref().map(|p| (p.reload.clone(), &p.capture)))?;
            Some(Form { reload, invocation: records.invocation_of(capture)?, made: None })
        })
    }

    fn link(&self, form: &Form) -> Result<Artifact, String> {
        let Reload { library, generation, .. } = &form.reload;
        let kept = self.links(library).join(generation.to_string());
        let gone = |_| format!("the objects of generation {generation} of `{library}` are gone");
        let line = handover::read_kept(&kept).map_err(gone)?;
        let output = kept.join("linked.so");
        linker::link(&form.invocation, &line, &kept, &output)?;
        let unwritten = |error: std::io::Error| format!("cannot write the shared library: {error}");
        let bytes = fs::read(&output).map_err(unwritten)?;
        let sha256 = hash(&bytes).0;
        let file = format!("{library}-{generation}-{}.so", &sha256[..12]);
        os::write_atomically(&self.artifacts().join(&file), &bytes).map_err(unwritten)?;
        let _ = fs::remove_file(&output);
        Ok(Artifact { kind: ArtifactKind::Dylib, file, sha256, bytes: bytes.len() as u64 })
    }

    fn links(&self, library: &str) -> PathBuf {
        own_folder(&self.folder, library).join(LINKS)
    }
}
