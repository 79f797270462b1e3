//! Links relocatable objects in memory, as rustc writes them, and loads the result into this process.
//!
//! [`link`] is a function from objects to the bytes of a shared library: no I/O, no `unsafe`, and no bytes that
//! make it panic. [`load`](load::load) gives those bytes to the system's loader through a file that exists in memory
//! only, so that thread-locals, unwinding, initialisers, backtraces and page protection are the system's own.
//!
//! ```no_run
//! # fn main() -> Result<(), liveline_link::Error> {
//! # let archive = Vec::new();
//! let objects = liveline_link::members(&archive)?;
//! let image = liveline_link::link(&objects, &liveline_link::Options::new("scripts"))?;
//! let loaded = liveline_link::load::load(image)?;
//! # Ok(()) }
//! ```
#![deny(missing_docs, unsafe_code)]

mod archive;
mod dynamic;
mod eh_frame;
mod error;
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "what loads an image reads all of it"))]
mod image;
mod input;
mod layout;
mod lines;
mod machine;
mod names;
mod options;
mod output;
mod plan;
mod relocate;
mod scan;
mod symbolize;
mod symbols;
mod tail;
mod write;

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "code comes into this process here, and nowhere else in this crate")]
pub mod load;
#[cfg(not(target_os = "linux"))]
#[path = "load/elsewhere.rs"]
pub mod load;

pub use archive::{Archive, Object, closure, members, sections};
pub use error::{Error, Place, Relocation, Undefined};
pub use image::{Export, Image};
pub use lines::Line;
pub use machine::Machine;
pub use options::{Exports, Options, RUST_LIBRARIES};
pub use symbolize::{Symbolized, symbolize, symbolize_where};

/// Links objects to one shared library, in memory.
///
/// Fails with the name of what is wrong. Symbols that no object defines are no failure: see [`Image::undefined`].
pub fn link(objects: &[Object<'_>], options: &Options<'_>) -> Result<Image, Error> {
    link_watched(objects, options, &mut |_| {})
}

/// [`link`], telling after each stage which one it was: for benchmarks.
#[doc(hidden)]
pub fn link_watched(
    objects: &[Object<'_>],
    options: &Options<'_>,
    done: &mut dyn FnMut(&'static str),
) -> Result<Image, Error> {
    let mut plan = plan::Plan::new(objects, options)?;
    done("parse");
    scan::scan(&mut plan)?;
    done("scan");
    let unwind = eh_frame::collect(&plan)?;
    let tables = dynamic::Tables::collect(&plan)?;
    let layout = layout::lay_out(&mut plan, &unwind, &tables)?;
    done("layout");
    let image = write::write(&plan, &layout, &unwind, &tables)?;
    done("write");
    Ok(image)
}
