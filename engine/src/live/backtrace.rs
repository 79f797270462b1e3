//! What std's backtraces leave out: std looks for libraries once, at a process's first backtrace, and takes code that
//! is loaded later for unknown.

use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use liveline_link::{Line, Symbolized, symbolize_where};
use liveline_protocol::engine::Frame;

use crate::mode::os;

/// Code that no file on a disk holds, and the file that describes it.
struct Code {
    addresses: Range<usize>,
    file: PathBuf,
}

static LOADED: Mutex<Vec<Code>> = Mutex::new(Vec::new());

/// Takes note of code that was loaded from a file in memory to `addresses`.
pub(crate) fn loaded(addresses: Range<usize>, file: PathBuf) {
    LOADED.lock().unwrap_or_else(PoisonError::into_inner).push(Code { addresses, file });
}

/// The file of the code at `start` is closed: its path may lead to another one soon.
pub(crate) fn closed(start: usize) {
    LOADED.lock().unwrap_or_else(PoisonError::into_inner).retain(|code| code.addresses.start != start);
}

/// Whether a file is one of the standard library's.
pub(crate) fn is_of_toolchain(file: &str) -> bool {
    file.starts_with("/rustc/") || file.contains("/lib/rustlib/src/rust/")
}

/// Prints the frames that a backtrace of std's does not name, if the user wants backtraces.
pub(crate) fn print_unknown() {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|wanted| wanted == "0") {
        return;
    }
    let trace = format!("{:#}", Backtrace::force_capture());
    let mut text = String::new();
    for (frame, address) in trace.lines().filter_map(unknown_frame) {
        // The address is where the call returns to; the call is before it.
        let Some(found) = find(address.saturating_sub(1)) else { continue };
        let function = found.function.unwrap_or_else(|| "<unknown>".to_owned());
        let _ = writeln!(text, "{frame:>4}: {function}");
        if let Some(Line { file, line, column }) = found.line {
            let _ = writeln!(text, "             at {file}:{line}:{column}");
        }
    }
    if !text.is_empty() {
        eprint!("frames in scripts, by their number in the whole backtrace:\n{text}");
    }
}

/// A line of a full backtrace that has an address and no name: `   4:     0x7f10a0001000 - <unknown>`.
fn unknown_frame(line: &str) -> Option<(u32, usize)> {
    let (frame, rest) = line.split_once(':')?;
    let address = rest.trim().strip_suffix(" - <unknown>")?.strip_prefix("0x")?;
    Some((frame.trim().parse().ok()?, usize::from_str_radix(address, 16).ok()?))
}

/// The frames of a script's call, innermost first. `addresses` lie inside of the instructions that faulted or called.
///
/// Gives what it has found when `patience` is over: a game's executable may have much debug information.
pub(crate) fn frames(addresses: &[usize], patience: Duration) -> Vec<Frame> {
    let end = Instant::now() + patience;
    let mut files = BTreeMap::new();
    let mut frames: Vec<Frame> = Vec::new();
    for address in addresses {
        let Some(place) = place_of(*address).filter(|(file, _)| !is_of_system(file)) else { continue };
        frames.extend(read(*address, place, &mut files).and_then(frame));
        // What follows is how the engine calls.
        let is_call = frames.last().is_some_and(|frame| frame.function.starts_with("liveline::mode::swap::"));
        if Instant::now() > end || is_call && frames.iter().any(is_own) {
            break;
        }
    }
    trimmed(frames)
}

/// Whether a library is the toolchain's or the system's: large, and nobody looks for a mistake there.
fn is_of_system(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    ["libstd-", "libc.so", "libc-", "libgcc_s", "libm.so", "ld-linux"]
        .iter()
        .any(|start| name.starts_with(start))
}

fn frame(found: Symbolized) -> Option<Frame> {
    if found.function.is_none() && found.line.is_none() {
        return None;
    }
    let function = found.function.unwrap_or_else(|| "<unknown>".to_owned());
    let (file, line, column) = match found.line {
        Some(Line { file, line, column }) => (Some(file), Some(line), Some(column)),
        None => (None, None, None),
    };
    Some(Frame { function, file, line, column })
}

/// Without the runtime's own frames at both ends: those that end a process, and those that call a script.
fn trimmed(mut frames: Vec<Frame>) -> Vec<Frame> {
    let Some(first) = frames.iter().position(is_own) else { return frames };
    let last = frames.iter().rposition(is_own).unwrap_or(first);
    // The interface's own part in a call, which a macro has written.
    let is_glue =
        |frame: &Frame| frame.function.contains("Instance::") && frame.function.ends_with("::{{closure}}");
    let is_called = last > first && is_glue(&frames[last]);
    frames.truncate(if is_called { last } else { last + 1 });
    frames.split_off(first)
}

/// Whether a frame is of code that a person of the game's has written.
pub(crate) fn is_own(frame: &Frame) -> bool {
    let of_runtime = ["std::", "core::", "alloc::", "liveline::", "<liveline::", "__rust"];
    frame.file.as_ref().is_some_and(|file| !is_of_toolchain(file))
        && !of_runtime.iter().any(|start| frame.function.starts_with(start))
}

fn find(address: usize) -> Option<Symbolized> {
    read(address, place_of(address)?, &mut BTreeMap::new())
}

/// The file that an address belongs to, and the address of the file's start.
fn place_of(address: usize) -> Option<(PathBuf, usize)> {
    in_memory(address).or_else(|| os::file_at(address))
}

/// What stands at an address of a file, which may have been read before.
fn read(
    address: usize,
    (file, start): (PathBuf, usize),
    files: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> Option<Symbolized> {
    let bytes = match files.entry(file) {
        Entry::Occupied(read) => read.into_mut(),
        Entry::Vacant(new) => {
            let bytes = fs::read(new.key()).ok()?;
            new.insert(bytes)
        }
    };
    Some(symbolize_where(bytes, (address - start) as u64, &|line| !is_of_toolchain(&line.file)))
}

/// The file in memory that an address belongs to, and the address of the file's start.
fn in_memory(address: usize) -> Option<(PathBuf, usize)> {
    // A panic while the list is changed does without.
    let loaded = LOADED.try_lock().ok()?;
    let code = loaded.iter().rfind(|code| code.addresses.contains(&address))?;
    Some((code.file.clone(), code.addresses.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_begins_and_ends_with_a_frame_of_the_games() {
        let frame = |function: &str, file: &str| Frame {
            function: function.to_owned(),
            file: (!file.is_empty()).then(|| file.to_owned()),
            line: Some(1),
            column: None,
        };
        let names = |frames: Vec<Frame>| trimmed(frames).into_iter().map(|f| f.function).collect::<Vec<_>>();
        let script = frame("<scripts::Player as game_api::Script>::update", "scripts/src/lib.rs");
        let trace = vec![
            frame("abort", ""),
            frame("std::process::abort", "/rustc/1/library/std/src/process.rs"),
            script.clone(),
            frame("core::ops::function::FnOnce::call_once", "/rustc/1/library/core/src/ops/function.rs"),
            frame("game_api::World::each", "api/src/lib.rs"),
            frame("game_api::ScriptInstance::update::{{closure}}", "api/src/lib.rs"),
            frame("liveline::mode::panics::catch_in", "engine/src/live/panics.rs"),
            frame("__rust_try", ""),
        ];
        assert_eq!(
            names(trace),
            [script.function.as_str(), "core::ops::function::FnOnce::call_once", "game_api::World::each"]
        );
        // Where no frame is known to be the game's, all are told.
        assert_eq!(names(vec![frame("abort", "")]), ["abort"]);
    }

    #[test]
    fn only_frames_without_a_name_are_looked_up() {
        assert_eq!(unknown_frame("   4:     0x7f10a0001000 - <unknown>"), Some((4, 0x7f10_a000_1000)));
        for other in ["   4:     0x7f10a0001000 - main", "             at ./a.rs:1:2", "", "x: y - <unknown>"]
        {
            assert_eq!(unknown_frame(other), None);
        }
    }
}
