//! Frames to the editor: a queue that never makes its sender wait, and the one thread that writes.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;

/// With this many bytes unwritten, what can be said later in fewer words waits (`crate::lsp::publish`).
const BEHIND: usize = 256 * 1024;
/// An editor that leaves this many bytes unread is given up.
const LIMIT: usize = 64 * 1024 * 1024;
/// Frames that have come together are written together, up to about this many bytes.
const BATCH: usize = 64 * 1024;

/// The queue's near end.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    frames: Sender<Vec<u8>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Bytes that were sent and not written.
    backlog: AtomicUsize,
    is_broken: AtomicBool,
    written: Notify,
    broken: Notify,
}

/// Starts the writer.
pub(super) fn start(output: impl Write + Send + 'static) -> io::Result<Outbox> {
    let (frames, receiver) = mpsc::channel();
    let shared = Arc::new(Shared::default());
    let writer = Arc::clone(&shared);
    let write_all = move || {
        if write(output, &receiver, &writer).is_err() {
            writer.break_off();
        }
    };
    thread::Builder::new().name("lsp-output".to_owned()).spawn(write_all)?;
    Ok(Outbox { frames, shared })
}

fn write(mut output: impl Write, frames: &Receiver<Vec<u8>>, shared: &Shared) -> io::Result<()> {
    while let Ok(mut batch) = frames.recv() {
        while batch.len() < BATCH {
            let Ok(frame) = frames.try_recv() else { break };
            batch.extend_from_slice(&frame);
        }
        output.write_all(&batch)?;
        output.flush()?;
        shared.backlog.fetch_sub(batch.len(), Ordering::AcqRel);
        shared.written.notify_one();
    }
    Ok(())
}

impl Shared {
    fn break_off(&self) {
        self.is_broken.store(true, Ordering::Release);
        self.broken.notify_one();
        self.written.notify_one();
    }

    fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }
}

impl Outbox {
    /// Queues one JSON-RPC message.
    pub(super) fn send(&self, message: &impl Serialize) {
        let body = match serde_json::to_vec(message) {
            Ok(body) => body,
            Err(error) => return tracing::error!(%error, "a message cannot be written as JSON"),
        };
        let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        frame.extend_from_slice(&body);
        self.queue(frame);
    }

    fn queue(&self, frame: Vec<u8>) {
        let backlog = self.shared.backlog.fetch_add(frame.len(), Ordering::AcqRel) + frame.len();
        if backlog > LIMIT {
            return self.shared.break_off();
        }
        // Fails once the writer has ended, which `broken` tells.
        let _ = self.frames.send(frame);
    }

    /// Whether the editor does not keep up.
    pub(super) fn is_behind(&self) -> bool {
        self.shared.backlog.load(Ordering::Acquire) >= BEHIND
    }

    /// Waits until the editor has caught up. For one waiter.
    pub(super) async fn caught_up(&self) {
        while self.is_behind() {
            self.shared.written.notified().await;
        }
    }

    /// Waits until nobody reads any more. For one waiter.
    pub(super) async fn broken(&self) {
        while !self.shared.is_broken() {
            self.shared.broken.notified().await;
        }
    }

    /// Waits until all is written or `patience` is at an end. For one waiter.
    pub(super) async fn flush(&self, patience: Duration) {
        let written = async {
            while self.shared.backlog.load(Ordering::Acquire) > 0 && !self.shared.is_broken() {
                self.shared.written.notified().await;
            }
        };
        let _ = tokio::time::timeout(patience, written).await;
    }
}
