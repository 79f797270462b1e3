//! C compilers' and assemblers' objects.

use liveline_link::Exports;
use liveline_link::{Options, link};

use crate::compile::{c, check, objects, program, text, try_link};

const CHECKS: [&str; 12] = [
    "common_symbols_are_one",
    "weak_symbols",
    "calls_null_only_if_there",
    "indirect_functions",
    "thread_locals",
    "constructors",
    "libc_nonshared",
    "ends_and_visibility",
    "jump_tables",
    "groups_are_merged",
    "overridden",
    "second_calls_overridden",
];

#[test]
fn every_kind_of_symbol_section_and_relocation_works() {
    let variants: [&[&str]; 5] = [
        &["-fPIC"],
        &["-fPIC", "-O2", "-g"],
        &["-fPIC", "-O2", "-fno-plt", "-ffunction-sections", "-fdata-sections"],
        &["-fPIC", "-O2", "-mtls-dialect=gnu2"],
        &["-fPIC", "-fcommon", "-Os", "-fno-asynchronous-unwind-tables"],
    ];
    for flags in variants {
        let flags = [&["-fcommon"], flags].concat();
        let objects = c(&[&program("first.c"), &program("second.c")], &flags);
        check(try_link(&objects).unwrap(), &CHECKS);
    }
}

#[test]
fn an_override_wins_over_a_definition_and_stands_for_a_missing_one() {
    extern "C" fn replacement() -> i32 {
        1
    }
    let source = "extern int missing(void); int found(void) { return 2; }\n\
                  int call(void) { return found() == 1 && missing() == 1; }\n\
                  int (*const pointer)(void) = missing; int by_pointer(void) { return pointer() == 1; }";
    let bytes = [text("c", source, &["-fPIC", "-fsemantic-interposition"])];
    let address = replacement as extern "C" fn() -> i32 as usize as u64;
    let overrides = [("missing", address), ("found", address)];
    let image =
        link(&objects(&bytes), &Options { overrides: &overrides, ..Options::new("override") }).unwrap();
    assert!(image.undefined().is_empty());
    check(image, &["call", "by_pointer"]);
}

#[test]
fn sections_that_nothing_needs_are_left_out() {
    let source = "int unused(void) { return 3; } static int big[1000] = {1}; int *data(void) { return big; }\n\
                  int wanted(void) { return 1; }";
    let bytes = [text("c", source, &["-fPIC", "-ffunction-sections", "-fdata-sections"])];
    let all = link(&objects(&bytes), &Options::new("all")).unwrap();
    let exports = Exports::Names(&["wanted"]);
    let few = link(&objects(&bytes), &Options { exports, ..Options::new("few") }).unwrap();
    assert!(few.memory() < all.memory());
    let names: Vec<&str> = few.exports().iter().map(|export| export.name.as_str()).collect();
    assert_eq!(names, ["wanted"]);
    check(few, &["wanted"]);
}

#[test]
fn more_sections_than_a_short_number_counts_are_linked() {
    let mut source = String::from(".text\n.globl last\nlast: mov $1, %eax\nret\n");
    for index in 0..70_000 {
        source.push_str(&format!(
            ".section .text.f{index},\"ax\",@progbits\nf{index}: jmp f{}\n",
            (index + 1) % 70_000
        ));
    }
    source.push_str(".text\n.globl far\nfar: lea f69999(%rip), %rax\nlea f0(%rip), %rcx\ncmp %rax, %rcx\nsetne %al\nmovzbl %al, %eax\nret\n");
    check(try_link(&[text("s", &source, &[])]).unwrap(), &["last", "far"]);
}

#[test]
fn large_zeros_take_no_room_in_the_file() {
    let image = try_link(&[text(
        "c",
        "static char zeros[1 << 30]; int f(int i) { zeros[(1 << 30) - 1] = 1; return zeros[(1 << 30) - 1]; }",
        &["-fPIC"],
    )]);
    let image = image.unwrap();
    assert!(image.bytes().len() < 1 << 16 && image.memory() > 1 << 30);
    check(image, &["f"]);
}
