//! The header's types and constants.

use std::ffi::{c_char, c_void};

use live::Event;

pub(crate) const LIVELINE_VERSION: u32 = 1;

pub(crate) const LIVELINE_OK: i32 = 0;
pub(crate) const LIVELINE_NONE: i32 = 1;
pub(crate) const LIVELINE_FAULT: i32 = 2;

/// Why a function did not do what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Kind {
    Argument = -1,
    Version = -2,
    Handle = -3,
    Thread = -4,
    Unknown = -5,
    InScript = -6,
    NotLoaded = -7,
    Internal = -8,
}

/// A refusal, with a sentence for a person.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: Kind,
    pub(crate) sentence: String,
}

impl Refusal {
    pub(crate) fn new(kind: Kind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into() }
    }
}

pub(crate) type Outcome = Result<i32, Refusal>;

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum EventKind {
    Other = 0,
    Attached = 1,
    Detached = 2,
    BuildStarted = 3,
    BuildSucceeded = 4,
    BuildFailed = 5,
    BuildCancelled = 6,
    Reloaded = 7,
    Refused = 8,
    Faulted = 9,
    Trouble = 10,
}

impl EventKind {
    pub(crate) fn of(event: &Event) -> Self {
        match event {
            Event::Attached { .. } => Self::Attached,
            Event::Detached { .. } => Self::Detached,
            Event::BuildStarted { .. } => Self::BuildStarted,
            Event::BuildSucceeded { .. } => Self::BuildSucceeded,
            Event::BuildFailed { .. } => Self::BuildFailed,
            Event::BuildCancelled { .. } => Self::BuildCancelled,
            Event::Reloaded(_) => Self::Reloaded,
            Event::Refused { .. } => Self::Refused,
            Event::Faulted(_) => Self::Faulted,
            Event::Trouble { .. } => Self::Trouble,
            _ => Self::Other,
        }
    }
}

/// Only ever behind a pointer, which is a number.
#[allow(non_camel_case_types, reason = "the header's name")]
pub enum liveline_engine {}

#[allow(non_camel_case_types, reason = "the header's name")]
pub type liveline_function = Option<unsafe extern "C" fn()>;

/// A C++ exception may leave it.
#[allow(non_camel_case_types, reason = "the header's name")]
pub type liveline_caller = Option<unsafe extern "C-unwind" fn(liveline_function, *mut c_void)>;

#[allow(non_camel_case_types, reason = "the header's name")]
#[derive(Debug)]
#[repr(C)]
pub struct liveline_options {
    pub version: u32,
    pub workspace: *const c_char,
}

#[allow(non_camel_case_types, reason = "the header's name")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct liveline_event {
    pub kind: i32,
    pub line: u32,
    pub column: u32,
    pub errors: u32,
    pub generation: u64,
    pub save_to_live_micros: u64,
    pub text: *const c_char,
    pub library: *const c_char,
    pub function: *const c_char,
    pub message: *const c_char,
    pub file: *const c_char,
}

#[allow(non_camel_case_types, reason = "the header's name")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct liveline_fault {
    pub generation: u64,
    pub line: u32,
    pub column: u32,
    pub library: *const c_char,
    pub function: *const c_char,
    pub message: *const c_char,
    pub file: *const c_char,
}
