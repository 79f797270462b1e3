//! One run of rustc, until it hands its objects over.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use super::cache::Program;
use super::call::Call;
use super::record::{self, Basis, Record, Stamp};
use super::script::Source;
use super::{Doing, Failure, Flags, cargo, hand_over, load, shadow};
use crate::build::inputs::Inputs;
use crate::os::program::{Nursed, spawn_nursed};

/// Compiles a program and records it. Calls the compiler as `old` did, where that still holds.
pub(super) fn build(
    program: &Program,
    source: &Source,
    flags: &Flags,
    old: Option<Record>,
) -> Result<Record, Failure> {
    let (call, decided_by) = match old.as_ref().filter(|old| old.is_called_so(source, flags)) {
        Some(old) => (old.call.clone(), old.decided_by.clone()),
        None if source.is_plain() => (Call::plain(source, flags)?, None),
        None => cargo::call(program, source, flags).map(|(call, basis)| (call, Some(basis)))?,
    };
    shadow::refresh(program, source)?;
    let cannot = || format!("write into {}", program.folder.display());
    let attempt = program.new_attempt().doing(cannot)?;
    let out = Out::of(program, attempt.path()).doing(cannot)?;
    let is_incremental = call.can_be_incremental() && !is_tiny(source);
    let started = record::now();
    let meanwhile = || {
        if let Some(old) = &old {
            load::expect(old);
        }
        program.sweep_attempts(old.as_ref());
    };
    let mut link = compile(&call, program, is_incremental, attempt.path(), &out.folder, meanwhile)?;
    make_absolute(&mut link, &call);
    let mut sources = sources(program, &call, &out.folder)?;
    sources.files.extend(linked(&link, &call, attempt.path()));
    if sources.is_written_since(started) {
        // Nobody knows which text rustc has read.
        sources.distrust();
    }
    let name = attempt.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let record = Record::new(source.key(), call, decided_by, sources, link, name);
    record.publish(program)?;
    let _ = attempt.keep();
    Ok(record)
}

/// rustc's output folder. rustc throws its incremental cache away at another one, so it is always the same, and
/// one process's at a time; one that comes meanwhile takes a folder of its own.
struct Out {
    folder: PathBuf,
    /// Held while the folder is used.
    _lock: Option<File>,
}

impl Out {
    fn of(program: &Program, attempt: &Path) -> io::Result<Self> {
        let lock = File::create(program.folder.join("out.lock"))?;
        let is_ours = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
        let folder = if is_ours { &program.folder } else { attempt }.join("out");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, _lock: is_ours.then_some(lock) })
    }
}

/// Whether keeping an incremental cache takes longer than compiling everything.
fn is_tiny(source: &Source) -> bool {
    const TINY: usize = 1000;
    source.is_plain() && source.text.len() < TINY && !source.text.contains("mod ")
}

fn sources(program: &Program, call: &Call, out: &Path) -> Result<Basis, Failure> {
    let made = fs::read_dir(out).into_iter().flatten().flatten().map(|entry| entry.path());
    let dep_info = made.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "d"));
    let dep_info = dep_info.ok_or_else(|| {
        Failure::message("rustc did not say what it has read; leave out options that change its outputs")
    })?;
    let inputs =
        Inputs::read(&dep_info, &call.base()).doing(|| format!("read rustc's {}", dep_info.display()))?;
    let files = inputs.files.iter().map(|path| Stamp::with_content(&shadow::real(program, path))).collect();
    let variables = inputs
        .variables
        .into_iter()
        .map(|name| {
            let value = record::variable(&name, call);
            (name, value)
        })
        .collect();
    Ok(Basis { files, variables })
}

/// The program may be run again from another folder.
fn make_absolute(link: &mut [String], call: &Call) {
    let base = call.base();
    for word in link.iter_mut().filter(|word| !word.starts_with(['-', '/'])) {
        let path = base.join(&*word);
        if path.exists() {
            *word = path.to_string_lossy().into_owned();
        }
    }
}

/// What else is linked, and the compiler. cargo's outputs and the toolchain's parts change with these alone.
fn linked(link: &[String], call: &Call, attempt: &Path) -> Vec<Stamp> {
    let toolchain = call.program.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    let cargos = attempt.ancestors().nth(3).map(|cache| cache.join("target"));
    let is_known = |path: &Path| {
        [Some(attempt), Some(toolchain), cargos.as_deref()]
            .into_iter()
            .flatten()
            .any(|own| path.starts_with(own))
    };
    let paths = link.iter().map(Path::new).filter(|path| path.is_absolute() && !is_known(path));
    paths.chain([call.program.as_path()]).map(Stamp::of).collect()
}

/// Where jemalloc, which rustc uses, looks for its options.
const ALLOCATOR: &str = "MALLOC_CONF";

/// Runs rustc and gives the linker's arguments. What can be done `meanwhile` costs nothing.
fn compile(
    call: &Call,
    program: &Program,
    is_incremental: bool,
    attempt: &Path,
    out: &Path,
    meanwhile: impl FnOnce(),
) -> Result<Vec<String>, Failure> {
    let own = std::env::current_exe().doing(|| "find the path of the `liveline` program".to_owned())?;
    let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC).doing(|| "make a pipe".to_owned())?;
    let mut command = call.command();
    // No path in `--emit`: rustc would throw its incremental cache away at every other one.
    command.arg("--emit=dep-info,link").arg(format!("--out-dir={}", out.display()));
    command.arg(format!("-Clinker={}", own.display())).arg("-Clinker-flavor=gcc");
    if is_incremental {
        command.arg(format!("-Cincremental={}", program.folder.join("incremental").display()));
        // As many as without: a small program is not to be cut into hundreds of objects.
        command.arg("-Ccodegen-units=16");
    } else if std::env::var_os(ALLOCATOR).is_none() && call.folder.is_none() {
        // rustc's allocator, for a run so short that giving memory back is a waste: a millisecond of thirty.
        command.env(ALLOCATOR, "narenas:1,dirty_decay_ms:-1,muzzy_decay_ms:-1");
    }
    command.args(appearance());
    command.env(hand_over::VARIABLE, format!("{}:{}", theirs.as_raw_fd(), attempt.display()));
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let mut rustc =
        spawn_nursed(&mut command, &theirs).doing(|| format!("start {}", call.program.display()))?;
    drop(theirs);
    meanwhile();
    let mut heard = Heard::default();
    let stderr = rustc.stderr();
    listen(&mut heard, &ours, stderr.as_ref()).doing(|| "listen to rustc".to_owned())?;
    conclude(rustc, stderr, heard)
}

/// rustc's messages look as they would if it wrote them itself.
fn appearance() -> Vec<String> {
    let stderr = io::stderr();
    let is_coloured = anstream::AutoStream::choice(&stderr) != anstream::ColorChoice::Never;
    let mut arguments = vec![format!("--color={}", if is_coloured { "always" } else { "never" })];
    if stderr.is_terminal()
        && let Ok(size) = rustix::termios::tcgetwinsize(&stderr)
        && size.ws_col > 0
    {
        arguments.push(format!("--diagnostic-width={}", size.ws_col));
    }
    arguments
}

/// What came from rustc.
#[derive(Default)]
struct Heard {
    hand_over: Vec<u8>,
    link: Option<Vec<String>>,
    has_spoken: bool,
}

impl Heard {
    fn objects(&mut self, bytes: &[u8]) {
        self.hand_over.extend(bytes);
        self.link = hand_over::received(&self.hand_over);
    }

    fn words(&mut self, bytes: &[u8]) {
        self.has_spoken = true;
        // That nobody reads our messages must not stop the program.
        let _ = io::stderr().write_all(bytes);
    }
}

/// Passes rustc's words on until it has handed its objects over or has ended. Everything that it said before it
/// handed over has been passed on then.
fn listen(heard: &mut Heard, objects: &OwnedFd, words: Option<&OwnedFd>) -> io::Result<()> {
    let (mut objects_open, mut words_open) = (true, words.is_some());
    while heard.link.is_none() && (objects_open || words_open) {
        let both = [(objects_open, Some(objects)), (words_open, words)];
        let open = both.iter().filter(|(open, _)| *open).filter_map(|(_, descriptor)| *descriptor);
        let mut waited: Vec<_> = open.map(|descriptor| PollFd::new(descriptor, PollFlags::IN)).collect();
        retry(|| poll(&mut waited, None))?;
        // Words first: those that came before the objects are there when the objects are.
        let is_ready = |descriptor: &OwnedFd| {
            waited
                .iter()
                .any(|one| one.as_fd().as_raw_fd() == descriptor.as_raw_fd() && !one.revents().is_empty())
        };
        let objects_ready = objects_open && is_ready(objects);
        if let Some(words) = words.filter(|words| words_open && (objects_ready || is_ready(words))) {
            words_open = drain(words, |bytes| heard.words(bytes))?;
        }
        if objects_ready {
            objects_open = read_once(objects, |bytes| heard.objects(bytes))?;
        }
    }
    Ok(())
}

/// Reads what is there, without waiting. Says whether more can come.
fn drain(descriptor: &OwnedFd, mut take: impl FnMut(&[u8])) -> io::Result<bool> {
    loop {
        let mut waited = [PollFd::new(descriptor, PollFlags::IN)];
        if retry(|| poll(&mut waited, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 })))? == 0 {
            return Ok(true);
        }
        if !read_once(descriptor, &mut take)? {
            return Ok(false);
        }
    }
}

fn read_once(descriptor: &OwnedFd, mut take: impl FnMut(&[u8])) -> io::Result<bool> {
    let mut buffer = [0; 16 * 1024];
    let length = retry(|| rustix::io::read(descriptor, &mut buffer))?;
    if length > 0 {
        take(&buffer[..length]);
    }
    Ok(length > 0)
}

fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other.map_err(io::Error::from),
        }
    }
}

/// rustc is left to end alone where it has nothing more to say: a count of warnings is said last.
fn conclude(rustc: Nursed, words: Option<OwnedFd>, mut heard: Heard) -> Result<Vec<String>, Failure> {
    if let Some(link) = heard.link.take_if(|_| !heard.has_spoken) {
        rustc.leave().doing(|| "leave rustc to itself".to_owned())?;
        return Ok(link);
    }
    if let Some(words) = words {
        let mut rest = Vec::new();
        let _ = File::from(words).read_to_end(&mut rest);
        heard.words(&rest);
    }
    let status = rustc.wait().doing(|| "wait for rustc".to_owned())?;
    if !status.success() {
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        return Err(Failure::Said(code.filter(|code| *code != 0).unwrap_or(1)));
    }
    heard.link.ok_or_else(|| {
        Failure::message(
            "rustc ended well and has not called a linker; leave out options that stop it before",
        )
    })
}
