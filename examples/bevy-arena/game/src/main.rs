//! The arena in Bevy: a small game whose systems and components can be edited while it runs.

mod report;
mod rules;

use std::time::Duration;

use bevy::app::{AppExit, ScheduleRunnerPlugin};
use bevy::prelude::*;
use game_api::{LivelinePlugin, Score};
// Links the scripts in: all there is in a release build, where everything starts in development.
use scripts as _;

/// Of the wall clock, a frame.
const FRAME: Duration = Duration::from_micros(16_667);

fn main() -> AppExit {
    let mut app = App::new();
    app.add_plugins(MinimalPlugins.set(ScheduleRunnerPlugin::run_loop(FRAME)))
        .add_plugins((LivelinePlugin::default(), rules::plugin, report::plugin));
    if let Some(last) = last_frame() {
        app.add_systems(
            Last,
            move |score: Res<Score>, mut exit: MessageWriter<AppExit>| {
                if score.frame >= last {
                    exit.write(AppExit::Success);
                }
            },
        );
    }
    app.run()
}

/// `--frames N`: after how many frames the game ends by itself.
fn last_frame() -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--frames");
    arguments.nth(1)?.parse().ok()
}
