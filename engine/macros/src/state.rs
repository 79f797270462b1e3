//! `#[derive(liveline::State)]`: the layout of a type's fields, recursively, and their way to another layout.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Error, Field, Fields, Generics, Ident, LitStr, Result, Variant,
    parse_quote,
};

use crate::text;

/// The whole expansion. Fails for unions and for types that borrow.
pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    if let Some(lifetime) = item.generics.lifetimes().next() {
        return Err(Error::new(lifetime.span(), "state owns its data: it has no lifetime parameters"));
    }
    let (layout, save, load) = match &item.data {
        Data::Struct(data) => {
            let parts = parts(&item.ident, &data.fields)?;
            (structure(item, &parts), save_structure(&parts), load_structure(&parts))
        }
        Data::Enum(data) => {
            let variants: Vec<Choice<'_>> = data
                .variants
                .iter()
                .map(|variant| Choice::of(&item.ident, variant))
                .collect::<Result<_>>()?;
            (enumeration(item, data, &variants), save_enumeration(&variants), load_enumeration(&variants))
        }
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

                #[allow(unused_imports, unused_variables, clippy::all)]
                fn save(&self, saver: &mut ::liveline::__private::Saver)
                    -> ::liveline::__private::Moved<::liveline::__private::Tree>
                {
                    use ::liveline::__private::{ByClone as _, ByNothing as _, BySerde as _, ByState as _};
                    #save
                }

                #[allow(unused_imports, unused_variables, unused_mut, clippy::all)]
                fn load(
                    tree: &::liveline::__private::Tree,
                    loader: &mut ::liveline::__private::Loader<'_>,
                ) -> ::liveline::__private::Moved<Self> {
                    use ::liveline::__private::{
                        ByClone as _, ByNothing as _, BySerde as _, ByState as _, WithDefault as _, WithoutDefault as _,
                    };
                    #load
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

/// What `#[state(…)]` says.
#[derive(Default)]
struct Attributes {
    renamed_from: Option<String>,
    skip: bool,
}

impl Attributes {
    /// `can_skip`: on a field.
    fn of(attributes: &[Attribute], can_skip: bool) -> Result<Self> {
        let mut found = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("state")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("renamed_from") {
                    found.renamed_from = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.path.is_ident("skip") && can_skip {
                    found.skip = true;
                } else {
                    let known = if can_skip {
                        "`renamed_from = \"…\"` and `skip`"
                    } else {
                        "`renamed_from = \"…\"`"
                    };
                    return Err(meta.error(format!("`#[state(…)]` knows {known} here")));
                }
                Ok(())
            })?;
        }
        Ok(found)
    }
}

/// One field: what names it, and what is said of it.
struct Part<'a> {
    member: TokenStream,
    name: String,
    field: &'a Field,
    attributes: Attributes,
    /// A `FieldInfo`.
    info: TokenStream,
}

fn parts<'a>(owner: &Ident, fields: &'a Fields) -> Result<Vec<Part<'a>>> {
    fields.iter().enumerate().map(|(index, field)| Part::of(owner, index, field)).collect()
}

impl<'a> Part<'a> {
    fn of(owner: &Ident, index: usize, field: &'a Field) -> Result<Self> {
        let member = match &field.ident {
            Some(ident) => ident.to_token_stream(),
            None => syn::Index::from(index).to_token_stream(),
        };
        let attributes = Attributes::of(&field.attrs, true)?;
        let name = member.to_string();
        let owner = owner.to_string();
        let earlier = match &attributes.renamed_from {
            Some(earlier) => quote!(::core::option::Option::Some(#earlier)),
            None => quote!(::core::option::Option::None),
        };
        let written = text::one_line(field.ty.to_token_stream());
        let at = place(field.ident.as_ref().map_or_else(|| field.ty.span(), Ident::span));
        let info = quote! {
            ::liveline::__private::FieldInfo {
                name: #name,
                earlier: #earlier,
                written: #written,
                owner: #owner,
                at: #at,
            }
        };
        Ok(Self { member, name, field, attributes, info })
    }

    /// The pair of name and tree. `value`: a reference to the field.
    fn save(&self, value: &TokenStream) -> Option<TokenStream> {
        let (info, ty) = (&self.info, &self.field.ty);
        (!self.attributes.skip).then(|| {
            quote! {
                saver.field(&#info, |saver| {
                    (&&&&::liveline::__private::Way::<#ty>::NEW).save(#value, ::core::module_path!(), saver)
                })?
            }
        })
    }

    /// The field's value if the old one has it. `tree`: of the struct.
    fn load(&self, tree: &TokenStream) -> TokenStream {
        let (info, ty) = (&self.info, &self.field.ty);
        if self.attributes.skip {
            return quote!(::core::option::Option::<#ty>::None);
        }
        quote! {
            loader.field(#tree, &#info, |tree, loader| {
                (&&&&::liveline::__private::Way::<#ty>::NEW).load(tree, loader)
            })?
        }
    }

    /// The same, or the field type's own default.
    fn load_or_default(&self, tree: &TokenStream) -> TokenStream {
        let (member, info, ty, load) = (&self.member, &self.info, &self.field.ty, self.load(tree));
        quote! {
            #member: match #load {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => (&&::liveline::__private::Way::<#ty>::NEW)
                    .default_value()
                    .ok_or_else(|| ::liveline::__private::missing(&#info))?,
            }
        }
    }

    fn describe(&self, offset: &TokenStream) -> TokenStream {
        let (name, ty) = (&self.name, &self.field.ty);
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
}

/// `(file, line, column)`.
fn place(span: Span) -> TokenStream {
    let span = span.unwrap();
    let (line, column) = (u32::try_from(span.line()).unwrap_or(0), u32::try_from(span.column()).unwrap_or(0));
    quote!((::core::file!(), #line, #column))
}

fn structure(item: &DeriveInput, parts: &[Part<'_>]) -> TokenStream {
    let (name, at) = (item.ident.to_string(), place(item.ident.span()));
    let fields = parts.iter().map(|part| {
        let member = &part.member;
        part.describe(&quote!(::core::option::Option::Some(::core::mem::offset_of!(Self, #member))))
    });
    quote! {
        describer.structure::<Self>(#name, #at, |describer| ::std::vec![#(#fields),*])
    }
}

fn save_structure(parts: &[Part<'_>]) -> TokenStream {
    let fields = parts.iter().filter_map(|part| {
        let member = &part.member;
        part.save(&quote!(&self.#member))
    });
    quote!(::core::result::Result::Ok(::liveline::__private::Tree::Fields(::std::vec![#(#fields),*])))
}

fn load_structure(parts: &[Part<'_>]) -> TokenStream {
    let names = parts.iter().map(|part| &part.name);
    let tree = quote!(tree);
    let assignments = parts.iter().filter(|part| !part.attributes.skip).map(|part| {
        let (member, load) = (&part.member, part.load(&tree));
        quote! {
            if let ::core::option::Option::Some(field) = #load {
                value.#member = field;
            }
        }
    });
    let fields = parts.iter().map(|part| part.load_or_default(&tree));
    quote! {
        let tree = loader.structure(tree, &[#(#names),*])?;
        match (&&::liveline::__private::Way::<Self>::NEW).default_value() {
            ::core::option::Option::Some(mut value) => {
                let value: Self = {
                    #(#assignments)*
                    value
                };
                ::core::result::Result::Ok(value)
            }
            ::core::option::Option::None => ::core::result::Result::Ok(Self { #(#fields),* }),
        }
    }
}

/// One variant of an enum.
struct Choice<'a> {
    variant: &'a Variant,
    attributes: Attributes,
    parts: Vec<Part<'a>>,
}

impl<'a> Choice<'a> {
    fn of(owner: &Ident, variant: &'a Variant) -> Result<Self> {
        let attributes = Attributes::of(&variant.attrs, false)?;
        Ok(Self { variant, attributes, parts: parts(owner, &variant.fields)? })
    }
}

/// The offsets of an enum's fields cannot be asked for; the same compiler lays out the same variants alike.
fn enumeration(item: &DeriveInput, data: &DataEnum, choices: &[Choice<'_>]) -> TokenStream {
    let (name, at) = (item.ident.to_string(), place(item.ident.span()));
    let tag = tag_type(item);
    let variants = data.variants.iter().zip(choices).map(|(variant, choice)| {
        let variant_name = variant.ident.to_string();
        let fields = choice.parts.iter().map(|part| part.describe(&quote!(::core::option::Option::None)));
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
        describer.enumeration::<Self>(#name, #at, |describer| ::std::vec![#(#variants),*])
    }
}

fn save_enumeration(choices: &[Choice<'_>]) -> TokenStream {
    let arms = choices.iter().map(|Choice { variant, parts, .. }| {
        let (ident, name) = (&variant.ident, variant.ident.to_string());
        let (members, names): (Vec<_>, Vec<_>) = parts
            .iter()
            .enumerate()
            .map(|(index, part)| (&part.member, format_ident!("__field{index}")))
            .unzip();
        let fields = parts.iter().zip(&names).filter_map(|(part, name)| part.save(&quote!(#name)));
        let content = match parts.is_empty() {
            true => quote!(::liveline::__private::Tree::Unit),
            false => quote!(::liveline::__private::Tree::Fields(::std::vec![#(#fields),*])),
        };
        quote! {
            Self::#ident { #(#members: #names),* } => {
                let content = #content;
                ::core::result::Result::Ok(::liveline::__private::Tree::Variant(
                    ::std::borrow::Cow::Borrowed(#name),
                    ::std::boxed::Box::new(content),
                ))
            }
        }
    });
    if choices.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms)* }) }
}

fn load_enumeration(choices: &[Choice<'_>]) -> TokenStream {
    let names = choices.iter().map(|choice| choice.variant.ident.to_string());
    let content = quote!(content);
    let arms = choices.iter().map(|Choice { variant, attributes, parts }| {
        let (ident, name) = (&variant.ident, variant.ident.to_string());
        let earlier = attributes.renamed_from.iter();
        let fields = parts.iter().map(|part| part.load_or_default(&content));
        quote! {
            ::core::option::Option::Some((#name #(| #earlier)*, content)) => {
                ::core::result::Result::Ok(Self::#ident { #(#fields),* })
            }
        }
    });
    quote! {
        let tree = loader.peel(tree)?;
        match tree.variant() {
            #(#arms)*
            _ => ::core::result::Result::Err(::liveline::__private::no_variant(tree, &[#(#names),*])),
        }
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
