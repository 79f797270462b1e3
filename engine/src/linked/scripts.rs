//! The linked scripts of one interface, and one instance of a script.

use std::fmt;

use crate::mode::registry::{Create, Entry};
use crate::{AttachError, Event, Fault, Generation, Interface, Reloaded, SpawnError, Swap};

/// Collects the scripts of an interface that the engine was linked with.
///
/// Fails when two of them have the same name. A development build for another system than Linux says on standard error that
/// they are not reloaded there.
pub fn attach<I: ?Sized + Interface>() -> Result<Scripts<I>, AttachError> {
    #[cfg(any(debug_assertions, feature = "live"))]
    super::notice::say();
    let mut scripts: Vec<Script<I>> = Vec::new();
    for entry in inventory::iter::<Entry> {
        let Some(create) = entry.create.downcast_ref::<Create<I>>() else { continue };
        if let Some(other) = scripts.iter().find(|script| script.name == entry.name) {
            let libraries = [other.library, entry.library];
            return Err(AttachError::DuplicateScript { interface: I::NAME, script: entry.name, libraries });
        }
        scripts.push(Script { library: entry.library, name: entry.name, create: create.0 });
    }
    scripts.sort_by_key(|script| script.name);
    Ok(Scripts { scripts, only_one_thread: std::marker::PhantomData })
}

/// The scripts of one interface.
pub struct Scripts<I: ?Sized + Interface> {
    scripts: Vec<Script<I>>,
    /// In development it stays on the thread that attached; what compiles must not differ.
    only_one_thread: std::marker::PhantomData<*const ()>,
}

struct Script<I: ?Sized> {
    library: &'static str,
    name: &'static str,
    create: fn() -> Box<I>,
}

impl<I: ?Sized + Interface> fmt::Debug for Scripts<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripts").field("names", &self.names().collect::<Vec<_>>()).finish()
    }
}

impl<I: ?Sized + Interface> Scripts<I> {
    /// Does nothing in a release build.
    #[inline(always)]
    pub fn poll(&mut self) {}

    /// Makes an instance of a script from its default. Fails if there is no script of that name.
    pub fn spawn(&mut self, name: &str) -> Result<I::Instance, SpawnError> {
        match self.scripts.iter().find(|script| script.name == name) {
            Some(script) => {
                Ok(I::instance(Handle { script: (script.create)(), only_one_thread: self.only_one_thread }))
            }
            None => Err(SpawnError::Unknown {
                script: name.to_owned(),
                known: self.names().map(str::to_owned).collect(),
            }),
        }
    }

    /// The names of all scripts, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.scripts.iter().map(|script| script.name)
    }

    /// The generation of a library that runs: the linked one in a release build.
    #[must_use]
    pub fn generation(&self, library: &str) -> Option<Generation> {
        self.scripts.iter().any(|script| script.library == library).then_some(Generation::LINKED)
    }

    /// The newest swap of code: none in a release build.
    #[must_use]
    #[inline(always)]
    pub fn last_reload(&self) -> Option<&Reloaded> {
        None
    }

    /// Does nothing in a release build, and gives `false`.
    ///
    /// # Safety
    /// There is nothing to be kept; in a development build there is much.
    #[expect(unsafe_code, reason = "what compiles in development must compile here")]
    pub unsafe fn recover_from_crashes(&mut self) -> bool {
        false
    }

    /// Nothing is swapped in a release build.
    #[inline(always)]
    pub fn before_swap(&mut self, _: impl FnMut(&Swap) + 'static) {}

    /// Nothing is swapped in a release build.
    #[inline(always)]
    pub fn after_swap(&mut self, _: impl FnMut(&Swap) + 'static) {}

    /// Nothing is on probation in a release build.
    #[inline(always)]
    pub fn set_probation(&mut self, _: u64) {}

    /// What has happened since the last call: nothing in a release build.
    #[inline(always)]
    pub fn take_events(&mut self) -> Vec<Event> {
        Vec::new()
    }
}

/// What an instance calls its script through: a trait object in a release build.
pub struct Handle<I: ?Sized> {
    script: Box<I>,
    only_one_thread: std::marker::PhantomData<*const ()>,
}

impl<I: ?Sized> fmt::Debug for Handle<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

impl<I: ?Sized> Handle<I> {
    /// Calls a method that changes the script.
    #[inline(always)]
    pub fn call_mut<'a, R>(&'a mut self, _: usize, method: impl FnOnce(&'a mut I) -> R) -> Result<R, Fault> {
        Ok(method(&mut self.script))
    }

    /// Calls a method that reads the script.
    #[inline(always)]
    pub fn call<'a, R>(&'a self, _: usize, method: impl FnOnce(&'a I) -> R) -> Result<R, Fault> {
        Ok(method(&self.script))
    }
}
