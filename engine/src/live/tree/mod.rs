//! A value of a state type without its type: what goes from one layout to another by name, and from one process to
//! the next.

pub(crate) mod bytes;
mod deserialize;
mod serialize;

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

pub(crate) use deserialize::from_tree;
pub(crate) use serialize::to_tree;

/// One value, in serde's terms.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `()` and structs without fields.
    Unit,
    /// `bool`.
    Bool(bool),
    /// Every integer but those of a `u128` that an `i128` cannot hold.
    Int(i128),
    /// Such a one.
    Large(u128),
    /// `f32` and `f64`, by the bits of an `f64`.
    Float(u64),
    /// `char`.
    Char(char),
    /// Strings.
    Text(String),
    /// Bytes that serde calls bytes.
    Bytes(Vec<u8>),
    /// `Option::None`.
    None,
    /// `Option::Some`.
    Some(Box<Tree>),
    /// Sequences, sets, arrays, tuples.
    List(Vec<Tree>),
    /// Maps.
    Map(Vec<(Tree, Tree)>),
    /// A struct, by field name.
    Fields(Vec<(Cow<'static, str>, Tree)>),
    /// An enum's variant: its name and what it holds.
    Variant(Cow<'static, str>, Box<Tree>),
    /// What an `Rc` or `Arc` points at, by its place in [`Saved::shared`].
    Shared(usize),
    /// A value of a type that is the same in every generation.
    Held(Held),
    /// A value that cannot be kept, and why.
    Lost(String),
}

/// A value that goes over as it is.
#[derive(Clone)]
pub struct Held {
    pub(crate) value: Rc<dyn Any>,
    pub(crate) type_name: &'static str,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name)
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.value, &other.value)
    }
}

/// A whole state: its tree, and what its pointers share.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    pub(crate) root: Tree,
    pub(crate) shared: Vec<Tree>,
}

impl Tree {
    /// Of a float.
    pub(crate) fn float(value: f64) -> Self {
        Self::Float(value.to_bits())
    }

    /// Of an unsigned integer.
    pub(crate) fn unsigned(value: u128) -> Self {
        i128::try_from(value).map_or(Self::Large(value), Self::Int)
    }

    /// A field of a struct or a variant, by its name or, in a tuple, by its number. Fields that serde wrote without
    /// names are found by their place, and the only field of a newtype is the value itself.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => fields.iter().find(|(other, _)| other == name).map(|(_, tree)| tree),
            Self::List(list) => name.parse::<usize>().ok().and_then(|index| list.get(index)),
            Self::Unit | Self::None => None,
            newtype => (name == "0").then_some(newtype),
        }
    }

    /// The variant that it is, and what that holds.
    pub fn variant(&self) -> Option<(&str, &Self)> {
        match self {
            Self::Variant(name, content) => Some((name, content)),
            _ => None,
        }
    }

    /// For a person: what it is.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Unit => "`()`".to_owned(),
            Self::Bool(value) => format!("`{value}`"),
            Self::Int(value) => format!("`{value}`"),
            Self::Large(value) => format!("`{value}`"),
            Self::Float(bits) => format!("`{:?}`", f64::from_bits(*bits)),
            Self::Char(value) => format!("`{value:?}`"),
            Self::Text(_) => "a text".to_owned(),
            Self::Bytes(_) => "bytes".to_owned(),
            Self::None => "`None`".to_owned(),
            Self::Some(_) => "`Some(…)`".to_owned(),
            Self::List(list) => format!("a sequence of {}", list.len()),
            Self::Map(map) => format!("a map of {}", map.len()),
            Self::Fields(_) => "a struct".to_owned(),
            Self::Variant(name, _) => format!("the variant `{name}`"),
            Self::Shared(_) => "a shared value".to_owned(),
            Self::Held(held) => format!("a value of `{}`", held.type_name),
            Self::Lost(why) => format!("a value that could not be kept ({why})"),
        }
    }
}
