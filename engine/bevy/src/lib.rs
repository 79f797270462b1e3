//! Keeps systems, components and resources of Rust scripts live in a running Bevy app: save a script, and the app runs
//! it a moment later, with the values of its components intact. In a release build the scripts are plain systems of
//! plain schedules, and nothing of Liveline is there.
//!
//! # Five lines
//! ```no_run,standalone_crate
//! # mod scripts {}
//! # pub mod game_api { liveline_bevy::interface!(); }
//! // game-api/src/lib.rs; its Cargo.toml says: [lib] crate-type = ["lib", "dylib"]
//! # /*
//! liveline_bevy::interface!();
//! # */
//!
//! // scripts/src/enemy.rs
//! use bevy::prelude::*;
//! use game_api::BevyScript;
//! use liveline_bevy::ScriptApp;
//!
//! #[liveline_bevy::component]
//! #[derive(Default)]
//! struct Enemy { speed: f32 }
//!
//! #[liveline_bevy::script]
//! fn enemy(app: &mut ScriptApp) { app.add_systems(Update, chase); }
//!
//! fn chase(mut enemies: Query<&mut Enemy>) { for mut enemy in &mut enemies { enemy.speed += 1.0; } }
//!
//! // game/src/main.rs
//! use scripts as _;
//!
//! fn main() {
//!     App::new().add_plugins((MinimalPlugins, game_api::LivelinePlugin::default())).run();
//! }
//! ```
//! `game-api` holds what scripts share with the game: components, resources, messages, sets of systems. It is the crate
//! that a running game cannot change. A script file that names nothing of its package is rebuilt alone.
//!
//! # Systems
//! A script's function is called at the start and after each reload, and says what systems there are: what it does not
//! name any more is gone, what it names in another schedule runs there. A `Startup` system that was not there before
//! runs at the reload. A system that panics does what it did until then; the others run, and the app goes on.
//!
//! In development the systems of all scripts in a schedule run one after the other on the main thread, in the order
//! that they say, together as [`ScriptSystems`]: the game's own systems can run before or after that set. In a release
//! build they are systems of the schedule itself, in the same set. `Local`s, and what a `MessageReader` has read, start
//! anew with new code; a system whose script has not changed keeps both.
//!
//! # Components and resources
//! What Bevy holds of a script's types says so with [`component`], [`resource`] or [`message`] in the place of Bevy's
//! derives. While its layout is the same as before a value stays where it is; else it goes over by the rules of
//! [`liveline::State`], and if one cannot, the generation is refused, and the old code goes on. Bevy knows a type by its
//! definition: where only a type inside of it has changed, `#[liveline_bevy::component(version = 2)]`, with another
//! number than before, takes its values over. Messages that wait are lost where their type has changed. A value that
//! goes over is inserted anew, so `Added` and `Changed` see it, and hooks and observers run; hooks and required
//! components of a type stay those of the code that it was first met in. A plain `#[derive(Component)]` in a script is
//! refused at its first reload: what it holds could not be told from what it held.
#![deny(missing_docs)]
#![warn(unsafe_code)]

mod app;
mod messages;

#[cfg(all(target_os = "linux", any(debug_assertions, feature = "live")))]
#[path = "live/mod.rs"]
mod mode;
#[cfg(not(all(target_os = "linux", any(debug_assertions, feature = "live"))))]
#[path = "linked.rs"]
mod mode;

use std::fmt;
use std::marker::PhantomData;

use bevy::prelude::SystemSet;
use liveline::{Fault, Interface};

pub use app::ScriptApp;
pub use liveline_bevy_macros::{component, message, resource, script};
pub use messages::{ScriptEvent, ScriptFaulted, ScriptReloaded};

/// The systems of all scripts in a schedule, for the order of the game's own.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScriptSystems;

/// Runs the scripts of an interface in an app, and the newest code of each. [`interface!`] names it for one game.
pub struct LivelinePlugin<I: ?Sized>(PhantomData<fn() -> Box<I>>);

impl<I: ?Sized> Default for LivelinePlugin<I> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<I: ?Sized> fmt::Debug for LivelinePlugin<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LivelinePlugin")
    }
}

/// An interface whose scripts are systems. [`interface!`] implements it.
pub trait Host: Interface {
    /// Asks a script for its systems.
    fn build(instance: &mut Self::Instance, app: &mut ScriptApp<'_>) -> Result<(), Fault>;
    /// The path of the module that a script is in.
    fn module(instance: &Self::Instance) -> Result<&'static str, Fault>;
    /// Runs a system of a script as a call of that script.
    fn run(instance: &mut Self::Instance, system: &mut dyn FnMut()) -> Result<(), Fault>;
}

/// Declares what the scripts of a game are: in the crate that game and scripts share, so that it is this crate which
/// must not change while the game runs.
///
/// Makes the trait `BevyScript`, which `#[liveline_bevy::script]` implements, and the game's `LivelinePlugin`.
#[macro_export]
macro_rules! interface {
    () => {
        /// A script: a function that says what systems there are.
        #[::liveline::interface]
        pub trait BevyScript {
            /// Says what systems there are.
            fn build(&mut self, app: &mut $crate::ScriptApp<'_>);
            /// The path of the module that it is in.
            fn module(&self) -> &'static str;
            /// Runs one of its systems.
            fn run(&mut self, system: &mut dyn ::core::ops::FnMut()) {
                system();
            }
        }

        impl $crate::Host for dyn BevyScript {
            fn build(
                instance: &mut BevyScriptInstance,
                app: &mut $crate::ScriptApp<'_>,
            ) -> ::core::result::Result<(), ::liveline::Fault> {
                instance.build(app)
            }

            fn module(
                instance: &BevyScriptInstance,
            ) -> ::core::result::Result<&'static str, ::liveline::Fault> {
                instance.module()
            }

            fn run(
                instance: &mut BevyScriptInstance,
                system: &mut dyn ::core::ops::FnMut(),
            ) -> ::core::result::Result<(), ::liveline::Fault> {
                instance.run(system)
            }
        }

        /// Runs this game's scripts in a Bevy app.
        pub type LivelinePlugin = $crate::LivelinePlugin<dyn BevyScript>;
    };
}

/// What the macros' expansions name. Not for people: it changes without notice.
#[doc(hidden)]
pub use mode::names as __private;
