//! Fatal signals in script code: told with their line, and the process ends as it would have.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use liveline_protocol::engine::{Fault, FaultKind};

use crate::game::Game;
use crate::project::{player, project};
use crate::server::{Connection, Server};

const SIGILL: i32 = 4;
const SIGABRT: i32 = 6;
const SIGBUS: i32 = 7;
const SIGFPE: i32 = 8;
const SIGSEGV: i32 = 11;

/// Marks the line that a fault stands at.
const HERE: &str = "// here";

const BUS: &str = r#"
    extern "C" {
        fn memfd_create(name: *const u8, flags: u32) -> i32;
        fn mmap(at: *mut u8, length: usize, protection: i32, flags: i32, file: i32, offset: i64) -> *const i64;
    }
    let empty = unsafe { mmap(std::ptr::null_mut(), 4096, 1, 2, memfd_create(b"x\0".as_ptr(), 0), 0) };
    self.count = unsafe { *empty }; // here
"#;

const DROP: &str = r#"
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) { panic!("second"); } // here
    }
    let _bomb = Bomb;
    if self.count >= 0 { panic!("first"); }
"#;

const OVERFLOW: &str = r#"
    fn deeper(depth: u64) -> u64 { let room = [depth; 64]; deeper(depth + 1) + room[depth as usize % 64] } // here
    self.count = deeper(1) as i64;
"#;

const BUSY: &str = r#"
    let mut left = 1u64;
    while left > 0 { 
        left = std::hint::black_box(left) % 7 + 1; // here
    }
"#;

/// Ways to fail, for the scripts package.
pub(crate) fn variants() -> Vec<(&'static str, String)> {
    let fails = |code: &str| player("", code);
    vec![
        ("segv", fails("self.count = unsafe { *(8 as *const i64) }; // here\n")),
        ("inlined", fails("self.count = unsafe { &*(8 as *const i64) }.clone(); // here\n")),
        ("null", fails("let none: *const i64 = std::ptr::null();\nself.count = unsafe { *none }; // here\n")),
        ("bus", fails(BUS)),
        ("ill", fails("unsafe { std::arch::asm!(\"ud2\") }; // here\n")),
        (
            "fpe",
            fails(
                "unsafe { std::arch::asm!(\"div {0:e}\", in(reg) 0, out(\"eax\") _, out(\"edx\") _) }; // here\n",
            ),
        ),
        ("abort", fails("if self.count >= 0 { std::process::abort(); } // here\n")),
        ("jump", fails("let code: fn() = unsafe { std::mem::transmute(16usize) };\ncode(); // here\n")),
        ("foreign", fails("extern \"C\" fn f() { panic!(\"no way back\"); } // here\nf();")),
        ("drop_panics", fails(DROP)),
        ("overflow", fails(OVERFLOW)),
        ("busy", fails(BUSY)),
        (
            "sleeps",
            fails("std::thread::sleep(std::time::Duration::from_millis(1500)); // here\nself.count += 1;"),
        ),
    ]
}

/// The marked line of a variant.
pub(crate) fn marked(name: &str) -> u32 {
    let variants = variants();
    let (_, source) = variants.iter().find(|(variant, _)| *variant == name).unwrap();
    u32::try_from(source.lines().position(|line| line.contains(HERE)).unwrap() + 1).unwrap()
}

/// Where an editor shows a fault: the first frame that has a line in the project.
pub(crate) fn shown(fault: &Fault) -> (&str, u32) {
    let frame = fault.frames.iter().find(|frame| frame.file.as_deref() == Some("scripts/src/lib.rs"));
    let frame = frame.unwrap_or_else(|| panic!("no frame of the scripts in {fault:#?}"));
    (frame.function.as_str(), frame.line.unwrap())
}

/// Attached, with a generation that runs at the next frame.
fn with(name: &str, as_objects: bool) -> (Server, Game, Connection) {
    with_environment(name, as_objects, &[])
}

fn with_environment(name: &str, as_objects: bool, more: &[(&str, &str)]) -> (Server, Game, Connection) {
    let server = Server::listening();
    let mut environment = vec![("LIVELINE_ENDPOINT", server.endpoint())];
    environment.extend(more.iter().map(|(name, value)| (*name, value.into())));
    let game = Game::run(&project().game, &environment);
    let reload = if as_objects { server.publish_objects(7, name) } else { server.publish(7, name) };
    let connection = server.attach(vec![reload]);
    (server, game, connection)
}

/// Makes frames until the game is gone; what it told of its end.
fn crash(mut game: Game, mut connection: Connection) -> (Fault, ExitStatus, String) {
    game.frames_until_gone();
    let status = game.end();
    let fault: Fault = connection.heard("fault");
    (fault, status, game.errors())
}

/// A generation's crash is told at its marked line with these words, and ends the process with this signal.
fn check(name: &str, signal: i32, message: &str) {
    for as_objects in [false, true] {
        let (_server, game, connection) = with(name, as_objects);
        let (fault, status, errors) = crash(game, connection);
        assert_eq!(
            (fault.library.as_str(), fault.generation.0, fault.kind),
            ("scripts", 7, FaultKind::Crash)
        );
        assert_eq!(fault.message, message, "{fault:#?}");
        assert_eq!(shown(&fault).1, marked(name), "{fault:#?}");
        assert_eq!(status.signal(), Some(signal), "{errors}");
    }
}

#[test]
fn an_invalid_reference_is_told_at_its_line_and_ends_the_process() {
    check("segv", SIGSEGV, "SIGSEGV: invalid memory reference at 0x8");
    let (_server, game, connection) = with("segv", true);
    let (fault, ..) = crash(game, connection);
    let first = &fault.frames[0];
    assert!(first.function.contains("Player as game_api::Script>::update"), "{fault:#?}");
    assert_eq!(fault.frames.len(), 1, "the engine's frames are not the script's: {fault:#?}");
}

#[test]
fn a_fault_in_inlined_code_of_std_is_told_at_the_line_that_uses_it() {
    check("inlined", SIGSEGV, "SIGSEGV: invalid memory reference at 0x8");
}

#[test]
fn a_null_reference_that_rust_sees_is_told_with_its_words() {
    check("null", SIGABRT, "SIGABRT: a panic that cannot unwind: null pointer dereference occurred");
}

#[test]
fn other_faults_of_the_processor_are_told() {
    check("ill", SIGILL, "SIGILL: illegal instruction, as behind an `abort`");
    check("fpe", SIGFPE, "SIGFPE: integer division by zero");
}

#[test]
fn memory_without_a_file_behind_it_is_told() {
    let (_server, game, connection) = with("bus", true);
    let (fault, status, _) = crash(game, connection);
    assert!(fault.message.starts_with("SIGBUS: memory at 0x"), "{}", fault.message);
    assert_eq!((shown(&fault).1, status.signal()), (marked("bus"), Some(SIGBUS)));
}

#[test]
fn a_call_of_what_is_no_code_is_told_at_the_call() {
    check("jump", SIGSEGV, "SIGSEGV: invalid memory reference at 0x10");
}

#[test]
fn an_abort_is_told_at_its_line() {
    check("abort", SIGABRT, "SIGABRT: the process was aborted");
}

#[test]
fn a_panic_that_aborts_is_told_with_its_message() {
    check("foreign", SIGABRT, "SIGABRT: a panic that cannot unwind: no way back");
    check("drop_panics", SIGABRT, "SIGABRT: a panic that cannot unwind: second");
}

#[test]
fn a_stack_overflow_is_told_and_std_still_says_so() {
    check("overflow", SIGABRT, "stack overflow");
    let (_server, game, connection) = with("overflow", true);
    let (fault, _, errors) = crash(game, connection);
    assert!(shown(&fault).0.contains("deeper"), "{fault:#?}");
    assert!(errors.contains("has overflowed its stack"), "{errors}");
}

#[test]
fn other_threads_that_run_scripts_are_looked_after_too() {
    for (name, signal) in [("segv", SIGSEGV), ("overflow", SIGABRT)] {
        let (server, mut game, mut first) = with("tens", true);
        first.reloaded(&mut game);
        game.command("thread");
        let mut connection = server.attach(vec![server.publish_objects(8, name)]);
        let fault: Fault = connection.poll_both(&mut first, "fault");
        assert_eq!((fault.generation.0, shown(&fault).1), (8, marked(name)));
        assert_eq!(game.end().signal(), Some(signal));
    }
}

#[test]
fn the_games_own_handler_has_the_last_word() {
    let (_server, game, connection) = with_environment("segv", true, &[("GAME_TRAPS", "1")]);
    let (fault, status, _) = crash(game, connection);
    assert_eq!((shown(&fault).1, status.code()), (marked("segv"), Some(77)));
}

#[test]
fn a_crash_of_the_games_own_is_none_of_ours() {
    let (_server, mut game, mut connection) = with("tens", true);
    connection.reloaded(&mut game);
    game.give("crash");
    assert_eq!(game.end().signal(), Some(SIGABRT));
    assert!(!connection.rest().iter().any(|method| method == "fault"));
}

#[test]
fn without_a_server_a_crash_takes_no_time() {
    let (mut server, mut game, mut connection) = with("tens", true);
    connection.reloaded(&mut game);
    connection.reload(&server.publish_objects(9, "segv"));
    // The generation waits for a poll; then nobody is there to be told.
    let reloaded = || std::fs::read_to_string(format!("/proc/{}/maps", game.pid())).unwrap();
    while !reloaded().contains("memfd:scripts-9") {
        std::thread::yield_now();
    }
    drop(connection);
    server.stop();
    game.frames_until_gone();
    assert_eq!(game.end().signal(), Some(SIGSEGV));
}
