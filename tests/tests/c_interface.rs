//! The C interface, by a program in C that calls every function of it, rightly and wrongly, while its scripts change:
//! as it is, under valgrind, and with the compiler's sanitizers.

use std::path::{Path, PathBuf};
use std::process::Command;

use liveline_tests::events::fault;
use liveline_tests::native::{c_library, has, headers, succeed};
use liveline_tests::{Game, Project};

const SCRIPTS: &str = "scripts/src/lib.rs";
/// What the shared library needs besides the C library, where it is linked statically.
const NEEDED: [&str; 5] = ["-lgcc_s", "-lpthread", "-ldl", "-lm", "-lc"];
const SANITIZERS: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-static-libasan"];

/// Compiles the program into the project.
fn program(project: &Project, words: &[&str], library: &[&str]) -> PathBuf {
    let program = project.path("program");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c/program.c");
    let mut cc = project.command("cc");
    cc.args(["-std=c11", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).args(words);
    cc.arg("-I").arg(headers()).arg("-o").arg(&program).arg(source).arg("-pthread");
    succeed(cc.arg("-L").arg(c_library()).args(library));
    program
}

fn with_shared_library(project: &Project) -> PathBuf {
    let path = format!("-Wl,-rpath,{}", c_library().display());
    program(project, &[], &["-lliveline", &path])
}

/// Starts the program, and edits its scripts as it says.
fn whole_life(project: &Project, command: Command) {
    whole_life_with(project, command, &[]);
}

fn whole_life_with(project: &Project, mut command: Command, words: &[&str]) {
    let _server = project.serve();
    command.arg(project.root()).args(words);
    let mut game = Game::start(command);
    game.wait_for("attached");
    let edits: [(&str, &str, &str); 4] = [
        ("change the answer", "    1\n", "    2\n"),
        ("change the signature", "answer() -> i32", "answer() -> i64"),
        ("remove a function", "pub fn fail(", "pub fn fails("),
        ("break it", "    one + other\n", "    \"three\"\n"),
    ];
    for (step, from, to) in edits {
        game.wait_for(step);
        project.replace(SCRIPTS, from, to);
        // The next one starts from code that the engine can call.
        if step == "change the signature" {
            game.wait_for("event 8");
            project.replace(SCRIPTS, to, from);
        }
    }
    game.wait_for("done");
    let status = game.wait_for_end();
    assert!(status.success(), "{status}\n{}", logs(project));
}

/// What valgrind or a sanitizer has written.
fn logs(project: &Project) -> String {
    let files = std::fs::read_dir(project.root()).into_iter().flatten().flatten();
    let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("log"));
    logs.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect()
}

#[test]
fn every_function_does_what_the_header_says() {
    if !has(&["cc"]) {
        return;
    }
    let project = Project::c();
    let program = project.command(with_shared_library(&project));
    whole_life(&project, program);
}

#[test]
fn a_crash_is_a_fault_where_the_engine_asks_for_that() {
    if !has(&["cc"]) {
        return;
    }
    let project = Project::c();
    let program = project.command(with_shared_library(&project));
    whole_life_with(&project, program, &["crash"]);
}

#[test]
fn shared_libraries_serve_as_well_as_objects() {
    if !has(&["cc"]) {
        return;
    }
    let project = Project::c();
    let text = project.read("liveline.toml");
    project.write("liveline.toml", &format!("{text}\n[engine]\nloader = \"dylib\"\n"));
    let program = project.command(with_shared_library(&project));
    whole_life(&project, program);
}

/// Exceptions pass, panics are no values: the C++ header, with the sanitizers.
#[test]
fn cpp_exceptions_leave_calls_as_they_came() {
    if !has(&["cc", "c++"]) {
        return;
    }
    let project = Project::c();
    let (program, source) =
        (project.path("exceptions"), Path::new(env!("CARGO_MANIFEST_DIR")).join("c/exceptions.cpp"));
    let mut cpp = project.command("c++");
    cpp.args(["-std=c++17", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).args(SANITIZERS);
    cpp.arg("-I").arg(headers()).arg("-o").arg(&program).arg(source).arg("-L").arg(c_library());
    succeed(cpp.arg("-l:libliveline.a").args(NEEDED));
    let mut server = project.serve();
    let mut game = project.command(program);
    game.arg(project.root());
    let mut game = Game::start(game);
    game.wait_for("attached");
    game.wait_for("done");
    assert!(game.wait_for_end().success());
    server.wait("the server hears of the panic", |event| fault(event, "scripts"));
}

/// Address, leak and undefined-behaviour sanitizers, with the static library.
#[test]
fn sanitizers_find_nothing() {
    if !has(&["cc"]) {
        return;
    }
    let project = Project::c();
    let library = [&["-l:libliveline.a"], &NEEDED[..]].concat();
    let mut program = project.command(program(&project, &SANITIZERS, &library));
    let options = format!("detect_leaks=1:log_path={}", project.path("log").display());
    program.env("ASAN_OPTIONS", options);
    whole_life(&project, program);
}

/// Old code stays for good, and what it says of itself; all else is given back.
#[test]
fn valgrind_finds_nothing() {
    if !has(&["cc", "valgrind"]) {
        return;
    }
    let project = Project::c();
    let mut valgrind = project.command("valgrind");
    valgrind.args([
        "--quiet",
        "--error-exitcode=9",
        "--leak-check=full",
        "--show-leak-kinds=definite,indirect",
    ]);
    valgrind.args(["--errors-for-leak-kinds=definite,indirect", "--fair-sched=yes"]);
    valgrind.arg(format!("--log-file={}", project.path("log").display()));
    valgrind.arg(with_shared_library(&project));
    whole_life(&project, valgrind);
}
