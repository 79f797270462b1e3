//! Linux: sockets and their owners, artifact files, mapped objects, processes.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{CWD, FileType, Mode, OFlags, Stat};
use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, sockopt};
use rustix::process::{Pid, geteuid};

/// The longest artifact, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// A connection to a server.
#[derive(Debug)]
pub(crate) enum Stream {
    /// On this host.
    Unix(UnixStream),
    /// On another host.
    Tcp(TcpStream),
}

impl Stream {
    /// Takes in what has come.
    pub(crate) fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => (&mut &*stream).read(bytes),
            Self::Tcp(stream) => (&mut &*stream).read(bytes),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Unix(stream) => stream.as_fd(),
            Self::Tcp(stream) => stream.as_fd(),
        }
    }
}

/// Begins to connect to a server on another host; what becomes of it is seen when something is sent or read.
pub(crate) fn dial(address: SocketAddr) -> io::Result<Stream> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let descriptor = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_tcp_nodelay(&descriptor, true)?;
    match rustix::net::connect(&descriptor, &address) {
        Ok(()) | Err(rustix::io::Errno::INPROGRESS) => Ok(Stream::Tcp(TcpStream::from(descriptor))),
        Err(error) => Err(error.into()),
    }
}

/// Random bytes, from the system.
pub(crate) fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    let count = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    if count == bytes.len() { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The text of a short file that nobody but this user can read or write.
pub(crate) fn read_secret(path: &Path) -> io::Result<String> {
    let no_wait = OFlags::NONBLOCK.bits() as i32;
    let file = fs::OpenOptions::new().read(true).custom_flags(no_wait).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != geteuid().as_raw() || found.mode() & 0o077 != 0 {
        let reason = "it must be a file of this user alone (owner and mode 0600)";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let mut text = String::new();
    file.take(1024).read_to_string(&mut text)?;
    Ok(text)
}

/// A directory for this user where there is no home.
pub(crate) fn own_temporary() -> PathBuf {
    PathBuf::from(format!("/tmp/liveline-engines-{}", geteuid().as_raw()))
}

/// Connects to a server of this user, without waiting. The error is a sentence.
///
/// The socket must lie in a directory that only this user can enter, and its other end must be this user's.
pub(crate) fn connect(socket: &Path) -> Result<Stream, ConnectError> {
    check_socket_directory(socket)?;
    let stream = open_socket(socket).map_err(|_| ConnectError::NoServer)?;
    let peer = sockopt::socket_peercred(&stream).map_err(|_| ConnectError::NoServer)?;
    if peer.uid == geteuid() {
        return Ok(Stream::Unix(stream));
    }
    Err(ConnectError::Unsafe(format!("the server at {} is another user's: not used", socket.display())))
}

/// Why there is no connection.
pub(crate) enum ConnectError {
    /// Nobody listens, which is no news to a person.
    NoServer,
    /// Somebody may listen who must not be trusted.
    Unsafe(String),
}

fn open_socket(socket: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let descriptor = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&descriptor, &SocketAddrUnix::new(socket)?)?;
    Ok(UnixStream::from(descriptor))
}

fn check_socket_directory(socket: &Path) -> Result<(), ConnectError> {
    let Some(directory) = socket.parent().filter(|_| socket.is_absolute()) else {
        let reason = format!("the server's socket `{}` is no absolute path: not used", socket.display());
        return Err(ConnectError::Unsafe(reason));
    };
    let found = fs::symlink_metadata(directory).map_err(|_| ConnectError::NoServer)?;
    if found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(ConnectError::Unsafe(format!(
        "the server's socket directory {} is not this user's alone (owner and mode 0700): not used",
        directory.display()
    )))
}

/// Sends what the other end takes now. One that is gone is an error, and no signal as `write` would give.
pub(crate) fn send(stream: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(stream, bytes, SendFlags::NOSIGNAL)?)
}

/// What the background thread waits for.
pub(crate) struct Wait<'a> {
    pub(crate) wake: &'a UnixStream,
    pub(crate) server: Option<&'a Stream>,
    /// Whether there is something to write to the server.
    pub(crate) to_write: bool,
    pub(crate) timeout: Duration,
}

/// What there is to do after a [`Wait`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ready {
    pub(crate) woken: bool,
    /// Readable, or ended.
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

impl Wait<'_> {
    /// Waits until something is ready or the time is over.
    pub(crate) fn run(&self) -> Ready {
        let mut interest = PollFlags::IN;
        interest.set(PollFlags::OUT, self.to_write);
        let mut polled = vec![PollFd::new(self.wake, PollFlags::IN)];
        polled.extend(self.server.map(|server| PollFd::new(server, interest)));
        let timeout = Timespec {
            tv_sec: i64::try_from(self.timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: self.timeout.subsec_nanos().into(),
        };
        // Interrupted or out of memory: as if the time were over.
        if rustix::event::poll(&mut polled, Some(&timeout)).is_err() {
            return Ready::default();
        }
        let server = polled.get(1).map_or(PollFlags::empty(), PollFd::revents);
        Ready {
            woken: !polled[0].revents().is_empty(),
            readable: server.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR),
            writable: server.contains(PollFlags::OUT),
        }
    }
}

/// The directory that a session's artifacts are read from, opened for one of them.
pub(crate) struct Artifacts {
    directory: OwnedFd,
}

impl Artifacts {
    /// Opens the directory; it must be this user's, and nobody else may write to it.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let name = path.display();
        let directory = rustix::fs::openat(CWD, path, flags, Mode::empty())
            .map_err(|error| format!("the artifact directory {name} cannot be opened: {error}"))?;
        let found = rustix::fs::fstat(&directory).map_err(|error| format!("{name}: {error}"))?;
        if !is_ours_alone(&found) {
            return Err(format!(
                "the artifact directory {name} can be written by others: nothing is loaded from it"
            ));
        }
        Ok(Self { directory })
    }

    /// The bytes of a file in the directory, `length` of them. `name` has been checked to be a plain name.
    pub(crate) fn read(&self, name: &str, length: u64) -> Result<Vec<u8>, String> {
        // Not blocking, or a FIFO of that name would stop the thread.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::openat(self.directory.as_fd(), name, flags, Mode::empty())
            .map_err(|error| format!("artifact `{name}` cannot be opened: {error}"))?;
        let found = rustix::fs::fstat(&file).map_err(|error| format!("artifact `{name}`: {error}"))?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(format!("artifact `{name}` is not a regular file"));
        }
        if !is_ours_alone(&found) {
            return Err(format!("artifact `{name}` can be written by others"));
        }
        read_exactly(File::from(file), name, length)
    }
}

/// Fails if nobody would wait for so much.
pub(crate) fn check_length(name: &str, length: u64) -> Result<(), String> {
    if length <= MOST_BYTES {
        return Ok(());
    }
    Err(format!("artifact `{name}` is announced with {length} bytes, over the limit of {MOST_BYTES}"))
}

fn read_exactly(file: File, name: &str, length: u64) -> Result<Vec<u8>, String> {
    // One byte more than announced is enough to see that there are more.
    let mut bytes = Vec::new();
    let room = file.metadata().map_or(0, |found| found.len()).min(length) + 1;
    usize::try_from(room)
        .ok()
        .and_then(|room| bytes.try_reserve_exact(room).ok())
        .ok_or_else(|| format!("there is no memory for the {length} bytes of artifact `{name}`"))?;
    file.take(length + 1).read_to_end(&mut bytes).map_err(|error| format!("artifact `{name}`: {error}"))?;
    if bytes.len() as u64 == length {
        return Ok(bytes);
    }
    let more = if bytes.len() as u64 > length { " or more" } else { "" };
    Err(format!("artifact `{name}` has {}{more} bytes and was announced with {length}", bytes.len()))
}

fn is_ours_alone(found: &Stat) -> bool {
    found.st_uid == geteuid().as_raw() && found.st_mode & 0o022 == 0
}

/// Makes a directory that only this user can enter. Fails if there is something of that name.
pub(crate) fn create_private_directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

/// Makes a directory that only this user can enter, or makes the one that is there so.
pub(crate) fn keep_private_directory(path: &Path) -> io::Result<()> {
    match create_private_directory(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() || found.uid() != geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is no directory of this user"));
    }
    if found.mode() & 0o077 == 0 { Ok(()) } else { fs::set_permissions(path, Permissions::from_mode(0o700)) }
}

/// Writes a new file that only this user can read and nobody can change.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(0o400))
}

/// Whether a process exists.
pub(crate) fn is_alive(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

/// The system's number of the calling thread. May be called in a signal's handler.
pub(crate) fn this_thread() -> i32 {
    rustix::thread::gettid().as_raw_nonzero().get()
}

/// Whether a debugger holds this process: its calls take as long as a person looks at them.
pub(crate) fn is_traced() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|pid| pid.trim() != "0")
}

/// A file that is mapped into this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapped {
    pub(crate) path: PathBuf,
    /// Removed or replaced since.
    pub(crate) deleted: bool,
}

/// The file that an address belongs to, if it is a file's.
pub(crate) fn mapped_at(address: usize) -> Option<Mapped> {
    parse_maps(&fs::read_to_string("/proc/self/maps").ok()?, address)
}

/// The file that an address belongs to, and the address of the file's start.
pub(crate) fn file_at(address: usize) -> Option<(PathBuf, usize)> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let file = parse_maps(&maps, address).filter(|mapped| !mapped.deleted)?.path;
    let of_file = |line: &&str| line.find('/').is_some_and(|at| Path::new(&line[at..]) == file);
    let first = maps.lines().find(of_file)?.split('-').next()?;
    Some((file, usize::from_str_radix(first, 16).ok()?))
}

/// Finds an address in the text of `/proc/PID/maps`, as proc_pid_maps(5) describes it.
fn parse_maps(maps: &str, address: usize) -> Option<Mapped> {
    let line = maps.lines().find(|line| {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let Some((start, end)) = range else { return false };
        let (start, end) = (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16));
        matches!((start, end), (Ok(start), Ok(end)) if (start..end).contains(&address))
    })?;
    let path = &line[line.find('/')?..];
    let (path, deleted) = path.strip_suffix(" (deleted)").map_or((path, false), |path| (path, true));
    Some(Mapped { path: PathBuf::from(path), deleted })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
7f10a0000000-7f10a0001000 r--p 00000000 fe:01 11 /home/me/my game/target/debug/libgame_api.so (deleted)
7f10a0001000-7f10a0002000 rw-p 00000000 00:00 0 
7ffd00000000-7ffd00001000 rw-p 00000000 00:00 0 [stack]
";

    #[test]
    fn an_address_is_found_in_the_file_that_it_is_mapped_from() {
        let library = PathBuf::from("/home/me/my game/target/debug/libgame_api.so");
        assert_eq!(parse_maps(MAPS, 0x7f10_a000_0fff), Some(Mapped { path: library, deleted: true }));
        for anonymous in [0x7f10_a000_1000, 0x7ffd_0000_0000, 0x10] {
            assert_eq!(parse_maps(MAPS, anonymous), None);
        }
    }

    #[test]
    fn this_very_function_is_in_this_executable() {
        let here = mapped_at(this_very_function_is_in_this_executable as fn() as usize).unwrap();
        assert_eq!(here.path, std::env::current_exe().unwrap().canonicalize().unwrap());
        let (file, start) = file_at(this_very_function_is_in_this_executable as fn() as usize).unwrap();
        assert_eq!(file, here.path);
        assert_eq!(mapped_at(start), Some(here));
    }

    #[test]
    fn this_process_is_alive_and_no_process_has_a_negative_number() {
        assert!(is_alive(std::process::id()));
        assert!(!is_alive(u32::MAX));
    }
}
