//! A release build: the scripts' systems are systems of the app's own schedules.

use bevy::prelude::{App, IntoScheduleConfigs, Plugin};

use crate::{Host, LivelinePlugin, ScriptApp, ScriptEvent, ScriptFaulted, ScriptReloaded, ScriptSystems};

/// What the macros' expansions name: nothing here.
pub mod names {}

/// Takes note of a component: reloads alone want to know it.
#[doc(hidden)]
#[macro_export]
macro_rules! __component {
    ($ty:ident, $name:literal) => {};
}

/// Takes note of a resource: reloads alone want to know it.
#[doc(hidden)]
#[macro_export]
macro_rules! __resource {
    ($ty:ident, $name:literal) => {};
}

impl<I: ?Sized + Host> Plugin for LivelinePlugin<I> {
    /// # Panics
    /// When two scripts have the same name.
    fn build(&self, app: &mut App) {
        app.add_message::<ScriptReloaded>().add_message::<ScriptFaulted>().add_message::<ScriptEvent>();
        let mut scripts = liveline::attach::<I>().unwrap_or_else(|error| panic!("{error}"));
        let names: Vec<String> = scripts.names().map(str::to_owned).collect();
        for name in names {
            let Ok(mut instance) = scripts.spawn(&name) else { continue };
            let mut says = ScriptApp::new(app.world_mut());
            // A release build has no faults: a panic ends the program, as anywhere.
            let _ = I::build(&mut instance, &mut says);
            let ScriptApp { systems, sets, .. } = says;
            for (schedule, sets) in sets {
                app.configure_sets(schedule, sets);
            }
            for (schedule, systems) in systems {
                app.add_systems(schedule, systems.in_set(ScriptSystems));
            }
        }
    }
}
