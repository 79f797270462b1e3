//! What `liveline exec` keeps, when it compiles again, and what it says when it cannot run a program.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test of which every line may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use liveline_tests::liveline;
use liveline_tests::programs::rustc;

/// A folder for sources, with a cache of its own and a compiler that counts its calls.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        let compiler = desk.path("counting-rustc");
        let calls = desk.path("calls");
        let script =
            format!("#!/bin/sh\necho call >> {}\nexec {} \"$@\"\n", calls.display(), rustc().display());
        fs::write(&compiler, script).unwrap();
        fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755)).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.path("calls")).unwrap_or_default().lines().count()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(liveline());
        command.arg("exec").args(arguments).current_dir(self.folder.path());
        command.env("XDG_CACHE_HOME", self.path("cache")).env("RUSTC", self.path("counting-rustc"));
        command.env_remove("RUST_BACKTRACE").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a program prints that ends well.
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit status and words of a run that fails.
    fn fails(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{output:?}");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn an_unchanged_program_is_not_compiled_and_an_edited_one_is() {
    let desk = Desk::new();
    desk.write("a.rs", "fn main() { println!(\"one\"); }");
    for _ in 0..3 {
        assert_eq!(desk.prints(&["a.rs"]), "one\n");
    }
    assert_eq!(desk.calls(), 1);
    desk.write("a.rs", "fn main() { println!(\"two\"); }");
    assert_eq!(desk.prints(&["a.rs"]), "two\n");
    assert_eq!(desk.prints(&["--loader", "dylib", "a.rs"]), "two\n");
    assert_eq!(desk.calls(), 2);
    // The same bytes again are no edit.
    desk.write("a.rs", "fn main() { println!(\"two\"); }");
    assert_eq!(desk.prints(&["a.rs"]), "two\n");
    assert_eq!(desk.calls(), 2);
    assert_eq!(desk.prints(&["-O", "a.rs"]), "two\n");
    assert_eq!(desk.calls(), 3);
}

#[test]
fn everything_that_the_compiler_reads_counts() {
    let desk = Desk::new();
    fs::create_dir(desk.path("part")).unwrap();
    desk.write("part/mod.rs", "pub fn text() -> &'static str { include_str!(\"text.txt\") }");
    desk.write("part/text.txt", "a");
    desk.write(
        "a.rs",
        "mod part; fn main() { print!(\"{} {:?}\", part::text(), option_env!(\"EXEC_TEST\")); }",
    );
    assert_eq!(desk.prints(&["a.rs"]), "a None");
    desk.write("part/text.txt", "b");
    assert_eq!(desk.prints(&["a.rs"]), "b None");
    desk.write("part/mod.rs", "pub fn text() -> &'static str { concat!(include_str!(\"text.txt\"), \"!\") }");
    assert_eq!(desk.prints(&["a.rs"]), "b! None");
    let output = desk.command(&["a.rs"]).env("EXEC_TEST", "x").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "b! Some(\"x\")");
    assert_eq!(desk.prints(&["a.rs"]), "b! None");
}

#[test]
fn errors_and_warnings_are_rustcs_own_and_so_is_the_exit_status() {
    let desk = Desk::new();
    for text in [
        "fn main() { let x: u8 = \"no\"; }",
        "fn main() { println!(\"{}\", missing); }",
        "fn helper() {}",
        "fn main() { unfinished(",
        "fn main() { const X: u8 = 255 + 1; println!(\"{X}\") }",
    ] {
        desk.write("a.rs", text);
        let mut native = Command::new(rustc());
        native.args(["a.rs", "-o", "native"]).current_dir(desk.folder.path()).env_remove("RUST_BACKTRACE");
        let native = native.output().unwrap();
        let (code, said) = desk.fails(&["a.rs"]);
        assert_eq!(said, String::from_utf8_lossy(&native.stderr), "{text}");
        assert_eq!(code, native.status.code(), "{text}");
    }
    desk.write("a.rs", "fn main() { let unused = 1; eprintln!(\"runs\"); }");
    let output = desk.run(&["a.rs"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("warning: unused variable") && said.ends_with("1 warning emitted\n\nruns\n"),
        "{said}"
    );
}

#[test]
fn what_cannot_run_is_said_in_a_sentence_with_what_to_do() {
    let desk = Desk::new();
    let said = |arguments: &[&str], word: &str| {
        let (code, said) = desk.fails(arguments);
        assert!(said.contains(word), "{said}");
        code
    };
    assert_eq!(said(&["missing.rs"], "cannot read missing.rs"), Some(1));
    fs::create_dir_all(desk.path("package/src")).unwrap();
    desk.write("package/src/main.rs", "fn main() {}");
    assert_eq!(said(&["package"], "liveline exec package/src/main.rs"), Some(1));
    assert_eq!(said(&["--loader", "magic", "a.rs"], "possible values: object, dylib"), Some(2));
    desk.write("a.rs", "fn main() {}");
    let output = desk.command(&["a.rs"]).env_remove("RUSTC").env("PATH", "/nowhere").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("install Rust"), "{output:?}");
    let output =
        desk.command(&["a.rs"]).env_remove("XDG_CACHE_HOME").env("XDG_CACHE_HOME", "/proc/1/x").output();
    assert!(String::from_utf8_lossy(&output.unwrap().stderr).contains("cannot make the cache folder"));
}

#[test]
fn what_only_a_linker_can_do_is_named_and_done_by_the_linker() {
    let desk = Desk::new();
    desk.write("a.rs", "unsafe extern \"C\" { safe fn alias(); } #[unsafe(no_mangle)] extern \"C\" fn real() { println!(\"real\"); } fn main() { alias() }");
    let output = desk.run(&["--edition", "2024", "-C", "link-arg=-Wl,--defsym=alias=real", "a.rs"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("loaded as a dylib") && said.contains("-Wl,--defsym=alias=real"), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "real\n");
}

#[test]
fn a_missing_function_is_named() {
    let desk = Desk::new();
    desk.write("a.rs", "unsafe extern \"C\" { safe fn nobody_has_this(); } fn main() { nobody_has_this() }");
    let (code, said) = desk.fails(&["a.rs"]);
    assert!(said.contains("nobody_has_this"), "{said}");
    assert_eq!(code, Some(1));
}

#[test]
fn a_program_run_twice_at_once_is_run_twice() {
    let desk = Desk::new();
    desk.write("a.rs", "fn main() { println!(\"{}\", std::env::args().nth(1).unwrap()); }");
    let runs: Vec<_> = (0..6)
        .map(|n| {
            let n = n.to_string();
            let mut command = desk.command(&["a.rs", "--", &n]);
            (n, command.stdout(Stdio::piped()).spawn().unwrap())
        })
        .collect();
    for (n, run) in runs {
        let output = run.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), n, "{output:?}");
    }
}

#[test]
fn the_cache_is_the_users_alone_and_does_not_grow_with_edits() {
    let desk = Desk::new();
    for n in 0..4 {
        desk.write("a.rs", &format!("fn main() {{ println!(\"{n}\"); }}"));
        assert_eq!(desk.prints(&["a.rs"]).trim(), n.to_string());
    }
    desk.write("a.rs", "fn main() { broken }");
    desk.fails(&["a.rs"]);
    let cache = desk.path("cache/liveline/exec");
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    let programs: Vec<_> = fs::read_dir(cache.join("programs")).unwrap().flatten().collect();
    assert_eq!(programs.len(), 1);
    let is_attempt = |name: &Path| name.to_string_lossy().starts_with("attempt-");
    let attempts = fs::read_dir(programs[0].path()).unwrap().flatten();
    // The newest, and the one before it until the compiler runs again.
    assert!(attempts.filter(|entry| is_attempt(Path::new(&entry.file_name()))).count() <= 2);
}

#[test]
fn a_program_that_is_an_executable_script_has_its_arguments() {
    let desk = Desk::new();
    let text = format!(
        "#!/usr/bin/env -S {} exec --edition 2024\nfn main() {{ println!(\"{{:?}}\", std::env::args().skip(1).collect::<Vec<_>>()); }}",
        liveline().display()
    );
    desk.write("script", &text);
    fs::set_permissions(desk.path("script"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(desk.path("script"));
    command.args(["a", "-O", "--x", "b c"]).env("XDG_CACHE_HOME", desk.path("cache"));
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "[\"a\", \"-O\", \"--x\", \"b c\"]\n", "{output:?}");
}
