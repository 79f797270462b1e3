//! What differs between operating systems, one file each.

#[cfg(unix)]
mod pipes;
#[cfg(target_os = "linux")]
pub mod program;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use {pipes::*, unix::*};

#[cfg(not(unix))]
compile_error!("this version of the Liveline server runs on Unix only");
