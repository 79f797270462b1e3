//! Shared libraries as code of this process, for as long as it lives.

use std::path::Path;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LOCAL, RTLD_NOW};

/// Loads a library whose symbols later libraries may use.
pub fn open_for_all(path: &Path) -> Result<(), libloading::Error> {
    open_with(path, RTLD_NOW | RTLD_GLOBAL)
}

/// Loads a library for itself.
pub fn open(path: &Path) -> Result<(), libloading::Error> {
    open_with(path, RTLD_NOW | RTLD_LOCAL)
}

fn open_with(path: &Path, flags: i32) -> Result<(), libloading::Error> {
    // SAFETY: runs the library's initialisers. Its file was built from the user's own code by the user's own
    // compiler, in a process that does nothing else than to load it.
    let library = unsafe { Library::open(Some(path), flags) }?;
    // Never unloaded: what it has registered may be used until the process ends.
    std::mem::forget(library);
    Ok(())
}
