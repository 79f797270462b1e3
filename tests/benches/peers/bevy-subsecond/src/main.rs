//! The arena in Bevy with a thousand frames a second, its scripts plain modules: `measure.py` puts them beside this file.

mod enemy;
mod game_api;
mod player;
mod rules;
mod spawner;

use std::time::Duration;

use bevy::app::ScheduleRunnerPlugin;
use bevy::app::hotpatch::HotPatchPlugin;
use bevy::prelude::*;

fn main() {
    let mut app = App::new();
    app.add_plugins(MinimalPlugins.set(ScheduleRunnerPlugin::run_loop(Duration::from_micros(1_000))))
        .add_plugins((HotPatchPlugin, rules::plugin));
    enemy::enemy(&mut app);
    player::player(&mut app);
    spawner::spawner(&mut app);
    app.run();
}
