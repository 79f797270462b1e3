//! macOS: named pipes, and writes to a socket whose reader may be gone. It compiles; nobody has run it yet.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::net::{SendFlags, sockopt};

/// What does not work on this system.
pub const SHORTCOMING: Option<&str> = Some(
    "on macOS scripts are built and their errors shown, but no game reloads them yet, and nothing of it has been tested \
     there; a game that develops on Linux reloads: see docs/platforms.md in Liveline's repository",
);

/// Makes a named pipe for this user.
pub fn make_fifo(path: &Path) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_encoded_bytes())?;
    // SAFETY: the path is a string that ends with a zero, and lives longer than the call.
    match unsafe { libc::mkfifo(path.as_ptr(), 0o600) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Makes a socket one that [`send`] can write to: SIGPIPE is a matter of the socket here, not of the write.
pub(super) fn prepare(socket: impl AsFd) -> io::Result<()> {
    Ok(sockopt::set_socket_nosigpipe(socket, true)?)
}

/// Writes to a socket at once or not at all, and never raises SIGPIPE. It may be called between fork and exec.
pub(super) fn send(socket: BorrowedFd<'_>, bytes: &[u8]) {
    let _ = rustix::net::send(socket, bytes, SendFlags::DONTWAIT);
}
