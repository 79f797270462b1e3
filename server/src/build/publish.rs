//! Gives a good build its number and puts it where engines find it.

use std::collections::HashMap;
use std::path::PathBuf;

use liveline_protocol::engine::{Api, Generation, Reload};

use super::artifact;
use super::attempt::{Bench, cannot_write};
use super::goods::Good;
use super::invocation::Invocation;
use super::job::{Order, Outcome, Purpose};
use super::record::Record;
use super::stamp::{Hash, Identity};
use super::workshop::{Workshop, lock};
use crate::diagnostics::Diagnostic;
use crate::project::Library;

/// The hashes of API crates' builds: a shared library is read once, not at every save.
#[derive(Debug, Default)]
pub(super) struct Apis {
    known: HashMap<PathBuf, (Identity, Option<Hash>)>,
}

impl Apis {
    fn hash(&mut self, dylib: &PathBuf) -> Option<Hash> {
        let identity = Identity::at(dylib)?;
        if let Some((known, hash)) = self.known.get(dylib)
            && *known == identity
        {
            return hash.clone();
        }
        let hash = artifact::api_hash(dylib);
        self.known.insert(dylib.clone(), (identity, hash.clone()));
        hash
    }
}

impl Workshop {
    /// The API crate's build that a library is linked with.
    pub(super) fn api(&self, library: &Library, invocation: &Invocation) -> Option<Api> {
        let api = library.api.as_ref()?;
        let dylib = artifact::shared_form(&invocation.externs, &api.crate_name)?;
        Some(Api { package: api.package.clone(), hash: lock(&self.apis).hash(dylib)?.0 })
    }

    /// Publishes a good build, unless it is asked to end. `speculated`: it was made before the save.
    pub(super) fn publish(&self, bench: &Bench<'_>, good: Good, speculated: bool) -> Outcome {
        let order = bench.order;
        let _alone = lock(&self.publishing);
        // What was asked to end has a successor, which may have published already.
        if bench.cancel.is_asked() {
            return Outcome::Cancelled;
        }
        match self.try_publish(order, good, speculated) {
            Ok(reload) => Outcome::Built(reload),
            Err(error) => Outcome::Broken(cannot_write(&order.library, &self.folder, &error)),
        }
    }

    fn try_publish(&self, order: &Order, good: Good, speculated: bool) -> std::io::Result<Reload> {
        let name = &order.library.name;
        let is_live = order.purpose == Purpose::Live;
        let generation = lock(&self.records).generation(name).next();
        let artifact = artifact::publish(&self.artifacts(), name, generation, &good.staged)?;
        let reload = Reload {
            library: name.clone(),
            generation,
            artifact,
            changed: order.changed.iter().map(|path| path.display().to_string()).collect(),
            trigger: order.began_with(),
            speculated: speculated || is_live,
            unsaved: is_live,
            build_micros: good.micros,
            saved_at_unix_micros: order.saved_at,
            api: good.api,
            reset: None,
        };
        let (capture, inputs) = (good.capture.clone(), good.inputs.clone());
        let record = Record {
            capture: good.capture,
            inputs: good.inputs,
            source_digest: good.digest,
            reload: reload.clone(),
            diagnostics: good.diagnostics,
        };
        lock(&self.records).keep(record)?;
        self.remember(order, &reload, &capture, &inputs);
        self.keep_form(&reload, &good.staged);
        Ok(reload)
    }

    /// Keeps the warnings of a library's current generation, to show them again after a restart.
    pub fn keep_diagnostics(&self, library: &str, generation: Generation, diagnostics: Vec<Diagnostic>) {
        let mut records = lock(&self.records);
        let Some(mut record) = records.get(library).cloned() else { return };
        if record.reload.generation == generation && record.diagnostics != diagnostics {
            record.diagnostics = diagnostics;
            if let Err(error) = records.keep(record) {
                tracing::warn!(%error, "cannot keep the warnings of {library}");
            }
        }
    }
}
