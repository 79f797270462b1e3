//! What is not loaded, and that the game goes on with what it has.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use liveline_protocol::engine::{Api, ArtifactKind, Outcome, Reload};

use crate::game::Game;
use crate::project::project;
use crate::server::{Connection, Server};

/// A game that runs generation 1, against which each refusal is checked.
struct Fixture {
    server: Server,
    game: Game,
    connection: Connection,
}

impl Fixture {
    fn new() -> Self {
        let server = Server::listening();
        let mut game = Game::start(&server.endpoint());
        let mut connection = server.attach(Vec::new());
        connection.try_reload(&mut game, &server.publish(1, "tens"));
        Self { server, game, connection }
    }

    /// Announces, expects a refusal whose reason has every part, and that generation 1 runs on.
    fn refuses(&mut self, reload: &Reload, parts: &[&str]) {
        let reloaded = self.connection.try_reload(&mut self.game, reload);
        assert_eq!(reloaded.outcome, Outcome::Refused);
        let reason = reloaded.reason.unwrap();
        for part in parts {
            assert!(reason.contains(part), "`{part}` in `{reason}`");
        }
        let value: i64 = self.game.ask("frame", "value").parse().unwrap();
        assert_eq!(self.game.ask("frame", "value"), (value + 10).to_string());
    }
}

#[test]
fn another_interface_is_refused_with_both_signatures() {
    let mut fixture = Fixture::new();
    let reload = fixture.server.publish(2, "other_trait");
    fixture.refuses(
        &reload,
        &[
            "the script has `fn update(&mut self, world: &mut World, extra: u8) -> i64`",
            "the engine has `fn update(&mut self, world: &mut World) -> i64`",
        ],
    );
}

#[test]
fn another_build_of_the_api_crate_is_refused() {
    let mut fixture = Fixture::new();
    let mut reload = fixture.server.publish(2, "other_api");
    reload.api = Some(Api { package: "game-api".to_owned(), hash: "0".repeat(64) });
    fixture.refuses(&reload, &["another build of `game-api`", "restart the engine"]);
    reload.generation.0 = 3;
    reload.api = Some(Api { package: "other-api".to_owned(), hash: "0".repeat(64) });
    fixture.refuses(&reload, &["the API crate `other-api`", "`game-api`"]);
}

#[test]
fn a_file_name_that_leaves_the_directory_is_refused() {
    let mut fixture = Fixture::new();
    let outside = fixture.server.path("outside.so");
    fs::copy(&project().libraries["hundreds"], &outside).unwrap();
    let mut reload = fixture.server.publish(1, "hundreds");
    for name in ["../outside.so", outside.to_str().unwrap(), "..", ".", "", "a/../../outside.so", "x\0y"] {
        reload.generation.0 += 1;
        reload.artifact.file = name.to_owned();
        fixture.refuses(&reload, &["artifact file name", "plain file name"]);
    }
}

#[test]
fn a_file_that_is_not_plainly_there_is_refused() {
    let mut fixture = Fixture::new();
    let outside = fixture.server.path("outside.so");
    fs::copy(&project().libraries["hundreds"], &outside).unwrap();
    let artifacts = fixture.server.path("artifacts");
    symlink(&outside, artifacts.join("link.so")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        artifacts.join("pipe.so"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    fs::create_dir(artifacts.join("directory.so")).unwrap();
    let mut reload = fixture.server.publish(1, "hundreds");
    let cases = [
        ("link.so", "cannot be opened"),
        ("pipe.so", "not a regular file"),
        ("directory.so", "not a regular file"),
        ("missing.so", "cannot be opened"),
    ];
    for (name, reason) in cases {
        reload.generation.0 += 1;
        reload.artifact.file = name.to_owned();
        fixture.refuses(&reload, &[name, reason]);
    }
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let mut fixture = Fixture::new();
    let reload = fixture.server.publish(2, "hundreds");
    let path = fixture.server.path("artifacts").join(&reload.artifact.file);
    fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    fixture.refuses(&reload, &["can be written by others"]);
}

#[test]
fn bytes_that_are_not_the_announced_ones_are_refused() {
    let mut fixture = Fixture::new();
    let good = fixture.server.publish(2, "hundreds");
    let mut wrong = good.clone();
    wrong.artifact.sha256 = "0".repeat(64);
    fixture.refuses(&wrong, &["another sha256"]);
    for (generation, bytes) in
        [(3, good.artifact.bytes - 1), (4, good.artifact.bytes + 1), (5, 0), (6, u64::MAX)]
    {
        let mut wrong = good.clone();
        wrong.generation.0 = generation;
        wrong.artifact.bytes = bytes;
        fixture.refuses(&wrong, &["announced with"]);
    }
}

/// Whoever wins the race for a file's name: what runs is what was announced, or what ran before.
#[test]
fn a_file_that_is_swapped_while_it_is_loaded_is_never_taken_for_another() {
    let mut fixture = Fixture::new();
    let forged = fixture.server.path("forged.so");
    fs::copy(&project().libraries["tens"], &forged).unwrap();
    let mut bytes = fs::read(&project().libraries["hundreds"]).unwrap();
    let first = fixture.server.publish_bytes(2, &bytes);
    assert_eq!(fixture.connection.try_reload(&mut fixture.game, &first).outcome, Outcome::Applied);
    let artifacts = fixture.server.path("artifacts");
    let (good, spare) = (fixture.server.path("good.so"), artifacts.join("spare"));
    let mut outcomes = Vec::new();
    for generation in 3..43 {
        // What follows the library is not loaded; it makes another artifact of it.
        bytes.push(0);
        fs::write(&good, &bytes).unwrap();
        let reload = fixture.server.publish_bytes(generation, &bytes);
        let file = artifacts.join(&reload.artifact.file);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    fs::copy(&forged, &spare).unwrap();
                    fs::rename(&spare, &file).unwrap();
                    symlink(&forged, &spare).unwrap();
                    fs::rename(&spare, &file).unwrap();
                    fs::copy(&good, &spare).unwrap();
                    fs::rename(&spare, &file).unwrap();
                }
            });
            outcomes.push(fixture.connection.try_reload(&mut fixture.game, &reload).outcome);
            is_over.store(true, Ordering::Relaxed);
        });
    }
    let value: i64 = fixture.game.ask("frame", "value").parse().unwrap();
    assert_eq!(fixture.game.ask("frame", "value"), (value + 100).to_string());
    assert!(outcomes.contains(&Outcome::Refused), "the other file was met: {outcomes:?}");
}

#[test]
fn what_is_no_whole_library_is_refused() {
    let mut fixture = Fixture::new();
    let whole = fs::read(&project().libraries["hundreds"]).unwrap();
    let game = fs::read(&project().game).unwrap();
    for (generation, bytes) in
        [(2, &whole[..whole.len() / 2]), (3, &whole[..100]), (4, b"no library"), (5, b""), (6, &game[..64])]
    {
        let reload = fixture.server.publish_bytes(generation, bytes);
        fixture.refuses(&reload, &["ELF"]);
    }
    let mut object = fixture.server.publish(7, "hundreds");
    object.artifact.kind = ArtifactKind::Object;
    fixture.refuses(&object, &["the objects cannot be loaded", "archive"]);
}

#[test]
fn a_default_that_panics_leaves_every_instance_as_it_was() {
    let mut fixture = Fixture::new();
    let reload = fixture.server.publish(2, "default_panics");
    fixture.refuses(
        &reload,
        &["moving the state of `Player` to its new layout panicked: no default today", "no default today"],
    );
}

#[test]
fn after_a_refusal_the_next_good_generation_is_taken() {
    let mut fixture = Fixture::new();
    let bad = fixture.server.publish_bytes(2, b"no library");
    fixture.refuses(&bad, &["ELF"]);
    let good = fixture.server.publish(3, "hundreds");
    assert_eq!(fixture.connection.try_reload(&mut fixture.game, &good).outcome, Outcome::Applied);
}

#[test]
fn an_artifact_directory_that_others_can_write_is_not_used() {
    let mut fixture = Fixture::new();
    let reload = fixture.server.publish(2, "hundreds");
    let artifacts = fixture.server.path("artifacts");
    fs::set_permissions(&artifacts, fs::Permissions::from_mode(0o777)).unwrap();
    fixture.refuses(&reload, &["artifact directory", "can be written by others"]);
    // A link to a directory that holds the very file.
    fs::set_permissions(&artifacts, fs::Permissions::from_mode(0o700)).unwrap();
    fs::rename(&artifacts, fixture.server.path("moved")).unwrap();
    symlink(fixture.server.path("moved"), &artifacts).unwrap();
    let reload = Reload { generation: reload.generation.next(), ..reload };
    fixture.refuses(&reload, &["artifact directory", "cannot be opened"]);
    fs::remove_file(&artifacts).unwrap();
    let reload = Reload { generation: reload.generation.next(), ..reload };
    fixture.refuses(&reload, &["artifact directory", "cannot be opened"]);
}

/// Only root can give files away.
#[test]
fn what_belongs_to_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give files to another user");
        return;
    }
    let mut fixture = Fixture::new();
    let reload = fixture.server.publish(2, "hundreds");
    let artifacts = fixture.server.path("artifacts");
    let file = artifacts.join(&reload.artifact.file);
    std::os::unix::fs::chown(&file, Some(65534), None).unwrap();
    fixture.refuses(&reload, &["can be written by others"]);
    std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    std::os::unix::fs::chown(&artifacts, Some(65534), None).unwrap();
    let reload = Reload { generation: reload.generation.next(), ..reload };
    fixture.refuses(&reload, &["artifact directory", "can be written by others"]);
}
