//! What differs between operating systems, one file each.

#[cfg(unix)]
mod pipes;
#[cfg(target_os = "linux")]
pub mod program;
mod promptness;
#[cfg(unix)]
mod unix;
pub use promptness::{be_prompt, work};
#[cfg(unix)]
pub use {pipes::*, unix::*};

#[cfg(not(unix))]
compile_error!("this version of the Liveline server runs on Unix only");
