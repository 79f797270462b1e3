//! Programs with dependencies: of a package, of a manifest in the source, of a manifest beside it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test of which every line may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use liveline_tests::liveline;

/// A folder with a package of everything that cargo does for a program.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.write(
            "plain/Cargo.toml",
            "[package]\nname = \"plain\"\nversion = \"1.2.3\"\nedition = \"2024\"\n",
        );
        desk.write("plain/src/lib.rs", PLAIN);
        desk.write("maker/Cargo.toml", MAKER_MANIFEST);
        desk.write("maker/src/lib.rs", MAKER);
        desk.write("app/Cargo.toml", APP_MANIFEST);
        desk.write("app/build.rs", BUILD_SCRIPT);
        desk.write("app/list.txt", "first");
        desk.write("app/src/lib.rs", "pub fn of_library() -> &'static str { \"library\" }");
        desk.write("app/src/main.rs", APP);
        desk.write("app/src/part.rs", "pub fn text() -> &'static str { \"part one\" }");
        desk.write("app/examples/show.rs", "fn main() { println!(\"{} example\", app::of_library()); }");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(liveline());
        command.arg("exec").args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("XDG_CACHE_HOME", self.path("cache")).env_remove("RUST_BACKTRACE");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_") && name != "CARGO_HOME" {
                command.env_remove(name);
            }
        }
        command.output().unwrap()
    }

    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("loaded as a dylib"), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

const PLAIN: &str = "
use std::sync::atomic::{AtomicU32, Ordering};
static CALLS: AtomicU32 = AtomicU32::new(0);
thread_local!(static OWN: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
pub fn greet<T: std::fmt::Debug>(value: T) -> String {
    OWN.set(OWN.get() + 1);
    format!(\"hello {value:?}, call {}, {}\", CALLS.fetch_add(1, Ordering::SeqCst), OWN.get())
}
";
const MAKER_MANIFEST: &str = "
[package]
name = \"maker\"
version = \"0.1.0\"
edition = \"2024\"
[lib]
proc-macro = true
";
const MAKER: &str = "
use proc_macro::TokenStream;
#[proc_macro_derive(Named)]
pub fn named(item: TokenStream) -> TokenStream {
    let mut words = item.into_iter().map(|token| token.to_string()).skip_while(|word| word != \"struct\").skip(1);
    let name = words.next().unwrap();
    format!(\"impl {name} {{ pub fn name() -> &'static str {{ \\\"{name}\\\" }} }}\").parse().unwrap()
}
";
const APP_MANIFEST: &str = "
[package]
name = \"app\"
version = \"4.5.6\"
edition = \"2024\"
[dependencies]
plain = { path = \"../plain\" }
maker = { path = \"../maker\" }
";
const BUILD_SCRIPT: &str = "
fn main() {
    println!(\"cargo::rerun-if-changed=list.txt\");
    let list = std::fs::read_to_string(\"list.txt\").unwrap();
    let out = std::env::var(\"OUT_DIR\").unwrap();
    std::fs::write(format!(\"{out}/made.rs\"), format!(\"pub const LIST: &str = {list:?};\")).unwrap();
    println!(\"cargo::rustc-env=FROM_SCRIPT=yes\");
}
";
const APP: &str = "
mod part;
mod made { include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\")); }
#[derive(maker::Named)]
struct Thing;
fn main() {
    println!(\"{} {}\", plain::greet(1), plain::greet(\"x\"));
    println!(\"{}\", std::thread::spawn(|| plain::greet('c')).join().unwrap());
    println!(\"{} {} {} {}\", Thing::name(), made::LIST, env!(\"FROM_SCRIPT\"), env!(\"CARGO_PKG_VERSION\"));
    println!(\"{} {}\", part::text(), app::of_library());
    println!(\"{:?} {:?}\", std::env::var(\"CARGO_PKG_NAME\"), std::env::args().nth(1));
}
";

#[test]
fn a_packages_program_runs_and_follows_every_edit() {
    let desk = Desk::new();
    let expected = "hello 1, call 0, 1 hello \"x\", call 1, 2\nhello 'c', call 2, 1\nThing first yes 4.5.6\npart one \
                    library\nErr(NotPresent) Some(\"argument\")\n";
    for loader in ["object", "dylib", "object"] {
        assert_eq!(desk.prints(&["--loader", loader, "app/src/main.rs", "argument"]), expected, "{loader}");
    }
    desk.write("app/src/part.rs", "pub fn text() -> &'static str { \"part two\" }");
    assert!(desk.prints(&["app/src/main.rs"]).contains("part two library"));
    desk.write("app/list.txt", "second");
    assert!(desk.prints(&["app/src/main.rs"]).contains("Thing second yes"));
    desk.write("plain/src/lib.rs", &PLAIN.replace("hello", "good day"));
    assert!(desk.prints(&["app/src/main.rs"]).starts_with("good day 1"));
    desk.write("app/Cargo.toml", &APP_MANIFEST.replace("4.5.6", "4.5.7"));
    assert!(desk.prints(&["app/src/main.rs"]).contains("yes 4.5.7"));
    assert_eq!(desk.prints(&["app/examples/show.rs"]), "library example\n");
    assert_eq!(desk.prints(&["-O", "app/examples/show.rs"]), "library example\n");
}

#[test]
fn errors_of_a_package_are_said_once_and_end_it() {
    let desk = Desk::new();
    desk.prints(&["app/examples/show.rs"]);
    desk.write("app/examples/show.rs", "fn main() { app::nothing(); }");
    let output = desk.run(&["app/examples/show.rs"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("cannot find function `nothing`") && said.contains("--> examples/show.rs:1:18"),
        "{said}"
    );
    desk.write("app/Cargo.toml", "[package]\nname = \"app\"\nversion = 3\n");
    let output = desk.run(&["app/src/main.rs"]);
    assert_eq!(output.status.code(), Some(101));
    assert!(String::from_utf8_lossy(&output.stderr).contains("version"), "{output:?}");
}

#[test]
fn a_script_with_frontmatter_runs_with_its_dependencies() {
    let desk = Desk::new();
    let text = |word: &str| {
        format!(
            "#!/usr/bin/env -S liveline exec\n---cargo\n[dependencies]\nplain = {{ path = \"plain\" }}\n---\nmod beside;\nfn main() {{\n    println!(\"{word} {{}} {{}} {{}}\", plain::greet(2), beside::text(), line!());\n}}\n"
        )
    };
    desk.write("beside.rs", "pub fn text() -> &'static str { include_str!(\"app/list.txt\") }");
    desk.write("script.rs", &text("one"));
    assert_eq!(desk.prints(&["script.rs"]), "one hello 2, call 0, 1 first 8\n");
    desk.write("script.rs", &text("two"));
    assert_eq!(desk.prints(&["--loader", "dylib", "script.rs"]), "two hello 2, call 0, 1 first 8\n");
    desk.write("beside.rs", "pub fn text() -> &'static str { \"edited\" }");
    assert_eq!(desk.prints(&["script.rs"]), "two hello 2, call 0, 1 edited 8\n");
    desk.write("script.rs", &text("three").replace("line!()", "lime!()"));
    let output = desk.run(&["script.rs"]);
    let said = String::from_utf8_lossy(&output.stderr);
    let real = format!("--> {}:8:", fs::canonicalize(desk.path("script.rs")).unwrap().display());
    assert!(said.contains(&real) && output.status.code() == Some(1), "{said}");
    desk.write("script.rs", &text("four").replace("[dependencies]", "[dependencies"));
    let output = desk.run(&["script.rs"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("the manifest of"), "{output:?}");
}

#[test]
fn a_script_with_a_manifest_in_its_documentation_runs_with_its_dependencies() {
    let desk = Desk::new();
    desk.write(
        "documented.rs",
        "//! Says hello.\n//!\n//! ```cargo\n//! [dependencies]\n//! serde = { version = \"1\", features = [\"derive\"] }\n//! serde_json = \"1\"\n//! ```\n\
         #[derive(serde::Serialize, serde::Deserialize, Debug)]\nstruct Point { x: i32, name: Option<String> }\n\
         fn main() {\n    let point: Point = serde_json::from_str(r#\"{\"x\":3,\"name\":\"p\"}\"#).unwrap();\n    \
         println!(\"{point:?} {}\", serde_json::to_string(&point).unwrap());\n}\n",
    );
    let expected = "Point { x: 3, name: Some(\"p\") } {\"x\":3,\"name\":\"p\"}\n";
    assert_eq!(desk.prints(&["documented.rs"]), expected);
    assert_eq!(desk.prints(&["--loader", "dylib", "documented.rs"]), expected);
}

#[test]
fn a_file_beside_a_manifest_has_the_packages_dependencies() {
    let desk = Desk::new();
    desk.write("app/scratch.rs", "fn main() { println!(\"{} {}\", plain::greet(3), app::of_library()); }");
    assert_eq!(desk.prints(&["app/scratch.rs"]), "hello 3, call 0, 1 library\n");
    desk.write("app/deep/er/alone.rs", "fn main() { println!(\"alone\"); }");
    assert_eq!(desk.prints(&["app/deep/er/alone.rs"]), "alone\n");
    assert!(!Path::new(&desk.path("app/target")).exists() && !desk.path("target").exists());
}

#[test]
fn native_libraries_of_a_build_script_are_linked() {
    let desk = Desk::new();
    desk.write(
        "native/Cargo.toml",
        "[package]\nname = \"native\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    desk.write("native/code.c", C_CODE);
    desk.write("native/shared.c", "int from_shared(int n) { static int calls; return n + ++calls; }\n");
    desk.write("native/build.rs", C_BUILD);
    desk.write("native/src/main.rs", C_MAIN);
    for loader in ["object", "dylib"] {
        let printed = desk.prints(&["--loader", loader, "native/src/main.rs"]);
        assert_eq!(printed, "constructed 1\n[1, 2, 3]\n10 11\n20 3 weak 5\n41 42\n", "{loader}");
    }
}

const C_CODE: &str = "
#include <stdlib.h>
static int constructed;
__attribute__((constructor)) static void early(void) { constructed++; }
int is_constructed(void) { return constructed; }
static __thread int own = 10;
int next_own(void) { return own++; }
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
void sort(int *numbers, size_t count) { qsort(numbers, count, sizeof(int), compare); }
int twice(int (*callback)(int), int n) { return callback(n) + callback(n); }
int common_symbol;
__attribute__((weak)) int weak_one(void) { return 5; }
extern int nobody_has_this(void) __attribute__((weak));
int weak_sum(void) { return nobody_has_this ? 1 : weak_one(); }
";
const C_BUILD: &str = "
use std::process::Command;
fn main() {
    let out = std::env::var(\"OUT_DIR\").unwrap();
    let run = |program: &str, arguments: &[&str]| {
        assert!(Command::new(program).args(arguments).status().unwrap().success());
    };
    let path = |name: &str| format!(\"{out}/{name}\");
    run(\"cc\", &[\"-O1\", \"-fPIC\", \"-c\", \"code.c\", \"-o\", &path(\"code.o\")]);
    run(\"ar\", &[\"crs\", &path(\"libcode.a\"), &path(\"code.o\")]);
    run(\"cc\", &[\"-shared\", \"-fPIC\", \"shared.c\", \"-o\", &path(\"libexec_shared.so\")]);
    println!(\"cargo::rustc-link-search=native={out}\");
    println!(\"cargo::rustc-link-lib=static=code\");
    println!(\"cargo::rustc-link-lib=dylib=exec_shared\");
}
";
const C_MAIN: &str = "
unsafe extern \"C\" {
    safe fn is_constructed() -> i32;
    safe fn next_own() -> i32;
    safe fn sort(numbers: &mut i32, count: usize);
    safe fn twice(callback: extern \"C\" fn(i32) -> i32, n: i32) -> i32;
    safe fn weak_sum() -> i32;
    safe fn from_shared(n: i32) -> i32;
}
extern \"C\" fn callback(n: i32) -> i32 { n * 2 }
fn main() {
    println!(\"constructed {}\", is_constructed());
    let mut numbers = [3, 1, 2];
    sort(&mut numbers[0], 3);
    println!(\"{numbers:?}\");
    println!(\"{} {}\", next_own(), std::thread::spawn(|| { next_own(); next_own() }).join().unwrap());
    println!(\"{} {} weak {}\", twice(callback, 5), numbers.len(), weak_sum());
    println!(\"{} {}\", from_shared(40), from_shared(40));
}
";
