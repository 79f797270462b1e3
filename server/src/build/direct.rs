//! A build without cargo: the captured rustc, into a folder of our own.

use std::process::Command;

use super::compile::{self, Json};
use super::invocation::Invocation;
use super::job::{Bench, Compiled, Made, Progress, fresh_folder};
use super::messages;
use super::record::Record;
use super::report::Report;
use crate::project::Broken;

/// The incremental cache's folder in a library's own.
pub(super) const INCREMENTAL: &str = "incremental";

/// Compiles a library as its record says.
pub(super) fn compile(bench: &mut Bench<'_>, record: &Record) -> Compiled {
    let library = &bench.order.library;
    let own = bench.own_folder();
    let folder = match fresh_folder(&own) {
        Ok(folder) => folder,
        Err(error) => {
            let message = format!("cannot make a folder in {}: {error}. Is the disk full?", own.display());
            return Compiled::Broken(Broken::at_file(library.source.clone(), message));
        }
    };
    let mut command = command(&record.invocation);
    command.args(record.invocation.arguments_for(folder.path(), &own.join(INCREMENTAL)));
    (bench.say)(Progress::Stage(format!("rustc {}", library.name)));
    let mut report = Report::new(bench.order, record.invocation.folder.clone());
    let ended = compile::run(
        &mut command,
        Json::Stderr,
        bench.cancel,
        &mut |line| match messages::rustc(line) {
            Some(said) => report.hear(said, bench.say),
            None => report.text(line),
        },
        &|_| {},
    );
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => {
            let message = format!("cannot start {}: {error}", record.invocation.program.display());
            return Compiled::Broken(Broken::at_file(library.source.clone(), message));
        }
    };
    if let Some(failure) = Compiled::of_failure(&ended) {
        return match (&failure, report.trouble(&ended)) {
            (Compiled::Failed, Some(broken)) => Compiled::Broken(broken),
            _ => failure,
        };
    }
    let dylib = folder.path().join(format!("lib{}.so", library.crate_name));
    let dep_info = folder.path().join(format!("{}.d", library.crate_name));
    if let Some(missing) = [&dylib, &dep_info].into_iter().find(|output| !output.is_file()) {
        let message = format!("rustc ended well and its output is missing: {}", missing.display());
        return Compiled::Broken(Broken::at_file(library.source.clone(), message));
    }
    Compiled::Made(Box::new(Made {
        invocation: record.invocation.clone(),
        profile_folder: record.profile_folder.clone(),
        dylib,
        dep_info,
        attempt: Some(folder),
    }))
}

fn command(invocation: &Invocation) -> Command {
    let mut command = Command::new(&invocation.program);
    command.current_dir(&invocation.folder).envs(&invocation.set);
    invocation.unset.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
}
