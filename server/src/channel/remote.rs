//! The TCP port: who knows the token gets a connection like an engine of this host, anyone else nothing.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use liveline_protocol::remote::{Answerer, Ends, Refusal, Step, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use super::connection;
use super::guest::Guest;
use super::token;
use crate::hub::Input;

/// How long the handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How many may be in their handshake at once; more are hung up on.
const STRANGERS: usize = 16;

/// For whom the port is open, and what they get.
#[derive(Clone, Debug)]
pub struct Port {
    /// What they must know.
    pub token: Token,
    /// The folder of which engines get files.
    pub artifacts: PathBuf,
    /// The first connection's number.
    pub first: u64,
}

/// An open port. Dropping it closes it and every connection that came through it.
#[derive(Debug)]
pub struct RemoteListener {
    /// Where it is, with the port that the system chose.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl RemoteListener {
    /// Opens the port. Must be called in a runtime.
    pub fn open(address: SocketAddr, port: Port, inputs: mpsc::UnboundedSender<Input>) -> io::Result<Self> {
        let listener = StdListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let task = tokio::spawn(serve(listener, port, inputs));
        Ok(Self { address, task })
    }

    /// Closes the port, and waits until its address is free.
    pub async fn close(mut self) {
        self.task.abort();
        // Cancelled, as it was asked to.
        let _ = (&mut self.task).await;
    }
}

impl Drop for RemoteListener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, port: Port, inputs: mpsc::UnboundedSender<Input>) {
    let strangers = Arc::new(Semaphore::new(STRANGERS));
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    let mut number = port.first;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection from elsewhere");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(permit) = strangers.clone().try_acquire_owned() else {
            tracing::warn!(%address, "hung up: too many others are in their handshake");
            continue;
        };
        number += 1;
        let (port, inputs) = (port.clone(), inputs.clone());
        connections.spawn(async move {
            let met = tokio::time::timeout(HANDSHAKE, meet(stream, port.token)).await;
            drop(permit);
            match met.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok((stream, ends)) => {
                    let guest = Guest { address, artifacts: port.artifacts };
                    connection::serve_guest(stream, *ends, guest, number, inputs).await;
                }
                Err(error) => tracing::warn!(%address, %error, "refused a connection from elsewhere"),
            }
        });
    }
}

/// The handshake. Reads not one byte more than it needs.
async fn meet(mut stream: TcpStream, token: Token) -> io::Result<(TcpStream, Box<Ends>)> {
    stream.set_nodelay(true)?;
    let mut answerer = Answerer::new(token, token::random()?);
    let mut bytes = [0u8; 128];
    loop {
        let most = answerer.wants().min(bytes.len());
        let count = match stream.read(&mut bytes[..most]).await? {
            0 => {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "it hung up; has it another token?",
                ));
            }
            count => count,
        };
        match answerer.take(&bytes[..count]) {
            Ok(Step::Wait) => {}
            Ok(Step::Send(answer)) => stream.write_all(&answer).await?,
            Ok(Step::Done(ends)) => return Ok((stream, ends)),
            Err(refusal) => return Err(refuse(stream, refusal).await),
        }
    }
}

async fn refuse(mut stream: TcpStream, refusal: Refusal) -> io::Error {
    // Whether it hears that makes no difference.
    let _ = stream.write_all(&Answerer::farewell(refusal)).await;
    io::Error::new(io::ErrorKind::PermissionDenied, refusal)
}
