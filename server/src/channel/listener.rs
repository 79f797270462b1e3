//! Listens where `endpoint.json` says, for processes of this user only.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use liveline_protocol::PROTOCOL_VERSION;
use liveline_protocol::endpoint::{self, Endpoint, Transport};
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use super::connection;
use crate::hub::Input;
use crate::os;

/// A bound socket and the file that names it. Dropping it removes both.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    folder: PathBuf,
    endpoint: PathBuf,
}

impl Listener {
    /// Binds a fresh socket and writes the endpoint file of the workspace `root` into Liveline's `folder`. The
    /// caller holds the owner's lock, so an endpoint file that is there is a dead server's.
    pub fn bind(folder: &Path, root: &Path) -> io::Result<Self> {
        let endpoint = folder.join(endpoint::FILE);
        remove_leftovers(&endpoint);
        let sockets = os::socket_directory()?;
        let path = sockets.join("server.sock");
        let socket = UnixListener::bind(&path)?;
        let content = Endpoint {
            protocol: PROTOCOL_VERSION,
            pid: std::process::id(),
            transport: Transport::Unix(path.display().to_string()),
            root: Some(root.display().to_string()),
        };
        os::write_atomically(&endpoint, &serde_json::to_vec(&content)?)?;
        Ok(Self { socket, folder: sockets, endpoint })
    }

    /// Accepts until dropped.
    pub async fn serve(&self, inputs: mpsc::UnboundedSender<Input>) {
        let mut number = 0u64;
        loop {
            let stream = match self.socket.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // No descriptor is free, most likely; nobody is served better by a busy loop.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
            };
            match stream.peer_cred() {
                Ok(peer) if peer.uid() == os::own_uid() => {
                    number += 1;
                    tokio::spawn(connection::serve(stream, number, inputs.clone()));
                }
                Ok(peer) => tracing::warn!(uid = peer.uid(), "refused a connection of another user"),
                Err(error) => tracing::warn!(%error, "refused a connection of an unknown user"),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.endpoint);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The socket folder of a server that was killed: recognised by its name, and only where its user is ours.
fn remove_leftovers(endpoint: &Path) {
    let Ok(text) = fs::read(endpoint) else { return };
    let _ = fs::remove_file(endpoint);
    let Ok(Endpoint { transport: Transport::Unix(socket), .. }) = serde_json::from_slice(&text) else {
        return;
    };
    let folder = Path::new(&socket).parent().unwrap_or(Path::new(""));
    let is_named_by_us =
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("liveline-"));
    if is_named_by_us && folder.is_absolute() {
        let _ = fs::remove_file(&socket);
        let _ = fs::remove_dir(folder);
    }
}
