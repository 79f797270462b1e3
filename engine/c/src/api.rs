//! What C calls. Each function turns C's words into Rust's, and no panic leaves it.

use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use crate::engine::{Engine, SlotAddress};
use crate::handles;
use crate::types::{
    Kind, LIVELINE_FAULT, LIVELINE_NONE, LIVELINE_OK, LIVELINE_VERSION, Outcome, Refusal, liveline_caller,
    liveline_engine, liveline_event, liveline_fault, liveline_function, liveline_options,
};

/// The result for C; a refusal's sentence is kept for `liveline_error`.
fn answer(body: impl FnOnce() -> Outcome) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        Err(Refusal::new(Kind::Internal, "Liveline itself has panicked; please report what it printed"))
    });
    outcome.unwrap_or_else(|refusal| {
        handles::remember(&refusal.sentence);
        refusal.kind as i32
    })
}

fn null(what: &str) -> Refusal {
    Refusal::new(Kind::Argument, format!("{what} is a null pointer"))
}

/// # Safety
/// `text` is null or a string that ends with a zero byte.
unsafe fn text(text: *const c_char, what: &str) -> Result<String, Refusal> {
    if text.is_null() {
        return Err(null(what));
    }
    // SAFETY: as the caller promises.
    let text = unsafe { CStr::from_ptr(text) }.to_str();
    text.map(str::to_owned).map_err(|_| Refusal::new(Kind::Argument, format!("{what} is not UTF-8")))
}

/// # Safety
/// `place` is null or can be written.
unsafe fn give<T>(place: *mut T, value: T, what: &str) -> Result<(), Refusal> {
    if place.is_null() {
        return Err(null(what));
    }
    // SAFETY: as the caller promises.
    unsafe { place.write(value) };
    Ok(())
}

/// # Safety
/// `slot` is the address of a slot that is bound, and so can be written.
unsafe fn write_slot(slot: SlotAddress, address: usize) {
    let slot = std::ptr::with_exposed_provenance_mut::<*const c_void>(slot);
    // SAFETY: as the caller promises; a function pointer or none is as large as a pointer.
    unsafe { slot.write(std::ptr::with_exposed_provenance(address)) };
}

#[unsafe(no_mangle)]
pub extern "C" fn liveline_version() -> u32 {
    LIVELINE_VERSION
}

#[unsafe(no_mangle)]
pub extern "C" fn liveline_error() -> *const c_char {
    handles::last_error()
}

/// # Safety
/// As the header says, here and below: pointers are null or to what the header says, and strings end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_attach(
    options: *const liveline_options,
    engine: *mut *mut liveline_engine,
) -> i32 {
    answer(|| {
        // SAFETY: the header's promise.
        unsafe { give(engine, std::ptr::null_mut(), "`engine`") }?;
        // SAFETY: the header's promise.
        let folder = unsafe { workspace(options) }?;
        let handle = handles::add(Engine::attach(folder));
        // SAFETY: the header's promise.
        unsafe { give(engine, handle, "`engine`") }?;
        Ok(LIVELINE_OK)
    })
}

/// # Safety
/// `options` is null or points to options of the version that it says.
unsafe fn workspace(options: *const liveline_options) -> Result<Option<PathBuf>, Refusal> {
    if options.is_null() {
        return Ok(None);
    }
    // SAFETY: the version is the first field in all versions.
    let version = unsafe { options.cast::<u32>().read() };
    if version != LIVELINE_VERSION {
        let sentence = format!(
            "the engine was compiled with version {version} of `liveline.h`, the library is version \
             {LIVELINE_VERSION}: use those of one release, and set `options.version`"
        );
        return Err(Refusal::new(Kind::Version, sentence));
    }
    // SAFETY: the caller's promise.
    let folder = unsafe { (*options).workspace };
    if folder.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let folder = PathBuf::from(unsafe { text(folder, "`options.workspace`") }?);
    let whole = folder.canonicalize().map_err(|error| {
        let sentence =
            format!("`options.workspace` is {}, which cannot be opened: {error}", folder.display());
        Refusal::new(Kind::Argument, sentence)
    })?;
    Ok(Some(whole))
}

/// # Safety
/// The header's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_detach(engine: *mut liveline_engine) -> i32 {
    answer(|| {
        handles::find(engine)?.check_outside()?;
        handles::remove(engine);
        Ok(LIVELINE_OK)
    })
}

/// # Safety
/// The header's: every slot that is bound lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_poll(engine: *mut liveline_engine) -> i32 {
    answer(|| {
        for (slot, address) in handles::find(engine)?.poll()? {
            // SAFETY: it is bound.
            unsafe { write_slot(slot, address) };
        }
        Ok(LIVELINE_OK)
    })
}

/// # Safety
/// The header's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_bind(
    engine: *mut liveline_engine,
    library: *const c_char,
    name: *const c_char,
    slot: *mut liveline_function,
) -> i32 {
    answer(|| {
        let engine = handles::find(engine)?;
        // SAFETY: the header's promise.
        let (library, name) = unsafe { (text(library, "`library`")?, text(name, "`name`")?) };
        // SAFETY: the header's promise.
        unsafe { give(slot, None, "`slot`") }?;
        let slot = slot.expose_provenance();
        let address = engine.bind(&library, &name, slot)?;
        // SAFETY: it is bound.
        unsafe { write_slot(slot, address) };
        Ok(LIVELINE_OK)
    })
}

/// # Safety
/// The header's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_unbind(engine: *mut liveline_engine, slot: *mut liveline_function) -> i32 {
    answer(|| {
        let engine = handles::find(engine)?;
        if slot.is_null() {
            return Err(null("`slot`"));
        }
        engine.unbind(slot.addr()).map(|()| LIVELINE_OK)
    })
}

/// # Safety
/// The header's: the callback takes the slot's function for what it is.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn liveline_call(
    engine: *mut liveline_engine,
    slot: *const liveline_function,
    caller: liveline_caller,
    data: *mut c_void,
) -> i32 {
    let mut begun = None;
    let refused = answer(|| {
        let engine = handles::find(engine)?;
        if slot.is_null() {
            return Err(null("`slot`"));
        }
        let caller = caller.ok_or_else(|| null("`caller`"))?;
        let (address, call) = engine.call(slot.addr())?;
        begun = Some((engine, caller, address, call));
        Ok(LIVELINE_OK)
    });
    let Some((engine, caller, address, mut call)) = begun else { return refused };
    let address = std::ptr::with_exposed_provenance::<c_void>(address);
    // SAFETY: the address is a function's, of code that is never unloaded, and not null.
    let function = unsafe { std::mem::transmute::<*const c_void, liveline_function>(address) };
    // Outside of `answer`: a C++ exception may pass through here, which Rust must not catch.
    // SAFETY: the header's promise.
    call.run(|| unsafe { caller(function, data) });
    answer(|| match engine.end(call) {
        None => Ok(LIVELINE_OK),
        Some(sentence) => {
            handles::remember(&sentence);
            Ok(LIVELINE_FAULT)
        }
    })
}

/// # Safety
/// The header's: this process can live with what is lost.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_recover_from_crashes(engine: *mut liveline_engine) -> i32 {
    answer(|| {
        // SAFETY: the header's promise.
        let is_possible = unsafe { handles::find(engine)?.recover_from_crashes() };
        Ok(if is_possible { LIVELINE_OK } else { LIVELINE_NONE })
    })
}

/// # Safety
/// The header's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_last_fault(
    engine: *mut liveline_engine,
    fault: *mut liveline_fault,
) -> i32 {
    // SAFETY: pointers and numbers may be zero; the pointer is the header's promise.
    answer(|| unsafe { view(fault, "`fault`", handles::find(engine)?.last_fault()) })
}

/// # Safety
/// The header's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_next_event(
    engine: *mut liveline_engine,
    event: *mut liveline_event,
) -> i32 {
    // SAFETY: pointers and numbers may be zero; the pointer is the header's promise.
    answer(|| unsafe {
        if event.is_null() {
            return Err(null("`event`"));
        }
        view(event, "`event`", handles::find(engine)?.next_event())
    })
}

/// Gives a value, or all zero where there is none.
///
/// # Safety
/// All of `T` may be zero; `place` is null or can be written.
unsafe fn view<T>(place: *mut T, what: &str, value: Option<T>) -> Outcome {
    let result = if value.is_some() { LIVELINE_OK } else { LIVELINE_NONE };
    // SAFETY: as the caller promises.
    unsafe { give(place, value.unwrap_or_else(|| std::mem::zeroed()), what) }?;
    Ok(result)
}

/// # Safety
/// The header's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_generation(
    engine: *mut liveline_engine,
    library: *const c_char,
    generation: *mut u64,
) -> i32 {
    answer(|| {
        let engine = handles::find(engine)?;
        // SAFETY: the header's promise.
        let library = unsafe { text(library, "`library`") }?;
        // SAFETY: the header's promise.
        unsafe { view(generation, "`generation`", engine.generation(&library)) }
    })
}

/// # Safety
/// The header's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liveline_calls(
    engine: *mut liveline_engine,
    slot: *const liveline_function,
    calls: *mut u64,
) -> i32 {
    answer(|| {
        let engine = handles::find(engine)?;
        if slot.is_null() {
            return Err(null("`slot`"));
        }
        let count = engine.calls(slot.addr())?;
        // SAFETY: the header's promise.
        unsafe { give(calls, count, "`calls`") }?;
        Ok(LIVELINE_OK)
    })
}
