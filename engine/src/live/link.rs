//! The background thread: finds a server, stays with it while it lasts, loads what it announces.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};
use std::{io, thread};

use liveline_protocol::engine::Api;
use liveline_protocol::remote::Caller;

use crate::Event;
use crate::mode::answers::Answers;
use crate::mode::crash::Attendance;
use crate::mode::endpoint::{self, Surroundings};
use crate::mode::loader::Loader;
use crate::mode::mailbox::{Mail, Mailbox};
use crate::mode::os::{self, ConnectError, Stream, Wait};
use crate::mode::outbox::Report;
use crate::mode::registry::Entry;
use crate::mode::remote::Server;
use crate::mode::session::{End, Session};
use crate::mode::transfer::Transfers;
use crate::mode::{identity, wire::Wire};

/// Between two looks at the endpoint files while there is no server.
const LOOK: Duration = Duration::from_millis(100);
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long an ending game waits for its farewell to be sent.
const FAREWELL: Duration = Duration::from_millis(250);

/// What the thread knows of the engine.
pub(crate) struct Facts {
    /// A folder of the workspace: the API crate's, or what the engine says.
    pub(crate) manifest_directory: PathBuf,
    /// What scripts implement; nothing where they are plain functions.
    pub(crate) interface: Option<InterfaceFacts>,
}

/// What the thread knows of an engine's interface.
pub(crate) struct InterfaceFacts {
    pub(crate) name: &'static str,
    pub(crate) methods: &'static str,
    pub(crate) is_ours: fn(&Entry) -> bool,
    pub(crate) api_package: &'static str,
    /// An address in the API crate.
    pub(crate) anchor: usize,
}

/// From the game's thread.
pub(crate) enum Order {
    Report(Report),
    /// Write a file.
    Write {
        path: PathBuf,
        content: Vec<u8>,
    },
    Stop,
}

/// The game's end of the thread. Dropped, it detaches.
pub(crate) struct Link {
    orders: Orders,
    ended: Receiver<()>,
}

/// Gives orders, and never waits.
#[derive(Clone)]
pub(crate) struct Orders {
    sender: Sender<Order>,
    wake: Arc<UnixStream>,
}

impl Orders {
    pub(crate) fn give(&self, order: Order) {
        // Without the thread there is nobody to tell; a full pipe has woken it already.
        if self.sender.send(order).is_ok() {
            let _ = os::send(&self.wake, &[1]);
        }
    }
}

impl Link {
    /// Starts the thread.
    pub(crate) fn start(facts: Facts, mailbox: Arc<Mailbox>) -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let wake = Arc::new(wake);
        let waker = Arc::clone(&wake);
        let (sender, orders) = channel();
        let (ending, ended) = channel();
        thread::Builder::new().name("liveline".to_owned()).spawn(move || {
            // Dropped when the thread ends, however it does.
            let _ending: Sender<()> = ending;
            Searcher::new(facts, mailbox, Inbox { orders, woken, waker }).run();
        })?;
        Ok(Self { orders: Orders { sender, wake }, ended })
    }

    pub(crate) fn orders(&self) -> Orders {
        self.orders.clone()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.orders.give(Order::Stop);
        // Nothing is ever sent: the channel closes when the thread ends.
        let _ = self.ended.recv_timeout(FAREWELL);
    }
}

/// The thread's end of the orders.
pub(crate) struct Inbox {
    orders: Receiver<Order>,
    woken: UnixStream,
    /// What wakes the thread, for those who may not allocate.
    waker: Arc<UnixStream>,
}

impl Inbox {
    /// While the attendance lives, a crash wakes the thread.
    pub(crate) fn attend(&self) -> Attendance {
        Attendance::new(Arc::clone(&self.waker))
    }

    pub(crate) fn wake(&self) -> &UnixStream {
        &self.woken
    }

    /// The orders that have come. A game that is gone orders to stop.
    pub(crate) fn take(&self) -> Vec<Order> {
        let mut bytes = [0; 256];
        while io::Read::read(&mut &self.woken, &mut bytes).is_ok_and(|count| count == bytes.len()) {}
        let mut orders = Vec::new();
        loop {
            match self.orders.try_recv() {
                Ok(order) => orders.push(order),
                Err(TryRecvError::Empty) => return orders,
                Err(TryRecvError::Disconnected) => {
                    orders.push(Order::Stop);
                    return orders;
                }
            }
        }
    }
}

/// Looks for a server again and again.
struct Searcher {
    facts: Facts,
    /// Nothing where scripts are plain functions.
    api: Result<Option<Api>, String>,
    mailbox: Arc<Mailbox>,
    inbox: Inbox,
    answers: Answers,
    loader: Loader,
    transfers: Transfers,
    surroundings: Surroundings,
    /// The server on another host that the environment names, if it does. None other is looked for then.
    remote: Option<Result<Server, String>>,
    /// Endpoint files, or the token's file.
    candidates: Vec<PathBuf>,
    /// What a person was told last, so that it is told once.
    told: Option<String>,
}

impl Searcher {
    fn new(facts: Facts, mailbox: Arc<Mailbox>, inbox: Inbox) -> Self {
        let of_interface = facts.interface.as_ref();
        let api = of_interface.map(|facts| identity::api(facts.api_package, facts.anchor)).transpose();
        let surroundings = Surroundings::here(&facts.manifest_directory);
        let remote = Server::named();
        let candidates = match &remote {
            None => surroundings.candidates(),
            Some(server) => server.iter().map(|server| server.token.clone()).collect(),
        };
        Self {
            facts,
            api,
            mailbox,
            inbox,
            answers: Answers::default(),
            loader: Loader::default(),
            transfers: Transfers::default(),
            surroundings,
            remote,
            candidates,
            told: None,
        }
    }

    fn run(mut self) {
        if let Err(reason) = &self.api {
            self.mailbox.put(Mail::Event(Event::Trouble { message: reason.clone() }));
        }
        let mut pause = SHORTEST_PAUSE;
        loop {
            match self.visit_candidates() {
                Visit::Stopped => return,
                Visit::Served => pause = SHORTEST_PAUSE,
                Visit::Nobody => {}
            }
            match self.pause(pause) {
                Pause::Stopped => return,
                Pause::Changed => pause = SHORTEST_PAUSE,
                Pause::Over => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    fn visit_candidates(&mut self) -> Visit {
        if let Some(remote) = self.remote.clone() {
            return self.visit_remote(remote);
        }
        for index in 0..self.candidates.len() {
            let Some(stream) = self.try_candidate(index) else { continue };
            if let Some(visit) = self.visit(Wire::new(stream), "") {
                return visit;
            }
        }
        Visit::Nobody
    }

    /// Tries every address of the server on another host.
    fn visit_remote(&mut self, server: Result<Server, String>) -> Visit {
        let found = server.and_then(|server| Ok((server.addresses()?, server.read_token()?)));
        let (addresses, token) = match found {
            Ok(found) => found,
            Err(reason) => {
                self.tell(reason);
                return Visit::Nobody;
            }
        };
        for address in addresses {
            let caller = os::random().map(|nonce| Caller::new(token.clone(), nonce));
            match os::dial(address).and_then(|stream| Ok(Wire::remote(stream, caller?))) {
                Ok(wire) => {
                    if let Some(visit) = self.visit(wire, &format!("the Liveline server at {address}: ")) {
                        return visit;
                    }
                }
                Err(error) => self.tell(format!("the Liveline server at {address}: {error}")),
            }
        }
        Visit::Nobody
    }

    /// Stays with a server while it lasts; nothing if it is none. `who` goes before what is told of it.
    fn visit(&mut self, wire: Wire, who: &str) -> Option<Visit> {
        let session = Session {
            wire,
            facts: &self.facts,
            api: &self.api,
            mailbox: &self.mailbox,
            inbox: &self.inbox,
            answers: &mut self.answers,
            loader: &mut self.loader,
            transfers: &mut self.transfers,
            attached: false,
            attendance: None,
            hangs: None,
        };
        let start = Instant::now();
        match session.run() {
            End::Stopped => Some(Visit::Stopped),
            End::Lost { reason, attached: true } => {
                self.mailbox.put(Mail::Event(Event::Detached { reason }));
                // One that is lost at once, again and again, is as good as nobody.
                Some(if start.elapsed() > LONGEST_PAUSE { Visit::Served } else { Visit::Nobody })
            }
            End::Lost { reason, attached: false } => {
                self.tell(format!("{who}{reason}"));
                None
            }
        }
    }

    /// Connects to the server that an endpoint file names, if it names one that answers.
    fn try_candidate(&mut self, index: usize) -> Option<Stream> {
        let socket = match endpoint::read(&self.candidates[index], &self.surroundings) {
            Ok(socket) => socket?,
            Err(reason) => {
                self.tell(reason);
                return None;
            }
        };
        match os::connect(&socket) {
            Ok(stream) => Some(stream),
            Err(ConnectError::NoServer) => None,
            Err(ConnectError::Unsafe(reason)) => {
                self.tell(reason);
                None
            }
        }
    }

    fn tell(&mut self, message: String) {
        if self.told.as_ref() != Some(&message) {
            self.mailbox.put(Mail::Event(Event::Trouble { message: message.clone() }));
            self.told = Some(message);
        }
    }

    /// Waits until the time is over, an endpoint file changes or the game ends.
    fn pause(&mut self, pause: Duration) -> Pause {
        let end = Instant::now() + pause;
        let before = endpoint::fingerprint(&self.candidates);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Pause::Over;
            }
            let wait =
                Wait { wake: self.inbox.wake(), server: None, to_write: false, timeout: left.min(LOOK) };
            if wait.run().woken && self.drain_orders() {
                return Pause::Stopped;
            }
            if endpoint::fingerprint(&self.candidates) != before {
                return Pause::Changed;
            }
        }
    }

    /// Without a server only the memory of what runs is kept. Whether the game has ended.
    fn drain_orders(&mut self) -> bool {
        self.inbox.take().into_iter().any(|order| match order {
            Order::Stop => true,
            Order::Report(Report::Reloaded(reloaded)) => {
                self.answers.answer(&reloaded);
                false
            }
            Order::Report(_) | Order::Write { .. } => false,
        })
    }
}

enum Visit {
    /// A server was there for a while.
    Served,
    Nobody,
    Stopped,
}

enum Pause {
    Over,
    Changed,
    Stopped,
}
