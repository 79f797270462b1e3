//! A file that exists in memory only, with a path by which the system's loader opens it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::process::Resource;

use crate::Error;

/// An image's file. Its path leads to it as long as its descriptor is open.
#[derive(Debug)]
pub(super) struct MemoryFile {
    descriptor: OwnedFd,
    path: String,
}

impl MemoryFile {
    /// Makes the file; nobody can change it from then on.
    pub(super) fn write(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let failed = |error: std::io::Error| Error::System {
            what: format!("`{name}` cannot be put into a file in memory"),
            reason: error.to_string(),
        };
        let mut file = File::from(create(name).map_err(failed)?);
        file.write_all(bytes).map_err(failed)?;
        let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        rustix::fs::fcntl_add_seals(&file, seals).map_err(|error| failed(error.into()))?;
        let descriptor = high(file.into());
        let path = unique_path(descriptor.as_raw_fd());
        Ok(Self { descriptor, path })
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Leaves the descriptor open for good.
    pub(super) fn keep_open(self) {
        let _ = self.descriptor.into_raw_fd();
    }
}

fn create(name: &str) -> std::io::Result<OwnedFd> {
    // The system takes names of up to 249 bytes.
    let fit = |letter: char| if letter.is_ascii_graphic() && letter != '/' { letter } else { '-' };
    let name: String = name.chars().map(fit).take(200).collect();
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 do not know that a file in memory can be without the right to be executed.
    match rustix::fs::memfd_create(name.as_str(), flags | MemfdFlags::EXEC) {
        Err(rustix::io::Errno::INVAL) => Ok(rustix::fs::memfd_create(name.as_str(), flags)?),
        other => Ok(other?),
    }
}

/// Gives the file a number that a debugger has no file of its own under: it takes the path for one in its own process.
fn high(descriptor: OwnedFd) -> OwnedFd {
    /// The usual limit. With a higher one, the system's table of files should still not grow for this.
    const USUAL: u64 = 1 << 10;
    let limit = rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(USUAL).min(USUAL);
    let first = i32::try_from(limit / 2).unwrap_or(0);
    rustix::io::fcntl_dupfd_cloexec(&descriptor, first).unwrap_or(descriptor)
}

/// The system's loader gives the old image for a path that it knows, and a closed file's number is used again: so the
/// path has a detour for each earlier use of the number.
fn unique_path(descriptor: i32) -> String {
    static USES: Mutex<BTreeMap<i32, usize>> = Mutex::new(BTreeMap::new());
    let mut uses = USES.lock().unwrap_or_else(PoisonError::into_inner);
    let earlier = uses.entry(descriptor).or_default();
    let path = format!("/proc/self/fd/{}{descriptor}", "./".repeat(*earlier));
    *earlier += 1;
    path
}
