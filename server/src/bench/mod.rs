//! `liveline bench`: what a save costs with cargo, with rustc, and with Liveline, on the user's own scripts.
//!
//! All of it runs on a copy of the workspace, round by round with every way in each round: the machine's moods
//! then fall on all ways alike.

mod baseline;
mod chart;
pub mod copy;
mod drive;
mod edit;
pub mod engine;
mod probe;
mod report;
mod round;
mod table;

pub use report::{Answer, Measure, Report, Script, Stages, Statistics};
pub use round::{Options, measure};
