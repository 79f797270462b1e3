//! The scripts in this process, found through `inventory`: those linked in, and those of every loaded library.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use crate::mode::keep::{Brought, KeptType};
use crate::mode::layout::TypeLayout;
use crate::mode::state::Describer;

/// The version of [`Entry`]'s form; the first field of an entry, so that it can be read of any later form.
pub const ENTRY_VERSION: u32 = 3;

/// What else must be equal for two builds to work together: this crate's version and the compiler's.
pub const STAMP: &str = concat!("liveline ", env!("CARGO_PKG_VERSION"), ", ", env!("LIVELINE_RUSTC"));

/// One script in one library. The macros make them; a library's constructors put them into the list.
#[repr(C)]
pub struct Entry {
    /// [`ENTRY_VERSION`] as the library was built.
    pub version: u32,
    /// The package that the script is in.
    pub library: &'static str,
    /// The script file that is a library of its own and has this script, whichever build the entry is from.
    pub file: Option<&'static str>,
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

impl Entry {
    /// The library that the script reloads with.
    pub(crate) fn own_library(&self) -> &'static str {
        self.file.unwrap_or(self.library)
    }
}

/// The library that a script file is: `library` in a build of that file alone; in a build of its package, `files`
/// says `path=name;` of every such file, with paths as `file!()` has them.
#[must_use]
pub const fn script_file(
    library: Option<&'static str>,
    files: Option<&'static str>,
    file: &str,
) -> Option<&'static str> {
    if library.is_some() {
        return library;
    }
    let Some(files) = files else { return None };
    let mut rest = files;
    while let Some(end) = position(rest, b';') {
        let (item, after) = rest.split_at(end);
        if let Some(middle) = position(item, b'=') {
            let (path, name) = item.split_at(middle);
            if is_equal(path, file) {
                return Some(name.split_at(1).1);
            }
        }
        rest = after.split_at(1).1;
    }
    None
}

const fn position(text: &str, byte: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == byte {
            return Some(index);
        }
        index += 1;
    }
    None
}

const fn is_equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// The entries that loaded libraries brought. Held while one is being loaded: which entries it brings is known by
/// looking before and after.
static LOADED: Mutex<Vec<&'static Entry>> = Mutex::new(Vec::new());

/// The entries that the program was linked with, of every interface.
pub(crate) fn linked() -> Vec<&'static Entry> {
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    inventory::iter::<Entry>.into_iter().filter(|entry| !contains(&loaded, entry)).collect()
}

/// What `load` brings into the process.
pub(crate) fn brought_by<E>(load: impl FnOnce() -> Result<(), E>) -> Result<Brought, E> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let before: Vec<&'static Entry> = inventory::iter::<Entry>.into_iter().collect();
    let kept_before = inventory::iter::<KeptType>.into_iter().count();
    let result = load();
    let entries: Vec<&'static Entry> =
        inventory::iter::<Entry>.into_iter().filter(|entry| !contains(&before, entry)).collect();
    // The newest come first.
    let kept_after = inventory::iter::<KeptType>.into_iter().count();
    let kept = inventory::iter::<KeptType>.into_iter().take(kept_after - kept_before).collect();
    loaded.extend(&entries);
    result.map(|()| Brought { entries, kept })
}

fn contains(entries: &[&'static Entry], entry: &'static Entry) -> bool {
    entries.iter().any(|other| std::ptr::eq(*other, entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_knows_the_file_that_it_reloads_with() {
        const FILES: Option<&str> = Some("scripts/src/a b.rs=a b;scripts/src/player.rs=player;");
        assert_eq!(script_file(None, None, "scripts/src/player.rs"), None);
        assert_eq!(script_file(Some("own"), FILES, "scripts/src/player.rs"), Some("own"));
        assert_eq!(script_file(None, FILES, "scripts/src/player.rs"), Some("player"));
        assert_eq!(script_file(None, FILES, "scripts/src/a b.rs"), Some("a b"));
        assert_eq!(script_file(None, FILES, "scripts/src/play.rs"), None);
        assert_eq!(script_file(None, Some("cut=sh"), "cut"), None);
    }
}
