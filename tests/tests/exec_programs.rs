//! Programs that `liveline exec` runs behave as rustc's own builds of them do.
#![cfg(target_os = "linux")]

use liveline_tests::programs::{Program, each};

/// Every program, natively and with both loaders; natively once.
fn compare(level: &str) {
    let wanted = std::env::var("LIVELINE_TEST_PROGRAM").ok();
    let mut programs = Program::all();
    assert!(programs.len() >= 45, "{} programs", programs.len());
    programs.retain(|program| wanted.as_ref().is_none_or(|wanted| program.name() == *wanted));
    let folder = tempfile::tempdir().expect("a folder");
    let differences = each(&programs, |program| {
        let native = program.natively(level, folder.path());
        let mut differences = Vec::new();
        // The first run compiles; the second finds everything done.
        for (loader, is_compiled) in [("object", true), ("dylib", false), ("object", false)] {
            let shown = program.by_exec(level, loader, folder.path());
            if shown != native && (is_compiled || !shown.is_without_compiler(&native)) {
                let name = program.name();
                differences.push(format!("{name} by {loader}:\n{shown:#?}\nnatively:\n{native:#?}"));
            }
        }
        differences
    });
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

#[test]
fn unoptimised_programs_run_as_their_native_builds() {
    compare("0");
}

#[test]
fn slightly_optimised_programs_run_as_their_native_builds() {
    compare("1");
}

#[test]
fn optimised_programs_run_as_their_native_builds() {
    compare("3");
}
