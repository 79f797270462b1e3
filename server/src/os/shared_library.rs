//! Shared libraries in this process, on Unix.

use std::ffi::{c_int, c_void};
use std::path::Path;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LOCAL, RTLD_NOW};

/// A shared library that stays loaded.
#[derive(Debug)]
pub struct Shared(Library);

impl Shared {
    /// Loads it, and lets what is loaded later use its symbols. Its initialisers run: the user has asked for that.
    ///
    /// An error is the system's own sentence.
    pub fn open(path: &Path) -> Result<Self, String> {
        Self::open_with(path, RTLD_NOW | RTLD_GLOBAL)
    }

    /// As [`Self::open`], with its symbols for itself.
    pub fn open_alone(path: &Path) -> Result<Self, String> {
        Self::open_with(path, RTLD_NOW | RTLD_LOCAL)
    }

    fn open_with(path: &Path, flags: c_int) -> Result<Self, String> {
        // SAFETY: runs the library's initialisers, which are as trusted as the program that needs the library.
        let library = unsafe { Library::open(Some(path), flags) };
        let sentence = |error: libloading::Error| {
            std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
        };
        library.map(Self).map_err(sentence)
    }

    /// Whether it has a symbol of this name.
    pub fn has(&self, name: &str) -> bool {
        self.address(name).is_some()
    }

    /// The address of a symbol.
    pub fn address(&self, name: &str) -> Option<*const c_void> {
        // SAFETY: only the address is taken.
        let symbol = unsafe { self.0.get::<*const c_void>(name.as_bytes()) };
        symbol.ok().map(|symbol| symbol.as_raw_ptr().cast_const())
    }

    /// Never unloads it.
    pub fn keep(self) {
        std::mem::forget(self);
    }
}
