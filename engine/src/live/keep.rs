//! Values of scripts' types that the engine holds itself, as an entity component system holds components: what an
//! adapter needs in order to take them from one generation to the next by the rules for state.
//!
//! Not for people: it changes without notice.

use std::any::Any;

use crate::mode::layout::TypeLayout;
use crate::mode::migrate::{Failure, Loader, Moved, Saver};
use crate::mode::registry::Entry;
use crate::mode::state::Describer;
use crate::{Generation, StateReport};

pub use crate::mode::tree::Saved;

/// A type of one library whose values the engine holds. A library's constructors put it into the list.
pub struct KeptType {
    /// The package that it is in.
    pub library: &'static str,
    /// The script file that is a library of its own and has this type, whichever build this is from.
    pub file: Option<&'static str>,
    /// The path of the module that it is in.
    pub module: &'static str,
    /// Its name in the source.
    pub name: &'static str,
    /// Its layout.
    pub layout: fn(&mut Describer) -> TypeLayout,
    /// What the adapter must know of it.
    pub ways: &'static (dyn Any + Send + Sync),
}

inventory::collect!(KeptType);

impl KeptType {
    /// The library that it reloads with.
    #[must_use]
    pub fn own_library(&self) -> &'static str {
        self.file.unwrap_or(self.library)
    }
}

/// What a library brought into the process.
#[derive(Default)]
pub(crate) struct Brought {
    pub(crate) entries: Vec<&'static Entry>,
    pub(crate) kept: Vec<&'static KeptType>,
}

/// A generation that is to be swapped in.
pub struct Candidate<'a> {
    /// The library's name.
    pub library: &'a str,
    /// Its number.
    pub generation: Generation,
    /// The library's types.
    pub types: &'a [&'static KeptType],
    /// The types whose values start anew; an empty list stands for all.
    pub reset: Option<&'a [String]>,
}

/// Why a generation cannot be taken.
pub enum Unmoved {
    /// A value cannot go over.
    Value {
        /// The type's name.
        name: &'static str,
        /// As the value is.
        old: Box<TypeLayout>,
        /// As it would be.
        new: Box<TypeLayout>,
        /// What is in the way.
        failure: Failure,
    },
    /// The engine cannot have the type, and what to do.
    Type {
        /// The type's name.
        name: &'static str,
        /// The type, where it is at hand.
        layout: Option<Box<TypeLayout>>,
        /// A sentence.
        reason: String,
    },
}

/// Holds values of scripts' types through a poll.
pub trait Keeper {
    /// Does all that can fail, and changes no value. Called before anything is swapped.
    fn plan(&mut self, candidate: &Candidate<'_>) -> Result<Vec<StateReport>, Unmoved>;
    /// Carries out what was planned last: the generation runs.
    fn commit(&mut self);
    /// A library's newest generation is taken back: so are its types, with the values from before where their layouts
    /// differ.
    fn take_back(&mut self, library: &str);
}

/// An engine without such values.
pub(crate) struct Nothing;

impl Keeper for Nothing {
    fn plan(&mut self, _: &Candidate<'_>) -> Result<Vec<StateReport>, Unmoved> {
        Ok(Vec::new())
    }

    fn commit(&mut self) {}

    fn take_back(&mut self, _: &str) {}
}

/// A value without its type.
pub fn save<T: crate::State>(value: &T) -> Moved<Saved> {
    Saver::save(value, false)
}

/// A value of this type from one of another layout, by name.
pub fn load<T: crate::State>(saved: &Saved) -> Moved<T> {
    Loader::load(saved, false)
}

/// A type's layout.
#[must_use]
pub fn layout(kept: &KeptType) -> TypeLayout {
    (kept.layout)(&mut Describer::default())
}
