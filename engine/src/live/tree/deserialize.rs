//! serde's way from a tree to a value of another crate's type.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::Tree;
use super::serialize::Error;

/// The value of a tree. Fails with what its `Deserialize` says. `shared` is what [`Tree::Shared`] stands for.
pub(crate) fn from_tree<T: DeserializeOwned>(tree: &Tree, shared: &[Tree]) -> Result<T, String> {
    T::deserialize(Reader { tree, shared }).map_err(|error| error.0)
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    tree: &'a Tree,
    shared: &'a [Tree],
}

impl<'a> Reader<'a> {
    fn of(self, tree: &'a Tree) -> Self {
        Self { tree, ..self }
    }

    fn each(self, list: &'a [Tree]) -> impl Iterator<Item = Self> + Clone {
        list.iter().map(move |tree| self.of(tree))
    }
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree {
            Tree::Unit => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_i64(value),
                (_, Ok(value)) => visitor.visit_u64(value),
                _ => visitor.visit_i128(*value),
            },
            Tree::Large(value) => visitor.visit_u128(*value),
            Tree::Float(bits) => visitor.visit_f64(f64::from_bits(*bits)),
            Tree::Char(value) => visitor.visit_char(*value),
            Tree::Text(value) => visitor.visit_str(value),
            Tree::Bytes(value) => visitor.visit_bytes(value),
            Tree::None => visitor.visit_none(),
            Tree::Some(value) => visitor.visit_some(self.of(value)),
            Tree::List(list) => visitor.visit_seq(SeqDeserializer::new(self.each(list))),
            Tree::Map(map) => visitor.visit_map(MapDeserializer::new(
                map.iter().map(|(key, value)| (self.of(key), self.of(value))),
            )),
            Tree::Fields(fields) => {
                let fields = fields.iter().map(|(name, value)| (&**name, self.of(value)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
            Tree::Variant(..) => self.deserialize_enum("", &[], visitor),
            Tree::Shared(index) => match self.shared.get(*index) {
                Some(tree) => self.of(tree).deserialize_any(visitor),
                None => Err(de::Error::custom("a shared value is missing")),
            },
            lost @ (Tree::Held(_) | Tree::Lost(_)) => Err(de::Error::custom(lost.describe())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree {
            Tree::None | Tree::Some(_) => self.deserialize_any(visitor),
            // A field that has become optional.
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.tree {
            Tree::Variant(name, content) => visitor.visit_enum(Choice { name, content: self.of(content) }),
            other => Err(de::Error::custom(format_args!("{} is no enum's variant", other.describe()))),
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Reader<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Choice<'a> {
    name: &'a str,
    content: Reader<'a>,
}

impl<'de, 'a> de::EnumAccess<'de> for Choice<'a> {
    type Error = Error;
    type Variant = Reader<'a>;

    fn variant_seed<V: de::DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Reader<'a>), Error> {
        let name = seed.deserialize(self.name.into_deserializer())?;
        Ok((name, self.content))
    }
}

impl<'de> de::VariantAccess<'de> for Reader<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        // What the derive wrote has a name for its only field.
        let named = if matches!(self.tree, Tree::Fields(_)) { self.tree.field("0") } else { None };
        seed.deserialize(named.map_or(self, |tree| self.of(tree)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        match self.tree {
            Tree::Fields(fields) => {
                visitor.visit_seq(SeqDeserializer::new(fields.iter().map(|(_, tree)| self.of(tree))))
            }
            _ => de::Deserializer::deserialize_any(self, visitor),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_any(self, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::IpAddr;

    use serde::{Deserialize, Serialize};

    use super::super::to_tree;
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Plain,
        One(u8),
        Two(u8, String),
        Named { a: Option<f32>, b: Vec<char> },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct All {
        kinds: Vec<Kind>,
        numbers: (i8, u64, u128, i128, f32, f64),
        map: BTreeMap<(u8, u8), bool>,
        nested: Option<Option<u8>>,
        unit: (),
        address: IpAddr,
    }

    #[test]
    fn what_serde_writes_serde_reads() {
        let all = All {
            kinds: vec![
                Kind::Plain,
                Kind::One(1),
                Kind::Two(2, "zwei".to_owned()),
                Kind::Named { a: Some(f32::INFINITY), b: vec!['ß'] },
            ],
            numbers: (-1, u64::MAX, u128::MAX, i128::MIN, 1.1, f64::MIN_POSITIVE),
            map: BTreeMap::from([((1, 2), true)]),
            nested: Some(None),
            unit: (),
            address: IpAddr::from([127, 0, 0, 1]),
        };
        assert_eq!(from_tree::<All>(&to_tree(&all).unwrap(), &[]), Ok(all));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert!(from_tree::<u8>(&Tree::Int(300), &[]).unwrap_err().contains("300"));
        assert!(from_tree::<Kind>(&Tree::Int(1), &[]).unwrap_err().contains("no enum's variant"));
        assert!(from_tree::<u8>(&Tree::Shared(3), &[]).is_err());
    }
}
