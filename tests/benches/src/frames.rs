//! Whether a frame is longer for a reload: a real game with a thousand frames a second, edited while it runs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use liveline_server::build::stamp::now_micros;
use serde::{Deserialize, Serialize};

use crate::child::Spoken;
use crate::figures::Samples;
use crate::project::{Generated, SCRIPT};
use crate::text;

/// Between two edits: long enough for the compiler to be at rest, and for frames without any of this.
const REST: Duration = Duration::from_millis(900);
/// Before a load and after a swap, in microseconds: threads start, queues empty.
const MARGIN: u64 = 2_000;

/// Frames' lengths, in microseconds. Of windows the longest frame in each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frames {
    /// How many frames there were.
    pub count: usize,
    /// The median of all frames.
    pub median: f64,
    /// The longest of all frames, anywhere.
    pub longest: f64,
    /// While a generation loads and swaps.
    pub loading: Samples,
    /// The same windows in time on a processor: what the frame did itself.
    pub loading_busy: Samples,
    /// The frame that swaps.
    pub swapping: Samples,
    /// `poll()` in that frame.
    pub poll: Samples,
    /// Windows of the same lengths while nothing happens.
    pub quiet: Samples,
    /// Windows of the same lengths while the compiler runs and nothing loads.
    pub compiling: Samples,
    /// From the save to the frame that ran the new code, in milliseconds.
    pub save_to_running: Samples,
    /// Off the game's thread, in microseconds.
    pub load: Samples,
}

/// What the game tells at its end: `[at, wall, busy, polled]`, times in nanoseconds, `at` in Unix microseconds.
#[derive(Debug, Deserialize)]
struct Told {
    frames: Vec<[u64; 4]>,
    /// `[at, load, swap, speculated]`, `load` in microseconds.
    reloads: Vec<[u64; 4]>,
}

/// Edits the project's script `samples` times.
pub fn measure(liveline: &Path, project: &Generated, samples: usize) -> anyhow::Result<Frames> {
    let program = project.build_game(false)?;
    let path = project.script();
    let original = std::fs::read_to_string(&path)?;
    let mut command = Command::new(liveline);
    command.args(["headless", "--json", "--root"]).arg(&project.root);
    let server = Spoken::start(command)?;
    let mut game = Spoken::start(project.game(&program, &["frames", SCRIPT])?)?;
    game.wait("attached game", |line| (line == "attached").then_some(Ok(())))?;
    let mut saves = Vec::new();
    for number in 1..=u32::try_from(samples)? + 1 {
        std::thread::sleep(REST);
        std::fs::write(&path, text::with_mark(&original, number))?;
        let saved = now_micros();
        saves.push((saved, game.ran(number)?));
    }
    std::fs::write(&path, original)?;
    std::thread::sleep(REST);
    game.close_input();
    let told = game.wait("account of the frames", |line| {
        line.strip_prefix("frames ").map(|json| Ok(serde_json::from_str::<Told>(json)?))
    })?;
    server.end();
    // The first edit is the first build without cargo.
    Ok(account(&told, &saves[1..]))
}

fn account(told: &Told, saves: &[(u64, u64)]) -> Frames {
    let micros = |nanos: u64| nanos as f64 / 1e3;
    let all: Samples = told.frames.iter().map(|frame| micros(frame[1])).collect();
    let mut frames =
        Frames { count: told.frames.len(), median: all.p50(), longest: all.most(), ..Frames::default() };
    for (saved, running) in saves {
        let Some([at, load, ..]) = told.reloads.iter().min_by_key(|reload| reload[0].abs_diff(*running))
        else {
            continue;
        };
        let (from, until) = (at.saturating_sub(load + MARGIN), at + MARGIN);
        let length = until - from;
        let longest = |from: u64, until: u64, column: usize| {
            let inside = told.frames.iter().filter(|frame| (from..until).contains(&frame[0]));
            micros(inside.map(|frame| frame[column]).max().unwrap_or_default())
        };
        frames.loading.0.push(longest(from, until, 1));
        frames.loading_busy.0.push(longest(from, until, 2));
        frames.swapping.0.push(longest(*at, at + 1, 1));
        frames.poll.0.push(longest(*at, at + 1, 3));
        frames.quiet.0.push(longest(saved - 5 * MARGIN - length, saved - 5 * MARGIN, 1));
        if from > saved + length {
            frames.compiling.0.push(longest(from - length, from, 1));
        }
        frames.save_to_running.0.push((running - saved) as f64 / 1e3);
        frames.load.0.push(*load as f64);
    }
    frames
}
