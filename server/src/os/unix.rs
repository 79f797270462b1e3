//! Process groups, the guard that ends them, private directories and the owner's lock, on Unix.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal};

use super::promptness::be_ordinary;
use super::system;

/// The hidden subcommand that runs [`guard_main`].
pub const GUARD_COMMAND: &str = "__guard";

/// A process that ends every process group that is registered with it when this process ends, however it ends.
///
/// It holds one end of a socket pair whose other end only this process has: the kernel closes that at any
/// death, a SIGKILL included. A socket, not a pipe: writing to a dead guard must not raise SIGPIPE in a child
/// between fork and exec.
struct Guard {
    socket: OwnedFd,
}

static GUARD: OnceLock<Option<Guard>> = OnceLock::new();
/// The `liveline` program, where this process is another one that has it build.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Says which program is `liveline`: this process's own would not know that it is to be a guard. The first word
/// counts, and none is needed in `liveline` itself.
pub fn liveline_is(program: &Path) {
    let _ = PROGRAM.set(program.to_owned());
}

/// A child that leads a process group of its own and does not outlive this process.
#[derive(Debug)]
pub struct GroupChild {
    child: Child,
    pid: Pid,
}

impl GroupChild {
    /// The process, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// A name for the group that stays valid until [`Self::wait`] returns.
    pub fn group(&self) -> Group {
        Group(self.pid)
    }

    /// Waits for the leader, then makes sure that nothing of its group is left.
    pub fn wait(mut self) -> io::Result<std::process::ExitStatus> {
        let status = self.child.wait();
        self.group().kill();
        tell_guard(b'-', self.pid);
        status
    }
}

impl GroupChild {
    /// The leader has been waited for by other means.
    pub fn forget(self) {
        tell_guard(b'-', self.pid);
    }
}

/// A process group to signal.
#[derive(Clone, Copy, Debug)]
pub struct Group(Pid);

impl Group {
    /// Ends every process of the group at once. That none is left is not an error.
    pub fn kill(self) {
        let _ = rustix::process::kill_process_group(self.0, Signal::KILL);
    }

    /// Stops every process of the group until [`Self::go_on`].
    pub fn stop(self) {
        let _ = rustix::process::kill_process_group(self.0, Signal::STOP);
    }

    /// Lets every process of the group go on.
    pub fn go_on(self) {
        let _ = rustix::process::kill_process_group(self.0, Signal::CONT);
    }

    /// The memory that the group's leader holds, in bytes.
    pub fn resident_memory(self) -> Option<u64> {
        let statm = fs::read_to_string(format!("/proc/{}/statm", self.0.as_raw_nonzero())).ok()?;
        let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
        Some(pages * rustix::param::page_size() as u64)
    }
}

/// Whether a group's leader, a child of this process, has not ended. It need not have been waited for.
pub fn is_running(group: Group) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::Pid(group.0), options), Ok(None))
}

/// Starts `command` as the leader of a process group that ends with this process at the latest.
pub fn spawn_group(command: &mut Command) -> io::Result<GroupChild> {
    command.process_group(0);
    spawn_guarded(command, b'+')
}

/// As [`spawn_group`], with so much less claim to the processor.
pub fn spawn_polite_group(command: &mut Command, niceness: i32) -> io::Result<GroupChild> {
    // SAFETY: between fork and exec the closure makes one system call, which is async-signal-safe. That it fails
    // only costs others some speed.
    unsafe {
        command.pre_exec(move || {
            let _ = rustix::process::nice(niceness);
            Ok(())
        });
    }
    spawn_group(command)
}

/// Starts `command` in this process's own group (it may read the terminal); it ends with this process at the
/// latest.
pub fn spawn_single(command: &mut Command) -> io::Result<GroupChild> {
    spawn_guarded(command, b'=')
}

fn spawn_guarded(command: &mut Command, sign: u8) -> io::Result<GroupChild> {
    // SAFETY: between fork and exec the closure makes two system calls on its own stack, which is async-signal-safe.
    // That they fail only costs others some speed.
    unsafe {
        command.pre_exec(|| {
            be_ordinary();
            Ok(())
        });
    }
    if let Some(guard) = guard() {
        let socket = guard.socket.as_raw_fd();
        // SAFETY: between fork and exec the closure makes two system calls and formats a number on its own
        // stack: nothing that is not async-signal-safe. The descriptor lives as long as the process.
        unsafe { command.pre_exec(move || register_self(socket, sign)) };
    }
    let child = command.spawn()?;
    let pid = Pid::from_child(&child);
    Ok(GroupChild { child, pid })
}

/// Runs in the forked child: it registers itself, so that no moment is left in which the parent could die with
/// the child unknown to the guard.
fn register_self(socket: RawFd, sign: u8) -> io::Result<()> {
    // SAFETY: the guard's descriptor is never closed, and a forked child has all of its parent's descriptors.
    let socket = unsafe { BorrowedFd::borrow_raw(socket) };
    write_line(socket, sign, rustix::process::getpid());
    Ok(())
}

/// One short write: lines never mix. A dead or stuck guard is not the build's concern.
fn write_line(socket: BorrowedFd<'_>, sign: u8, pid: Pid) {
    let mut line = [0u8; 16];
    let mut start = line.len() - 1;
    line[start] = b'\n';
    let mut rest = pid.as_raw_nonzero().get().unsigned_abs();
    while rest > 0 || start == line.len() - 1 {
        start -= 1;
        line[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    start -= 1;
    line[start] = sign;
    system::send(socket, &line[start..]);
}

fn tell_guard(sign: u8, pid: Pid) {
    if let Some(Some(guard)) = GUARD.get() {
        write_line(guard.socket.as_fd(), sign, pid);
    }
}

/// Starts the guard at the first call. Without one (a sandbox that forbids it) children end with an orderly
/// end of the server only.
fn guard() -> Option<&'static Guard> {
    GUARD
        .get_or_init(|| start_guard().map_err(|error| tracing::warn!(%error, "no guard process")).ok())
        .as_ref()
}

fn start_guard() -> io::Result<Guard> {
    let (ours, theirs) = UnixStream::pair()?;
    system::prepare(&ours)?;
    let program = PROGRAM.get().cloned().map_or_else(std::env::current_exe, Ok)?;
    let mut command = Command::new(program);
    command.arg(GUARD_COMMAND).stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
    command.current_dir("/").process_group(0).spawn()?;
    Ok(Guard { socket: OwnedFd::from(ours) })
}

/// The guard's whole life: reads `+GROUP`, `=PROCESS` and `-EITHER` lines until the writer is gone, then kills
/// what is left.
pub fn guard_main(input: impl Read) {
    let mut alive: Vec<(u8, Pid)> = Vec::new();
    for line in BufReader::new(input).lines().map_while(Result::ok) {
        let Some((sign, digits)) = line.split_at_checked(1) else { continue };
        let Some(pid) = digits.parse().ok().and_then(Pid::from_raw) else { continue };
        alive.retain(|(_, known)| *known != pid);
        if sign != "-" {
            alive.push((sign.as_bytes()[0], pid));
        }
    }
    for (sign, pid) in alive {
        let _ = match sign {
            b'+' => rustix::process::kill_process_group(pid, Signal::KILL),
            _ => rustix::process::kill_process(pid, Signal::KILL),
        };
    }
}

/// Replaces this process by `command`; returns only if that fails.
pub fn exec(command: &mut Command) -> io::Error {
    command.exec()
}

/// Asks a process to end.
pub fn terminate(child: &GroupChild) {
    let _ = rustix::process::kill_process(child.pid, Signal::TERM);
}

/// A signal's name where the process died of one.
pub fn death_signal(status: std::process::ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

/// Whether a process with this id exists.
pub fn process_exists(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// Makes `path` and its parents; the last one for this user only.
pub fn private_directory(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::symlink_metadata(path)?;
            if !metadata.is_dir() || metadata.uid() != own_uid() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "not a directory of this user"));
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        }
        other => other,
    }
}

/// Where this user's programs keep what can be made again: `$XDG_CACHE_HOME` or `~/.cache`, and in it this program's
/// folder, absolute. `None` without a home.
pub fn cache_directory() -> Option<PathBuf> {
    let set = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    base.filter(|path| path.is_absolute()).map(|base| base.join("liveline"))
}

/// A fresh directory for a socket, for this user only, with a path short enough for a socket's address.
pub fn socket_directory() -> io::Result<PathBuf> {
    let base = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| is_ours(path));
    let base = base.filter(|path| path.as_os_str().len() < 60).unwrap_or_else(|| PathBuf::from("/tmp"));
    tempfile::Builder::new()
        .prefix("liveline-")
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(base)
        .map(tempfile::TempDir::keep)
}

fn is_ours(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == own_uid())
}

/// Whether a file can be started.
pub fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

/// The program of a name that a shell would start.
pub fn on_path(program: &str) -> Option<PathBuf> {
    all_on_path(program).into_iter().next()
}

/// Every program of a name on the search path, the one that a shell would start first.
pub fn all_on_path(program: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).filter(|path| is_program(path)).collect()
}

/// Whether a folder lies where no file may be executed or mapped as code.
pub fn forbids_programs(folder: &Path) -> bool {
    rustix::fs::statvfs(folder)
        .is_ok_and(|about| about.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
}

/// The effective user of this process.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Opens a file that only this user may read.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Opens a file that nobody but this user can have read or written, and no link to one.
pub fn open_secret(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::options().read(true).custom_flags(flags.bits() as i32).open(path)?;
    let found = file.metadata()?;
    if found.is_file() && found.uid() == own_uid() && found.mode() & 0o077 == 0 {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a file of this user alone (mode 0600)"))
}

/// Writes a new file that only this user can read. Fails if there is anything of that name.
pub fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(bytes)
}

/// Opens a plain file of a folder to read parts of it; `name` must be a plain name.
pub fn open_plain(folder: &Path, name: &str) -> io::Result<File> {
    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::options().read(true).custom_flags(flags.bits() as i32).open(folder.join(name))?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no plain file")) }
}

/// Reads a file's content. What is no plain file, a named pipe say, is an error at once: nobody may ever write to it.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let no_wait = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let mut file = File::options().read(true).custom_flags(no_wait).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The kind of network file system that a path lies on, where it does.
#[cfg(target_os = "linux")]
pub fn network_file_system(path: &Path) -> Option<&'static str> {
    // From the system's `linux/magic.h` and `fs/smb/client/cifsfs.h`.
    const KINDS: &[(u32, &str)] = &[
        (0x6969, "NFS"),
        (0xff53_4d42, "SMB"),
        (0xfe53_4d42, "SMB"),
        (0x517b, "SMB"),
        (0x6573_5546, "FUSE"),
        (0x0102_1997, "9P"),
        (0x5346_414f, "AFS"),
        (0x00c3_6400, "Ceph"),
        (0x786f_4256, "VirtualBox's shared folders"),
        (0xbacb_acbc, "VMware's shared folders"),
        (0x4750_4653, "GPFS"),
        (0x0bd0_0bd0, "Lustre"),
    ];
    let kind = rustix::fs::statfs(path).ok()?.f_type as u32;
    KINDS.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// Unknown here.
#[cfg(not(target_os = "linux"))]
pub fn network_file_system(_: &Path) -> Option<&'static str> {
    None
}

/// Has all threads allocate from one arena, for a process that runs for days: every build has threads of its own, and
/// what they leave in up to eight arenas for each processor is not used by others. Called before there are threads.
#[cfg(target_env = "gnu")]
pub fn share_memory() {
    // SAFETY: it sets a limit of the allocator's; no pointer is passed.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Other allocators have no such arenas.
#[cfg(not(target_env = "gnu"))]
pub fn share_memory() {}

/// Gives memory that was freed back to the system: the allocator keeps what a build once needed.
#[cfg(target_env = "gnu")]
pub fn return_memory() {
    // SAFETY: glibc locks each arena while it looks through it; no pointer is passed.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give back what they do not need by themselves.
#[cfg(not(target_env = "gnu"))]
pub fn return_memory() {}

/// Writes a private file so that a reader sees the old text or the new one, whole.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("tmp{}", std::process::id()));
    create_private_file(&temporary)?.write_all(bytes)?;
    fs::rename(&temporary, path)
}
