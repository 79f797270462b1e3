//! A function's border, where panics end, and what Liveline finds of it by name.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Once, OnceLock};

/// What Liveline finds of an exported function, as the symbol `liveline_export_1_NAME`.
#[repr(C)]
#[derive(Debug)]
pub struct Function {
    name: *const u8,
    name_length: usize,
    signature: *const u8,
    signature_length: usize,
    calls: AtomicU64,
}

// SAFETY: both pointers are to constants.
unsafe impl Sync for Function {}

impl Function {
    /// By its name and its signature as written.
    #[must_use]
    pub const fn new(name: &'static str, signature: &'static str) -> Self {
        Self {
            name: name.as_ptr(),
            name_length: name.len(),
            signature: signature.as_ptr(),
            signature_length: signature.len(),
            calls: AtomicU64::new(0),
        }
    }
}

/// A panic, for the time of a call of [`Sink`]: texts in UTF-8, a line of 0 where the place is unknown.
#[repr(C)]
#[derive(Debug)]
pub struct Panicked {
    /// The exported function's name.
    pub function: *const u8,
    /// In bytes.
    pub function_length: usize,
    /// The panic's message.
    pub message: *const u8,
    /// In bytes.
    pub message_length: usize,
    /// The source file, as rustc names it.
    pub file: *const u8,
    /// In bytes.
    pub file_length: usize,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

/// Who is told of panics, on the thread that panicked.
pub type Sink = unsafe extern "C" fn(context: *mut c_void, panicked: *const Panicked);

static SINK: OnceLock<Sink> = OnceLock::new();
static CONTEXT: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

/// Liveline calls this before anything of a generation runs.
///
/// # Safety
/// `sink` can be called with `context` from any thread, as long as the process runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_export_1(sink: Sink, context: *mut c_void) {
    CONTEXT.store(context, Ordering::Release);
    let _ = SINK.set(sink);
}

/// A panic's place: file, line and column.
type Place = (String, u32, u32);

thread_local! {
    /// How many guarded calls are on this thread's stack.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Where the newest panic inside of one began.
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
    /// Where this thread's calls have panicked.
    static PRINTED: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// Calls a function's body. A panic ends here: Liveline is told, and `otherwise` gives the result.
pub fn guard<R>(function: &'static Function, body: impl FnOnce() -> R, otherwise: impl FnOnce() -> R) -> R {
    watch();
    function.calls.fetch_add(1, Ordering::Relaxed);
    deeper(1);
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    deeper(-1);
    result.unwrap_or_else(|payload| {
        tell(function, &message(&*payload));
        discard(payload);
        otherwise()
    })
}

fn deeper(by: i32) {
    // A thread whose locals are gone panics in the usual way.
    let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_add_signed(by)));
}

fn tell(function: &Function, message: &str) {
    let place = PLACE.try_with(RefCell::take).unwrap_or_default();
    let (file, line, column) = place.unwrap_or_default();
    let Some(sink) = SINK.get() else { return };
    let panicked = Panicked {
        function: function.name,
        function_length: function.name_length,
        message: message.as_ptr(),
        message_length: message.len(),
        file: file.as_ptr(),
        file_length: file.len(),
        line,
        column,
    };
    // SAFETY: whoever gave the sink and its context promised that both last; the texts outlive the call.
    unsafe { sink(CONTEXT.load(Ordering::Acquire), &raw const panicked) };
}

/// What panics print inside of a guarded call is printed once for each place: one in every frame would flood the
/// terminal.
fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let inside = DEPTH.try_with(|depth| depth.get() > 0).unwrap_or(false);
            if !inside || remember(info) {
                previous(info);
            }
        }));
    });
}

/// Whether the panic's place is a new one.
fn remember(info: &PanicHookInfo<'_>) -> bool {
    let place = info.location().map(|at| (at.file().to_owned(), at.line(), at.column()));
    PLACE.set(place.clone());
    let Some(place) = place else { return true };
    PRINTED.with_borrow_mut(|printed| {
        let is_new = !printed.contains(&place);
        if is_new {
            printed.push(place);
        }
        is_new
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
        .to_owned()
}

/// A payload is any value, so its end may panic as well.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}
