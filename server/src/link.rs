//! A face's two channels to the hub: in this process where the workspace has no other server, in the owner's
//! where it has one, and across the change from one to the other.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use liveline_protocol::endpoint::{self, Endpoint, Transport};
use liveline_protocol::message::Message;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::channel::connection::notification;
use crate::channel::listener::Listener;
use crate::channel::peer::{self, Join};
use crate::channel::stream::{Messages, send};
use crate::core::FaceId;
use crate::face::{FaceEvent, HubEvent, Level};
use crate::hub::{End, Hub, Input};
use crate::os;
use crate::project::{self, Home};

/// The owner's lock in Liveline's folder: held by an open file, so that it is free at any death.
const LOCK: &str = "owner.lock";
/// How long to wait before the owner is looked for again.
const RETRY: Duration = Duration::from_millis(50);
/// How long a server may take to answer what it knows.
const ANSWER: Duration = Duration::from_secs(5);
/// The face of the hub's own process; connections count from 1.
const OWN_FACE: FaceId = FaceId(0);

/// What a face holds of the hub. Dropping it tells the hub that the face is gone.
#[derive(Debug)]
pub struct Link {
    /// Face → hub.
    pub events: UnboundedSender<FaceEvent>,
    /// Hub → face. The first after each connection is [`HubEvent::Connected`].
    pub updates: UnboundedReceiver<HubEvent>,
}

/// Resolves when everything behind a link has been cleaned up, which begins when the link is dropped.
#[derive(Debug)]
pub struct Ended(mpsc::Receiver<()>);

impl Ended {
    /// Waits, but not for ever: what is not cleaned up by then is left to the next owner.
    pub async fn wait(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(3), self.0.recv()).await;
    }
}

/// Connects to the hub of the workspace around `root`, starting it if there is none.
pub fn connect(root: PathBuf) -> (Link, Ended) {
    let (events_sender, events) = mpsc::unbounded_channel();
    let (updates, updates_receiver) = mpsc::unbounded_channel();
    let (alive, ended) = mpsc::channel(1);
    let face = Face { events, updates, open: BTreeMap::new() };
    tokio::spawn(async move {
        face.serve(root).await;
        drop(alive);
    });
    (Link { events: events_sender, updates: updates_receiver }, Ended(ended))
}

/// The far end of a link.
struct Face {
    events: UnboundedReceiver<FaceEvent>,
    updates: UnboundedSender<HubEvent>,
    /// The buffers that a next hub must be told of.
    open: BTreeMap<PathBuf, String>,
}

/// Why a face's time with one hub is over.
#[derive(Debug, PartialEq, Eq)]
enum Over {
    /// The face is gone.
    FaceGone,
    /// The hub is gone.
    HubGone,
    /// The hub ended because the workspace's target directory is elsewhere now.
    HubMoved,
}

impl Face {
    async fn serve(mut self, root: PathBuf) {
        let mut complained = None;
        // Whoever owns the workspace needs this next.
        project::ahead::ask(root.clone());
        let mut home = locate(root.clone()).await;
        loop {
            let over = match own(&home) {
                Ok(Some(lock)) => self.owner(&home, lock).await,
                Ok(None) => self.follower(&home.folder).await,
                Err(error) => Err(error),
            };
            match over {
                Ok(Over::FaceGone) => return,
                Ok(Over::HubGone) => complained = None,
                Ok(Over::HubMoved) => home = locate(root.clone()).await,
                Err(error) => {
                    let text = format!("cannot use {}: {error}", home.folder.display());
                    if complained.as_ref() != Some(&text) {
                        let event = HubEvent::Message { level: Level::Error, text: text.clone() };
                        let _ = self.updates.send(event);
                        complained = Some(text);
                    }
                }
            }
            if !self.rest().await {
                return;
            }
        }
    }

    /// Waits a moment; gives `false` if the face is gone.
    async fn rest(&mut self) -> bool {
        let deadline = tokio::time::Instant::now() + RETRY;
        loop {
            match tokio::time::timeout_at(deadline, self.events.recv()).await {
                Err(_) => return true,
                Ok(None) => return false,
                Ok(Some(event)) => self.remember(&event),
            }
        }
    }

    /// Runs the hub in this process while this face lives.
    async fn owner(&mut self, home: &Home, lock: File) -> io::Result<Over> {
        let (inputs, receiver) = mpsc::unbounded_channel();
        // The hub makes the artifact directory, so it goes before anyone can attach.
        let hub = Hub::new(home.clone(), inputs.clone());
        let listener = Listener::bind(&home.folder, &home.root)?;
        let joined = Input::FaceJoined { face: OWN_FACE, updates: self.updates.clone(), owner: true };
        let _ = inputs.send(joined);
        for event in self.reopened() {
            let _ = inputs.send(Input::Face(OWN_FACE, event));
        }
        let forward = async {
            while let Some(event) = self.events.recv().await {
                remember(&mut self.open, &event);
                let _ = inputs.send(Input::Face(OWN_FACE, event));
            }
        };
        let over = tokio::select! {
            end = hub.run(receiver) => if end == End::Moved { Over::HubMoved } else { Over::FaceGone },
            () = listener.serve(inputs.clone()) => Over::HubGone,
            () = forward => Over::FaceGone,
        };
        drop(listener);
        drop(lock);
        Ok(over)
    }

    /// Works through the owner until it is gone.
    async fn follower(&mut self, folder: &Path) -> io::Result<Over> {
        // The owner has the lock and may not have written its endpoint yet, or be about to end.
        let Some(stream) = reach(folder).await else { return Ok(Over::HubGone) };
        let (reader, mut writer) = stream.into_split();
        let mut messages = Messages::new(reader);
        send(&mut writer, &Message::request(1, peer::JOIN, &Join::ours())).await?;
        for event in self.reopened() {
            pass_on(&mut writer, &event).await?;
        }
        loop {
            tokio::select! {
                event = self.events.recv() => {
                    let Some(event) = event else { return Ok(Over::FaceGone) };
                    self.remember(&event);
                    if pass_on(&mut writer, &event).await.is_err() {
                        return Ok(Over::HubGone);
                    }
                }
                message = messages.next() => match message {
                    Ok(Some(Message::Response { result: Err(refusal), .. })) => {
                        return Err(io::Error::other(refusal.message));
                    }
                    Ok(Some(message)) => {
                        if let Some(event) = notification::<HubEvent>(message, peer::HUB)
                            && self.updates.send(event).is_err()
                        {
                            return Ok(Over::FaceGone);
                        }
                    }
                    Ok(None) | Err(_) => return Ok(Over::HubGone),
                },
            }
        }
    }

    fn remember(&mut self, event: &FaceEvent) {
        remember(&mut self.open, event);
    }

    fn reopened(&self) -> Vec<FaceEvent> {
        let open = self.open.iter();
        open.map(|(path, text)| FaceEvent::Opened { path: path.clone(), text: text.clone() }).collect()
    }
}

/// A text that is too long for a frame is not passed on: the owner then reads the file at its save.
async fn pass_on(writer: &mut OwnedWriteHalf, event: &FaceEvent) -> io::Result<()> {
    match send(writer, &Message::notification(peer::FACE, event)).await {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            tracing::warn!(%error, "an event was not passed on");
            Ok(())
        }
        other => other,
    }
}

fn remember(open: &mut BTreeMap<PathBuf, String>, event: &FaceEvent) {
    match event {
        FaceEvent::Opened { path, text } | FaceEvent::Edited { path, text } => {
            open.insert(path.clone(), text.clone());
        }
        FaceEvent::Closed { path } => drop(open.remove(path)),
        FaceEvent::Saved { .. }
        | FaceEvent::Command { .. }
        | FaceEvent::Asked { .. }
        | FaceEvent::Runs
        | FaceEvent::Prefers(_) => {}
    }
}

/// The workspace around `root`; asks cargo, so not on the calling thread.
pub async fn locate(root: PathBuf) -> Home {
    let start = root.clone();
    let found = tokio::task::spawn_blocking(move || Home::find(&start)).await;
    found.unwrap_or_else(|_| Home { folder: root.join("target").join(endpoint::FOLDER), root })
}

/// Takes the owner's lock; `None` if another server has it.
pub fn own(home: &Home) -> io::Result<Option<File>> {
    home.claim()?;
    let path = home.folder.join(LOCK);
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A connection to the owner, if it listens and is of this user.
pub async fn reach(folder: &Path) -> Option<UnixStream> {
    let text = fs::read(folder.join(endpoint::FILE)).ok()?;
    let Endpoint { transport: Transport::Unix(path), .. } = serde_json::from_slice(&text).ok()?;
    let stream = UnixStream::connect(path).await.ok()?;
    stream.peer_cred().is_ok_and(|peer| peer.uid() == os::own_uid()).then_some(stream)
}

/// Asks a server one thing that has no parameters.
///
/// # Errors
///
/// It does not answer within some seconds, or refuses.
pub async fn ask(stream: UnixStream, method: &str) -> anyhow::Result<serde_json::Value> {
    let (reader, mut writer) = stream.into_split();
    send(&mut writer, &Message::request(1, method, &serde_json::json!({}))).await?;
    let mut messages = Messages::new(reader);
    let answer = tokio::time::timeout(ANSWER, messages.next()).await;
    let answer = answer.context("the server does not answer")??;
    let Some(Message::Response { result, .. }) = answer else { anyhow::bail!("the server gave no answer") };
    result.map_err(|error| anyhow::anyhow!(error.message))
}
