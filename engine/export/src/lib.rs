//! Plain functions for engines in C and C++: what a scripts crate depends on, and all that it has to.
//!
//! ```no_run
//! #[repr(C)]
//! pub struct Enemy { pub x: f32, pub health: i32 }
//!
//! /// `float enemy_think(struct enemy *enemy, float dt);`
//! #[liveline_export::export]
//! pub fn enemy_think(enemy: &mut Enemy, dt: f32) -> f32 {
//!     enemy.x += dt;
//!     enemy.x
//! }
//! # fn main() {}
//! ```
//! The function is an `extern "C"` function of its own name, in a crate with `crate-type = ["cdylib"]` (and
//! `"staticlib"` for a release build). In a development build it also
//!
//! - ends a panic at its border: the engine gets the fault, with message, file and line, and the call returns the
//!   default of its type. `#[export(otherwise = EXPRESSION)]` gives another value, for types without a default;
//! - says its signature, so that a generation with another one than the engine was built for is refused;
//! - counts its calls, which is how the editor knows that the new code runs.
//!
//! In a build without debug assertions, and without the feature `live`, the attribute adds `extern "C"` and
//! `#[no_mangle]` and no more. A panic then ends the process, as in any `extern "C"` function.
//!
//! `extern "C"` functions without the attribute can be scripts as well; a panic in one of them ends the process.
//! So does one under `panic = "abort"`.
#![deny(missing_docs)]

mod guard;

pub use guard::{Function, Panicked, Sink, guard};
pub use liveline_macros::export;

/// The form of what is exported for Liveline; part of every such name.
pub const VERSION: u32 = 1;

/// With debug assertions, or the feature `live`: the function with its guard.
#[doc(hidden)]
#[macro_export]
#[cfg(any(debug_assertions, feature = "live"))]
macro_rules! __export {
    ({ $($live:tt)* } { $($plain:tt)* }) => { $($live)* };
}

/// The function alone.
#[doc(hidden)]
#[macro_export]
#[cfg(not(any(debug_assertions, feature = "live")))]
macro_rules! __export {
    ({ $($live:tt)* } { $($plain:tt)* }) => { $($plain)* };
}
