//! A release build, and any build where scripts are not reloaded yet: the linked scripts behind plain trait objects. Nothing
//! here reloads, listens or counts.

mod fault;
#[cfg(any(debug_assertions, feature = "live"))]
mod notice;
mod registry;
mod scripts;

pub use fault::Fault;
pub use scripts::{Scripts, attach};

/// What the macros' expansions name.
pub mod names {
    pub use super::registry::{Create, Entry, fresh};
    pub use super::scripts::Handle;
    pub use inventory;
}

/// The state of a script: `Default`, owned, derived with [`#[derive(State)]`](macro@crate::State).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not script state",
    label = "does not derive `liveline::State`",
    note = "write `#[derive(Default, liveline::State)]` above the type"
)]
pub trait State: 'static {}

/// Puts a script into the registry.
#[doc(hidden)]
#[macro_export]
macro_rules! __script {
    ($state:ty, $interface:ty, $name:literal, $type_name:literal) => {
        static CREATE: $crate::__private::Create<$interface> =
            $crate::__private::Create(|| ::std::boxed::Box::new($crate::__private::fresh::<$state>()));
        $crate::__private::inventory::submit! {
            $crate::__private::Entry { library: ::core::env!("CARGO_PKG_NAME"), name: $name, create: &CREATE }
        }
    };
}

/// Implements [`State`]; layouts matter to reloads alone.
#[doc(hidden)]
#[macro_export]
macro_rules! __state {
    (($($head:tt)*) { $($body:tt)* }) => { $($head)* {} };
}
