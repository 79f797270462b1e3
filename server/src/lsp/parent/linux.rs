//! Linux: a process file descriptor becomes readable when its process ends, reaped or not.

use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A process that was alive.
#[derive(Debug)]
pub(in crate::lsp) struct Process {
    ended: AsyncFd<OwnedFd>,
}

impl Process {
    /// `None` if there is no such process.
    pub(in crate::lsp) fn find(pid: u32) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let descriptor = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        // SAFETY: an `OwnedFd` gives the same descriptor each time, and keeps it open until `AsyncFd` drops it.
        let ended = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) };
        Some(Self { ended: ended.ok()? })
    }

    /// Waits until it has ended.
    pub(in crate::lsp) async fn died(&self) {
        if self.ended.readable().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
