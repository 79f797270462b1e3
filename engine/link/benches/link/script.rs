//! A script of the usual length: state, a hash map, formatting, and a function that the engine calls.

use std::collections::HashMap;

#[derive(Debug, Default)]
pub struct Spawner {
    seconds: f32,
    waves: u32,
    alive: HashMap<String, u32>,
}

impl Spawner {
    pub fn update(&mut self, dt: f32) -> Option<String> {
        self.seconds += dt;
        if self.seconds < 2.5 {
            return None;
        }
        self.seconds = 0.0;
        self.waves += 1;
        let kind = match self.waves % 4 {
            0 => "boss",
            1 => "drone",
            2 => "tank",
            _ => "swarm",
        };
        *self.alive.entry(kind.to_owned()).or_insert(0) += self.waves;
        let total: u32 = self.alive.values().sum();
        let mut kinds: Vec<_> = self.alive.iter().collect();
        kinds.sort_by_key(|(name, count)| (**count, name.len()));
        let list: Vec<String> = kinds.iter().map(|(name, count)| format!("{name} x{count}")).collect();
        Some(format!("wave {}: {total} alive ({})", self.waves, list.join(", ")))
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn update(dt: f32) -> usize {
    let mut spawner = Spawner::default();
    let texts: Vec<String> = (0..9).filter_map(|_| spawner.update(dt)).collect();
    texts.iter().map(String::len).sum()
}
