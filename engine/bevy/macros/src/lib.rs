//! The attributes of `liveline-bevy`. Use them through `liveline-bevy`, which documents them.
#![deny(missing_docs)]

mod kept;
mod script;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// A component of a script: Bevy's `Component`, whose values go over to its next layout by the rules for state.
///
/// Stands in the place of `#[derive(Component)]`; what that understands beside it, as `#[require(…)]`, works.
/// `version = N` has to be another number where only a type inside of the component has changed.
#[proc_macro_attribute]
pub fn component(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as kept::Arguments);
    let item = parse_macro_input!(item as syn::DeriveInput);
    kept::expand(&arguments, item, kept::Kind::Component).into()
}

/// A resource of a script: Bevy's `Resource`, whose value goes over to its next layout by the rules for state.
///
/// Stands in the place of `#[derive(Resource)]`.
#[proc_macro_attribute]
pub fn resource(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as kept::Arguments);
    let item = parse_macro_input!(item as syn::DeriveInput);
    kept::expand(&arguments, item, kept::Kind::Resource).into()
}

/// A message of a script: Bevy's `Message`. Those that wait are lost where their type has changed.
///
/// Stands in the place of `#[derive(Message)]`.
#[proc_macro_attribute]
pub fn message(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as kept::Arguments);
    let item = parse_macro_input!(item as syn::DeriveInput);
    kept::expand(&arguments, item, kept::Kind::Message).into()
}

/// Registers a function as a script: it is called at the start and after each reload, and says what systems there are.
///
/// The script's name is the function's.
#[proc_macro_attribute]
pub fn script(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemFn);
    script::expand(&arguments.into(), &item).into()
}
