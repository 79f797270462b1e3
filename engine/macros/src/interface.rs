//! `#[liveline::interface]`: the trait as written, its instance type, and what the engine knows of it.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Error, FnArg, Ident, ItemTrait, Pat, Result, ReturnType, TraitItemFn};

use crate::{check, text};

/// The whole expansion. Fails with every reason why `item` cannot be an interface.
pub(crate) fn expand(arguments: &TokenStream, item: &ItemTrait) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[liveline::interface]` takes no arguments"));
    }
    let methods = check::methods(item)?;
    let instance = instance(item, &methods);
    let implementation = implementation(item, &methods);
    Ok(quote! { #item #instance #implementation })
}

fn instance_name(item: &ItemTrait) -> Ident {
    format_ident!("{}Instance", item.ident)
}

fn instance(item: &ItemTrait, methods: &[&TraitItemFn]) -> TokenStream {
    let (name, visibility, interface) = (instance_name(item), &item.vis, &item.ident);
    let summary = format!("A script that the engine holds through [`{interface}`].");
    let methods = methods.iter().enumerate().map(|(index, method)| method_of_instance(index, method, item));
    quote! {
        #[doc = #summary]
        ///
        /// Each method calls the newest code of the script and returns what it returns, or the
        /// fault that ended the call.
        #[derive(Debug)]
        #visibility struct #name {
            handle: ::liveline::__private::Handle<dyn #interface>,
        }

        impl #name {
            #(#methods)*
        }
    }
}

fn method_of_instance(index: usize, method: &TraitItemFn, item: &ItemTrait) -> TokenStream {
    let signature = &method.sig;
    let (visibility, interface) = (&item.vis, &item.ident);
    let name = &signature.ident;
    let documentation = documentation(&method.attrs, interface, name);
    let generics = &signature.generics;
    let receiver = signature.receiver();
    let by_mutable =
        receiver.is_some_and(|receiver| matches!(receiver.kind, syn::ReceiverKind::Reference(_, _, Some(_))));
    let call = if by_mutable { quote!(call_mut) } else { quote!(call) };
    let (names, types): (Vec<_>, Vec<_>) = arguments(method).unzip();
    let output = match &signature.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, output) => output.to_token_stream(),
    };
    let clause = &generics.where_clause;
    quote! {
        #(#documentation)*
        #[inline]
        #[allow(clippy::too_many_arguments, clippy::needless_lifetimes, clippy::elidable_lifetime_names)]
        #visibility fn #name #generics (#receiver #(, #names: #types)*)
            -> ::core::result::Result<#output, ::liveline::Fault>
        #clause
        {
            self.handle.#call(#index, move |__script| <dyn #interface as #interface>::#name(__script #(, #names)*))
        }
    }
}

/// The arguments after the receiver; one whose pattern is no plain name gets a name of its own.
fn arguments(method: &TraitItemFn) -> impl Iterator<Item = (Ident, &syn::Type)> {
    method.sig.inputs.iter().enumerate().filter_map(|(index, argument)| {
        let FnArg::Typed(argument) = argument else { return None };
        let name = match &*argument.pat {
            Pat::Ident(pattern) if pattern.subpat.is_none() => pattern.ident.clone(),
            _ => format_ident!("argument{index}"),
        };
        Some((name, &*argument.ty))
    })
}

/// The method's own documentation, or where to find some: a crate may deny missing documentation.
fn documentation(attributes: &[Attribute], interface: &Ident, name: &Ident) -> Vec<TokenStream> {
    let own: Vec<TokenStream> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .map(quote::ToTokens::to_token_stream)
        .collect();
    if !own.is_empty() {
        return own;
    }
    let line = format!("Calls [`{interface}::{name}`].");
    vec![quote!(#[doc = #line])]
}

fn implementation(item: &ItemTrait, methods: &[&TraitItemFn]) -> TokenStream {
    let (interface, instance) = (&item.ident, instance_name(item));
    let name = interface.to_string();
    let descriptor = descriptor(item, methods);
    let names = methods.iter().map(|method| method.sig.ident.to_string());
    quote! {
        impl ::liveline::Interface for dyn #interface {
            type Instance = #instance;
            const NAME: &'static str = ::core::concat!(::core::module_path!(), "::", #name);
            const DESCRIPTOR: &'static str = #descriptor;
            const METHODS: &'static [&'static str] = &[#(#names),*];
            const API_PACKAGE: &'static str = ::core::env!("CARGO_PKG_NAME");
            const MANIFEST_DIR: &'static str = ::core::env!("CARGO_MANIFEST_DIR");

            #[inline]
            fn instance(handle: ::liveline::__private::Handle<Self>) -> Self::Instance {
                #instance { handle }
            }

            fn anchor() -> *const () {
                static ANCHOR: u8 = 0;
                (&raw const ANCHOR).cast()
            }
        }
    }
}

/// The supertraits and then each method's signature, one a line.
fn descriptor(item: &ItemTrait, methods: &[&TraitItemFn]) -> String {
    let mut lines = String::new();
    if !item.supertraits.is_empty() {
        let interface = &item.ident;
        let supertraits = &item.supertraits;
        lines.push_str(&text::one_line(quote!(trait #interface: #supertraits)));
        lines.push('\n');
    }
    for method in methods {
        lines.push_str(&text::one_line(method.sig.to_token_stream()));
        lines.push('\n');
    }
    lines
}
