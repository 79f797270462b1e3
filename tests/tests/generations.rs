//! Many generations in one game, one save after the other: all of them run, and memory grows by no more than what stays loaded.
//!
//! `LIVELINE_GENERATIONS=10000 cargo test --release -p liveline-tests --test generations -- --nocapture --test-threads=1` prints what it
//! has seen, for both loaders.

use std::fs;

use liveline_protocol::engine::ArtifactKind;
use liveline_tests::{Live, events, number};

/// From so many on the growth of memory is judged: of few, most is what is allocated once.
const MANY: u64 = 500;

/// How many threads more than before a server may have that does the same as before: its pool's come and go.
const THREADS: usize = 8;

/// What a process holds.
struct Held {
    /// Resident, in KiB.
    memory: u64,
    files: usize,
    threads: usize,
}

fn holds(pid: u32) -> Held {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    let memory = line.trim().trim_end_matches(" kB").parse().expect("a number");
    let count = |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).expect("a process's folder").count();
    Held { memory, files: count("fd"), threads: count("task") }
}

fn check(kind: ArtifactKind, loader: &str) {
    let count = number("LIVELINE_GENERATIONS", 20);
    let mut live = Live::start_with(&format!("[engine]\nloader = \"{loader}\"\n"));
    let (pid, server) = (live.game_pid(), live.server.pid());
    // What is allocated once is there after some.
    let settled = (count / 10).max(1);
    let (mut bytes, mut before, mut newest) = (0, None, 0);
    for number in 1..=count {
        live.say(&format!("word{number}"));
        let reload = live.server.wait("the save's generation", |event| events::announced(event, "scripts"));
        assert_eq!(reload.artifact.kind, kind);
        assert!(reload.generation.0 > newest, "{reload:?}");
        newest = reload.generation.0;
        live.server.heard();
        if number == settled {
            before = Some((holds(pid), holds(server)));
        } else if number > settled {
            bytes += reload.artifact.bytes;
        }
    }
    let (game_before, server_before) = before.expect("some");
    let (game, server) = (holds(pid), holds(server));
    let loaded = (count - settled).max(1);
    let (grown, artifact) = (game.memory.saturating_sub(game_before.memory) / loaded, bytes / loaded / 1024);
    eprintln!("{loader}: {count} generations; {grown} KiB of memory for each, its artifact {artifact} KiB");
    for (who, before, after) in [("game", &game_before, &game), ("server", &server_before, &server)] {
        eprintln!(
            "{who}: {} → {} KiB, {} → {} files, {} → {} threads",
            before.memory, after.memory, before.files, after.files, before.threads, after.threads
        );
    }
    assert!(server.threads <= server_before.threads + THREADS, "threads of the server stay");
    assert!(game.threads <= game_before.threads + THREADS, "threads of the game stay");
    if count >= MANY {
        assert!(grown * 10 <= artifact * 12, "{grown} KiB for an artifact of {artifact} KiB");
    }
}

#[test]
fn objects_come_and_stay() {
    check(ArtifactKind::Object, "object");
}

#[test]
fn shared_libraries_come_and_stay() {
    check(ArtifactKind::Dylib, "dylib");
}
