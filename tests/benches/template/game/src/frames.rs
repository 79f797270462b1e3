//! A loop of a thousand frames a second that writes down how long each took, and when code was swapped.
//!
//! It says `mark N AT` when the script's edit `N` ran first, and everything else when its input ends.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use game_api::Script;
use rustix::time::{ClockId, clock_gettime};

static IS_OVER: AtomicBool = AtomicBool::new(false);
const FRAME: Duration = Duration::from_millis(1);

pub(crate) fn main(script: &str) -> Result<(), Box<dyn std::error::Error>> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        IS_OVER.store(true, Ordering::Relaxed);
    });
    let mut scripts = liveline::attach::<dyn Script>()?;
    let mut instance = scripts.spawn(script)?;
    let mut world = crate::world();
    // Room for ten minutes, so that no frame is the one that grows it.
    let mut frames: Vec<[u64; 4]> = Vec::with_capacity(600_000);
    let mut reloads = Vec::new();
    let mut last = world.mark;
    let mut out = std::io::stdout();
    while !IS_OVER.load(Ordering::Relaxed) {
        let at = unix_micros();
        let (wall, busy) = (clock(ClockId::Monotonic), clock(ClockId::ThreadCPUTime));
        scripts.poll();
        let polled = clock(ClockId::Monotonic) - wall;
        instance.update(&mut world, 0.001).map_err(|fault| fault.to_string())?;
        let (wall, busy) = (clock(ClockId::Monotonic) - wall, clock(ClockId::ThreadCPUTime) - busy);
        if frames.len() < frames.capacity() {
            frames.push([at, wall, busy, polled]);
        }
        if world.mark != last {
            last = world.mark;
            writeln!(out, "mark {last} {at}")?;
            out.flush()?;
        }
        for event in scripts.take_events() {
            match event {
                liveline::Event::Reloaded(reloaded) => reloads.push(format!(
                    "[{at},{},{},{}]",
                    reloaded.load.as_micros(),
                    reloaded.swap.as_nanos(),
                    u8::from(reloaded.speculated)
                )),
                liveline::Event::Refused { reason, .. } => writeln!(out, "trouble {reason}")?,
                liveline::Event::Trouble { message } => writeln!(out, "trouble {message}")?,
                liveline::Event::Attached { .. } => writeln!(out, "attached")?,
                _ => {}
            }
        }
        std::thread::sleep(FRAME);
    }
    let frames: Vec<String> = frames.iter().map(|[at, wall, busy, polled]| format!("[{at},{wall},{busy},{polled}]")).collect();
    writeln!(out, "frames {{\"frames\":[{}],\"reloads\":[{}]}}", frames.join(","), reloads.join(","))?;
    Ok(())
}

fn clock(id: ClockId) -> u64 {
    let time = clock_gettime(id);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn unix_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as u64)
}
