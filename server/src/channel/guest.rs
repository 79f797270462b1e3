//! What an engine on another host has beside its messages: artifacts in parts, as many at a time as it asks for.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use liveline_protocol::message::{INVALID_PARAMS, Message, REQUEST_FAILED, parse_params};
use liveline_protocol::remote::{ARTIFACT, Chunk, MAX_CHUNK, WINDOW, Wanted};
use serde_json::Value;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;

use super::stream::Writer;
use crate::os;

/// How often an engine is told that the server is there.
const ALIVE: Duration = Duration::from_secs(3);

/// An engine on another host.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Where it is.
    pub address: SocketAddr,
    /// The folder of which it gets files.
    pub artifacts: PathBuf,
}

/// A request for a part of an artifact.
#[derive(Debug)]
pub struct Request {
    id: Value,
    params: Value,
}

/// The requests that an engine may have waiting for their answers.
pub fn requests() -> (mpsc::Sender<Request>, mpsc::Receiver<Request>) {
    mpsc::channel(WINDOW)
}

/// Takes note of a request. Fails where the engine asks for more than it may.
pub fn ask(requests: &mpsc::Sender<Request>, id: Value, params: Value) -> io::Result<()> {
    let too_many = |_| io::Error::new(io::ErrorKind::InvalidData, "it asks for too much at once");
    requests.try_send(Request { id, params }).map_err(too_many)
}

/// Sends messages and, when there are none, parts of artifacts.
pub async fn write_all<W: AsyncWrite + Unpin>(
    mut writer: Writer<W>,
    mut messages: mpsc::Receiver<Message>,
    mut requests: mpsc::Receiver<Request>,
    artifacts: PathBuf,
) -> io::Result<()> {
    loop {
        tokio::select! {
            biased;
            message = messages.recv() => match message {
                Some(message) => writer.send(&message).await?,
                None => return Ok(()),
            },
            Some(request) = requests.recv() => answer(&mut writer, request, &artifacts).await?,
            () = tokio::time::sleep(ALIVE) => writer.send_alive().await?,
        }
    }
}

async fn answer<W: AsyncWrite + Unpin>(
    writer: &mut Writer<W>,
    Request { id, params }: Request,
    artifacts: &Path,
) -> io::Result<()> {
    let wanted = match (id.as_u64(), parse_params::<Wanted>(ARTIFACT, params)) {
        (Some(request), Ok(wanted)) => (request, wanted),
        (None, _) => {
            let text = format!("`{ARTIFACT}` needs a whole number as its id");
            return writer.send(&Message::failure(id, INVALID_PARAMS, text)).await;
        }
        (_, Err(text)) => return writer.send(&Message::failure(id, INVALID_PARAMS, text)).await,
    };
    let (request, wanted) = wanted;
    let folder = artifacts.to_owned();
    let read = tokio::task::spawn_blocking(move || read(&folder, &wanted)).await;
    match read.unwrap_or_else(|_| Err("it cannot be read".to_owned())) {
        Ok(bytes) => writer.send_chunk(&Chunk { request, bytes }).await,
        Err(text) => writer.send(&Message::failure(id, REQUEST_FAILED, text)).await,
    }
}

/// A part of a file in the folder; fewer bytes at its end.
fn read(folder: &Path, wanted: &Wanted) -> Result<Vec<u8>, String> {
    let name = wanted.file.as_str();
    let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if !is_plain {
        return Err(format!("`{name}` is no plain file name"));
    }
    let fail = |error: io::Error| format!("artifact `{name}` cannot be read: {error}");
    let file = os::open_plain(folder, name).map_err(fail)?;
    let most = usize::try_from(wanted.bytes).unwrap_or(MAX_CHUNK).min(MAX_CHUNK);
    let mut bytes = vec![0; most];
    let mut filled = 0;
    while filled < most {
        match file.read_at(&mut bytes[filled..], wanted.offset.saturating_add(filled as u64)).map_err(fail)? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn part(folder: &Path, file: &str, offset: u64, bytes: u64) -> Result<Vec<u8>, String> {
        read(folder, &Wanted { file: file.to_owned(), offset, bytes })
    }

    #[test]
    fn a_file_comes_in_parts_of_bounded_length() {
        let folder = tempfile::tempdir().unwrap();
        let content: Vec<u8> = (0..MAX_CHUNK + 10).map(|index| index as u8).collect();
        fs::write(folder.path().join("a.so"), &content).unwrap();
        assert_eq!(part(folder.path(), "a.so", 0, u64::MAX).as_deref(), Ok(&content[..MAX_CHUNK]));
        assert_eq!(part(folder.path(), "a.so", MAX_CHUNK as u64, 99).as_deref(), Ok(&content[MAX_CHUNK..]));
        assert_eq!(part(folder.path(), "a.so", 3, 2).as_deref(), Ok(&content[3..5]));
        assert_eq!(part(folder.path(), "a.so", 1 << 40, 2).as_deref(), Ok(&[][..]));
    }

    #[test]
    fn nothing_but_plain_files_of_the_folder_is_given() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "secret").unwrap();
        let folder = outside.path().join("artifacts");
        fs::create_dir(&folder).unwrap();
        fs::create_dir(folder.join("below")).unwrap();
        symlink(outside.path().join("secret"), folder.join("link")).unwrap();
        let absolute = outside.path().join("secret").display().to_string();
        for name in ["", ".", "..", "../secret", &absolute, "below", "link", "missing", "a\0b", ".hidden"] {
            assert!(part(&folder, name, 0, 9).is_err(), "{name}");
        }
    }
}
