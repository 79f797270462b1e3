//! One save, and two games that run it: beside the server, and as one on another host would, over TCP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, thread};

use liveline_protocol::remote;
use liveline_server::build::stamp::now_micros;
use liveline_server::face::HubEvent;
use liveline_tests::events;

use crate::child::Spoken;
use crate::figures::Samples;
use crate::project::{Generated, SCRIPT, Shape};
use crate::text;
use crate::way::Measured;

/// The project's name among the results.
pub const NAME: &str = "remote";
/// Between two edits: what is prepared for the next one is ready by then.
const REST: Duration = Duration::from_millis(1500);
const WAYS: [&str; 2] = ["engine on this host", "engine over TCP"];

/// Edits the script of a generated project `samples` times.
pub fn measure(liveline: &Path, folder: &Path, samples: usize) -> anyhow::Result<Measured> {
    let project = Generated::lay_out(&folder.join(NAME), Shape::Files(1))?;
    let config = project.root.join("liveline.toml");
    let alone = fs::read_to_string(&config)?;
    fs::write(&config, format!("{alone}\n[remote]\nlisten = \"127.0.0.1:0\"\n"))?;
    let program = project.build_game(false)?;
    let mut command = Command::new(liveline);
    command.args(["headless", "--json", "--root"]).arg(&project.root);
    let server = Spoken::start(command)?;
    let (address, token) = server.wait("open port", |line| {
        serde_json::from_str::<HubEvent>(line).ok().as_ref().and_then(events::listens).map(Ok)
    })?;
    let games = [None, Some(address)].into_iter().zip(WAYS).map(|(place, name)| {
        let elsewhere = place.map(|place| Elsewhere { place, token: &token, code: project.root.join(name) });
        start(&project, &program, elsewhere)
    });
    let games = games.collect::<anyhow::Result<Vec<_>>>()?;
    let path = project.script();
    let original = fs::read_to_string(&path)?;
    let mut measured = Measured { title: "engines elsewhere".to_owned(), ..Measured::default() };
    measured.ways = WAYS.map(|name| (name.to_owned(), Samples::default())).into();
    for number in 1..=u32::try_from(samples)? + 1 {
        thread::sleep(REST);
        fs::write(&path, text::with_mark(&original, number))?;
        let saved = now_micros();
        for (game, (_, kept)) in games.iter().zip(&mut measured.ways) {
            let ran = game.ran(number)?;
            // The first edit is the first build without cargo.
            kept.extend((number > 1).then(|| ran.saturating_sub(saved) as f64 / 1e3));
        }
    }
    fs::write(&path, original)?;
    games.into_iter().for_each(Spoken::end);
    server.end();
    Ok(measured)
}

struct Elsewhere<'a> {
    place: SocketAddr,
    token: &'a Path,
    code: PathBuf,
}

/// A game of a thousand frames a second, once it is attached.
fn start(project: &Generated, program: &Path, elsewhere: Option<Elsewhere<'_>>) -> anyhow::Result<Spoken> {
    let mut command = project.game(program, &["frames", SCRIPT])?;
    if let Some(Elsewhere { place, token, code }) = elsewhere {
        command.env(remote::REMOTE_VARIABLE, place.to_string()).env(remote::TOKEN_VARIABLE, token);
        command.env(remote::CODE_VARIABLE, code);
    }
    let game = Spoken::start(command)?;
    game.wait("attached game", |line| (line == "attached").then_some(Ok(())))?;
    Ok(game)
}
