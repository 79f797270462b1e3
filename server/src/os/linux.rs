//! Linux: named pipes, and writes to a socket whose reader may be gone.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};
use rustix::net::SendFlags;

/// What does not work on this system: nothing is known.
pub const SHORTCOMING: Option<&str> = None;

/// Makes a named pipe for this user.
pub fn make_fifo(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?)
}

/// Makes a socket one that [`send`] can write to.
pub(super) fn prepare(_: impl AsFd) -> io::Result<()> {
    Ok(())
}

/// Writes to a socket at once or not at all, and never raises SIGPIPE. It may be called between fork and exec.
pub(super) fn send(socket: BorrowedFd<'_>, bytes: &[u8]) {
    let _ = rustix::net::send(socket, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
}
