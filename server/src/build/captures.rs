//! How cargo calls rustc for a library: captured once, and used until cargo would do something else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::attempt::{Bench, Compiled, Made, cannot_write};
use super::cargo::{self, FromCargo};
use super::inputs;
use super::invocation::Invocation;
use super::job::{Order, Outcome, Progress};
use super::record::Capture;
use super::stamp::Hash;
use super::workshop::{Workshop, lock};
use crate::diagnostics::Diagnostic;

/// How rustc is called for a library, and the identity of that.
pub(super) type Captured = (Arc<Capture>, Hash);

/// How cargo failed last, for the script files of the package that wait for it.
#[derive(Debug, Default)]
pub(super) struct LastFailure {
    key: String,
    ended: Option<Instant>,
    diagnostics: Vec<Diagnostic>,
}

impl Workshop {
    /// The captured call, if nothing has changed that cargo would look at.
    pub(super) fn valid_capture(&self, order: &Order) -> Option<Captured> {
        let captured = lock(&self.records).capture(&capture_key(order))?;
        let (capture, _) = &captured;
        let is_valid = capture.plan == plan(order)
            && capture.invocation.externs.iter().all(|path| path.exists())
            && !self.is_overlaid_for_cargo(order, capture)
            && self.cargo_digest(order, &capture.profile_folder, &capture.invocation) == capture.digest;
        is_valid.then_some(captured)
    }

    /// Whether text that is not saved would make cargo build otherwise.
    fn is_overlaid_for_cargo(&self, order: &Order, capture: &Capture) -> bool {
        if order.overlay.is_empty() {
            return false;
        }
        let files = self.cargo_files(order, &capture.profile_folder);
        let known = self.inputs_known(order).files;
        order.overlay.keys().any(|path| files.contains(path) && !known.contains(path))
    }

    /// Has cargo build the library's package and captures its call. A script file has use for the call only.
    pub(super) fn capture(
        &self,
        bench: &mut Bench<'_>,
        asked: Instant,
    ) -> Result<(Captured, Option<Box<Made>>), Box<Outcome>> {
        let order = bench.order;
        let key = capture_key(order);
        let mut last = lock(&self.cargo);
        if let Some(captured) = self.valid_capture(order).filter(|_| order.library.file.is_some()) {
            return Ok((captured, None));
        }
        if last.key == key && last.ended.is_some_and(|ended| ended > asked) {
            if !last.diagnostics.is_empty() {
                (bench.say)(Progress::Diagnostics(last.diagnostics.clone()));
            }
            return Err(Box::new(Outcome::Failed));
        }
        let FromCargo { call, compiled } = cargo::compile(bench);
        lock(&self.looks).forget();
        let captured = match call {
            Some(call) if !bench.cancel.is_asked() => {
                let (invocation, profile_folder) = cargo::invocation(&order.library, &call);
                Some(self.keep_capture(order, &key, invocation, profile_folder)?)
            }
            _ => None,
        };
        match (captured, compiled) {
            (Some(captured), _) if order.library.file.is_some() => Ok((captured, None)),
            (Some(captured), Compiled::Made(made)) => Ok((captured, Some(made))),
            (_, Compiled::Failed(diagnostics, _)) => {
                if order.library.file.is_some() && !diagnostics.is_empty() {
                    (bench.say)(Progress::Diagnostics(diagnostics.clone()));
                }
                *last = LastFailure { key, ended: Some(Instant::now()), diagnostics };
                Err(Box::new(Outcome::Failed))
            }
            (_, Compiled::Broken(broken)) => Err(Box::new(Outcome::Broken(broken))),
            _ => Err(Box::new(Outcome::Cancelled)),
        }
    }

    fn keep_capture(
        &self,
        order: &Order,
        key: &str,
        invocation: Invocation,
        profile_folder: PathBuf,
    ) -> Result<Captured, Box<Outcome>> {
        let digest = self.cargo_digest(order, &profile_folder, &invocation);
        let capture = Capture { plan: plan(order), invocation, profile_folder, digest };
        let kept = lock(&self.records).keep_capture(key, capture);
        let kept =
            kept.map_err(|e| Box::new(Outcome::Broken(cannot_write(&order.library, &self.folder, &e))))?;
        lock(&self.shelf).keep_only(&order.library.name, &kept.1);
        Ok(kept)
    }

    pub(super) fn cargo_files(&self, order: &Order, profile_folder: &Path) -> Arc<BTreeSet<PathBuf>> {
        lock(&self.looks).of(&order.project, cargo::package(&order.library), profile_folder)
    }

    /// One hash over all that cargo would look at.
    fn cargo_digest(&self, order: &Order, profile_folder: &Path, invocation: &Invocation) -> Hash {
        let files = self.cargo_files(order, profile_folder);
        inputs::cargo_digest(&files, invocation, &mut lock(&self.stamps))
    }
}

/// Script files share their package's capture; the package as a library has another one.
pub(super) fn capture_key(order: &Order) -> String {
    match &order.library.file {
        Some(file) => format!("{}.files", file.owner),
        None => order.library.name.clone(),
    }
}

/// What the captured call depends on beside files.
fn plan(order: &Order) -> String {
    let (project, library) = (&order.project, &order.library);
    let files = match library.file {
        Some(_) => String::new(),
        None => cargo::files_variable(project, &library.name),
    };
    let (build, engines) = (&project.config.build, project.engines.join(" "));
    format!("{} {} {} {engines} {files}", library.crate_type, build.profile, build.features.join(","))
}
