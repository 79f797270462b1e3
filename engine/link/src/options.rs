//! What a caller decides about an image.

use crate::Machine;

/// The libraries whose symbols every Rust library may use. The system's loader finds them in a process that is Rust's.
pub const RUST_LIBRARIES: [&str; 3] = ["libgcc_s.so.1", "libm.so.6", "libc.so.6"];

/// How to link.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The image's name, for the system's loader and debuggers.
    pub name: &'a str,
    /// The file names (or sonames) of shared libraries that symbols are looked for in, beside this process's own.
    pub needed: &'a [String],
    /// Symbols that are bound to an address in this process, also where an object defines them.
    pub overrides: &'a [(&'a str, u64)],
    /// The machine that the objects must be for.
    pub machine: Machine,
    /// Whether debug information is kept: backtraces then have files and lines.
    pub debug: bool,
    /// What can be found by name in the loaded image.
    pub exports: Exports<'a>,
}

/// Which of the symbols that objects define can be looked up.
#[derive(Clone, Copy, Debug, Default)]
pub enum Exports<'a> {
    /// None: the code is reached through its initialisers.
    None,
    /// Those that no compiler has mangled, as C sees them.
    #[default]
    Unmangled,
    /// These.
    Names(&'a [&'a str]),
}

impl<'a> Options<'a> {
    /// For this machine, with debug information and unmangled names.
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            needed: &[],
            overrides: &[],
            machine: Machine::HOST,
            debug: true,
            exports: Exports::default(),
        }
    }
}
