//! A network between an engine and its server that does what networks do: it is slow, it stands still, it breaks off,
//! it changes what it carries.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::DEADLINE;

/// What becomes of bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// They go on at once.
    Fast,
    /// So many go on in a millisecond, in each direction.
    Slow(usize),
    /// They stay where they are.
    Stalled,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// From the server.
    Engine,
    /// From the engine.
    Server,
}

/// What has gone over one connection.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// All bytes from the engine.
    pub to_server: Vec<u8>,
    /// All bytes from the server.
    pub to_engine: Vec<u8>,
    /// Whether it has ended.
    pub is_over: bool,
}

#[derive(Debug)]
struct State {
    link: Link,
    /// The next connections break off after so many bytes in a direction.
    cuts: Vec<(Towards, usize)>,
    /// A byte of the connections from now on that is changed, by its place in a direction.
    forged: Option<(Towards, usize)>,
    connections: Vec<Connection>,
    is_over: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// A listening proxy. Dropping it ends all that goes through it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Between whoever connects and `server`.
    ///
    /// # Panics
    /// When there is no port.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = State {
            link: Link::Fast,
            cuts: Vec::new(),
            forged: None,
            connections: Vec::new(),
            is_over: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || for_thread.accept(&listener, server));
        Self { address, shared }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What becomes of bytes from now on.
    pub fn set(&self, link: Link) {
        self.shared.lock().link = link;
        self.shared.changed.notify_all();
    }

    /// The next connections break off after so many bytes in a direction, one after the other.
    pub fn cut(&self, cuts: &[(Towards, usize)]) {
        self.shared.lock().cuts = cuts.iter().rev().copied().collect();
    }

    /// Changes one byte of each connection that begins from now on, or of none.
    pub fn forge(&self, forged: Option<(Towards, usize)>) {
        self.shared.lock().forged = forged;
    }

    /// Breaks off every connection there is.
    pub fn break_off(&self) {
        let mut state = self.shared.lock();
        state.connections.iter_mut().for_each(|connection| connection.is_over = true);
        self.shared.changed.notify_all();
    }

    /// Waits until `pick` finds something in what has gone through it so far.
    ///
    /// # Panics
    /// After [`DEADLINE`].
    pub fn wait<T>(&self, what: &str, mut pick: impl FnMut(&[Connection]) -> Option<T>) -> T {
        let end = Instant::now() + DEADLINE;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = pick(&state.connections) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what}: not within {DEADLINE:?}");
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: Arc<Self>, listener: &TcpListener, server: SocketAddr) {
        for engine in listener.incoming() {
            let (Ok(engine), Ok(server)) = (engine, TcpStream::connect(server)) else { continue };
            let mut state = self.lock();
            if state.is_over {
                return;
            }
            let index = state.connections.len();
            state.connections.push(Connection::default());
            let (cut, forged) = (state.cuts.pop(), state.forged);
            drop(state);
            self.changed.notify_all();
            for towards in [Towards::Engine, Towards::Server] {
                let (Ok(engine), Ok(server)) = (engine.try_clone(), server.try_clone()) else { continue };
                let (from, to) = match towards {
                    Towards::Engine => (server, engine),
                    Towards::Server => (engine, server),
                };
                let of_this = |found: Option<(Towards, usize)>| {
                    found.filter(|(found, _)| *found == towards).map(|(_, at)| at)
                };
                let (cut, forged, shared) = (of_this(cut), of_this(forged), Arc::clone(&self));
                thread::spawn(move || {
                    let _ = shared.pump(index, towards, &from, &to, cut, forged);
                    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
                    shared.lock().connections[index].is_over = true;
                    shared.changed.notify_all();
                });
            }
        }
    }

    fn pump(
        &self,
        index: usize,
        towards: Towards,
        mut from: &TcpStream,
        mut to: &TcpStream,
        cut: Option<usize>,
        forged: Option<usize>,
    ) -> std::io::Result<()> {
        from.set_read_timeout(Some(Duration::from_millis(50)))?;
        to.set_nodelay(true)?;
        let mut carried = 0;
        let mut bytes = [0u8; 16 * 1024];
        loop {
            let Some(most) = self.wait_for_link(index) else { return Ok(()) };
            let most = most.min(bytes.len()).min(cut.map_or(usize::MAX, |cut| cut - carried));
            if most == 0 {
                return Ok(());
            }
            let count = match from.read(&mut bytes[..most]) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
                Err(error) => return Err(error),
            };
            // It may have come to a stop while nothing came.
            if self.wait_for_link(index).is_none() {
                return Ok(());
            }
            if let Some(at) = forged.and_then(|at| at.checked_sub(carried)).filter(|at| *at < count) {
                bytes[at] ^= 0x20;
            }
            carried += count;
            let connection = &mut self.lock().connections[index];
            match towards {
                Towards::Engine => connection.to_engine.extend_from_slice(&bytes[..count]),
                Towards::Server => connection.to_server.extend_from_slice(&bytes[..count]),
            }
            self.changed.notify_all();
            to.write_all(&bytes[..count])?;
        }
    }

    /// How many bytes may go on now; nothing when the connection is over.
    fn wait_for_link(&self, index: usize) -> Option<usize> {
        let mut state = self.lock();
        let mut is_paced = false;
        loop {
            if state.is_over || state.connections[index].is_over {
                return None;
            }
            let pause = match state.link {
                Link::Fast => return Some(usize::MAX),
                Link::Slow(bytes) if is_paced => return Some(bytes),
                Link::Slow(_) => Duration::from_millis(1),
                Link::Stalled => DEADLINE,
            };
            let waited = self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner);
            is_paced = waited.1.timed_out();
            state = waited.0;
        }
    }
}
