//! Other systems than Linux: images are linked here, and not loaded yet.

use std::convert::Infallible;
use std::ffi::c_void;

pub use crate::error::readable;
use crate::{Error, Image};

/// An image in this process: there is none.
#[derive(Debug)]
pub struct Loaded {
    never: Infallible,
}

/// Refused: images are in Linux's format.
pub fn load(image: Image) -> Result<Loaded, Error> {
    let system = std::env::consts::OS;
    Err(Error::Unsupported(format!(
        "`{}` cannot be loaded: objects are loaded on Linux only, not on {system}",
        image.name
    )))
}

impl Loaded {
    /// The address of an exported symbol.
    pub fn symbol(&self, _: &str) -> Option<*const c_void> {
        match self.never {}
    }
}
