//! Events and faults in C's form, with the texts that they point to.

use std::ffi::{CString, c_char};
use std::ptr;

use live::{Event, Fault};

use crate::types::{EventKind, liveline_event, liveline_fault};

/// A text as C has it. A zero byte in it would end it early: it is shown instead.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{2400}")).unwrap_or_default()
}

fn pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// A place in a source.
#[derive(Debug, Default)]
struct Place {
    file: Option<CString>,
    line: u32,
    column: u32,
}

impl Place {
    fn of(fault: &Fault) -> Self {
        fault.location().map_or_else(Self::default, |(file, line, column)| Self {
            file: Some(c_text(file)),
            line,
            column,
        })
    }
}

/// An event and its texts.
#[derive(Debug, Default)]
pub(crate) struct HeldEvent {
    kind: i32,
    errors: u32,
    generation: u64,
    save_to_live_micros: u64,
    place: Place,
    text: CString,
    library: Option<CString>,
    function: Option<CString>,
    message: Option<CString>,
}

impl HeldEvent {
    pub(crate) fn of(event: &Event) -> Self {
        let mut held =
            Self { kind: EventKind::of(event) as i32, text: c_text(&event.to_string()), ..Self::default() };
        match event {
            Event::BuildStarted { library }
            | Event::BuildSucceeded { library, .. }
            | Event::BuildCancelled { library } => held.library = Some(c_text(library)),
            Event::BuildFailed { library, errors, first } => {
                held.library = Some(c_text(library));
                held.errors = *errors;
                if let Some(first) = first {
                    held.message = Some(c_text(&first.message));
                    held.place =
                        Place { file: Some(c_text(&first.file)), line: first.line, column: first.column };
                }
            }
            Event::Reloaded(reloaded) => {
                held.library = Some(c_text(&reloaded.library));
                held.generation = reloaded.generation.0;
                let micros = reloaded.save_to_live.map_or(0, |time| time.as_micros());
                held.save_to_live_micros = u64::try_from(micros).unwrap_or(u64::MAX);
            }
            Event::Refused { library, generation, reason, .. } => {
                held.library = Some(c_text(library));
                held.generation = generation.0;
                held.message = Some(c_text(reason));
            }
            Event::Faulted(fault) => {
                held.library = Some(c_text(fault.library()));
                held.generation = fault.generation().0;
                held.function = Some(c_text(fault.function()));
                held.message = Some(c_text(fault.message()));
                held.place = Place::of(fault);
            }
            Event::Trouble { message } => held.message = Some(c_text(message)),
            Event::Detached { reason } => held.message = Some(c_text(reason)),
            _ => {}
        }
        held
    }

    /// Valid as long as this is not moved away from or dropped.
    pub(crate) fn view(&self) -> liveline_event {
        liveline_event {
            kind: self.kind,
            line: self.place.line,
            column: self.place.column,
            errors: self.errors,
            generation: self.generation,
            save_to_live_micros: self.save_to_live_micros,
            text: self.text.as_ptr(),
            library: pointer(self.library.as_ref()),
            function: pointer(self.function.as_ref()),
            message: pointer(self.message.as_ref()),
            file: pointer(self.place.file.as_ref()),
        }
    }
}

/// A fault and its texts.
#[derive(Debug)]
pub(crate) struct HeldFault {
    generation: u64,
    place: Place,
    library: CString,
    function: CString,
    message: CString,
}

impl HeldFault {
    pub(crate) fn of(fault: &Fault) -> Self {
        Self {
            generation: fault.generation().0,
            place: Place::of(fault),
            library: c_text(fault.library()),
            function: c_text(fault.function()),
            message: c_text(fault.message()),
        }
    }

    /// Valid as long as this is not dropped.
    pub(crate) fn view(&self) -> liveline_fault {
        liveline_fault {
            generation: self.generation,
            line: self.place.line,
            column: self.place.column,
            library: self.library.as_ptr(),
            function: self.function.as_ptr(),
            message: self.message.as_ptr(),
            file: pointer(self.place.file.as_ref()),
        }
    }
}
