//! Keeps Rust scripts live in a running game: save a file, and the game runs it, its state intact.
//!
//! # Three crates
//! The **API crate** says what a script is. Scripts and engine share it, so it is a library of both forms,
//! `crate-type = ["lib", "dylib"]`:
//! ```no_run,standalone_crate
//! pub struct World { /* … */ }
//!
//! #[liveline::interface]
//! pub trait Script {
//!     fn update(&mut self, world: &mut World, dt: f32);
//!     fn on_hit(&mut self, world: &mut World, damage: i32) -> bool { true }   // a default makes it optional
//! }
//! ```
//! The **scripts** implement it, in a package with `crate-type = ["lib", "cdylib"]`:
//! ```no_run,standalone_crate
//! # pub mod game_api {
//! #     pub struct World;
//! #     #[liveline::interface]
//! #     pub trait Script { fn update(&mut self, world: &mut World, dt: f32); }
//! # }
//! use game_api::{Script, World};
//!
//! #[derive(Default, liveline::State)]
//! pub struct Player { speed: f32, jumps: u32 }
//!
//! #[liveline::script]
//! impl Script for Player {
//!     fn update(&mut self, world: &mut World, dt: f32) { self.speed += dt; }
//! }
//! # fn main() {}
//! ```
//! The **game** depends on both, and holds instances:
//! ```no_run,standalone_crate
//! # mod scripts {}
//! # #[derive(Default)]
//! # pub struct World;
//! # #[liveline::interface]
//! # pub trait Script { fn update(&mut self, world: &mut World, dt: f32); }
//! use scripts as _;                                     // links them, though nothing names them
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (mut world, dt) = (World, 0.0);
//! let mut scripts = liveline::attach::<dyn Script>()?;
//! let mut player = scripts.spawn("player")?;
//! loop {
//!     scripts.poll();                                   // the only place where code changes
//!     if let Err(fault) = player.update(&mut world, dt) {
//!         eprintln!("{fault}");
//!     }
//! }
//! # }
//! ```
//! `cargo run` starts the game with the scripts that it was linked with. Whenever a Liveline server runs for the
//! workspace, earlier or later, the game finds it and takes each new build of the scripts at its next
//! [`poll`](Scripts::poll). [`Scripts::take_events`] says what happens, one line for each event.
//!
//! # Two builds of one source
//! With debug assertions or the feature `live`, on Linux, this crate is what the rest of this page describes.
//! Otherwise it is a list of the linked scripts and a `Box<dyn Script>` for each instance: [`Scripts::poll`] is
//! empty, there is no [`Fault`] to handle, and nothing of a server, a socket or a loader is in the program.
//! On other systems scripts do not reload yet: a development build is that list too, and says so once, at [`attach`].
//!
//! # What becomes of state
//! At a swap, an instance whose state type has the same layout as before keeps its very bytes, so pointers into it stay
//! good. Layouts are compared field by field, by name, type, size, alignment and offset, through every type that derives
//! [`State`](macro@State) and through std's containers. A type of another crate is taken to be the same while its name, size
//! and crate version are. A type of the script's own crate that does not derive `State` is never taken to be the same.
//!
//! Where the layout has changed, values go over by name: a field that both layouts have is converted, a new one starts from the
//! struct's own `Default`, else from its type's, one that is gone is dropped. Numbers go over where their value does, a
//! value may become optional, a sequence or a map another kind of it, a variant goes by its name.
//! ```no_run,standalone_crate
//! #[derive(Default, liveline::State)]
//! struct Player {
//!     #[state(renamed_from = "speed")]   // its values were in `speed`
//!     velocity: f32,
//!     #[state(skip)]                     // starts from its default whenever the layout has changed
//!     cache: Vec<u8>,
//! }
//! # fn main() {}
//! ```
//! Types without `State` go through serde where they implement it, types of other crates else as clones. What is shared by `Rc`
//! or `Arc` inside of a state is shared again; what is shared with values outside of it cannot go over, nor can circles of
//! pointers, nor values nested more than 500 deep.
//!
//! If one value of one instance cannot go over, the whole generation is refused before anything is swapped: the old code and its
//! state go on, the editor shows the field with both types, and `liveline.resetState` takes the generation with fresh state.
//! [`Scripts::before_swap`] and [`Scripts::after_swap`] tell what a swap changes. Memory of another process does not go over: where
//! `liveline run` starts a game anew, it has the state of the last half second, as far as that can be written to a file.
//!
//! # When a script fails
//! A panic ends the call and no more: it comes back as a [`Fault`], each time. The state stays as the panic left it.
//! What panics print is printed once for each place, until the next swap.
//!
//! A new generation is on probation for the first 100 calls of each script ([`Scripts::set_probation`], or `probation` under
//! `[engine]` in `liveline.toml`): if it panics in that time, the next [`poll`](Scripts::poll) takes it back. The generation before runs
//! again; where the layout had changed, with the values from before the swap, else with those that are there.
//!
//! A fatal signal in a script call (an invalid reference, a stack overflow, an abort) ends the process as it always
//! does, but first it is told to the server: it stands at its line in the editor, and the next process is not given
//! that generation. `liveline run` starts that process. An engine that would rather go on says so with
//! [`Scripts::recover_from_crashes`]. A call that does not return within two seconds (`hang-millis` under `[engine]`
//! in `liveline.toml`; 0 turns this off) is told with the line that it is on.
//!
//! # What is promised, and by what
//! Code that is loaded into a process is trusted: it is built from the user's own sources. What must hold for it to
//! *work* is checked before any of it runs, and a library for which it does not hold is refused, with the reason:
//! - it was made by the same compiler and version of this crate, for the same signatures of the interface;
//! - it was built against the API crate that runs here: equal crate metadata, so equal types and layouts;
//! - its bytes are those that the server announced, from a directory that only this user can write, by a server of
//!   this user; or over a connection to another host on which each record proves that it comes from a server that knows
//!   the token (`LIVELINE_REMOTE` and `LIVELINE_TOKEN`, see `docs/remote.md` in the repository).
//!
//! What follows from how Rust and the system's loader work, and is good to know:
//! - Old code is never unloaded, since references to its constants, its functions and its thread-locals can be
//!   anywhere. Each generation stays in memory, about as large as its file.
//! - A thread that a script starts runs on with the code that it was started with.
//! - `static`s and `thread_local!`s of a *script* are new, with their initialisers' values, whenever a generation is loaded. What must outlive a reload belongs
//!   into the state, or into the API crate, which exists once.
//! - Closures, `fn` pointers and trait objects inside of kept state keep the code that they were made with.
//! - A value of a script's own type that is kept outside of its state as `dyn Any` is found again by later
//!   generations, which take it for their own type of that name: keep such types as they are, or in the API crate.
//! - A crate in the workspace that only the scripts use is known by its name and version: when a type in it changes,
//!   derive `State` for the type, or restart the game.
//! - A development build finds `libstd` and the API crate's library through cargo or `liveline run`. Started by hand,
//!   and in doctests that run, it needs `LD_LIBRARY_PATH`.
//! - Where the server sends object files (x86-64 Linux), the game links them itself, in a millisecond if the linker is
//!   optimised in development too: `[profile.dev.package.liveline-link] opt-level = 3` in the game's workspace. Without
//!   that it takes several.
//! - std's backtraces know only the libraries that were there at the first one. What scripts add is printed after them,
//!   with `RUST_BACKTRACE=1`.
//! - Threads that a script starts are its own: a fatal signal there is not looked after.
//! - A hang is looked for with a signal. A system call that the system does not restart (`poll`, `nanosleep`) is
//!   interrupted by it, which std hides.
//! - Panics can be caught only where they unwind: not with `panic = "abort"`.
//! - All interfaces of a game belong into one API crate, or into crates that it depends on.
#![deny(missing_docs, unsafe_code)]

// The macros say `::liveline::…`, also in this crate's own tests.
#[cfg(test)]
extern crate self as liveline;

mod error;
mod event;
mod interface;

// Development on a system with a loader; everything else is a plain program. One line each decides for the crate.
#[cfg(all(target_os = "linux", any(debug_assertions, feature = "live")))]
#[path = "live/mod.rs"]
mod mode;
#[cfg(not(all(target_os = "linux", any(debug_assertions, feature = "live"))))]
#[path = "linked/mod.rs"]
mod mode;

pub use error::{AttachError, SpawnError};
pub use event::{BuildError, Event, FaultKind, Generation, Reloaded, StateChange, StateReport, Swap};
pub use interface::Interface;
pub use liveline_macros::{State, interface, script};
#[cfg(all(target_os = "linux", any(debug_assertions, feature = "live")))]
pub use mode::plain;
pub use mode::{Fault, Scripts, State, attach};

/// What the macros' expansions name. Not for people: it changes without notice.
#[doc(hidden)]
pub use mode::names as __private;
