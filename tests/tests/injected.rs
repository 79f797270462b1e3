//! What the machine does to a server and a game: no room on the disk, no file descriptors, no memory for new code, a compiler that is
//! killed, a clock that jumps. Each is said, and is over when its cause is, without a restart.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use liveline_protocol::engine::BuildState;
use liveline_server::face::Level;
use liveline_tests::{DEADLINE, Live, PLAYER, Process, Project, Server, events, poll_until};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).expect("a process id"))
}

/// Puts a limit on a running process; gives the one before.
fn limit(process: u32, resource: Resource, most: Option<u64>) -> Option<u64> {
    let maximum = getrlimit(resource).maximum;
    prlimit(pid(process), resource, Rlimit { current: most, maximum }).expect("a limit").current
}

#[test]
fn a_server_without_file_descriptors_says_so_and_builds_when_it_has_some() {
    let mut live = Live::start();
    live.say("two");
    let before = limit(live.server.pid(), Resource::Nofile, Some(3));
    live.save("three");
    let said =
        live.server.wait("the trouble", |event| events::message(event, Level::Error, "Too many open files"));
    assert!(said.contains("scripts"), "{said}");
    limit(live.server.pid(), Resource::Nofile, before);
    live.game.wait_for("says three");
}

#[test]
fn a_game_without_file_descriptors_keeps_its_code_and_takes_the_next() {
    let mut live = Live::start();
    live.say("two");
    let game = live.game_pid();
    let before = limit(game, Resource::Nofile, Some(3));
    live.save("three");
    let why = live.server.wait("the refusal", |event| events::refused(event, "scripts"));
    assert!(why.contains("Too many open files"), "{why}");
    limit(game, Resource::Nofile, before);
    live.say("four");
}

#[test]
fn a_game_without_memory_for_new_code_keeps_its_code_and_takes_the_next() {
    for loader in ["object", "dylib"] {
        let mut live = Live::start_with(&format!("[engine]\nloader = \"{loader}\"\n"));
        live.say("two");
        let game = live.game_pid();
        let status = fs::read_to_string(format!("/proc/{game}/status")).expect("it runs");
        let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).expect("its size");
        let size: u64 = size.trim().trim_end_matches(" kB").parse().expect("a number");
        let before = limit(game, Resource::As, Some(size * 1024));
        live.save("three");
        let why = live.server.wait("the refusal", |event| events::refused(event, "scripts"));
        eprintln!("{loader}: {why}");
        assert!(["memory", "map"].iter().any(|word| why.contains(word)), "{why}");
        limit(game, Resource::As, before);
        live.say("four");
    }
}

#[test]
fn a_killed_compiler_is_said_and_the_next_try_is_made_without_a_save() {
    let mut live = Live::start();
    live.say("two");
    live.server.wait("it is over", |event| events::applied(event, "scripts"));
    // Long enough to be found.
    let text = live.project.read(PLAYER);
    let slow = "const SLOW: u64 = { let mut n = 0u64; while n < 10_000_000 { n += 1; } n };";
    live.project.write(
        PLAYER,
        &format!("#![allow(long_running_const_eval)]\n{text}\n{slow}\n").replace("\"two\"", "\"three\""),
    );
    live.server.wait("the compiler runs", |event| events::build(event, "scripts", BuildState::Started));
    let deadline = Instant::now() + DEADLINE;
    let compilers = poll_until("a compiler", deadline, || {
        let processes = live.project.processes().into_iter();
        let compilers = processes.filter(|process| process.command.contains("--crate-name=scripts"));
        Some(compilers.collect::<Vec<Process>>()).filter(|compilers| !compilers.is_empty())
    });
    for compiler in compilers {
        // One that has ended by itself was not the one.
        let _ = kill_process(pid(compiler.pid).expect("an id"), Signal::KILL);
    }
    let said = live.server.wait("the trouble", |event| events::message(event, Level::Error, "signal: 9"));
    assert!(said.contains("scripts"), "{said}");
    live.game.wait_for("says three");
}

#[test]
fn times_of_files_do_not_matter() {
    let mut live = Live::start();
    let day = Duration::from_secs(24 * 60 * 60);
    let times = [SystemTime::UNIX_EPOCH, SystemTime::now() + 10_000 * day, SystemTime::now() - 400 * day];
    for (number, time) in times.into_iter().enumerate() {
        live.save(&format!("word{number}"));
        let file = fs::File::options().write(true).open(live.project.path(PLAYER)).expect("the file");
        file.set_modified(time).expect("its time");
        live.game.wait_for(&format!("says word{number}"));
        let reload = live.server.wait("its generation", |event| events::announced(event, "scripts"));
        let saved = reload.saved_at_unix_micros.expect("the time of the save");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_micros();
        assert!(
            u128::from(saved) <= now && now - u128::from(saved) < 600_000_000,
            "{saved} is no time of this test"
        );
    }
}

/// A served project on a file system of its own that can be filled.
struct Small {
    project: Project,
    server: Server,
    target: PathBuf,
}

impl Small {
    /// Nothing where this user may not mount.
    fn start() -> Option<Self> {
        let project = Project::sample();
        let target = project.path("target");
        fs::create_dir_all(&target).expect("a folder");
        let may = std::process::Command::new("unshare").args(["-rm", "true"]).status();
        if !may.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: this user may not mount a file system, not even in a namespace of its own");
            return None;
        }
        let mut command = project.command("unshare");
        let script = "mount -t tmpfs -o size=1200m small \"$1\" && exec \"$2\" headless --json --root \"$3\"";
        command
            .args(["-rm", "sh", "-c", script, "sh"])
            .arg(&target)
            .arg(liveline_tests::liveline())
            .arg(project.root());
        let server = Server::start(command);
        let seen = PathBuf::from(format!("/proc/{}/root{}", server.pid(), target.display()));
        Some(Self { project, server, target: seen })
    }
}

#[test]
fn a_full_disk_is_said_and_the_build_is_made_when_there_is_room() {
    let Some(Small { project, mut server, target }) = Small::start() else { return };
    server.wait("the first build", events::all_built);
    let filler = target.join("filler");
    let mut file = fs::File::create(&filler).expect("a file");
    while std::io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
    drop(file);
    project.replace(PLAYER, "\"one\"", "\"two\"");
    let is_full = |event: &_| {
        events::message(event, Level::Error, "No space left")
            .or_else(|| events::message(event, Level::Error, "disk full"))
    };
    let said = server.wait("the trouble", is_full);
    assert!(said.contains("scripts"), "{said}");
    fs::remove_file(filler).expect("the filler can be removed");
    server.wait("the build", |event| events::announced(event, "scripts"));
}
