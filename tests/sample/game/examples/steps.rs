//! A game that does what it is told and nothing else: a line of its input is answered by a line of its output.
//!
//! `update INSTANCE NUMBER` calls a script once, `look 0 NUMBER` calls none. Answers begin with the number. Between
//! lines it polls, so that code changes at any time, but state only when it is told to. With `GAME_RECOVERS` set it
//! survives its scripts' crashes.

use std::io::{BufRead, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use game_api::{Script, World};
use scripts as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        std::io::stdin().lock().lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
    });
    let mut scripts = liveline::attach::<dyn Script>()?;
    if std::env::var_os("GAME_RECOVERS").is_some() {
        // SAFETY: the scripts of tests crash before they have anything half done that the game would miss.
        assert!(unsafe { scripts.recover_from_crashes() }, "crashes can be survived here");
    }
    let mut players = [scripts.spawn("player")?, scripts.spawn("player")?];
    let mut world = World::default();
    loop {
        scripts.poll();
        let line = match lines.recv_timeout(Duration::from_millis(2)) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let words: Vec<&str> = line.split(' ').collect();
        let [what, instance, number] = words[..] else { return Err(line.into()) };
        let answer = if what == "update" {
            // The script keeps the number in its state.
            world.ticks = number.parse()?;
            match players[instance.parse::<usize>()?].update(&mut world, 0.0) {
                Ok(()) => world.says.clone(),
                Err(fault) => format!("fault {}", fault.to_string().replace('\n', " ")),
            }
        } else {
            let generation = scripts.generation("scripts").map(|generation| generation.to_string());
            format!("generation {}", generation.unwrap_or_default())
        };
        // One write, so that a reader never sees half a line.
        std::io::stdout().write_all(format!("{number} {answer}\n").as_bytes())?;
    }
}
