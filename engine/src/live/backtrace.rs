//! What std's backtraces leave out: std looks for libraries once, at a process's first backtrace, and takes code that
//! is loaded later for unknown.

use std::backtrace::Backtrace;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use liveline_link::{Line, Symbolized, symbolize};

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

fn find(address: usize) -> Option<Symbolized> {
    let (file, start) = in_memory(address).or_else(|| os::file_at(address))?;
    let file = fs::read(file).ok()?;
    Some(symbolize(&file, (address - start) as u64))
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
    fn only_frames_without_a_name_are_looked_up() {
        assert_eq!(unknown_frame("   4:     0x7f10a0001000 - <unknown>"), Some((4, 0x7f10_a000_1000)));
        for other in ["   4:     0x7f10a0001000 - main", "             at ./a.rs:1:2", "", "x: y - <unknown>"]
        {
            assert_eq!(unknown_frame(other), None);
        }
    }
}
