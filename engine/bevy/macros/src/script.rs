//! `#[liveline_bevy::script]`: the function as written, and a script that calls it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn};

/// The whole expansion.
pub(crate) fn expand(arguments: &TokenStream, item: &ItemFn) -> TokenStream {
    match check(arguments, item) {
        Ok(()) => registered(item),
        Err(error) => {
            let error = error.to_compile_error();
            quote! { #item #error }
        }
    }
}

fn check(arguments: &TokenStream, item: &ItemFn) -> Result<(), Error> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[liveline_bevy::script]` takes no arguments"));
    }
    if item.sig.inputs.len() != 1 || !item.sig.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.sig,
            "a script is a function of one argument: `fn enemies(app: &mut ScriptApp)`",
        ));
    }
    Ok(())
}

fn registered(item: &ItemFn) -> TokenStream {
    let function = &item.sig.ident;
    let name = function.to_string().trim_start_matches("r#").to_owned();
    // The type is called as the function is: that is who faults and counts of calls are told of. With braces it has no
    // place among the values, where the function is.
    quote! {
        #item
        const _: () = {
            #[derive(::core::default::Default, ::liveline::State)]
            #[allow(non_camel_case_types)]
            pub struct #function {}

            #[::liveline::script(name = #name)]
            impl BevyScript for #function {
                fn build(&mut self, app: &mut ::liveline_bevy::ScriptApp<'_>) {
                    #function(app);
                }

                fn module(&self) -> &'static str {
                    ::core::module_path!()
                }
            }
        };
    }
}
