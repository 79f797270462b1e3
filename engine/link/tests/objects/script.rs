//! A script as rustc makes an object of it: `sh make.sh` writes `script.o`.
#![no_std]

use core::fmt::{self, Display, Write};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

pub struct Player {
    speed: f32,
    jumps: u32,
}

static JUMPS: AtomicU32 = AtomicU32::new(3);
static NAMES: [&str; 3] = ["ada", "grace", "barbara"];

struct Text([u8; 64], usize);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.0.get_mut(self.1).ok_or(fmt::Error)? = byte;
            self.1 += 1;
        }
        Ok(())
    }
}

impl Display for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:.1}", NAMES[self.jumps as usize % 3], self.speed)
    }
}

extern "C" fn start() {
    JUMPS.fetch_add(1, Relaxed);
}
#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;

#[unsafe(no_mangle)]
pub extern "C" fn update(player: &mut Player, dt: f32) -> usize {
    player.speed = (player.speed + dt * 4.0).min(9.5);
    player.jumps += JUMPS.load(Relaxed);
    let mut text = Text([0; 64], 0);
    let shown: &dyn Display = player;
    if write!(text, "{shown}").is_err() { 0 } else { text.1 }
}
