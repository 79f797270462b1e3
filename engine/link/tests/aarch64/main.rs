//! Objects for AArch64, linked on any machine; run where an emulator is installed.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::path::Path;
use std::process::Command;

use liveline_link::{Error, Image, Machine, Object, Options, link};
use object::{Object as _, ObjectSection, ObjectSymbol};

const DIRECT: &[u8] = include_bytes!("direct.o");
const SLOTS: &[u8] = include_bytes!("slots.o");
const LIBRARY: &[u8] = include_bytes!("library.o");

fn image(name: &str, bytes: &[u8]) -> Result<Image, Error> {
    let options = Options { machine: Machine::Aarch64, ..Options::new(name) };
    link(&[Object { name: format!("{name}.o"), bytes }], &options)
}

/// The instruction at an address of an image.
fn instruction(file: &object::File<'_>, address: u64) -> u32 {
    let inside = |section: &object::Section<'_, '_>| {
        section.address() > 0 && (section.address()..section.address() + section.size()).contains(&address)
    };
    let section = file.sections().find(inside).unwrap();
    let at = (address - section.address()) as usize;
    u32::from_le_bytes(section.data().unwrap()[at..at + 4].try_into().unwrap())
}

/// Where `adrp` at an address points.
fn page(file: &object::File<'_>, address: u64) -> u64 {
    let word = instruction(file, address);
    assert_eq!(word & 0x9f00_0000, 0x9000_0000, "no adrp at {address:#x}");
    let pages = ((word >> 29 & 3) | (word >> 5 & 0x7_ffff) << 2) << 11;
    (address & !0xfff).wrapping_add_signed(i64::from(pages as i32 >> 11) << 12)
}

#[test]
fn a_call_to_another_library_goes_through_a_stub_and_its_slot() {
    let image = image("slots", SLOTS).unwrap();
    let file = object::File::parse(image.bytes()).unwrap();
    let start = image.exports().iter().find(|export| export.name == "start").unwrap().address;
    let call = instruction(&file, start);
    let stub = start.wrapping_add_signed(i64::from((call << 6) as i32 >> 6) * 4);
    let slot = page(&file, stub) + u64::from(instruction(&file, stub + 4) >> 10 & 0xfff) * 8;
    let relocated = file.dynamic_relocations().unwrap().find(|(at, _)| *at == slot).unwrap().1;
    let object::RelocationTarget::Symbol(symbol) = relocated.target() else { panic!("no symbol") };
    let symbols = file.dynamic_symbol_table().unwrap();
    assert_eq!(object::ObjectSymbolTable::symbol_by_index(&symbols, symbol).unwrap().name(), Ok("elsewhere"));
    // The same slot, loaded by the code itself.
    assert_eq!(page(&file, start + 4) + u64::from(instruction(&file, start + 8) >> 10 & 0xfff) * 8, slot);
    let mut undefined: Vec<String> = image.undefined().into_iter().map(|symbol| symbol.mangled).collect();
    undefined.sort();
    assert_eq!(undefined, ["elsewhere", "foreign", "general", "initial", "variable"]);
    assert!(
        image
            .undefined()
            .iter()
            .all(|u| u.thread_local == ["foreign", "general", "initial"].contains(&u.mangled.as_str()))
    );
}

#[test]
fn everything_inside_of_an_image_is_reached_directly() {
    let image = image("direct", DIRECT).unwrap();
    assert!(image.undefined().is_empty());
    let file = object::File::parse(image.bytes()).unwrap();
    assert_eq!(file.kind(), object::ObjectKind::Dynamic);
}

#[test]
fn what_a_compiler_writes_runs() {
    let image = image("library", LIBRARY).unwrap();
    let has =
        |tool: &str| Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if !has("qemu-aarch64") || !has("aarch64-linux-gnu-gcc") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library.so");
    let host = folder.path().join("host");
    std::fs::write(&library, image.bytes()).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aarch64/host.c");
    let built = Command::new("aarch64-linux-gnu-gcc").arg("-o").arg(&host).arg(source).status().unwrap();
    assert!(built.success());
    let output =
        Command::new("qemu-aarch64").args(["-L", "/usr/aarch64-linux-gnu"]).arg(&host).arg(&library).output();
    let output = output.unwrap();
    // The constructor's 10000, twice 42, 2 in `zeros`, the length of "three", and 4 in the common block.
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "10095\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn an_object_for_another_processor_is_refused() {
    let objects = [Object { name: "direct.o".to_owned(), bytes: DIRECT }];
    let error = link(&objects, &Options { machine: Machine::X86_64, ..Options::new("x") }).unwrap_err();
    assert_eq!(error.to_string(), "`direct.o` is damaged: it is for another processor");
}
