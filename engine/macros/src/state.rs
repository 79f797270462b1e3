//! `#[derive(liveline::State)]`: the layout of a type's fields, recursively.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Error, Field, Fields, Generics, Ident, Result, parse_quote};

use crate::text;

/// The whole expansion. Fails for unions and for types that borrow.
pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    if let Some(lifetime) = item.generics.lifetimes().next() {
        return Err(Error::new(lifetime.span(), "state owns its data: it has no lifetime parameters"));
    }
    let layout = match &item.data {
        Data::Struct(data) => structure(item, &data.fields),
        Data::Enum(data) => enumeration(item, data),
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span(),
                "a union's layout does not say which field is alive",
            ));
        }
    };
    let generics = bounded(&item.generics);
    let (parameters, arguments, clause) = generics.split_for_impl();
    let name = &item.ident;
    Ok(quote! {
        ::liveline::__state! {
            (#[automatically_derived] impl #parameters ::liveline::State for #name #arguments #clause)
            {
                fn layout(describer: &mut ::liveline::__private::Describer) -> ::liveline::__private::TypeLayout {
                    #[allow(unused_imports)]
                    use ::liveline::__private::Opaque as _;
                    #layout
                }
            }
        }
    })
}

/// A generic state type is state when its arguments are.
fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::liveline::State));
    }
    generics
}

fn structure(item: &DeriveInput, fields: &Fields) -> TokenStream {
    let name = item.ident.to_string();
    let fields = fields.iter().enumerate().map(|(index, field)| {
        let member = field_member(index, field);
        let offset = quote!(::core::option::Option::Some(::core::mem::offset_of!(Self, #member)));
        describe_field(index, field, &offset)
    });
    quote! {
        describer.structure::<Self>(#name, |describer| ::std::vec![#(#fields),*])
    }
}

/// The offsets of an enum's fields cannot be asked for; the same compiler lays out the same variants alike.
fn enumeration(item: &DeriveInput, data: &DataEnum) -> TokenStream {
    let name = item.ident.to_string();
    let tag = tag_type(item);
    let variants = data.variants.iter().map(|variant| {
        let variant_name = variant.ident.to_string();
        let fields = variant.fields.iter().enumerate();
        let fields =
            fields.map(|(index, field)| describe_field(index, field, &quote!(::core::option::Option::None)));
        let discriminant = match &variant.discriminant {
            Some((_, value)) => quote!(::core::option::Option::Some({
                const VALUE: #tag = #value;
                VALUE as i128
            })),
            None => quote!(::core::option::Option::None),
        };
        quote! {
            ::liveline::__private::VariantLayout {
                name: #variant_name,
                discriminant: #discriminant,
                fields: ::std::vec![#(#fields),*],
            }
        }
    });
    quote! {
        describer.enumeration::<Self>(#name, |describer| ::std::vec![#(#variants),*])
    }
}

/// The integer type of an enum's discriminants: `#[repr(u8)]` and the like, else `isize`.
fn tag_type(item: &DeriveInput) -> Ident {
    let mut tag = format_ident!("isize");
    for attribute in item.attrs.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        // A `repr` that does not parse is rustc's to report.
        let _ = attribute.parse_nested_meta(|meta| {
            match meta.path.get_ident() {
                Some(ident) if is_integer(&ident.to_string()) => tag = ident.clone(),
                _ => {}
            }
            Ok(())
        });
    }
    tag
}

fn is_integer(name: &str) -> bool {
    name.strip_prefix(['u', 'i']).is_some_and(|bits| bits == "size" || bits.parse::<u8>().is_ok())
}

fn field_member(index: usize, field: &Field) -> TokenStream {
    match &field.ident {
        Some(ident) => ident.to_token_stream(),
        None => syn::Index::from(index).to_token_stream(),
    }
}

fn describe_field(index: usize, field: &Field, offset: &TokenStream) -> TokenStream {
    let name = field_member(index, field).to_string();
    let ty = &field.ty;
    let written = text::one_line(ty.to_token_stream());
    quote! {
        ::liveline::__private::FieldLayout {
            name: #name,
            written: #written,
            offset: #offset,
            layout: ::liveline::__private::Probe::<#ty>::NEW.layout(describer, ::core::module_path!()),
        }
    }
}
