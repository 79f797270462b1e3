//! The measured game: `game frames SCRIPT` runs a fixed loop until its input ends and then tells of every frame,
//! `game costs SCRIPT` times an idle poll and a call.

mod costs;
mod frames;

use game_api::{Actor, World};
use scripts as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    match words[..] {
        ["frames", script] => frames::main(script),
        ["costs", script] => costs::main(script),
        _ => Err("`game frames SCRIPT` or `game costs SCRIPT`".into()),
    }
}

/// A small scene.
fn world() -> World {
    let actor = |id: u32| Actor {
        id,
        kind: (id % 3) as u8,
        position: (id as f32 * 7.0 % 90.0, id as f32 * 13.0 % 70.0),
        health: 1e6,
    };
    World { actors: (0..32).map(actor).collect(), mark: 0 }
}
