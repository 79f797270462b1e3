//! What differs between operating systems, one file each.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(not(unix))]
compile_error!("this version of the Liveline server runs on Unix only");
