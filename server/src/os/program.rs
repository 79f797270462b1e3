//! Another program's `main` in this process: what must be as at a process's start, and the call itself.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use liveline_link::load::Loaded;

pub use super::shared_library::Shared;

/// The C library's type of `main`; a `main` of fewer parameters ignores the rest.
type Main = unsafe extern "C" fn(c_int, *mut *mut c_char, *mut *mut c_char) -> c_int;

/// The argument list as the kernel made it. glibc gives it to the initialisers of everything that is loaded.
static ARGUMENTS: AtomicPtr<*mut c_char> = AtomicPtr::new(ptr::null_mut());
static ARGUMENT_COUNT: AtomicUsize = AtomicUsize::new(0);
/// What SIGPIPE did before Rust's start-up code had it ignored: 0 is the default.
static SIGPIPE_WAS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);
/// What `/proc/self/exe` is to lead to.
static OWN_PATH: OnceLock<CString> = OnceLock::new();

#[used]
// SAFETY: glibc calls every entry of this section once, before `main`, with exactly these arguments.
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn(c_int, *mut *mut c_char, *mut *mut c_char) = at_start;

extern "C" fn at_start(count: c_int, arguments: *mut *mut c_char, _: *mut *mut c_char) {
    ARGUMENTS.store(arguments, Ordering::Relaxed);
    ARGUMENT_COUNT.store(usize::try_from(count).unwrap_or(0), Ordering::Relaxed);
    // SAFETY: `sigaction` only writes into the structure, which is plain data.
    let action = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(libc::SIGPIPE, ptr::null(), &raw mut action) == 0).then_some(action)
    };
    if let Some(action) = action {
        SIGPIPE_WAS.store(action.sa_sigaction, Ordering::Relaxed);
    }
}

/// Makes this process look as it would at the start of the program `path` with `arguments`, its own name first.
///
/// Called once, from the main thread, before any of the program's code is loaded: initialisers see it too.
pub fn become_program(path: &Path, arguments: &'static [CString]) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_encoded_bytes())?;
    let path = OWN_PATH.get_or_init(|| path);
    let _ = io::stdout().flush();
    reset_signals();
    name_process(path);
    replace_arguments(arguments);
    Ok(())
}

/// Rust's start-up code has set these; a program's own expects to find them untouched.
fn reset_signals() {
    // SAFETY: plain system calls on this process with valid, zeroed structures. No handler of ours may run any
    // more: this program's stack overflow handler is what is taken away, with its stack.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        for (signal, handler) in [
            (libc::SIGSEGV, libc::SIG_DFL),
            (libc::SIGBUS, libc::SIG_DFL),
            (libc::SIGPIPE, SIGPIPE_WAS.load(Ordering::Relaxed)),
        ] {
            action.sa_sigaction = handler;
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
        let none = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
        libc::sigaltstack(&raw const none, ptr::null_mut());
    }
}

/// For `ps`, and for the C library's own messages.
fn name_process(path: &'static CStr) {
    unsafe extern "C" {
        static mut program_invocation_name: *const c_char;
        static mut program_invocation_short_name: *const c_char;
    }
    let bytes = path.to_bytes_with_nul();
    let stem = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    // SAFETY: the string is never freed, `stem` lies in it, and only the C library's messages read the variables.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, bytes[stem..].as_ptr());
        program_invocation_name = path.as_ptr();
        program_invocation_short_name = path.as_ptr().add(stem);
    }
}

/// Initialisers get the list that the kernel made, so the program's is written over it. It is never longer: this
/// program was started with the other's arguments among its own.
fn replace_arguments(arguments: &'static [CString]) {
    let list = ARGUMENTS.load(Ordering::Relaxed);
    if list.is_null() || arguments.len() > ARGUMENT_COUNT.load(Ordering::Relaxed) {
        return;
    }
    for (place, argument) in
        arguments.iter().map(|argument| argument.as_ptr()).chain([ptr::null()]).enumerate()
    {
        // SAFETY: the kernel's list has room for its count and a null, and the strings are never freed. Rust's
        // start-up code has copied only the list's address, and nobody reads arguments from here on.
        unsafe { *list.add(place) = argument.cast_mut() };
    }
}

/// The C `main` of a program that stays loaded.
#[derive(Clone, Copy, Debug)]
pub struct Entry(*const c_void);

impl Entry {
    /// The name of the symbol.
    pub const NAME: &str = "main";

    /// Of a program that was linked in memory. Images are never unloaded.
    pub fn of(image: &Loaded) -> Option<Self> {
        image.symbol(Self::NAME).map(Self)
    }
}

/// Calls `main`, and ends the process with what it returns, as the C library's start code would.
pub fn call_main(Entry(main): Entry, arguments: &'static [CString]) -> ! {
    unsafe extern "C" {
        static environ: *mut *mut c_char;
    }
    let list = arguments.iter().map(|argument| argument.as_ptr().cast_mut()).chain([ptr::null_mut()]);
    let list: &mut [*mut c_char] = list.collect::<Vec<_>>().leak();
    let count = c_int::try_from(arguments.len()).unwrap_or(c_int::MAX);
    // SAFETY: rustc gives every program a C `main`, under this name, and its code stays; the list is null-terminated
    // and, like its strings, never freed.
    unsafe { enter(count, list.as_mut_ptr(), environ, std::mem::transmute::<*const c_void, Main>(main)) }
}

/// Calls `main`, and `exit` with its result, which runs what the program has registered to be run at its end.
///
/// The stack ends here for whoever walks it, as at the start of a process: its caller's address is said to be unknown.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn enter(
    count: c_int,
    list: *mut *mut c_char,
    variables: *mut *mut c_char,
    main: Main,
) -> ! {
    std::arch::naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "xor ebp, ebp",
        "and rsp, -16",
        "call rcx",
        "mov edi, eax",
        "call {exit}",
        "ud2",
        ".cfi_endproc",
        exit = sym libc::exit,
    )
}

/// As above; the frames below are seen in a backtrace.
#[cfg(not(target_arch = "x86_64"))]
unsafe extern "C" fn enter(
    count: c_int,
    list: *mut *mut c_char,
    variables: *mut *mut c_char,
    main: Main,
) -> ! {
    // SAFETY: the caller's promise.
    unsafe { libc::exit(main(count, list, variables)) }
}

/// The C library's `readlink`, with the program's own path for `/proc/self/exe`.
///
/// The build script exports it: this executable comes first wherever the system's loader looks for a symbol, so
/// the program and the shared libraries that it uses, std's among them, all call this one.
///
/// # Safety
/// As for the C library's: `path` is a C string, and `length` bytes at `buffer` may be written.
// SAFETY: it does what every caller of the C library's function of this name expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn readlink(path: *const c_char, buffer: *mut c_char, length: usize) -> isize {
    // SAFETY: all three are as the caller promises; at most `length` bytes are written.
    unsafe {
        match OWN_PATH.get() {
            Some(own) if CStr::from_ptr(path) == c"/proc/self/exe" => {
                let bytes = own.as_bytes();
                let written = bytes.len().min(length);
                ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), written);
                written.cast_signed()
            }
            _ => libc::syscall(libc::SYS_readlinkat, libc::AT_FDCWD, path, buffer, length) as isize,
        }
    }
}

/// Whether this process has a symbol, from whichever of its shared libraries.
pub fn has_symbol(name: &CStr) -> bool {
    // SAFETY: only looks the name up.
    !unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }.is_null()
}

impl Shared {
    /// The program in it, which is never unloaded.
    pub fn main(self) -> Option<Entry> {
        let main = self.address(Entry::NAME).map(Entry);
        self.keep();
        main
    }
}

/// A file's bytes, which are read when they are looked at.
#[derive(Debug)]
pub struct Mapped {
    start: *mut c_void,
    length: usize,
}

impl Mapped {
    /// Maps a whole file. Nobody may write to it or shorten it meanwhile: compilers replace their outputs.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        if length == 0 {
            return Ok(Self { start: ptr::null_mut(), length });
        }
        // SAFETY: a new private mapping of an open file, at an address that the kernel chooses.
        let start = unsafe {
            libc::mmap(ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0)
        };
        if start == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Self { start, length }) }
    }

    /// The file's content.
    pub fn bytes(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: the mapping is of this length, readable, and lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.length) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: the mapping is this value's own, and no slice of it is left.
            unsafe { libc::munmap(self.start, self.length) };
        }
    }
}

/// As many as a process has without asking for more.
const MOST_DESCRIPTORS: c_int = 1024;

/// A process that can be left to end by itself, without becoming an unexpected child of whatever runs here next.
#[derive(Debug)]
pub struct Nursed {
    nurse: Child,
}

/// Starts `command` as the child of a child, which ends as it does. It inherits `descriptor` under its own number.
pub fn spawn_nursed(command: &mut Command, descriptor: &OwnedFd) -> io::Result<Nursed> {
    let number = descriptor.as_raw_fd();
    // SAFETY: the closure runs in a process of one thread that was forked for it, and makes system calls only.
    unsafe {
        command.pre_exec(move || {
            libc::fcntl(number, libc::F_SETFD, 0);
            match libc::fork() {
                -1 => Err(io::Error::last_os_error()),
                0 => Ok(()),
                child => nurse(child),
            }
        });
    }
    Ok(Nursed { nurse: command.spawn()? })
}

/// Waits for `child` and ends likewise. Holds no descriptor open: whoever reads from the child sees its end.
unsafe fn nurse(child: libc::pid_t) -> ! {
    // SAFETY: system calls of a process that has nothing else to do, on its own descriptors and its own child.
    unsafe {
        if libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0) != 0 {
            // A kernel before 5.9.
            for descriptor in 0..MOST_DESCRIPTORS {
                libc::close(descriptor);
            }
        }
        let mut status = 0;
        while libc::waitpid(child, &raw mut status, 0) == -1 && *libc::__errno_location() == libc::EINTR {}
        if libc::WIFSIGNALED(status) {
            libc::raise(libc::WTERMSIG(status));
        }
        libc::_exit(libc::WEXITSTATUS(status))
    }
}

impl Nursed {
    /// The standard error stream, where it is a pipe.
    pub fn stderr(&mut self) -> Option<OwnedFd> {
        self.nurse.stderr.take().map(OwnedFd::from)
    }

    /// Waits for the end.
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        self.nurse.wait()
    }

    /// Leaves the process to the system, which reaps it; nothing of it is a child of this one afterwards.
    pub fn leave(mut self) -> io::Result<()> {
        if std::process::id() == 1 {
            // Orphans come to the first process: it has to wait after all.
            return self.nurse.wait().map(drop);
        }
        self.nurse.kill()?;
        self.nurse.wait().map(drop)
    }
}
