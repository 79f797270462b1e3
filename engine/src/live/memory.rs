//! A script's state, behind a pointer whose type only the script's library knows.

use std::marker::PhantomData;

use crate::mode::panics;

/// How one generation of a library handles its script. `I` is the interface's `dyn` type.
///
/// The two functions and the pointer cast are made by the `script` macro for one state type; every `*mut ()` here
/// points to a value of that type.
pub struct Vtable<I: ?Sized + 'static> {
    /// Makes a value from the type's default, on the heap.
    pub create: fn() -> *mut (),
    /// Ends a value made by `create` and frees it. Must be called once, and with no reference left.
    pub destroy: unsafe fn(*mut ()),
    /// Points at the same value as the interface, with this generation's code.
    pub as_dyn: fn(*mut ()) -> *mut I,
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

/// A script's state, owned, with the code of the generation that is to end it.
pub(crate) struct Value<I: ?Sized + 'static> {
    state: *mut (),
    script: *mut I,
    destroy: unsafe fn(*mut ()),
    owns: PhantomData<Box<I>>,
}

impl<I: ?Sized> Value<I> {
    /// A new value. The script's `Default` runs, and may panic.
    pub(crate) fn new(vtable: &Vtable<I>) -> Self {
        let state = (vtable.create)();
        Self { state, script: (vtable.as_dyn)(state), destroy: vtable.destroy, owns: PhantomData }
    }

    /// The same bytes with the code of another generation.
    ///
    /// References into the value stay good: no byte is touched.
    ///
    /// # Safety
    /// The vtable's state type has the same layout as that of the code so far.
    pub(crate) unsafe fn adopt(&mut self, vtable: &Vtable<I>) {
        self.script = (vtable.as_dyn)(self.state);
        self.destroy = vtable.destroy;
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
            unsafe { (self.destroy)(self.state) }
        });
    }
}
