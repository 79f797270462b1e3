//! A compiled program's way into this process, and the call of its `main`.

use std::ffi::{CString, OsString};
use std::io;
use std::os::unix::ffi::OsStringExt;

use super::cache::Program;
use super::record::Record;
use super::{Doing, Failure, Loader};
use crate::os::program::{Entry, become_program, call_main};
use object::StdFrom;

mod dylib;
mod object;

/// Why a program is not linked in memory.
enum Refused {
    /// What it is that only the system's linker can do.
    Because(String),
    /// Its objects are gone.
    Replaced,
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

/// Runs the program with `arguments`, its own name among them. Returns only where that cannot be.
pub(super) fn run(program: &Program, record: &Record, loader: Loader, arguments: Vec<OsString>) -> Failure {
    match enter(program, record, loader, arguments) {
        Ok((main, arguments)) => call_main(main, arguments),
        Err(failure) => failure,
    }
}

/// Loads what the program will need, if it needs the same as when it was recorded.
pub(super) fn expect(record: &Record) {
    object::load_shared_std(record);
}

fn enter(
    program: &Program,
    record: &Record,
    loader: Loader,
    arguments: Vec<OsString>,
) -> Result<(Entry, &'static [CString]), Failure> {
    let arguments: Result<Vec<CString>, _> =
        arguments.into_iter().map(|argument| CString::new(argument.into_vec())).collect();
    let arguments: &'static [CString] = arguments.doing(|| "pass the arguments on".to_owned())?.leak();
    let prepare = || -> io::Result<()> { become_program(&program.path(loader), arguments) };
    if loader == Loader::Object {
        match in_memory(program, record, prepare) {
            Ok(main) => return Ok((main, arguments)),
            Err(Refused::Replaced) => return Err(Failure::Replaced),
            Err(Refused::Because(reason)) => eprintln!(
                "liveline: `{}` cannot be linked in memory, so it is loaded as a dylib: {reason}",
                program.stem
            ),
        }
    }
    let library = dylib::link(program, record)?;
    prepare().doing(|| "make room for the program".to_owned())?;
    dylib::load(&library).map(|main| (main, arguments))
}

/// With the toolchain's shared std where that is enough, else with an own copy of std.
fn in_memory(
    program: &Program,
    record: &Record,
    prepare: impl FnOnce() -> io::Result<()>,
) -> Result<Entry, Refused> {
    let linked = object::link(program, record, StdFrom::SharedLibrary)?;
    prepare().map_err(|error| error.to_string())?;
    let std = linked.std;
    match linked.load() {
        // A symbol that the shared library does not offer, for one.
        Err(_) if std == StdFrom::SharedLibrary => {
            Ok(object::link(program, record, StdFrom::Archives)?.load()?)
        }
        loaded => Ok(loaded?),
    }
}
