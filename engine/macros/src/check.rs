//! What an interface may hold, and a sentence at the right place for what it may not.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Error, FnArg, GenericParam, ItemTrait, Result, Signature, TraitItem, TraitItemFn};

/// The methods that an engine calls. Fails with every reason why `item` cannot be an interface.
pub(crate) fn methods(item: &ItemTrait) -> Result<Vec<&TraitItemFn>> {
    let mut errors = Errors::default();
    if let Some(parameter) = item.generics.params.first() {
        errors
            .add(parameter.span(), "an interface has no generic parameters: scripts are stored as one type");
    }
    let mut methods = Vec::new();
    for member in &item.items {
        match member {
            TraitItem::Fn(method) if wants_sized(&method.sig) => {}
            TraitItem::Fn(method) => {
                check_method(method, &mut errors);
                methods.push(method);
            }
            other => errors.add(other.span(), "an interface holds methods only"),
        }
    }
    errors.into_result().map(|()| methods)
}

fn check_method(method: &TraitItemFn, errors: &mut Errors) {
    if let Some(attribute) = method.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        errors.add(
            attribute.span(),
            "a method of an interface is always there: put the `cfg` on the whole trait",
        );
    }
    let signature = &method.sig;
    check_qualifiers(signature, errors);
    check_receiver(signature, errors);
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            errors.add(
                parameter.span(),
                "an interface method has no generic types: it is called through a pointer",
            );
        }
    }
    let mut types = Types { errors };
    signature.inputs.iter().for_each(|argument| {
        if let FnArg::Typed(argument) = argument {
            types.visit_type(&argument.ty);
        }
    });
    types.visit_return_type(&signature.output);
}

fn check_qualifiers(signature: &Signature, errors: &mut Errors) {
    if let Some(token) = &signature.asyncness {
        errors.add(token.span(), "an interface method is not async: the engine calls it inside a frame");
    }
    if let syn::Safety::Unsafe(token) = &signature.safety {
        errors.add(
            token.span(),
            "an interface method is not unsafe: what scripts promise, the engine cannot check",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.add(abi.span(), "an interface method has Rust's calling convention: a panic ends other calls");
    }
    if let Some(variadic) = &signature.variadic {
        errors.add(variadic.span(), "an interface method is not variadic");
    }
}

fn check_receiver(signature: &Signature, errors: &mut Errors) {
    let Some(receiver) = signature.receiver() else {
        errors.add(
            signature.ident.span(),
            "an interface method takes `&self` or `&mut self`: the engine calls it on an instance",
        );
        return;
    };
    if !matches!(receiver.kind, syn::ReceiverKind::Reference(..)) {
        errors.add(
            receiver.span(),
            "an interface method takes `&self` or `&mut self`: the engine keeps the instance",
        );
    }
}

/// Whether the method says `where Self: Sized`: such a one is not called through a pointer, so it is no part of
/// the interface.
pub(crate) fn wants_sized(signature: &Signature) -> bool {
    let Some(clause) = &signature.generics.where_clause else { return false };
    clause.predicates.iter().any(|predicate| {
        let syn::WherePredicate::Type(predicate) = predicate else { return false };
        is_self(&predicate.bounded_ty)
            && predicate.bounds.iter().any(
                |bound| matches!(bound, syn::TypeParamBound::Trait(bound) if bound.path.is_ident("Sized")),
            )
    })
}

fn is_self(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if path.qself.is_none() && path.path.is_ident("Self"))
}

/// Finds what an argument's or a result's type must not hold.
struct Types<'a> {
    errors: &'a mut Errors,
}

impl<'ast> Visit<'ast> for Types<'_> {
    fn visit_type_impl_trait(&mut self, node: &'ast syn::TypeImplTrait) {
        self.errors.add(node.span(), "an interface method names its types: `impl Trait` is a generic type");
    }

    fn visit_path(&mut self, node: &'ast syn::Path) {
        if node.segments.first().is_some_and(|segment| segment.ident == "Self") {
            self.errors
                .add(node.span(), "an interface method cannot name `Self`: each script is another type");
        }
        visit::visit_path(self, node);
    }
}

/// Errors put together, so that one run of the compiler shows them all.
#[derive(Default)]
struct Errors {
    all: Option<Error>,
}

impl Errors {
    fn add(&mut self, span: proc_macro2::Span, message: &str) {
        let error = Error::new(span, message);
        match &mut self.all {
            Some(all) => all.combine(error),
            None => self.all = Some(error),
        }
    }

    fn into_result(self) -> Result<()> {
        self.all.map_or(Ok(()), Err)
    }
}
