//! The editor's process: when it dies, the server has nobody to serve.

#[cfg(target_os = "linux")]
#[path = "parent/linux.rs"]
mod os;
#[cfg(not(target_os = "linux"))]
#[path = "parent/other.rs"]
mod os;

/// Watches at most one process.
#[derive(Debug, Default)]
pub(super) struct Watch {
    process: Option<os::Process>,
}

impl Watch {
    /// Watches the process that the editor named. One that is not there from the start is in a container's other
    /// name space and is not watched; a closed standard input tells of its end.
    pub(super) fn watch(&mut self, pid: Option<u32>) {
        self.process = pid.and_then(os::Process::find);
    }

    /// Waits until it has died; for ever, if there is none.
    pub(super) async fn died(&self) {
        match &self.process {
            Some(process) => process.died().await,
            None => std::future::pending().await,
        }
    }
}
