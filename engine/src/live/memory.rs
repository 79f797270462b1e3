//! A script's state, behind a pointer whose type only the script's library knows.

use std::marker::PhantomData;

use crate::mode::layout::TypeLayout;
use crate::mode::migrate::{Loader, Moved, Saver};
use crate::mode::panics;
use crate::mode::state::{Describer, State};
use crate::mode::tree::Saved;

/// How one generation of a library handles its script. `I` is the interface's `dyn` type.
///
/// The two functions and the pointer cast are made by the `script` macro for one state type; every `*mut ()` here
/// points to a value of that type.
pub struct Vtable<I: ?Sized + 'static> {
    /// Makes a value from the type's default, on the heap.
    pub create: fn() -> *mut (),
    /// Ends a value made by `create` and frees it. Must be called once, and with no reference left.
    pub destroy: unsafe fn(*mut ()),
    /// The value without its type; `true`: for another process.
    pub take_apart: unsafe fn(*const (), bool) -> Moved<Saved>,
    /// A value on the heap from one of another layout; `true`: after a process has died.
    pub restore: fn(&Saved, bool) -> Moved<*mut ()>,
    /// Points at the same value as the interface, with this generation's code.
    pub as_dyn: fn(*mut ()) -> *mut I,
}

/// What a state type knows of itself.
pub struct Ways {
    /// [`State::layout`].
    pub layout: fn(&mut Describer) -> TypeLayout,
    /// [`Vtable::take_apart`].
    pub take_apart: unsafe fn(*const (), bool) -> Moved<Saved>,
    /// [`Vtable::restore`].
    pub restore: fn(&Saved, bool) -> Moved<*mut ()>,
}

impl Ways {
    /// Of a type.
    #[must_use]
    pub const fn of<S: State>() -> Self {
        Self { layout: S::layout, take_apart: take_apart::<S>, restore: restore::<S> }
    }
}

/// [`Vtable::create`] of a state type.
pub fn create<S: Default>() -> *mut () {
    Box::into_raw(Box::<S>::default()).cast()
}

/// [`Vtable::destroy`] of a state type.
///
/// # Safety
/// `state` was given by [`create`] for the same type, or for one of the same layout in another generation; it is
/// not used afterwards.
pub unsafe fn destroy<S>(state: *mut ()) {
    // SAFETY: by this function's contract the pointer came from a box of this layout, and the process has one allocator.
    drop(unsafe { Box::from_raw(state.cast::<S>()) });
}

/// [`Vtable::take_apart`] of a state type.
///
/// # Safety
/// `state` points to a value of this type, or of one of the same layout in another generation, and nobody changes it
/// meanwhile.
unsafe fn take_apart<S: State>(state: *const (), for_file: bool) -> Moved<Saved> {
    // SAFETY: by this function's contract.
    Saver::save(unsafe { &*state.cast::<S>() }, for_file)
}

/// [`Vtable::restore`] of a state type.
fn restore<S: State>(saved: &Saved, lenient: bool) -> Moved<*mut ()> {
    let value: S = Loader::load(saved, lenient)?;
    Ok(Box::into_raw(Box::new(value)).cast())
}

/// A script's state, owned, with the code of the generation that is to end it.
pub(crate) struct Value<I: ?Sized + 'static> {
    state: *mut (),
    script: *mut I,
    vtable: &'static Vtable<I>,
    owns: PhantomData<Box<I>>,
}

impl<I: ?Sized> Value<I> {
    /// A new value. The script's `Default` runs, and may panic.
    pub(crate) fn new(vtable: &'static Vtable<I>) -> Self {
        Self::own((vtable.create)(), vtable)
    }

    /// A value from what another took apart. A script's own code may run, and may panic.
    pub(crate) fn restored(vtable: &'static Vtable<I>, saved: &Saved, lenient: bool) -> Moved<Self> {
        (vtable.restore)(saved, lenient).map(|state| Self::own(state, vtable))
    }

    fn own(state: *mut (), vtable: &'static Vtable<I>) -> Self {
        Self { state, script: (vtable.as_dyn)(state), vtable, owns: PhantomData }
    }

    /// The value without its type. A script's own code may run, and may panic.
    pub(crate) fn take_apart(&self, for_file: bool) -> Moved<Saved> {
        // SAFETY: `state` came from this code or from code with the same layout. Only the game's thread has it, and no
        // call of the script runs during a poll.
        unsafe { (self.vtable.take_apart)(self.state, for_file) }
    }

    /// The same bytes with the code of another generation.
    ///
    /// References into the value stay good: no byte is touched.
    ///
    /// # Safety
    /// The vtable's state type has the same layout as that of the code so far.
    pub(crate) unsafe fn adopt(&mut self, vtable: &'static Vtable<I>) {
        self.script = (vtable.as_dyn)(self.state);
        self.vtable = vtable;
    }

    /// The script, to be called.
    pub(crate) fn pointer(&self) -> *mut I {
        self.script
    }
}

impl<I: ?Sized> Drop for Value<I> {
    fn drop(&mut self) {
        // A script's `Drop` that panics has ended its value as far as it ever will, and the game goes on.
        let _ = panics::catch(|| {
            // SAFETY: `state` came from `create` of this code or of code with the same layout, and this is its only owner.
            unsafe { (self.vtable.destroy)(self.state) }
        });
    }
}
