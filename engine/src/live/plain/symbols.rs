//! What a loaded generation has by name: its functions, and what `liveline-export` says of them.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU64, Ordering};

use libloading::os::unix::Library;
use liveline_link::Export;

/// The names of a generation's functions. Dropping it unloads nothing.
#[derive(Debug)]
pub(crate) struct Symbols {
    home: Home,
}

#[derive(Debug)]
enum Home {
    Library(ManuallyDrop<Library>),
    Image(BTreeMap<String, usize>),
}

impl Default for Symbols {
    fn default() -> Self {
        Self { home: Home::Image(BTreeMap::new()) }
    }
}

impl Symbols {
    /// Those of a shared library, which is never unloaded.
    pub(crate) fn of_library(library: Library) -> Self {
        Self { home: Home::Library(ManuallyDrop::new(library)) }
    }

    /// Those of linked objects that start at `base`.
    pub(crate) fn of_image(base: usize, exports: Vec<Export>) -> Self {
        let exports = exports.into_iter().filter_map(|export| {
            Some((export.name, base.checked_add(usize::try_from(export.address).ok()?)?))
        });
        Self { home: Home::Image(exports.collect()) }
    }

    fn address(&self, name: &str) -> Option<*mut c_void> {
        match &self.home {
            Home::Image(exports) => exports.get(name).map(|address| *address as *mut c_void),
            Home::Library(library) => {
                // SAFETY: only the address is used here.
                let symbol = unsafe { library.get::<*mut c_void>(name.as_bytes()) }.ok()?;
                Some(symbol.as_raw_ptr()).filter(|address| !address.is_null())
            }
        }
    }

    /// A function that C can call.
    pub(super) fn function(&self, name: &str) -> Option<Found> {
        let address = self.address(name)?;
        let record = self.address(&format!("liveline_export_1_{name}")).map(<*mut c_void>::cast::<Record>);
        // SAFETY: nobody but `liveline_export` names a symbol like this; its name says its form, and it is a static
        // of code that is never unloaded.
        let record = record.filter(|record| record.is_aligned()).map(|record| unsafe { &*record });
        Some(Found { address, record })
    }

    /// Has a generation tell of its panics from now on, if it knows how to.
    pub(super) fn send_panics_to(&self, sink: Sink, context: *mut c_void) {
        let Some(address) = self.address("liveline_export_1") else { return };
        // SAFETY: as for records, the name says the function's type.
        let tell: unsafe extern "C" fn(Sink, *mut c_void) = unsafe { std::mem::transmute(address) };
        // SAFETY: the caller gives a sink and a context that stay.
        unsafe { tell(sink, context) };
    }
}

/// A function in one generation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) address: *mut c_void,
    record: Option<&'static Record>,
}

impl Found {
    /// As its source has it; a function without `#[export]` says none.
    pub(super) fn signature(&self) -> Option<&'static str> {
        let record = self.record?;
        // SAFETY: `liveline_export` points to a constant.
        unsafe { text(record.signature, record.signature_length) }
    }

    /// Whether it counts its calls by itself.
    pub(super) fn counts(&self) -> bool {
        self.record.is_some()
    }

    /// The calls that it has counted since the last time.
    pub(super) fn take_calls(&self) -> u64 {
        self.record.map_or(0, |record| record.calls.swap(0, Ordering::Relaxed))
    }
}

/// `liveline_export::Function`, in the form that its symbol's name says.
#[repr(C)]
#[derive(Debug)]
struct Record {
    name: *const u8,
    name_length: usize,
    signature: *const u8,
    signature_length: usize,
    calls: AtomicU64,
}

/// `liveline_export::Panicked`.
#[repr(C)]
pub(super) struct Panicked {
    function: *const u8,
    function_length: usize,
    message: *const u8,
    message_length: usize,
    file: *const u8,
    file_length: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// `liveline_export::Sink`.
pub(super) type Sink = unsafe extern "C" fn(*mut c_void, *const Panicked);

impl Panicked {
    #[cfg(test)]
    pub(super) fn new(function: &str, message: &str, file: &str, line: u32, column: u32) -> Self {
        Self {
            function: function.as_ptr(),
            function_length: function.len(),
            message: message.as_ptr(),
            message_length: message.len(),
            file: file.as_ptr(),
            file_length: file.len(),
            line,
            column,
        }
    }

    /// Function, message and file.
    ///
    /// # Safety
    /// It is what `liveline_export` gave to a sink, for the time of that call.
    pub(super) unsafe fn texts(&self) -> [&str; 3] {
        // SAFETY: as the caller promises.
        unsafe {
            [
                text(self.function, self.function_length).unwrap_or_default(),
                text(self.message, self.message_length).unwrap_or_default(),
                text(self.file, self.file_length).unwrap_or_default(),
            ]
        }
    }
}

/// # Safety
/// `length` bytes at `start` last for `'a`.
unsafe fn text<'a>(start: *const u8, length: usize) -> Option<&'a str> {
    if start.is_null() || length > usize::from(u16::MAX) * 16 {
        return None;
    }
    // SAFETY: as the caller promises.
    std::str::from_utf8(unsafe { std::slice::from_raw_parts(start, length) }).ok()
}
