//! The folders of an editor's workspace behind one link: each cargo workspace among them has a hub of its own, and the
//! face sees one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use liveline_protocol::status::Status;
use serde_json::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::face::{Command, FaceEvent, HubEvent, Level, LibraryFiles, who_builds};
use crate::link::{self, Link};

mod names;
#[cfg(test)]
mod tests;

use names::{Meant, Names};

/// Which folders the editor has opened or closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// New ones.
    pub added: Vec<PathBuf>,
    /// Those that are gone.
    pub removed: Vec<PathBuf>,
}

/// The face's end: as of one hub, and where it says which folders there are.
#[derive(Debug)]
pub struct FoldersLink {
    /// To and from all hubs.
    pub link: Link,
    /// Folders that come and go.
    pub folders: UnboundedSender<Folders>,
}

/// Connects to the hubs of all folders with `connect`. Without any that belongs to a cargo workspace, the first
/// folder's hub waits for one.
pub fn connect(roots: Vec<PathBuf>, connect: impl FnMut(PathBuf) -> Link + Send + 'static) -> FoldersLink {
    let (events_sender, events) = mpsc::unbounded_channel();
    let (updates, updates_receiver) = mpsc::unbounded_channel();
    let (folders_sender, folders) = mpsc::unbounded_channel();
    let switchboard = Switchboard {
        connect: Box::new(connect),
        members: Vec::new(),
        updates,
        waiting: BTreeMap::new(),
        has_connected: false,
        last_number: 0,
        standing: Vec::new(),
        open: BTreeMap::new(),
        names: Names::default(),
    };
    tokio::spawn(switchboard.serve(roots, events, folders));
    let link = Link { events: events_sender, updates: updates_receiver };
    FoldersLink { link, folders: folders_sender }
}

/// One cargo workspace.
struct Member {
    number: u64,
    /// As the editor names them: several may be of one workspace.
    folders: Vec<PathBuf>,
    root: PathBuf,
    link: Link,
    status: Status,
    libraries: Vec<LibraryFiles>,
    packages: Vec<String>,
    /// What stands in each file that has diagnostics of it, as it was said.
    pages: BTreeMap<PathBuf, HubEvent>,
    /// What is known of each library's calls, as it was said.
    proofs: BTreeMap<String, HubEvent>,
    /// What came of each library's tests, as it was said.
    tests: BTreeMap<String, HubEvent>,
}

impl Member {
    fn tell(&self, event: FaceEvent) {
        // Fails if the hub is going, which is heard on the other channel.
        let _ = self.link.events.send(event);
    }

    fn has(&self, path: &Path) -> bool {
        path.starts_with(&self.root) || self.folders.iter().any(|folder| path.starts_with(folder))
    }

    fn has_library(&self, name: &str) -> bool {
        self.library_names().contains(name)
    }

    fn library_names(&self) -> BTreeSet<&str> {
        let built = self.status.libraries.iter().map(|library| library.library.as_str());
        built.chain(self.libraries.iter().map(|library| library.library.as_str())).collect()
    }

    /// What decides what its libraries are called.
    fn named(&self) -> (u64, PathBuf, BTreeSet<&str>) {
        (self.number, self.root.clone(), self.library_names())
    }

    /// When engines were last given another generation here.
    fn moved_at(&self) -> Option<u64> {
        self.status.libraries.iter().filter_map(|library| library.moved_at_unix_micros).max()
    }
}

/// A command that several hubs carry out.
struct Waiting {
    /// The members that have not answered, by their numbers.
    left: BTreeSet<u64>,
    /// The first that went well, else the first error.
    result: Option<Result<Value, String>>,
}

struct Switchboard {
    connect: Box<dyn FnMut(PathBuf) -> Link + Send>,
    members: Vec<Member>,
    updates: UnboundedSender<HubEvent>,
    waiting: BTreeMap<u64, Waiting>,
    has_connected: bool,
    last_number: u64,
    /// What every hub is told, the newest of each kind.
    standing: Vec<FaceEvent>,
    /// The open buffers: a folder may come after its files.
    open: BTreeMap<PathBuf, String>,
    names: Names,
}

impl Switchboard {
    async fn serve(
        mut self,
        roots: Vec<PathBuf>,
        mut events: UnboundedReceiver<FaceEvent>,
        mut folders: UnboundedReceiver<Folders>,
    ) {
        let first = roots.first().cloned();
        for root in roots.into_iter().filter(|root| is_of_cargo(root)) {
            self.add(root).await;
        }
        if let Some(first) = first.filter(|_| self.members.is_empty()) {
            self.add(first).await;
        }
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.face_says(event),
                    None => return,
                },
                Some(Folders { added, removed }) = folders.recv() => {
                    for folder in added.into_iter().filter(|folder| is_of_cargo(folder)) {
                        self.add(folder).await;
                    }
                    removed.iter().for_each(|folder| self.remove(folder));
                }
                Some((member, update)) = Updates(&mut self.members) => match update {
                    Some(update) => self.hub_says(member, update),
                    // Of the last one the face hears by the end of the link.
                    None if self.members.len() == 1 => return,
                    None => self.end(member),
                },
            }
        }
    }

    async fn add(&mut self, folder: PathBuf) {
        // cargo is asked only where it matters: a server that starts should not wait for it.
        let root = match self.members.is_empty() {
            true => folder.clone(),
            false => link::locate(folder.clone()).await.root,
        };
        if let Some(member) = self.members.iter_mut().find(|member| member.root == root) {
            member.folders.push(folder);
            return;
        }
        let link = (self.connect)(folder.clone());
        self.last_number += 1;
        let member = Member {
            number: self.last_number,
            folders: vec![folder],
            root,
            link,
            status: Status::default(),
            libraries: Vec::new(),
            packages: Vec::new(),
            pages: BTreeMap::new(),
            proofs: BTreeMap::new(),
            tests: BTreeMap::new(),
        };
        self.standing.iter().for_each(|event| member.tell(event.clone()));
        for (path, text) in self.open.iter().filter(|(path, _)| member.has(path)) {
            member.tell(FaceEvent::Opened { path: path.clone(), text: text.clone() });
        }
        self.members.push(member);
    }

    fn remove(&mut self, folder: &Path) {
        let Some(at) = self.members.iter().position(|member| member.folders.iter().any(|own| own == folder))
        else {
            return;
        };
        self.members[at].folders.retain(|own| own != folder);
        if self.members[at].folders.is_empty() {
            self.end(at);
        }
    }

    /// A hub is gone for good.
    fn end(&mut self, at: usize) {
        self.forget(at);
        let member = self.members.remove(at);
        if !self.name_anew() {
            self.tell_status();
            self.tell_libraries();
        }
        let asked: Vec<u64> = self.waiting.keys().copied().collect();
        for id in asked {
            self.answered(id, member.number, Err(format!("{} was closed", member.root.display())));
        }
    }

    /// What a hub has said counts no more.
    fn forget(&mut self, at: usize) {
        let member = &mut self.members[at];
        (member.status, member.libraries, member.packages) = Default::default();
        member.proofs.clear();
        member.tests.clear();
        for path in std::mem::take(&mut member.pages).into_keys() {
            self.tell(HubEvent::Diagnostics { path, diagnostics: Vec::new(), seen: None });
        }
    }

    fn tell(&self, update: HubEvent) {
        // Without a face the loop ends.
        let _ = self.updates.send(update);
    }

    fn face_says(&mut self, event: FaceEvent) {
        match event {
            FaceEvent::Command { .. } | FaceEvent::Asked { .. } => self.ask(event),
            FaceEvent::Runs | FaceEvent::Prefers(_) => {
                let kind = std::mem::discriminant(&event);
                self.standing.retain(|other| std::mem::discriminant(other) != kind);
                self.standing.push(event.clone());
                self.members.iter().for_each(|member| member.tell(event.clone()));
            }
            FaceEvent::Opened { ref path, ref text } | FaceEvent::Edited { ref path, ref text } => {
                self.open.insert(path.clone(), text.clone());
                self.route(path, &event);
            }
            FaceEvent::Closed { ref path } => {
                self.open.remove(path);
                self.route(path, &event);
            }
            FaceEvent::Saved { ref path } => self.route(path, &event),
        }
    }

    /// A file is its own workspace's; one that is no workspace's may be anybody's dependency.
    fn route(&self, path: &Path, event: &FaceEvent) {
        let own: Vec<&Member> = self.members.iter().filter(|member| member.has(path)).collect();
        let all = || self.members.iter().collect();
        let members: Vec<&Member> = if own.is_empty() { all() } else { own };
        members.iter().for_each(|member| member.tell(event.clone()));
    }

    fn ask(&mut self, mut event: FaceEvent) {
        let (id, library, goes_back) = match &mut event {
            FaceEvent::Command { id, command } => {
                let goes_back = matches!(command, Command::Undo { .. } | Command::Redo { .. });
                (*id, names::of_command(command), goes_back)
            }
            FaceEvent::Asked { id, question } => (*id, names::of_question(question), false),
            _ => return,
        };
        let meant = library.as_ref().map(|library| self.names.meant(library));
        let asked: Vec<&Member> = match (library, meant) {
            (Some(library), Some(Meant::Of(number, name))) => {
                *library = name;
                self.members.iter().filter(|member| member.number == number).collect()
            }
            (Some(library), Some(Meant::Several(all))) => {
                let why = format!("several workspaces have a library `{library}`: say {}", all.join(" or "));
                return self.tell(HubEvent::CommandDone { id, result: Err(why) });
            }
            (Some(library), _) => self.members.iter().filter(|member| member.has_library(library)).collect(),
            // What was moved last is meant, wherever that was.
            (None, _) if goes_back => match self.members.iter().max_by_key(|member| member.moved_at()) {
                Some(last) if last.moved_at().is_some() => vec![last],
                _ => self.members.iter().collect(),
            },
            (None, _) => self.members.iter().collect(),
        };
        // The first knows what there is instead.
        let asked = if asked.is_empty() { self.members.iter().take(1).collect() } else { asked };
        for member in &asked {
            member.tell(event.clone());
        }
        let left: BTreeSet<u64> = asked.iter().map(|member| member.number).collect();
        if left.is_empty() {
            let result = Err("no folder of this workspace belongs to a cargo workspace".to_owned());
            return self.tell(HubEvent::CommandDone { id, result });
        }
        self.waiting.insert(id, Waiting { left, result: None });
    }

    /// One of those that were asked has answered.
    fn answered(&mut self, id: u64, member: u64, result: Result<Value, String>) {
        let Some(waiting) = self.waiting.get_mut(&id).filter(|waiting| waiting.left.contains(&member)) else {
            return;
        };
        waiting.left.remove(&member);
        waiting.result = Some(match (waiting.result.take(), result) {
            (Some(Ok(before)), Ok(result)) => Ok(together(before, result)),
            (Some(before), Err(_)) => before,
            (Some(Err(_)) | None, result) => result,
        });
        if waiting.left.is_empty()
            && let Some(Waiting { result: Some(result), .. }) = self.waiting.remove(&id)
        {
            self.tell(HubEvent::CommandDone { id, result });
        }
    }

    fn hub_says(&mut self, at: usize, mut update: HubEvent) {
        match update {
            HubEvent::Connected { root, owner, pid } => return self.connected(at, root, owner, pid),
            HubEvent::Status(status) => {
                self.members[at].status = status;
                if !self.name_anew() {
                    self.tell_status();
                }
                return;
            }
            HubEvent::Libraries { libraries, packages } => {
                (self.members[at].libraries, self.members[at].packages) = (libraries, packages);
                if !self.name_anew() {
                    self.tell_libraries();
                }
                return;
            }
            HubEvent::CommandDone { id, .. } => {
                let number = self.members[at].number;
                self.names.rename(number, &mut update);
                if let HubEvent::CommandDone { result, .. } = update {
                    self.answered(id, number, result);
                }
                return;
            }
            HubEvent::Diagnostics { ref path, ref diagnostics, .. } => {
                let pages = &mut self.members[at].pages;
                match diagnostics.is_empty() {
                    true => drop(pages.remove(path)),
                    false => drop(pages.insert(path.clone(), update.clone())),
                }
            }
            HubEvent::Proof { ref library, .. } => {
                self.members[at].proofs.insert(library.clone(), update.clone());
            }
            HubEvent::Tested(ref report) => {
                self.members[at].tests.insert(report.library.clone(), update.clone());
            }
            _ => {}
        }
        self.names.rename(self.members[at].number, &mut update);
        self.tell(update);
    }

    /// Libraries have come or gone. Where that gives others another name, all that was said is said once more.
    fn name_anew(&mut self) -> bool {
        let names = Names::new(&self.members.iter().map(Member::named).collect::<Vec<_>>());
        let is_news = names != self.names;
        self.names = names;
        if is_news {
            for member in &self.members {
                for said in member.pages.values().chain(member.proofs.values()).chain(member.tests.values()) {
                    let mut said = said.clone();
                    self.names.rename(member.number, &mut said);
                    self.tell(said);
                }
            }
            self.tell_libraries();
            self.tell_status();
        }
        is_news
    }

    /// The face takes a `Connected` as the end of all that was before: with several hubs only the first is one.
    fn connected(&mut self, at: usize, root: PathBuf, owner: bool, pid: u32) {
        self.forget(at);
        self.members[at].root.clone_from(&root);
        if self.members.len() == 1 || !self.has_connected {
            self.has_connected = true;
            return self.tell(HubEvent::Connected { root, owner, pid });
        }
        self.tell(HubEvent::Message { level: Level::Info, text: who_builds(&root, owner, pid) });
        self.standing.iter().for_each(|event| self.members[at].tell(event.clone()));
    }

    fn tell_status(&self) {
        let mut all = Status::default();
        for member in &self.members {
            let mut update = HubEvent::Status(member.status.clone());
            self.names.rename(member.number, &mut update);
            let HubEvent::Status(mut status) = update else { continue };
            if self.members.len() > 1 {
                let workspace = || Some(member.root.display().to_string());
                status.libraries.iter_mut().for_each(|library| library.workspace = workspace());
                status.engines.iter_mut().for_each(|engine| engine.workspace = workspace());
            }
            all.libraries.extend(status.libraries);
            all.engines.extend(status.engines);
            all.remote = all.remote.or(status.remote);
        }
        all.libraries.sort_by(|one, other| one.library.cmp(&other.library));
        self.tell(HubEvent::Status(all));
    }

    fn tell_libraries(&self) {
        let (mut all, mut names) = (Vec::new(), Vec::new());
        for member in &self.members {
            let (libraries, packages) = (member.libraries.clone(), member.packages.clone());
            let mut update = HubEvent::Libraries { libraries, packages };
            self.names.rename(member.number, &mut update);
            let HubEvent::Libraries { libraries, packages } = update else { continue };
            all.extend(libraries);
            names.extend(packages);
        }
        self.tell(HubEvent::Libraries { libraries: all, packages: names });
    }
}

/// The next update of any member; `None` of one whose hub is gone. Never ready without members.
struct Updates<'a>(&'a mut [Member]);

impl Future for Updates<'_> {
    type Output = Option<(usize, Option<HubEvent>)>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        for (at, member) in self.0.iter_mut().enumerate() {
            if let Poll::Ready(update) = member.link.updates.poll_recv(context) {
                return Poll::Ready(Some((at, update)));
            }
        }
        Poll::Pending
    }
}

/// Whether cargo would find a manifest from here.
fn is_of_cargo(folder: &Path) -> bool {
    folder.ancestors().any(|folder| folder.join("Cargo.toml").is_file())
}

/// What each hub tells of its libraries is one list; other answers are alike.
fn together(mut before: Value, mut after: Value) -> Value {
    if let (Some(Value::Array(all)), Some(Value::Array(more))) =
        (before.get_mut(names::LIBRARIES), after.get_mut(names::LIBRARIES))
    {
        all.append(more);
    }
    before
}
