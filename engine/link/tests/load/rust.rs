//! rustc's objects.

use std::ffi::c_void;
use std::sync::OnceLock;

use liveline_link::load::{Loaded, load};

use crate::compile::{check, image_of_rust, program, rust};

fn plain() -> &'static [u8] {
    static ARCHIVE: OnceLock<Vec<u8>> = OnceLock::new();
    ARCHIVE.get_or_init(|| rust(&program("features.rs"), &[]))
}

fn with_debug_information() -> &'static [u8] {
    static ARCHIVE: OnceLock<Vec<u8>> = OnceLock::new();
    ARCHIVE.get_or_init(|| rust(&program("features.rs"), &["-g"]))
}

const FEATURES: [&str; 10] = [
    "panics_unwind_and_are_caught",
    "thread_locals_are_dropped_with_their_thread",
    "vtables_and_generics",
    "initialisers_have_run_in_order",
    "sections_are_aligned_and_may_be_huge_or_empty",
    "a_list_lies_between_its_ends",
    "arithmetic_of_128_bits_and_hash_maps",
    "the_system_is_the_processs",
    "panics_unwind_and_are_caught",
    "backtraces_have_files_and_lines",
];

#[test]
fn every_feature_works_without_optimisation_in_many_codegen_units() {
    let folder = tempfile::tempdir().unwrap();
    let incremental = format!("-Cincremental={}", folder.path().display());
    let archive = rust(&program("features.rs"), &["-g", &incremental, "-Ccodegen-units=16"]);
    check(image_of_rust(&archive, true), &FEATURES);
    // The second build takes most of its units from the first.
    let archive = rust(&program("features.rs"), &["-g", &incremental, "-Ccodegen-units=16"]);
    check(image_of_rust(&archive, true), &FEATURES);
}

#[test]
fn every_feature_works_optimised() {
    for level in ["-Copt-level=1", "-Copt-level=3"] {
        let archive = rust(&program("features.rs"), &["-Cdebuginfo=line-tables-only", level]);
        check(image_of_rust(&archive, true), &FEATURES);
    }
}

#[test]
fn without_debug_information_everything_else_works() {
    let archive = with_debug_information();
    let image = image_of_rust(archive, false);
    assert!(image.bytes().len() < image_of_rust(archive, true).bytes().len() / 2);
    check(image, &FEATURES[..9]);
}

#[test]
fn a_value_of_one_image_is_used_by_another() {
    let archive = plain();
    let older = check(image_of_rust(archive, true), &[]);
    let newer = check(image_of_rust(archive, true), &[]);
    assert_ne!(older.base(), newer.base());
    // SAFETY: the program's functions have these types.
    let (make, take) = unsafe {
        let make: extern "C" fn() -> *mut c_void = std::mem::transmute(older.symbol("make").unwrap());
        let take: extern "C" fn(*mut c_void) -> i32 =
            std::mem::transmute(newer.symbol("use_of_another").unwrap());
        (make, take)
    };
    assert_eq!(take(make()), 1);
}

#[test]
fn no_page_is_both_writable_and_code_and_relocated_pages_are_read_only() {
    let archive = plain();
    let loaded = check(image_of_rust(archive, true), &FEATURES[..1]);
    let protections = protections(&loaded);
    assert!(protections.iter().all(|protection| !(protection.contains('w') && protection.contains('x'))));
    // Headers, code, what was relocated, data and zeros. Data that is aligned to more than a page may leave a gap
    // before it, which nobody can touch.
    let used: Vec<String> = protections.iter().filter(|protection| *protection != "---p").cloned().collect();
    assert!(
        used.starts_with(&["r--p".into(), "r-xp".into(), "r--p".into(), "rw-p".into()]),
        "{protections:?}"
    );
}

fn protections(loaded: &Loaded) -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let range = loaded.base()..loaded.base() + loaded.memory() as usize;
    let inside = |line: &&str| {
        let start = line.split('-').next().and_then(|start| usize::from_str_radix(start, 16).ok());
        start.is_some_and(|start| range.contains(&start))
    };
    maps.lines().filter(inside).map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn closing_the_file_leaves_the_code_running() {
    let archive = with_debug_information();
    let mut loaded = load(image_of_rust(archive, true)).unwrap();
    loaded.hide_from_debuggers();
    loaded.close_file();
    assert_eq!(crate::compile::call(&loaded, "panics_unwind_and_are_caught"), 1);
    // The file's number is used again, and the next image is another one all the same.
    let next = check(image_of_rust(archive, true), &FEATURES);
    assert_ne!(next.base(), loaded.base());
}
