//! A loop of a thousand frames a second that says `mark N AT` when the script's edit `N` runs first.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(feature = "default-debounce")]
#[hot_lib_reloader::hot_module(dylib = "scripts", lib_dir = "target/debug")]
mod hot {
    #[hot_function]
    pub fn update(state: &mut scripts::Script000, world: &mut game_api::World, dt: f32) {}
}

#[cfg(not(feature = "default-debounce"))]
#[hot_lib_reloader::hot_module(dylib = "scripts", lib_dir = "target/debug", file_watch_debounce = 10)]
mod hot {
    #[hot_function]
    pub fn update(state: &mut scripts::Script000, world: &mut game_api::World, dt: f32) {}
}

fn main() {
    let (mut state, mut world) = (scripts::Script000::default(), game_api::world());
    let mut last = world.mark;
    loop {
        hot::update(&mut state, &mut world, 0.001);
        if world.mark != last {
            last = world.mark;
            let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
            println!("mark {last} {at}");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
