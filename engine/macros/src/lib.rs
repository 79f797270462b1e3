//! The attributes and derives of the `liveline` crate. Use them through `liveline`, which documents them.
#![deny(missing_docs)]

mod check;
mod export;
mod interface;
mod script;
mod state;
mod text;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Declares a trait as an interface: what an engine calls and its scripts implement.
///
/// Beside the trait it makes a struct named after it, `ScriptInstance` for `Script`, with the trait's methods as
/// its own, each returning `Result<T, liveline::Fault>`.
#[proc_macro_attribute]
pub fn interface(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = proc_macro2::TokenStream::from(arguments);
    let item = parse_macro_input!(item as syn::ItemTrait);
    interface::expand(&arguments, &item).unwrap_or_else(|error| also(&error, &item)).into()
}

/// Registers an implementation of an interface as a script.
///
/// The script's name is the type's in snake case; `#[liveline::script(name = "…")]` gives another.
#[proc_macro_attribute]
pub fn script(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as script::Arguments);
    let item = parse_macro_input!(item as syn::ItemImpl);
    script::expand(&arguments, &item).unwrap_or_else(|error| also(&error, &item)).into()
}

/// Makes a function one that an engine in C or C++ calls: `liveline_export` documents it.
#[proc_macro_attribute]
pub fn export(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as export::Arguments);
    let item = parse_macro_input!(item as syn::ItemFn);
    export::expand(&arguments, &item).unwrap_or_else(|error| also(&error, &item)).into()
}

/// Describes a type's layout, so that values of it outlive a reload: where they are if it has not changed, else by
/// their fields' names.
///
/// A field that is new starts from the type's `Default`, or from its own. On a field or a variant,
/// `#[state(renamed_from = "speed")]` says what it was called before; on a field, `#[state(skip)]` says that it starts
/// from its default whenever the layout has changed.
#[proc_macro_derive(State, attributes(state))]
pub fn state(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::DeriveInput);
    state::expand(&item).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// The error beside the item as it was: the rest of the crate still finds the trait or the impl, so that one
/// mistake is one message.
fn also(error: &syn::Error, item: &impl quote::ToTokens) -> proc_macro2::TokenStream {
    let error = error.to_compile_error();
    quote::quote! { #item #error }
}
