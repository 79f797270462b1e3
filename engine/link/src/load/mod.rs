//! Images as code of this process, through the system's own loader: on Linux.

mod bind;
mod debugger;
mod memory_file;

use std::ffi::c_void;
use std::mem::ManuallyDrop;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::dynamic::{START, START_ADDRESS};
pub use crate::error::readable;
use crate::{Error, Export, Image};

/// An image in this process. Its code is never unloaded, also when this is dropped: threads, values and results of
/// earlier calls may use it.
#[derive(Debug)]
pub struct Loaded {
    name: String,
    base: usize,
    memory: u64,
    exports: Vec<Export>,
    file: Option<memory_file::MemoryFile>,
    debugger: Option<ManuallyDrop<debugger::Registration>>,
    /// What debuggers are told of while they have forgotten it.
    hidden: Option<Vec<u8>>,
}

/// Loads an image and runs its initialisers, on this thread.
///
/// Fails before any of its code has run if a symbol is missing: [`Error::Undefined`] names all that are.
pub fn load(mut image: Image) -> Result<Loaded, Error> {
    bind::bind(&mut image)?;
    let file = memory_file::MemoryFile::write(&image.name, &image.bytes)?;
    let failed = |error: libloading::Error| Error::System {
        what: format!("`{}` cannot be loaded", image.name),
        reason: system_sentence(&error),
    };
    // SAFETY: runs the image's initialisers, as the caller asked for. Its structure was made by this crate.
    let library = unsafe { Library::open(Some(file.path()), RTLD_NOW | RTLD_LOCAL) }.map_err(failed)?;
    // SAFETY: every image has the symbol, and only its address is used.
    let start = unsafe { library.get::<*const c_void>(START.as_bytes()) }.map_err(failed)?;
    let base = start.as_raw_ptr() as usize - START_ADDRESS as usize;
    std::mem::forget(library);
    if !(base as u64).is_multiple_of(image.align) {
        return Err(Error::Unsupported(format!(
            "this system cannot align `{}` to {}",
            image.name, image.align
        )));
    }
    Ok(Loaded {
        name: std::mem::take(&mut image.name),
        base,
        memory: image.memory,
        exports: std::mem::take(&mut image.exports),
        file: Some(file),
        debugger: debugger::register(image, base as u64).map(ManuallyDrop::new),
        hidden: None,
    })
}

impl Loaded {
    /// The name that it was linked with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the image starts.
    pub fn base(&self) -> usize {
        self.base
    }

    /// How many bytes from there are its.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// The address of an exported symbol.
    pub fn symbol(&self, name: &str) -> Option<*const c_void> {
        let found = self.exports.binary_search_by(|export| export.name.as_str().cmp(name)).ok()?;
        Some((self.base + self.exports[found].address as usize) as *const c_void)
    }

    /// The file in memory; there is none once it is closed.
    pub fn file(&self) -> Option<&str> {
        self.file.as_ref().map(|file| file.path())
    }

    /// Lets debuggers forget the code: breakpoints are no longer set in it. It can still run, and be shown again.
    pub fn hide_from_debuggers(&mut self) {
        if let Some(registration) = self.debugger.take() {
            self.hidden = Some(ManuallyDrop::into_inner(registration).end());
        }
    }

    /// Tells debuggers of the code that they have forgotten.
    pub fn show_to_debuggers(&mut self) {
        if let Some(file) = self.hidden.take() {
            self.debugger = Some(ManuallyDrop::new(debugger::Registration::new(file)));
        }
    }

    /// Frees what it takes to show the code to debuggers again.
    pub fn keep_hidden(&mut self) {
        self.hide_from_debuggers();
        self.hidden = None;
    }

    /// Closes the file in memory, which backtraces read for names, files and lines of this code. It can still run.
    pub fn close_file(&mut self) {
        drop(self.file.take());
    }
}

impl Drop for Loaded {
    /// The code can still run, and then its backtraces are of use.
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            file.keep_open();
        }
    }
}

/// The system's own words for an error, with the source's name of a symbol in them.
fn system_sentence(error: &libloading::Error) -> String {
    let sentence = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    readable(&sentence)
}
