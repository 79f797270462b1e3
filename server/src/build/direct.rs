//! A build without cargo: the captured rustc, from the shadow tree into a folder of our own.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use liveline_protocol::engine::ArtifactKind;
use tempfile::TempDir;

use super::attempt::{Bench, Compiled, Made, Output, fresh_folder};
use super::inputs::Inputs;
use super::invocation::{Invocation, Outputs};
use super::job::Progress;
use super::process::{Ended, Rustc, Tails};
use super::real_paths::RealPaths;
use super::report::Report;
use super::shadow::Shadow;
use super::stamp::Hash;
use super::{handover, wrapper};
use crate::project::Broken;

/// The incremental cache's folder in a library's own.
pub(super) const INCREMENTAL: &str = "incremental";
/// The same for compiles whose root is a wrapper: neither is of any use to the other.
const WRAPPED_INCREMENTAL: &str = "incremental-head";
/// rustc's path to the folder of its outputs, a symbolic link, for each of these caches.
const OUT: &str = "out";
const WRAPPED_OUT: &str = "out-head";

/// How to compile one library.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) invocation: Invocation,
    /// Of all that a compile that is started ahead must agree in.
    pub(super) identity: Hash,
    /// The library's root source file, absolute.
    pub(super) source: PathBuf,
    pub(super) kind: ArtifactKind,
    /// The folder of the library's own outputs.
    pub(super) own: PathBuf,
    /// This program.
    pub(super) program: PathBuf,
    /// How far a compile of this call steps back for others.
    pub(super) niceness: i32,
    /// Earlier compilers of the library that are not gone yet.
    pub(super) tails: Arc<Tails>,
}

impl Call {
    pub(super) fn hands_over(&self) -> bool {
        self.kind == ArtifactKind::Object
    }

    /// All arguments to compile the file `root` of a shadow tree.
    pub(super) fn arguments(&self, root: &Path, shadow: &Shadow) -> Vec<String> {
        let is_wrapped = wrapper::is_wrapper(root);
        let incremental = if is_wrapped { WRAPPED_INCREMENTAL } else { INCREMENTAL };
        let outputs = Outputs {
            folder: &self.out(is_wrapped),
            incremental: &self.own.join(incremental),
            linker: self.hands_over().then_some(&self.program),
        };
        self.invocation.arguments_for(root, shadow.root(), &outputs)
    }

    /// rustc's path to its outputs. It is the same in every compile: rustc takes nothing from the incremental cache of
    /// one that wrote elsewhere.
    pub(super) fn out(&self, is_wrapped: bool) -> PathBuf {
        self.own.join(if is_wrapped { WRAPPED_OUT } else { OUT })
    }

    /// Makes this path lead to `folder`, as soon as no earlier compiler uses it. One compiler of a library writes at
    /// a time.
    pub(super) fn aim(&self, folder: &Path, is_wrapped: bool) -> io::Result<PathBuf> {
        self.tails.wait();
        let out = self.out(is_wrapped);
        if std::fs::read_link(&out).is_ok_and(|target| target == folder) {
            return Ok(out);
        }
        let beside = folder.join("aim");
        std::os::unix::fs::symlink(folder, &beside)?;
        std::fs::rename(&beside, &out)?;
        Ok(out)
    }

    pub(super) fn command(&self) -> Command {
        self.invocation.command(&self.invocation.program)
    }

    /// Whether a compile has already filled the incremental cache.
    pub(super) fn has_cache(&self) -> bool {
        self.own.join(INCREMENTAL).exists()
    }

    /// A fresh folder for outputs.
    pub(super) fn fresh_folder(&self) -> io::Result<Arc<TempDir>> {
        fresh_folder(&self.own).map(Arc::new)
    }
}

/// Starts a compile; `None` if it was asked to end.
pub(super) fn start(bench: &Bench<'_>, call: &Call, shadow: &Shadow) -> io::Result<Option<Rustc>> {
    let folder = call.fresh_folder()?;
    let mut command = call.command();
    let out = call.aim(folder.path(), false)?;
    command.args(call.arguments(&shadow.at(&call.source), shadow));
    let pipe = Rustc::pipes(&mut command, folder.path(), &out, call.hands_over())?;
    let Some(child) = bench.cancel.start(&mut command, call.niceness)? else { return Ok(None) };
    Rustc::new(child, pipe, folder, call.tails.clone()).map(Some)
}

/// Compiles as a call says.
pub(super) fn compile(bench: &mut Bench<'_>, call: &Call, shadow: &Shadow) -> Compiled {
    (bench.say)(Progress::Stage(format!("rustc {}", bench.order.library.name)));
    match start(bench, call, shadow) {
        Ok(Some(rustc)) => hear(bench, call, shadow, rustc),
        Ok(None) => Compiled::Cancelled,
        Err(error) => broken(bench, format!("cannot start {}: {error}", call.invocation.program.display())),
    }
}

/// Hears a compile of the library's root file out.
pub(super) fn hear(bench: &mut Bench<'_>, call: &Call, shadow: &Shadow, rustc: Rustc) -> Compiled {
    let paths = RealPaths::new(shadow.root(), &call.invocation);
    let mut report = Report::new(bench.order, call.invocation.folder.clone());
    let (cancel, say) = (bench.cancel, &mut *bench.say);
    let folder = rustc.folder().clone();
    let ended = rustc.finish(cancel, &mut |line| report.rustc_line(&paths.line(line, false), say));
    outcome(bench, call, shadow, report, ended, folder)
}

/// Hears a compile out whose root is a wrapper. Where the wrapper itself shows, all that was said is of no use.
pub(super) fn hear_wrapped(bench: &mut Bench<'_>, call: &Call, shadow: &Shadow, rustc: Rustc) -> Compiled {
    let paths = RealPaths::new(shadow.root(), &call.invocation);
    let mut report = Report::new(bench.order, call.invocation.folder.clone());
    let say = &mut *bench.say;
    let (mut odd, mut has_said) = (None, false);
    let folder = rustc.folder().clone();
    let ended = rustc.finish(bench.cancel, &mut |line| {
        if shows_wrapper(line) {
            odd.get_or_insert_with(|| line.to_owned());
        }
        report.rustc_line(&paths.line(line, true), &mut |progress| {
            if odd.is_none() {
                has_said = true;
                say(progress);
            }
        });
    });
    if let Some(line) = odd
        && !bench.cancel.is_asked()
    {
        if has_said {
            (bench.say)(Progress::Anew);
        }
        return Compiled::Odd(line);
    }
    outcome(bench, call, shadow, report, ended, folder)
}

/// Whether a message is not what a plain compile would have said: it shows Liveline's own line, cannot place the
/// head beside its text, or comes from names that an included file resolves otherwise.
fn shows_wrapper(line: &str) -> bool {
    let beside = line.contains("::: ") && line.contains(wrapper::MARK);
    line.contains(wrapper::ADDED) || beside || line.contains("macro-expanded") || line.contains("\"E0659\"")
}

fn outcome(
    bench: &Bench<'_>,
    call: &Call,
    shadow: &Shadow,
    report: Report<'_>,
    ended: io::Result<Ended>,
    folder: Arc<TempDir>,
) -> Compiled {
    let dep_info = folder.path().join(format!("{}.d", call.invocation.crate_name));
    let inputs = || Inputs::read_shadowed(&dep_info, &call.invocation.folder, shadow);
    let output = match ended {
        Ok(Ended::Cancelled) => return Compiled::Cancelled,
        Ok(Ended::With(status)) if !status.success() => {
            return match report.trouble(status) {
                Some(broken) => Compiled::Broken(broken),
                None => Compiled::Failed(report.said, inputs().ok()),
            };
        }
        Ok(Ended::HandedOver) => handover::read(folder.path()).map(Output::Objects),
        Ok(Ended::With(_)) => {
            Ok(Output::Dylib(folder.path().join(format!("lib{}.so", call.invocation.crate_name))))
        }
        Err(error) => Err(error),
    };
    let made = output.and_then(|output| {
        let (inputs, diagnostics) = (inputs()?, report.said);
        Ok(Made { output, inputs, diagnostics, attempt: Some(folder) })
    });
    match made {
        Ok(made) => Compiled::Made(Box::new(made)),
        Err(error) => broken(bench, format!("rustc ended well and its output is missing: {error}")),
    }
}

fn broken(bench: &Bench<'_>, message: String) -> Compiled {
    Compiled::Broken(Broken::at_file(bench.order.library.source.clone(), message))
}
