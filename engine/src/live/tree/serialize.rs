//! serde's way from a value of another crate's type to its tree.

use std::borrow::Cow;
use std::fmt::Display;

use serde::ser::{self, Serialize};

use super::Tree;

/// The tree of a value. Fails with what its `Serialize` says.
pub(crate) fn to_tree<T: Serialize + ?Sized>(value: &T) -> Result<Tree, String> {
    value.serialize(Writer).map_err(|error| error.0)
}

#[derive(Debug)]
pub(super) struct Error(pub(super) String);

impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl serde::de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Writer;

/// What has come of a list, a map or a struct so far, and the variant that it is the content of.
struct Parts {
    variant: Option<&'static str>,
    list: Vec<Tree>,
    map: Vec<(Tree, Tree)>,
    fields: Vec<(Cow<'static, str>, Tree)>,
}

impl Parts {
    fn new(variant: Option<&'static str>) -> Self {
        Self { variant, list: Vec::new(), map: Vec::new(), fields: Vec::new() }
    }

    fn wrap(variant: Option<&'static str>, tree: Tree) -> Tree {
        match variant {
            Some(name) => Tree::Variant(name.into(), Box::new(tree)),
            None => tree,
        }
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<Tree, Error> {
            Ok(Tree::Int(i128::from(value)))
        }
    )*};
}

impl ser::Serializer for Writer {
    type Ok = Tree;
    type Error = Error;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    }

    fn serialize_u128(self, value: u128) -> Result<Tree, Error> {
        Ok(Tree::unsigned(value))
    }

    fn serialize_bool(self, value: bool) -> Result<Tree, Error> {
        Ok(Tree::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Tree, Error> {
        Ok(Tree::float(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<Tree, Error> {
        Ok(Tree::float(value))
    }

    fn serialize_char(self, value: char) -> Result<Tree, Error> {
        Ok(Tree::Char(value))
    }

    fn serialize_str(self, value: &str) -> Result<Tree, Error> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Tree, Error> {
        Ok(Tree::Bytes(value.to_owned()))
    }

    fn serialize_none(self) -> Result<Tree, Error> {
        Ok(Tree::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Tree, Error> {
        Ok(Tree::Some(Box::new(value.serialize(Self)?)))
    }

    fn serialize_unit(self) -> Result<Tree, Error> {
        Ok(Tree::Unit)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Tree, Error> {
        Ok(Tree::Unit)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<Tree, Error> {
        Ok(Tree::Variant(name.into(), Box::new(Tree::Unit)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Tree, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<Tree, Error> {
        Ok(Tree::Variant(name.into(), Box::new(value.serialize(self)?)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Error> {
        Ok(Parts::new(None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts, Error> {
        Ok(Parts::new(None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, Error> {
        Ok(Parts::new(None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts, Error> {
        Ok(Parts::new(Some(name)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts, Error> {
        Ok(Parts::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts, Error> {
        Ok(Parts::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts, Error> {
        Ok(Parts::new(Some(name)))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Values one after another: serde has a trait for each kind.
macro_rules! lists {
    ($($kind:ident::$method:ident),*) => {$(
        impl ser::$kind for Parts {
            type Ok = Tree;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.list.push(value.serialize(Writer)?);
                Ok(())
            }

            fn end(self) -> Result<Tree, Error> {
                Ok(Self::wrap(self.variant, Tree::List(self.list)))
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element, SerializeTuple::serialize_element, SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

/// Values with names.
macro_rules! structs {
    ($($kind:ident),*) => {$(
        impl ser::$kind for Parts {
            type Ok = Tree;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.fields.push((name.into(), value.serialize(Writer)?));
                Ok(())
            }

            fn end(self) -> Result<Tree, Error> {
                Ok(Self::wrap(self.variant, Tree::Fields(self.fields)))
            }
        }
    )*};
}

structs!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts {
    type Ok = Tree;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.map.push((key.serialize(Writer)?, Tree::Unit));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let value = value.serialize(Writer)?;
        match self.map.last_mut() {
            Some(entry) => entry.1 = value,
            None => return Err(Error("a map's value came before its key".to_owned())),
        }
        Ok(())
    }

    fn end(self) -> Result<Tree, Error> {
        Ok(Tree::Map(self.map))
    }
}
