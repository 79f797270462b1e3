//! The arena in Bevy: a small game whose systems and components can be edited while it runs.

mod report;
mod rules;
#[cfg(feature = "window")]
mod window;

use std::time::Duration;

use bevy::app::{AppExit, ScheduleRunnerPlugin};
use bevy::prelude::*;
use game_api::{LivelinePlugin, Score};
// Links the scripts in: all there is in a release build, where everything starts in development.
use scripts as _;

/// Of the wall clock, a frame; a window has its own pace.
const FRAME: Duration = Duration::from_micros(16_667);

fn main() -> AppExit {
    let mut app = App::new();
    if !opens_window(&mut app) {
        app.add_plugins(MinimalPlugins.set(ScheduleRunnerPlugin::run_loop(FRAME)));
    }
    app.add_plugins((LivelinePlugin::default(), rules::plugin, report::plugin));
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

/// A window, in a build that has them, where there is a display to open one on.
#[cfg(feature = "window")]
fn opens_window(app: &mut App) -> bool {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if has_display {
        app.add_plugins(window::plugin);
    }
    has_display
}

#[cfg(not(feature = "window"))]
fn opens_window(_: &mut App) -> bool {
    false
}
