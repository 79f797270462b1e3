//! What cannot be linked or loaded is refused by name.

use liveline_link::load::load;
use liveline_link::{Error, Options, link};

use crate::compile::{objects, text, try_link};

#[track_caller]
fn refused(bytes: &[Vec<u8>], parts: &[&str]) {
    let error = try_link(bytes).and_then(load).unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "`{part}` in `{error}`");
    }
}

#[test]
fn a_missing_function_is_named_with_its_user() {
    let source = "extern int gone(void); extern int lost; int user(void) { return gone() + lost; }";
    let bytes = [text("c", source, &["-fPIC", "-ffunction-sections"])];
    refused(&bytes, &["`gone` (used in 0.o(.text.user+0x", "`lost`"]);
    let Err(Error::Undefined(undefined)) = try_link(&bytes).and_then(load) else { panic!() };
    assert_eq!(undefined.len(), 2);
    // One that nothing uses is no failure.
    let unused = [text("s", ".globl start\n.text\nstart: ret\n.globl nobody\n", &[])];
    assert!(try_link(&unused).unwrap().undefined().is_empty());
}

#[test]
fn a_missing_thread_local_is_named() {
    let source = "extern _Thread_local int gone; int user(void) { return gone; }";
    refused(&[text("c", source, &["-fPIC"])], &["undefined symbol: `gone`"]);
}

#[test]
fn code_for_a_fixed_place_is_refused_with_advice() {
    let absolute = "static int value; int *get(void) { return &value; }";
    let code = text("c", absolute, &["-fno-pic", "-fno-pie", "-mcmodel=medium", "-O2"]);
    refused(&[code], &["R_X86_64_32", "relocation-model=pic"]);
    let own = "static _Thread_local int value; int get(void) { return value++; }";
    refused(&[text("c", own, &["-fPIE", "-O2"])], &["R_X86_64_TPOFF32", "dynamic-no-pic"]);
    let data = "extern int elsewhere; int get(void) { return elsewhere; }";
    refused(&[text("c", data, &["-fPIE", "-O2"])], &["R_X86_64_PC32", "`elsewhere`", "out of reach"]);
}

#[test]
fn writable_code_and_addresses_in_code_are_refused() {
    refused(
        &[text("s", ".section .both,\"awx\",@progbits\n.globl f\nf: ret\n", &[])],
        &[".both", "both code and writable"],
    );
    refused(
        &[text("s", ".text\n.globl f\nf: ret\n.quad f\n", &[])],
        &["R_X86_64_64", "code is never writable"],
    );
}

#[test]
fn a_symbol_that_two_objects_define_is_named_with_both() {
    let bytes =
        [text("c", "int same(void) { return 1; }", &[]), text("c", "int same(void) { return 2; }", &[])];
    refused(&bytes, &["`same` is defined twice: in `0.o` and in `1.o`"]);
}

#[test]
fn an_array_of_initialisers_holds_code_only() {
    let word = |word: &str| {
        text("s", &format!(".data\nd: .quad 0\n.text\nf: ret\n.section .init_array,\"aw\"\n{word}\n"), &[])
    };
    for bad in
        [".quad 0", ".quad 77", ".quad d", ".quad f\n.byte 1", ".quad f + 0x100000", ".quad f\n.quad 0"]
    {
        refused(&[word(bad)], &["an initialiser is not the address of code"]);
    }
    assert!(try_link(&[word(".quad f\n.quad f")]).is_ok());
}

#[test]
fn too_large_is_an_error_and_takes_no_memory() {
    for size in ["0x7fffffff", "0x4000000000000000", "0xfffffffffffffff8"] {
        let zeros = text(
            "s",
            &format!(".globl z\n.comm z, {size}, 8\n.globl f\n.text\nf: lea z(%rip), %rax\nret\n"),
            &[],
        );
        refused(&[zeros], &["too large"]);
    }
    // Some bytes, each aligned to two mebibytes.
    let sections = (0..200).map(|i| format!(".section .data.d{i},\"aw\"\n.globl d{i}\nd{i}: .byte 1\n"));
    let mut object = text("s", &sections.collect::<String>(), &[]);
    let table = u64::from_le_bytes(object[40..48].try_into().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes(object[60..62].try_into().unwrap()));
    for header in (0..count).map(|index| table + index * 64) {
        let writable = object[header + 8] & 1 != 0;
        object[header + 48..header + 56]
            .copy_from_slice(&(if writable { 0x20_0000_u64 } else { 1 }).to_le_bytes());
    }
    refused(&[object], &["too large", "padding"]);
}

#[test]
fn names_of_libraries_are_checked() {
    let bytes = [text("c", "int f(void) { return 1; }", &[])];
    let needed = ["lib\0c.so".to_owned()];
    assert!(link(&objects(&bytes), &Options { needed: &needed, ..Options::new("x") }).is_err());
    let needed = ["libthere_is_none.so.9".to_owned()];
    let image = link(&objects(&bytes), &Options { needed: &needed, ..Options::new("x") }).unwrap();
    assert!(load(image).unwrap_err().to_string().contains("libthere_is_none.so.9"));
}
