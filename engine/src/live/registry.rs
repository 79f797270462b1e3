//! The scripts in this process, found through `inventory`: those linked in, and those of every loaded library.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use crate::mode::layout::TypeLayout;
use crate::mode::state::Describer;

/// The version of [`Entry`]'s form; the first field of an entry, so that it can be read of any later form.
pub const ENTRY_VERSION: u32 = 1;

/// What else must be equal for two builds to work together: this crate's version and the compiler's.
pub const STAMP: &str = concat!("liveline ", env!("CARGO_PKG_VERSION"), ", ", env!("LIVELINE_RUSTC"));

/// One script in one library. The macros make them; a library's constructors put them into the list.
#[repr(C)]
pub struct Entry {
    /// [`ENTRY_VERSION`] as the library was built.
    pub version: u32,
    /// The package that the script is in.
    pub library: &'static str,
    /// The script's name.
    pub name: &'static str,
    /// The state type's name.
    pub type_name: &'static str,
    /// A [`crate::mode::memory::Vtable`] of the script's interface.
    pub vtable: &'static (dyn Any + Send + Sync),
    /// The state type's layout.
    pub layout: fn(&mut Describer) -> TypeLayout,
    /// The library's `liveline_iface` record, named here so that the linker keeps it.
    pub record: &'static [u8],
}

inventory::collect!(Entry);

/// The entries that loaded libraries brought. Held while one is being loaded: which entries it brings is known by
/// looking before and after.
static LOADED: Mutex<Vec<&'static Entry>> = Mutex::new(Vec::new());

/// The entries that the program was linked with, of every interface.
pub(crate) fn linked() -> Vec<&'static Entry> {
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    inventory::iter::<Entry>.into_iter().filter(|entry| !contains(&loaded, entry)).collect()
}

/// The entries that `load` brings into the process.
pub(crate) fn brought_by<E>(load: impl FnOnce() -> Result<(), E>) -> Result<Vec<&'static Entry>, E> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let before: Vec<&'static Entry> = inventory::iter::<Entry>.into_iter().collect();
    let result = load();
    let brought: Vec<&'static Entry> =
        inventory::iter::<Entry>.into_iter().filter(|entry| !contains(&before, entry)).collect();
    loaded.extend(&brought);
    result.map(|()| brought)
}

fn contains(entries: &[&'static Entry], entry: &'static Entry) -> bool {
    entries.iter().any(|other| std::ptr::eq(*other, entry))
}
