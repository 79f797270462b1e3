//! Symbols of this process, looked up by name and written into an image before it is loaded.
//!
//! The image knows no symbol versions, and the system's loader gives a reference without one the oldest there is:
//! for `realpath` or `pthread_cond_wait` that is another function than today's. A lookup by name gives today's.

use std::ffi::c_void;

use libloading::os::unix::{Library, RTLD_LAZY, RTLD_LOCAL};

use crate::error::SHOWN;
use crate::output::Pen;
use crate::{Error, Image};

/// Writes the address of every import into the image.
pub(super) fn bind(image: &mut Image) -> Result<(), Error> {
    let libraries = open(&image.needed)?;
    let mut addresses = Vec::with_capacity(image.imports.len());
    let mut missing = Vec::new();
    for import in &image.imports {
        // Only the system's loader can tell a thread-local's place.
        let found = if import.thread_local { None } else { find(image.name_of(import), &libraries) };
        if found.is_none() && !import.weak && !import.thread_local {
            missing.push(import);
        }
        addresses.push(found.unwrap_or(0));
    }
    if !missing.is_empty() {
        let lines = missing.iter().take(SHOWN).map(|import| image.describe_with_line(import));
        let rest = missing.iter().skip(SHOWN).map(|import| image.describe(import));
        return Err(Error::Undefined(lines.chain(rest).collect()));
    }
    for binding in &image.bindings {
        let Some(import) = image.imports.get(binding.import as usize).filter(|import| !import.thread_local)
        else {
            continue;
        };
        let address = addresses[binding.import as usize];
        let is_null = address == 0 && import.weak;
        let value = if is_null { 0 } else { address.wrapping_add_signed(binding.addend) };
        Pen::at(&mut image.bytes, binding.at).long(value);
        // A relocation of kind zero is none.
        Pen::at(&mut image.bytes, binding.relocation).long(0).long(0).long(0);
    }
    // Closed, a library that only the image needs would be gone, and come back at another place.
    libraries.into_iter().for_each(std::mem::forget);
    Ok(())
}

/// This process, and the libraries that the image needs. They stay, as the image does.
fn open(needed: &[String]) -> Result<Vec<Library>, Error> {
    let mut libraries = vec![Library::this()];
    for name in needed {
        // SAFETY: runs the library's initialisers if it is not in the process yet, as loading the image would.
        let library = unsafe { Library::open(Some(name), RTLD_LAZY | RTLD_LOCAL) };
        libraries.push(library.map_err(|error| Error::System {
            what: format!("`{name}` cannot be loaded"),
            reason: super::system_sentence(&error),
        })?);
    }
    Ok(libraries)
}

fn find(name: &[u8], libraries: &[Library]) -> Option<u64> {
    // An assembler may have written the version that it wants; the one of today has the same name before it.
    let name = name.split(|byte| *byte == b'@').next().unwrap_or(name);
    libraries
        .iter()
        .find_map(|library| {
            // SAFETY: only the address is taken.
            let symbol = unsafe { library.get::<*const c_void>(name) };
            symbol.ok().map(|symbol| symbol.as_raw_ptr() as u64)
        })
        .filter(|address| *address != 0)
        .or_else(|| provided(name))
}

/// What C programs get from the part of their C library that is linked into each of them.
fn provided(name: &[u8]) -> Option<u64> {
    unsafe extern "C" {
        fn atexit(function: extern "C" fn()) -> i32;
        fn at_quick_exit(function: extern "C" fn()) -> i32;
        fn pthread_atfork(
            prepare: Option<extern "C" fn()>,
            parent: Option<extern "C" fn()>,
            child: Option<extern "C" fn()>,
        ) -> i32;
    }
    let address = match name {
        b"atexit" => atexit as *const (),
        b"at_quick_exit" => at_quick_exit as *const (),
        b"pthread_atfork" => pthread_atfork as *const (),
        _ => return None,
    };
    Some(address as u64)
}
