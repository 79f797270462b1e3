//! The header and this library say the same: checked by the C compiler, with assertions that are made of Rust's types.

use std::ffi::{c_char, c_void};
use std::fmt::Write;
use std::mem::{align_of, offset_of, size_of};
use std::path::Path;
use std::process::Command;

use crate::types::*;

/// A type's name in the header.
trait InC {
    fn name() -> String;
}

macro_rules! in_c {
    ($($rust:ty => $c:literal),* $(,)?) => { $(impl InC for $rust { fn name() -> String { $c.to_owned() } })* };
}

in_c! {
    u32 => "uint32_t",
    i32 => "liveline_result",
    u64 => "uint64_t",
    c_char => "char",
    c_void => "void",
    liveline_engine => "liveline_engine",
    liveline_options => "liveline_options",
    liveline_event => "liveline_event",
    liveline_fault => "liveline_fault",
    liveline_function => "liveline_function",
    liveline_caller => "liveline_caller",
}

impl<T: InC> InC for *mut T {
    fn name() -> String {
        format!("{} *", T::name())
    }
}

impl<T: InC> InC for *const T {
    fn name() -> String {
        format!("const {} *", T::name())
    }
}

/// An assertion for each function: the header declares it with this type. That the type is the function's, rustc
/// checks here.
macro_rules! functions {
    ($($abi:literal $name:ident($($argument:ty),*) -> $result:ty;)*) => {{
        let mut text = String::new();
        let mut names: Vec<&'static str> = Vec::new();
        $(
            let _: unsafe extern $abi fn($($argument),*) -> $result = crate::api::$name;
            let arguments: Vec<String> = vec![$(<$argument as InC>::name()),*];
            let arguments = if arguments.is_empty() { "void".to_owned() } else { arguments.join(", ") };
            let _ = writeln!(
                text,
                "_Static_assert(_Generic(&{0}, {1} (*)({2}): 1, default: 0), \"{0}\");",
                stringify!($name), <$result as InC>::name(), arguments
            );
            names.push(stringify!($name));
        )*
        (text, names)
    }};
}

macro_rules! fields {
    ($text:ident, $type:ident { $($field:ident),* $(,)? }) => {
        // Names every field: one more on this side does not compile.
        let all = |value: &$type| { let $type { $($field: _),* } = value; };
        let _ = all;
        let _ = writeln!($text, "_Static_assert(sizeof({0}) == {1} && _Alignof({0}) == {2}, \"size of {0}\");",
            stringify!($type), size_of::<$type>(), align_of::<$type>());
        $(let _ = writeln!($text, "_Static_assert(offsetof({0}, {1}) == {2}, \"{0}.{1}\");",
            stringify!($type), stringify!($field), offset_of!($type, $field));)*
    };
}

fn functions() -> (String, Vec<&'static str>) {
    functions! {
        "C" liveline_version() -> u32;
        "C" liveline_error() -> *const c_char;
        "C" liveline_attach(*const liveline_options, *mut *mut liveline_engine) -> i32;
        "C" liveline_detach(*mut liveline_engine) -> i32;
        "C" liveline_poll(*mut liveline_engine) -> i32;
        "C" liveline_bind(*mut liveline_engine, *const c_char, *const c_char, *mut liveline_function) -> i32;
        "C" liveline_unbind(*mut liveline_engine, *mut liveline_function) -> i32;
        "C-unwind" liveline_call(*mut liveline_engine, *const liveline_function, liveline_caller, *mut c_void) -> i32;
        "C" liveline_recover_from_crashes(*mut liveline_engine) -> i32;
        "C" liveline_last_fault(*mut liveline_engine, *mut liveline_fault) -> i32;
        "C" liveline_next_event(*mut liveline_engine, *mut liveline_event) -> i32;
        "C" liveline_generation(*mut liveline_engine, *const c_char, *mut u64) -> i32;
        "C" liveline_calls(*mut liveline_engine, *const liveline_function, *mut u64) -> i32;
    }
}

fn constants() -> Vec<(&'static str, i64)> {
    vec![
        ("LIVELINE_VERSION", LIVELINE_VERSION.into()),
        ("LIVELINE_OK", LIVELINE_OK.into()),
        ("LIVELINE_NONE", LIVELINE_NONE.into()),
        ("LIVELINE_FAULT", LIVELINE_FAULT.into()),
        ("LIVELINE_ERROR_ARGUMENT", Kind::Argument as i64),
        ("LIVELINE_ERROR_VERSION", Kind::Version as i64),
        ("LIVELINE_ERROR_HANDLE", Kind::Handle as i64),
        ("LIVELINE_ERROR_THREAD", Kind::Thread as i64),
        ("LIVELINE_ERROR_UNKNOWN", Kind::Unknown as i64),
        ("LIVELINE_ERROR_IN_SCRIPT", Kind::InScript as i64),
        ("LIVELINE_ERROR_NOT_LOADED", Kind::NotLoaded as i64),
        ("LIVELINE_ERROR_INTERNAL", Kind::Internal as i64),
        ("LIVELINE_EVENT_OTHER", EventKind::Other as i64),
        ("LIVELINE_EVENT_ATTACHED", EventKind::Attached as i64),
        ("LIVELINE_EVENT_DETACHED", EventKind::Detached as i64),
        ("LIVELINE_EVENT_BUILD_STARTED", EventKind::BuildStarted as i64),
        ("LIVELINE_EVENT_BUILD_SUCCEEDED", EventKind::BuildSucceeded as i64),
        ("LIVELINE_EVENT_BUILD_FAILED", EventKind::BuildFailed as i64),
        ("LIVELINE_EVENT_BUILD_CANCELLED", EventKind::BuildCancelled as i64),
        ("LIVELINE_EVENT_RELOADED", EventKind::Reloaded as i64),
        ("LIVELINE_EVENT_REFUSED", EventKind::Refused as i64),
        ("LIVELINE_EVENT_FAULTED", EventKind::Faulted as i64),
        ("LIVELINE_EVENT_TROUBLE", EventKind::Trouble as i64),
    ]
}

fn assertions() -> String {
    let mut text = String::from("#include <stddef.h>\n#include <liveline.h>\n");
    for (name, value) in constants() {
        let _ = writeln!(text, "_Static_assert({name} == {value}, \"{name}\");");
    }
    fields!(text, liveline_options { version, workspace });
    fields!(
        text,
        liveline_event {
            kind,
            line,
            column,
            errors,
            generation,
            save_to_live_micros,
            text,
            library,
            function,
            message,
            file,
        }
    );
    fields!(text, liveline_fault { generation, line, column, library, function, message, file });
    text + &functions().0
}

fn include() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../include").to_owned()
}

/// Whether a compiler takes the text as a file of this name, and what it says.
fn compiles(compiler: &str, words: &[&str], name: &str, text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    let output = Command::new(compiler)
        .args(words)
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", &include()])
        .arg(&file)
        .output()
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn the_header_says_what_the_library_is() {
    compiles("cc", &["-std=c11"], "check.c", &assertions()).unwrap();
}

#[test]
fn a_difference_is_found() {
    let text = assertions();
    for (ours, other) in [
        ("LIVELINE_EVENT_TROUBLE == 10", "LIVELINE_EVENT_TROUBLE == 11"),
        ("offsetof(liveline_fault, file) == 40", "offsetof(liveline_fault, file) == 48"),
        ("(*)(liveline_engine *, liveline_function *)", "(*)(liveline_engine *, uint64_t *)"),
    ] {
        assert!(text.contains(ours), "{ours}\n{text}");
        assert!(compiles("cc", &["-std=c11"], "check.c", &text.replace(ours, other)).is_err(), "{other}");
    }
}

#[test]
fn cpp_takes_both_headers_as_they_are() {
    if Command::new("c++").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "c++ is missing: `apt-get install g++`");
        return;
    }
    compiles("c++", &["-std=c++11"], "check.cpp", "#include <liveline.h>\n").unwrap();
    for standard in ["-std=c++17", "-std=c++20"] {
        let text =
            "#include <liveline.hpp>\nliveline::function<int(int *)> *f;\nliveline::function<void()> *g;\n";
        compiles("c++", &[standard], "check.cpp", text).unwrap();
    }
}

/// Every name that the header has is one that is checked above.
#[test]
fn the_header_has_no_more_than_is_checked() {
    let header = std::fs::read_to_string(Path::new(&include()).join("liveline.h")).unwrap();
    let code = without_comments(&header);
    let mut found: Vec<&str> = code
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("LIVELINE_") || word.starts_with("liveline_"))
        .collect();
    found.sort_unstable();
    found.dedup();
    let types = [
        "liveline_caller",
        "liveline_engine",
        "liveline_event",
        "liveline_fault",
        "liveline_function",
        "liveline_options",
        "liveline_result",
        "LIVELINE_H",
    ];
    let mut known: Vec<&str> = constants().into_iter().map(|(name, _)| name).collect();
    known.extend(functions().1);
    known.extend(types);
    known.sort_unstable();
    assert_eq!(found, known);
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut code = String::new();
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code + rest
}
