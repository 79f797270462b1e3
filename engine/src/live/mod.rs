//! Development: scripts whose code can be swapped while they run.

mod answers;
mod backtrace;
mod compare;
mod convert;
#[expect(unsafe_code, reason = "handles signals, and walks the stacks of those that fault")]
mod crash;
mod endpoint;
mod exchange;
mod fault;
mod fetch;
mod file_name;
mod hang;
mod identity;
mod image;
pub mod keep;
mod layout;
mod link;
#[expect(unsafe_code, reason = "loading a library runs its constructors")]
mod loader;
mod mailbox;
#[expect(unsafe_code, reason = "a thread's calls stand on its stack, where its signals' handlers find them")]
mod marks;
#[expect(unsafe_code, reason = "makes and frees values whose type only a script's library knows")]
mod memory;
mod migrate;
#[cfg(test)]
mod migrate_tests;
mod objects;
mod os;
mod outbox;
mod panics;
#[expect(unsafe_code, reason = "finds functions by name, and hears of their panics")]
pub mod plain;
mod plan;
mod probation;
mod registry;
mod remote;
mod report;
mod scripts;
mod section;
mod session;
mod snapshot;
mod state;
mod std_state;
mod std_tuples;
mod store;
#[expect(unsafe_code, reason = "calls scripts through pointers that change when their code does")]
mod swap;
mod transfer;
#[cfg(test)]
mod transfer_tests;
mod tree;
mod verdict;
mod wire;

// A crate that has only a shared form makes rustc use the shared form of every crate that has one.
#[cfg(feature = "shared")]
extern crate liveline_dynamic as _;

pub use fault::Fault;
pub use scripts::{Scripts, attach};
pub use state::State;

/// What the macros' expansions name.
pub mod names {
    pub use super::keep;
    pub use super::layout::{FieldLayout, TypeLayout, VariantLayout};
    pub use super::memory::{Vtable, Ways, create, destroy};
    pub use super::migrate::{
        ByClone, ByNothing, BySerde, ByState, Failure, FieldInfo, Loader, Moved, Saver, Way, WithDefault,
        WithoutDefault, migrate, missing, no_variant,
    };
    pub use super::registry::{ENTRY_VERSION, Entry, STAMP, script_file};
    pub use super::section::{Record, record};
    pub use super::state::{Describer, Opaque, Probe};
    pub use super::swap::Handle;
    pub use super::tree::Tree;
    pub use inventory;
}

/// Puts a script into the registry, and what it implements into a section that is read before any of its code runs.
#[doc(hidden)]
#[macro_export]
macro_rules! __script {
    ($state:ty, $interface:ty, $name:literal, $type_name:literal) => {
        const RECORD: $crate::__private::Record<'static> =
            $crate::__private::record::<$interface>(::core::env!("CARGO_PKG_NAME"), $name);
        const FILE: ::core::option::Option<&'static ::core::primitive::str> = $crate::__private::script_file(
            ::core::option_env!("LIVELINE_LIBRARY"),
            ::core::option_env!("LIVELINE_FILES"),
            ::core::file!(),
        );
        #[used]
        #[unsafe(link_section = "liveline_iface")]
        static SECTION: [u8; RECORD.length()] = RECORD.bytes();
        // The only thing here that asks whether the type is state: one mistake is one message.
        const STATE: $crate::__private::Ways = $crate::__private::Ways::of::<$state>();
        static VTABLE: $crate::__private::Vtable<$interface> = $crate::__private::Vtable {
            create: $crate::__private::create::<$state>,
            destroy: $crate::__private::destroy::<$state>,
            take_apart: STATE.take_apart,
            restore: STATE.restore,
            as_dyn: |state| state.cast::<$state>() as *mut $interface,
        };
        $crate::__private::inventory::submit! {
            $crate::__private::Entry {
                version: $crate::__private::ENTRY_VERSION,
                library: ::core::env!("CARGO_PKG_NAME"),
                file: FILE,
                name: $name,
                type_name: $type_name,
                vtable: &VTABLE,
                layout: STATE.layout,
                record: &SECTION,
            }
        }
    };
}

/// Implements [`State`] with the layout that the derive found.
#[doc(hidden)]
#[macro_export]
macro_rules! __state {
    (($($head:tt)*) { $($body:tt)* }) => { $($head)* { $($body)* } };
}
