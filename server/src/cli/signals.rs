//! The signals that ask a process to end.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves at the first of SIGINT, SIGTERM and SIGHUP.
pub(super) async fn asked_to_end() {
    let wait = |kind: SignalKind| async move {
        match signal(kind) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}
