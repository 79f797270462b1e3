//! What differs between operating systems, one file each.

mod pipes;
#[cfg(target_os = "linux")]
pub mod program;
mod promptness;
mod shared_library;
mod unix;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod system;

pub use promptness::{be_prompt, work};
pub use shared_library::Shared;
pub use system::{SHORTCOMING, make_fifo};
pub use {pipes::*, unix::*};

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
compile_error!("the Liveline server is for Linux, and compiles for macOS: see docs/platforms.md");
