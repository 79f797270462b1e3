//! Artifacts that come over the channel in parts, as plain values: what to ask for, and what is whole.

use std::collections::{BTreeMap, VecDeque};

use liveline_protocol::engine::Reload;
use liveline_protocol::remote::{Chunk, MAX_CHUNK, WINDOW, Wanted};

/// Of so many artifacts that were given up, what had come is kept: the link may be lost in the middle of one.
const KEPT: usize = 4;

/// Artifacts on their way. The one that was announced last is asked for first.
#[derive(Debug, Default)]
pub(crate) struct Transfers {
    coming: VecDeque<Transfer>,
    kept: VecDeque<Part>,
    /// What was asked for and has not come, by the request's id: of which transfer.
    asked: BTreeMap<u64, u64>,
    /// Ids of requests and of transfers.
    last_id: u64,
}

#[derive(Debug)]
struct Transfer {
    id: u64,
    reload: Reload,
    bytes: Vec<u8>,
    /// Up to here it was asked for.
    asked: u64,
}

/// The beginning of an artifact.
#[derive(Debug)]
struct Part {
    sha256: String,
    bytes: Vec<u8>,
}

/// An artifact that has come, whole and not yet verified.
#[derive(Debug, PartialEq)]
pub(crate) struct Arrived {
    pub(crate) reload: Reload,
    pub(crate) bytes: Vec<u8>,
}

impl Transfers {
    /// Begins to fetch an artifact, from where an earlier try ended. One of no bytes has come at once.
    pub(crate) fn begin(&mut self, reload: Reload) -> Option<Arrived> {
        let is_it = |part: &Part| part.sha256 == reload.artifact.sha256;
        let known = self.kept.iter().position(is_it).and_then(|index| self.kept.remove(index));
        let mut bytes = known.map(|part| part.bytes).unwrap_or_default();
        if bytes.len() as u64 >= reload.artifact.bytes {
            bytes.clear();
        }
        if reload.artifact.bytes == 0 {
            return Some(Arrived { reload, bytes });
        }
        self.last_id += 1;
        let asked = bytes.len() as u64;
        self.coming.push_front(Transfer { id: self.last_id, reload, bytes, asked });
        None
    }

    /// What to ask for now, with the ids of the requests.
    pub(crate) fn ask(&mut self) -> Vec<(u64, Wanted)> {
        let mut requests = Vec::new();
        for transfer in &mut self.coming {
            let length = transfer.reload.artifact.bytes;
            while transfer.asked < length && self.asked.len() < WINDOW {
                let bytes = (length - transfer.asked).min(MAX_CHUNK as u64);
                self.last_id += 1;
                self.asked.insert(self.last_id, transfer.id);
                let file = transfer.reload.artifact.file.clone();
                requests.push((self.last_id, Wanted { file, offset: transfer.asked, bytes }));
                transfer.asked += bytes;
            }
        }
        requests
    }

    /// Takes in a part; gives the artifact if that was its last. Fails if it is none that was asked for.
    pub(crate) fn take(&mut self, chunk: &Chunk) -> Result<Option<Arrived>, String> {
        let unasked = || "the server sent a part of an artifact that was not asked for".to_owned();
        let id = self.asked.remove(&chunk.request).ok_or_else(unasked)?;
        // Of an artifact that something newer has overtaken.
        let Some(index) = self.coming.iter().position(|transfer| transfer.id == id) else { return Ok(None) };
        let transfer = &mut self.coming[index];
        let left = transfer.reload.artifact.bytes - transfer.bytes.len() as u64;
        if chunk.bytes.len() as u64 != left.min(MAX_CHUNK as u64) {
            let file = &transfer.reload.artifact.file;
            return Err(format!(
                "the server sent {} bytes of artifact `{file}` and not what was asked for",
                chunk.bytes.len()
            ));
        }
        transfer.bytes.extend_from_slice(&chunk.bytes);
        if (transfer.bytes.len() as u64) < transfer.reload.artifact.bytes {
            return Ok(None);
        }
        Ok(self.coming.remove(index).map(|Transfer { reload, bytes, .. }| Arrived { reload, bytes }))
    }

    /// The server cannot give a part: what it was of does not come. Nothing if that was no request for a part.
    pub(crate) fn failed(&mut self, request: u64) -> Option<Reload> {
        let id = self.asked.remove(&request)?;
        let index = self.coming.iter().position(|transfer| transfer.id == id)?;
        self.coming.remove(index).map(|transfer| transfer.reload)
    }

    /// Gives up what is on its way of a library.
    pub(crate) fn give_up(&mut self, library: &str) -> Option<Reload> {
        let index = self.coming.iter().position(|transfer| transfer.reload.library == library)?;
        let transfer = self.coming.remove(index)?;
        Some(self.keep(transfer))
    }

    /// What is on its way of a library.
    pub(crate) fn of(&self, library: &str) -> Option<&Reload> {
        self.coming.iter().map(|transfer| &transfer.reload).find(|reload| reload.library == library)
    }

    /// The link is lost: gives all up that was on its way.
    pub(crate) fn lost(&mut self) -> Vec<Reload> {
        self.asked.clear();
        let coming: Vec<Transfer> = self.coming.drain(..).collect();
        coming.into_iter().map(|transfer| self.keep(transfer)).collect()
    }

    fn keep(&mut self, transfer: Transfer) -> Reload {
        let Transfer { reload, bytes, .. } = transfer;
        if !bytes.is_empty() {
            self.kept.push_back(Part { sha256: reload.artifact.sha256.clone(), bytes });
        }
        while self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        reload
    }
}
