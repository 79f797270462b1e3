//! `#[export]`: a function that C calls, with a border where panics end.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, FnArg, GenericParam, Ident, ItemFn, Result, Signature, Token};

use crate::text;

/// `otherwise = EXPRESSION`, or nothing.
pub(crate) struct Arguments {
    otherwise: Option<Expr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self { otherwise: None });
        }
        let name: Ident = input.parse()?;
        if name != "otherwise" {
            return Err(Error::new(name.span(), "the only argument is `otherwise = EXPRESSION`"));
        }
        input.parse::<Token![=]>()?;
        let otherwise = input.parse()?;
        if input.is_empty() { Ok(Self { otherwise: Some(otherwise) }) } else { Err(input.error("too much")) }
    }
}

pub(crate) fn expand(arguments: &Arguments, item: &ItemFn) -> Result<TokenStream> {
    check(&item.sig)?;
    let ItemFn { attrs, vis, sig, block, .. } = item;
    let mut signature = sig.clone();
    signature.abi = Some(syn::parse_quote!(extern "C"));
    let name = sig.ident.to_string();
    let record = format_ident!("liveline_export_1_{}", sig.ident);
    let record_name = record.to_string();
    let written = written(sig);
    let output = &sig.output;
    let span = sig.output.span();
    let otherwise = match &arguments.otherwise {
        Some(expression) => quote! { #expression },
        None => quote_spanned! { span => ::core::default::Default::default() },
    };
    Ok(quote! {
        ::liveline_export::__export! {
            {
                #(#attrs)*
                #[unsafe(no_mangle)]
                #vis #signature {
                    #[unsafe(export_name = #record_name)]
                    static FUNCTION: ::liveline_export::Function =
                        ::liveline_export::Function::new(#name, #written);
                    ::liveline_export::guard(&FUNCTION, move || #output #block, move || #otherwise)
                }
            }
            {
                #(#attrs)*
                #[unsafe(no_mangle)]
                #vis #signature #block
            }
        }
    })
}

fn check(signature: &Signature) -> Result<()> {
    if let Some(token) = &signature.asyncness {
        return Err(Error::new(token.span(), "a function that C calls is not async"));
    }
    if let Some(token) = &signature.constness {
        return Err(Error::new(token.span(), "a function that C calls is not const"));
    }
    let is_c = |abi: &syn::Abi| abi.name.as_ref().is_none_or(|name| name.value() == "C");
    if let Some(abi) = signature.abi.as_ref().filter(|abi| !is_c(abi)) {
        return Err(Error::new(abi.span(), "`#[export]` makes `extern \"C\"` functions and no others"));
    }
    if let Some(variadic) = &signature.variadic {
        return Err(Error::new(variadic.span(), "a function that Rust defines is not variadic"));
    }
    if let Some(receiver) = signature.inputs.iter().find(|input| matches!(input, FnArg::Receiver(_))) {
        return Err(Error::new(receiver.span(), "a function that C calls takes no `self`: name its type"));
    }
    let generic = |parameter: &&GenericParam| !matches!(parameter, GenericParam::Lifetime(_));
    match signature.generics.params.iter().find(generic) {
        Some(parameter) => {
            Err(Error::new(parameter.span(), "a function that C calls is one function: it is not generic"))
        }
        None => Ok(()),
    }
}

/// `fn(&mut Enemy, f32) -> f32`: without the arguments' names, which may change.
fn written(signature: &Signature) -> String {
    let types = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some(text::one_line(argument.ty.to_token_stream())),
        FnArg::Receiver(_) => None,
    });
    let types: Vec<String> = types.collect();
    let result = match &signature.output {
        syn::ReturnType::Default => String::new(),
        syn::ReturnType::Type(_, ty) => format!(" -> {}", text::one_line(ty.to_token_stream())),
    };
    format!("fn({}){result}", types.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(function: &str) -> String {
        let item: ItemFn = syn::parse_str(function).unwrap();
        expand(&Arguments { otherwise: None }, &item).unwrap_err().to_string()
    }

    #[test]
    fn the_signature_is_written_without_names() {
        let item: ItemFn =
            syn::parse_str("fn f<'a>(e: &'a mut Enemy, (x, _): (f32, u8)) -> *const u8 {}").unwrap();
        assert_eq!(written(&item.sig), "fn(&'a mut Enemy, (f32, u8)) -> *const u8");
        let item: ItemFn = syn::parse_str("fn f() {}").unwrap();
        assert_eq!(written(&item.sig), "fn()");
    }

    #[test]
    fn what_c_cannot_call_is_refused() {
        assert!(refusal("async fn f() {}").contains("async"));
        assert!(refusal("fn f<T>(t: T) {}").contains("generic"));
        assert!(refusal("extern \"system\" fn f() {}").contains("extern \"C\""));
        assert!(refusal("fn f(self) {}").contains("self"));
        assert!(syn::parse_str::<Arguments>("other = 1").is_err());
        assert!(syn::parse_str::<Arguments>("otherwise = 1 + 1").is_ok());
    }
}
