//! Objects from the compilers that are here, and images of them in this process.

use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::process::Command;

use liveline_link::load::{Loaded, load};
use liveline_link::{Archive, Error, Image, Object, Options, closure, link, members};

pub(crate) fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs").join(name)
}

/// What rustc makes of a source, with all of std, as one archive.
pub(crate) fn rust(source: &Path, flags: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("library.a");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let mut command = Command::new(rustc);
    command.args([
        "--edition=2024",
        "--crate-type=staticlib",
        "--crate-name=program",
        "-Aunsafe_attr_outside_unsafe",
    ]);
    run(command.args(flags).arg("-o").arg(&output).arg(source));
    std::fs::read(output).unwrap()
}

/// What the C compiler makes of sources, each an object.
pub(crate) fn c(sources: &[&Path], flags: &[&str]) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let object = |source: &&Path| {
        let output = folder.path().join("object.o");
        run(Command::new("cc").arg("-c").args(flags).arg("-o").arg(&output).arg(source));
        std::fs::read(output).unwrap()
    };
    sources.iter().map(object).collect()
}

/// What the C compiler makes of a text; `extension` says the language.
pub(crate) fn text(extension: &str, text: &str, flags: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join(format!("source.{extension}"));
    std::fs::write(&source, text).unwrap();
    c(&[&source], flags).remove(0)
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn objects(bytes: &[Vec<u8>]) -> Vec<Object<'_>> {
    bytes.iter().enumerate().map(|(index, bytes)| Object { name: format!("{index}.o"), bytes }).collect()
}

pub(crate) fn try_link(bytes: &[Vec<u8>]) -> Result<Image, Error> {
    link(&objects(bytes), &Options { needed: &needed(), ..Options::new("test") })
}

/// Of a Rust archive, the crate's own objects and what they need.
pub(crate) fn image_of_rust(archive: &[u8], debug: bool) -> Image {
    let all = members(archive).unwrap();
    // rustc names them after the file that they are for.
    let own = all.into_iter().filter(|object| object.name.starts_with("library."));
    let objects = closure(own.collect(), &[Archive::read(archive).unwrap()]);
    link(&objects, &Options { needed: &needed(), debug, ..Options::new("program") }).unwrap()
}

fn needed() -> Vec<String> {
    ["libc.so.6", "libm.so.6", "libgcc_s.so.1"].map(str::to_owned).to_vec()
}

/// Loads an image, and expects each function to give 1.
pub(crate) fn check(image: Image, functions: &[&str]) -> Loaded {
    let loaded = load(image).unwrap();
    for function in functions {
        assert_eq!(call(&loaded, function), 1, "{function}");
    }
    loaded
}

pub(crate) fn call(loaded: &Loaded, function: &str) -> i32 {
    let address = loaded.symbol(function).unwrap_or_else(|| panic!("no `{function}`"));
    // SAFETY: the test's programs give it this type.
    let function: extern "C" fn() -> i32 = unsafe { std::mem::transmute::<*const c_void, _>(address) };
    function()
}
