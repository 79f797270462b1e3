//! Programs of one file: built by rustc and run, and run by `liveline exec`, to be compared.
//!
//! Lines at a program's head say how it is run: `// args: …`, `// stdin: …`, `// env: NAME=VALUE …`,
//! `// flags: …` for rustc, `// edition: none`, `// stdout: closed`, and `// stderr: same` where what it says there
//! is always the same.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::OnceLock;
use std::thread;

use crate::liveline;

/// A program and how it is run.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its source.
    pub path: PathBuf,
    arguments: Vec<OsString>,
    input: Vec<u8>,
    variables: Vec<(String, String)>,
    flags: Vec<String>,
    closes_output: bool,
    compares_errors: bool,
}

/// All that a run shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Exit status, or the signal.
    pub end: (Option<i32>, Option<i32>),
    /// Standard output.
    pub output: String,
    /// Standard error, without the numbers of threads.
    pub errors: String,
}

impl Shown {
    /// Whether only what the compiler said is missing: it is not called for an unchanged program.
    pub fn is_without_compiler(&self, native: &Self) -> bool {
        self.end == native.end && self.output == native.output && native.errors.ends_with(&self.errors)
    }
}

impl Program {
    /// Every program of the folder `tests/programs`.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
        let entries = fs::read_dir(folder).expect("there are programs");
        let paths = entries.map(|entry| entry.expect("a readable folder").path());
        let mut paths: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|kind| kind == "rs")).collect();
        paths.sort();
        paths.into_iter().map(|path| Self::read(&path)).collect()
    }

    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a program is text");
        let said = |key: &str| {
            let start = format!("// {key}: ");
            text.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().to_owned()
        };
        let words = |key: &str| said(key).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mut flags = words("flags");
        if said("edition") != "none" {
            flags.push("--edition=2024".to_owned());
        }
        Self {
            path: path.to_owned(),
            arguments: words("args").iter().map(|word| OsString::from_vec(bytes(word))).collect(),
            input: bytes(&said("stdin")),
            variables: words("env")
                .iter()
                .filter_map(|word| word.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            flags,
            closes_output: said("stdout") == "closed",
            compares_errors: said("stderr") == "same",
        }
    }

    /// Its file's name without `.rs`.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What it shows when rustc builds it into `folder` and it is run there.
    ///
    /// # Panics
    /// When it does not compile.
    pub fn natively(&self, level: &str, folder: &Path) -> Shown {
        let executable = folder.join("native").join(self.name());
        fs::create_dir_all(folder.join("native")).expect("a folder");
        let mut rustc = Command::new(rustc());
        rustc
            .args(&self.flags)
            .arg(format!("-Copt-level={level}"))
            .arg(&self.path)
            .arg("-o")
            .arg(&executable);
        self.environment(&mut rustc, folder);
        let compiled = rustc.output().expect("rustc starts");
        let said = String::from_utf8_lossy(&compiled.stderr).into_owned();
        assert!(compiled.status.success(), "{} does not compile:\n{said}", self.name());
        let mut command = Command::new(executable);
        command.args(&self.arguments);
        let mut shown = self.run(command, folder);
        shown.errors.insert_str(0, &said);
        self.compared(shown)
    }

    /// What it shows when `liveline exec` runs it in `folder`.
    pub fn by_exec(&self, level: &str, loader: &str, folder: &Path) -> Shown {
        let mut command = Command::new(liveline());
        command.args(["exec", "--loader", loader, "--opt-level", level]).args(&self.flags);
        command.arg(&self.path).args(&self.arguments);
        let shown = self.run(command, folder);
        assert!(!shown.errors.contains("cannot be linked in memory"), "{}: {}", self.name(), shown.errors);
        self.compared(shown)
    }

    fn compared(&self, mut shown: Shown) -> Shown {
        if !self.compares_errors {
            shown.errors.clear();
        }
        shown
    }

    fn environment(&self, command: &mut Command, folder: &Path) {
        command.current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache"));
        // What a run of cargo leaves behind is not the user's.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_") && name != "CARGO_HOME" || name.starts_with("RUST_") {
                command.env_remove(name);
            }
        }
        command.env_remove("LD_LIBRARY_PATH");
        command.envs(self.variables.iter().cloned());
    }

    fn run(&self, mut command: Command, folder: &Path) -> Shown {
        self.environment(&mut command, folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        if self.closes_output {
            drop(child.stdout.take());
        }
        if let Some(mut input) = child.stdin.take() {
            // A program need not read it.
            let _ = input.write_all(&self.input);
        }
        shown(&child.wait_with_output().expect("the program ends"))
    }
}

fn shown(output: &Output) -> Shown {
    Shown {
        end: (output.status.code(), output.status.signal()),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: without_thread_numbers(&String::from_utf8_lossy(&output.stderr)),
    }
}

/// `thread 'main' (1234) panicked`: the number is another one in every run.
fn without_thread_numbers(text: &str) -> String {
    let mut parts = text.split("' (");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        result.push_str("' (");
        result.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    }
    result
}

/// Bytes of a text with `\n`, `\x41` and `\\`.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match (byte, byte == b'\\') {
            (_, true) => match rest.next() {
                Some(b'n') => b'\n',
                Some(b'x') => {
                    let digits: String = rest.by_ref().take(2).map(char::from).collect();
                    u8::from_str_radix(&digits, 16).expect("two hexadecimal digits")
                }
                other => other.unwrap_or(b'\\'),
            },
            (byte, false) => byte,
        });
    }
    bytes
}

/// The toolchain's own compiler.
///
/// # Panics
/// When there is none.
pub fn rustc() -> &'static Path {
    static RUSTC: OnceLock<PathBuf> = OnceLock::new();
    RUSTC.get_or_init(|| {
        let output = Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc starts");
        Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("bin").join("rustc")
    })
}

/// Does `check` for every program, several at a time, and gives what it found.
///
/// # Panics
/// Where `check` does.
pub fn each<T: Send>(programs: &[Program], check: impl Fn(&Program) -> Vec<T> + Sync) -> Vec<T> {
    let waiting = Mutex::new(programs.iter());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("no check panics here").next();
                    let Some(program) = next else { return };
                    let more = check(program);
                    found.lock().expect("no check panics here").extend(more);
                }
            });
        }
    });
    found.into_inner().expect("no check panics here")
}
