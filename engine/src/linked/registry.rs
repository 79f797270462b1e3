//! The linked scripts, found through `inventory`.

use std::any::Any;

use crate::{Interface, State};

/// One script. The macros make them; they are collected before `main`.
pub struct Entry {
    /// The package that the script is in.
    pub library: &'static str,
    /// The script's name.
    pub name: &'static str,
    /// A [`Create`] of the script's interface.
    pub create: &'static (dyn Any + Send + Sync),
}

inventory::collect!(Entry);

/// Makes a script from its default.
pub struct Create<I: ?Sized + Interface>(pub fn() -> Box<I>);

/// A script's state before its first call.
#[inline]
pub fn fresh<S: State + Default>() -> S {
    S::default()
}
