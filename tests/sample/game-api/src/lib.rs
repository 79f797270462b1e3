//! What the game offers its scripts, and what it wants from them.

use std::sync::atomic::{AtomicU64, Ordering};

static CALLS: AtomicU64 = AtomicU64::new(0);

/// A script.
#[liveline::interface]
pub trait Script {
    /// Called once a frame.
    fn update(&mut self, world: &mut World, dt: f32);
}

/// What a script sees.
#[derive(Default)]
pub struct World {
    /// What the game prints whenever it changes.
    pub says: String,
    /// What a script wants printed from its state.
    pub ticks: u64,
}

impl World {
    /// Sets what the game prints, and counts in a static of this crate.
    pub fn say(&mut self, text: &str) {
        CALLS.fetch_add(1, Ordering::Relaxed);
        text.clone_into(&mut self.says);
    }
}

/// How often any generation of any script has called [`World::say`]; one number for all only if there is one
/// copy of this crate.
pub fn calls() -> u64 {
    CALLS.load(Ordering::Relaxed)
}
