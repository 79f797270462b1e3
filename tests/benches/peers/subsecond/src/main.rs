//! A loop of a thousand frames a second that says `mark N AT` when the script's edit `N` runs first.

mod script000;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use game_api::World;
use script000::Script000;

fn main() {
    dioxus_devtools::connect_subsecond();
    let (mut state, mut world) = (Script000::default(), game_api::world());
    let mut last = world.mark;
    loop {
        subsecond::call(|| frame(&mut state, &mut world));
        if world.mark != last {
            last = world.mark;
            let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
            println!("mark {last} {at}");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn frame(state: &mut Script000, world: &mut World) {
    state.update(world, 0.001);
}
