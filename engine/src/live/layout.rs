//! A type's layout as a value: what two generations must agree on for state to stay where it is.

use std::any::TypeId;

/// The layout of one type in one generation.
#[derive(Clone, Debug)]
pub struct TypeLayout {
    /// For people; types that derive `State` are named without their module, which may differ between two builds.
    pub name: String,
    /// In bytes.
    pub size: usize,
    /// In bytes.
    pub align: usize,
    /// What the bytes mean.
    pub shape: Shape,
    /// Where the source declares it, if it derives `State`: file as rustc names it, line and column, each 1-based.
    pub at: Option<Place>,
}

/// A place in the source: file as rustc names it, line and column, each 1-based.
pub type Place = (&'static str, u32, u32);

/// What a type's bytes mean.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A type that no script declares: the same wherever its identity is the same.
    Foreign(TypeId),
    /// A type of the script's own crate that does not derive `State`: it may have become another at any build.
    Unknown,
    /// A container of values of these types.
    Container(Vec<TypeLayout>),
    /// A struct's fields in the order of the source.
    Fields(Vec<FieldLayout>),
    /// An enum's variants in the order of the source.
    Variants(Vec<VariantLayout>),
    /// The type that is being described this many levels up.
    Recursion(usize),
}

/// One field of a struct or of a variant.
#[derive(Clone, Debug)]
pub struct FieldLayout {
    /// Its name, or its number in a tuple.
    pub name: &'static str,
    /// Its type as the source has it.
    pub written: &'static str,
    /// In bytes; not known for a variant's fields.
    pub offset: Option<usize>,
    /// Its type's layout.
    pub layout: TypeLayout,
}

/// One variant of an enum.
#[derive(Clone, Debug)]
pub struct VariantLayout {
    /// Its name.
    pub name: &'static str,
    /// Its discriminant, where the source gives one.
    pub discriminant: Option<i128>,
    /// Its fields.
    pub fields: Vec<FieldLayout>,
}

impl TypeLayout {
    /// What keeps bytes of this layout from being taken as `newer`'s, as a sentence; `None` if nothing does.
    pub fn difference(&self, newer: &Self) -> Option<String> {
        match (&self.shape, &newer.shape) {
            (Shape::Unknown, _) | (_, Shape::Unknown) => {
                Some(format!("the layout of `{}` is not known: derive `liveline::State` for it", newer.name))
            }
            (Shape::Fields(old), Shape::Fields(new)) => fields_difference(old, new),
            (Shape::Variants(old), Shape::Variants(new)) => variants_difference(old, new),
            (Shape::Container(old), Shape::Container(new)) if old.len() == new.len() => {
                old.iter().zip(new).find_map(|(old, new)| old.difference(new))
            }
            _ => None,
        }
        .or_else(|| self.outer_difference(newer))
    }

    /// Differences of the type itself, when no part of it differs.
    fn outer_difference(&self, newer: &Self) -> Option<String> {
        if self.name != newer.name {
            return Some(format!("`{}` became `{}`", self.name, newer.name));
        }
        if (self.size, self.align) != (newer.size, newer.align) {
            return Some(format!(
                "`{}` was {} bytes, aligned to {}, and is {}, aligned to {}",
                self.name, self.size, self.align, newer.size, newer.align
            ));
        }
        let is_same = match (&self.shape, &newer.shape) {
            (Shape::Foreign(old), Shape::Foreign(new)) => old == new,
            (Shape::Recursion(old), Shape::Recursion(new)) => old == new,
            (Shape::Container(old), Shape::Container(new)) => old.len() == new.len(),
            (Shape::Fields(_), Shape::Fields(_)) | (Shape::Variants(_), Shape::Variants(_)) => true,
            _ => false,
        };
        (!is_same).then(|| format!("`{}` is another type of that name", self.name))
    }

    /// The type of a field as the source has it, by the names on the way to it, outermost first.
    pub(crate) fn written(&self, names: &[&str]) -> Option<&'static str> {
        let (first, rest) = names.split_first()?;
        match &self.shape {
            Shape::Fields(fields) => {
                let field = fields.iter().find(|field| field.name == *first)?;
                if rest.is_empty() { Some(field.written) } else { field.layout.written(rest) }
            }
            Shape::Container(types) => types.iter().find_map(|inner| inner.written(names)),
            _ => None,
        }
    }
}

fn fields_difference(old: &[FieldLayout], new: &[FieldLayout]) -> Option<String> {
    let in_new = |field: &FieldLayout| new.iter().find(|other| other.name == field.name);
    for field in old {
        let Some(newer) = in_new(field) else {
            return Some(format!("field `{}: {}` is gone", field.name, field.written));
        };
        if let Some(inner) = field.layout.difference(&newer.layout) {
            return Some(field_sentence(field, newer, &inner));
        }
    }
    if let Some(added) = new.iter().find(|field| !old.iter().any(|other| other.name == field.name)) {
        return Some(format!("field `{}: {}` is new", added.name, added.written));
    }
    let moved = old.iter().zip(new).find(|(old, new)| old.name != new.name || old.offset != new.offset);
    moved.map(|(old, _)| format!("field `{}` is at another place", old.name))
}

fn field_sentence(old: &FieldLayout, new: &FieldLayout, inner: &str) -> String {
    if old.written == new.written {
        format!("field `{}: {}`: {inner}", new.name, new.written)
    } else {
        format!("field `{}` was `{}` and is `{}`", new.name, old.written, new.written)
    }
}

fn variants_difference(old: &[VariantLayout], new: &[VariantLayout]) -> Option<String> {
    let same_list = old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| old.name == new.name && old.discriminant == new.discriminant);
    if !same_list {
        return Some("the list of variants is another".to_owned());
    }
    old.iter().zip(new).find_map(|(old, new)| {
        fields_difference(&old.fields, &new.fields).map(|inner| format!("variant `{}`: {inner}", new.name))
    })
}
