//! `#[liveline::script]`: the impl as written, and its entry in the registry.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Ident, ItemImpl, LitStr, Result, Token, Type};

use crate::text;

/// What stands in the attribute's parentheses.
#[derive(Default)]
pub(crate) struct Arguments {
    name: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self::default());
        }
        let key: Ident = input.parse()?;
        if key != "name" {
            return Err(Error::new(key.span(), "`#[liveline::script]` knows `name = \"…\"` only"));
        }
        input.parse::<Token![=]>()?;
        let name: LitStr = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            return Err(input.error("`#[liveline::script]` knows `name = \"…\"` only"));
        }
        check_name(&name)?;
        Ok(Self { name: Some(name) })
    }
}

/// A name stands in messages, files and commands: nothing that breaks a line or a list.
fn check_name(name: &LitStr) -> Result<()> {
    let value = name.value();
    if value.is_empty() || value.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Err(Error::new(name.span(), "a script's name is not empty and has no spaces"));
    }
    Ok(())
}

/// The whole expansion. Fails if `item` is not a trait's impl for a plain type.
pub(crate) fn expand(arguments: &Arguments, item: &ItemImpl) -> Result<TokenStream> {
    let interface = interface_of(item)?;
    let state = &*item.self_ty;
    let ident = ident_of(state)?;
    let name = arguments.name.as_ref().map_or_else(|| text::snake_case(&ident), LitStr::value);
    // The error for a trait that is no interface stands at the trait.
    let interface = quote_spanned! { interface.span() => dyn #interface };
    Ok(quote! {
        #item
        const _: () = {
            ::liveline::__script!(#state, #interface, #name, #ident);
        };
    })
}

fn interface_of(item: &ItemImpl) -> Result<&syn::Path> {
    if let Some(parameter) = item.generics.params.first() {
        return Err(Error::new(parameter.span(), "a script is one type: it has no generic parameters"));
    }
    if let Some(bang) = &item.modifiers.polarity {
        return Err(Error::new(bang.span(), "a script implements its interface"));
    }
    match &item.trait_ {
        Some((path, _)) => Ok(path),
        None => Err(Error::new(
            item.self_ty.span(),
            "`#[liveline::script]` stands above the impl of an interface: `impl Script for Player`",
        )),
    }
}

/// The type's own name, `Player` of `crate::Player`.
fn ident_of(state: &Type) -> Result<String> {
    let plain = match state {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    };
    match plain {
        Some(segment) => Ok(segment.ident.to_string().trim_start_matches("r#").to_owned()),
        None => Err(Error::new(
            state.span(),
            format!("a script is a named type, `{}` is not", text::one_line(state.to_token_stream())),
        )),
    }
}
