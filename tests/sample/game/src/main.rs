//! A game without a picture: prints a line whenever what it sees changes, and ends when its input ends.

use std::io::{Read, Write};
use std::time::Duration;

use game_api::{Script, World, calls};
use scripts as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::thread::spawn(end_with_input);
    let mut scripts = liveline::attach::<dyn Script>()?;
    let mut player = scripts.spawn("player")?;
    let mut world = World::default();
    let mut last = String::new();
    loop {
        scripts.poll();
        let now = match player.update(&mut world, 0.005) {
            Ok(()) => format!("says {}", world.says),
            Err(fault) => format!("fault {fault}"),
        };
        if now != last {
            // One write, so that a reader never sees half a line.
            let line = format!("{now} ticks={} calls={}\n", world.ticks, calls());
            std::io::stdout().write_all(line.as_bytes())?;
            last = now;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn end_with_input() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    std::process::exit(0);
}
