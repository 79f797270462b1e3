//! `#[liveline_bevy::component]` and `#[liveline_bevy::resource]`: a type whose values Bevy holds.
//!
//! Bevy knows a type by its `TypeId`, and two builds of a script give equal ones for equal paths, whatever the types
//! hold. So the type stands in a module that is named after its definition: another definition is another type to
//! Bevy, and one that is as it was stays where it is.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{
    Data, DeriveInput, Error, Fields, Ident, LitInt, Result, Token, VisRestricted, Visibility, parse_quote,
};

/// Where Bevy holds the values.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Component,
    Resource,
    Message,
}

impl Kind {
    fn derives(self) -> TokenStream {
        match self {
            Self::Component => quote!(#[derive(::bevy::prelude::Component, ::liveline::State)]),
            Self::Resource => quote!(#[derive(::bevy::prelude::Resource, ::liveline::State)]),
            Self::Message => quote!(#[derive(::bevy::prelude::Message)]),
        }
    }

    /// Has reloads know the type.
    fn registration(self, ident: &Ident) -> TokenStream {
        let name = ident.to_string();
        match self {
            Self::Component => quote!(::liveline_bevy::__component!(#ident, #name);),
            Self::Resource => quote!(::liveline_bevy::__resource!(#ident, #name);),
            Self::Message => TokenStream::new(),
        }
    }
}

/// What stands in the attribute's parentheses.
#[derive(Default)]
pub(crate) struct Arguments {
    version: u64,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self::default());
        }
        let key: Ident = input.parse()?;
        if key != "version" {
            return Err(Error::new(key.span(), "only `version = N` is known here"));
        }
        input.parse::<Token![=]>()?;
        let version = input.parse::<LitInt>()?.base10_parse()?;
        Ok(Self { version })
    }
}

/// The whole expansion.
pub(crate) fn expand(arguments: &Arguments, mut item: DeriveInput, kind: Kind) -> TokenStream {
    if let Some(parameter) = item.generics.params.first() {
        let error =
            Error::new_spanned(parameter, "what Bevy holds of a script is one type: no generic parameters");
        let error = error.to_compile_error();
        return quote! { #item #error };
    }
    let hash = fingerprint(arguments, &item);
    let module = format_ident!("__liveline_{hash:016x}", span = Span::call_site());
    let (ident, visibility) = (item.ident.clone(), item.vis.clone());
    deepen(&mut item);
    let (derives, registration) = (kind.derives(), kind.registration(&ident));
    quote! {
        #[doc(hidden)]
        mod #module {
            #[allow(unused_imports)]
            use super::*;
            #derives
            #item
            #registration
        }
        #[allow(unused_imports)]
        #visibility use #module::#ident;
    }
}

/// FNV-1a over the definition's tokens: the same in every build and on every machine.
fn fingerprint(arguments: &Arguments, item: &DeriveInput) -> u64 {
    let text = format!("{} {}", arguments.version, item.to_token_stream());
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Visibilities as they are seen from one module further in.
fn deepen(item: &mut DeriveInput) {
    deepen_one(&mut item.vis);
    let fields = |fields: &mut Fields| fields.iter_mut().for_each(|field| deepen_one(&mut field.vis));
    match &mut item.data {
        Data::Struct(data) => fields(&mut data.fields),
        // The fields of variants are as visible as their enum.
        Data::Enum(_) => {}
        Data::Union(data) => data.fields.named.iter_mut().for_each(|field| deepen_one(&mut field.vis)),
    }
}

fn deepen_one(visibility: &mut Visibility) {
    match visibility {
        Visibility::Inherited => *visibility = parse_quote!(pub(super)),
        Visibility::Restricted(VisRestricted { path, .. }) => {
            let first = path.segments.first().map(|segment| segment.ident.to_string());
            match first.as_deref() {
                Some("self") => *visibility = parse_quote!(pub(super)),
                Some("super") => {
                    let outer = path.clone();
                    *visibility = parse_quote!(pub(in super::#outer));
                }
                _ => {}
            }
        }
        Visibility::Public(_) => {}
    }
}
