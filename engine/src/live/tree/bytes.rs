//! Trees as bytes, for the next process. What is read may be cut or damaged: it is an error then, never a panic.

use std::borrow::Cow;

use super::{Saved, Tree};

/// Deeper trees are not read: a tree is taken apart by recursion.
const DEEPEST: usize = 1000;

/// A state as bytes. What only this process can hold is written as lost.
pub(crate) fn write(saved: &Saved) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_tree(&saved.root, &mut bytes);
    put_length(saved.shared.len(), &mut bytes);
    saved.shared.iter().for_each(|tree| put_tree(tree, &mut bytes));
    bytes
}

/// The state of bytes that [`write`] wrote; nothing if they are not whole.
pub(crate) fn read(bytes: &[u8]) -> Option<Saved> {
    let mut reader = Reader { bytes };
    let root = reader.tree(0)?;
    let shared = reader.many(0, |reader, depth| reader.tree(depth))?;
    reader.bytes.is_empty().then_some(Saved { root, shared })
}

fn put_length(length: usize, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&(length as u64).to_le_bytes());
}

fn put(tag: u8, content: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(tag);
    bytes.extend_from_slice(content);
}

fn put_text(text: &[u8], bytes: &mut Vec<u8>) {
    put_length(text.len(), bytes);
    bytes.extend_from_slice(text);
}

fn put_tree(tree: &Tree, bytes: &mut Vec<u8>) {
    match tree {
        Tree::Unit => bytes.push(0),
        Tree::Bool(value) => put(1, &[u8::from(*value)], bytes),
        Tree::Int(value) => put(2, &value.to_le_bytes(), bytes),
        Tree::Large(value) => put(3, &value.to_le_bytes(), bytes),
        Tree::Float(bits) => put(4, &bits.to_le_bytes(), bytes),
        Tree::Char(value) => put(5, &u32::from(*value).to_le_bytes(), bytes),
        Tree::Text(text) => put_tagged_text(6, text.as_bytes(), bytes),
        Tree::Bytes(content) => put_tagged_text(7, content, bytes),
        Tree::None => bytes.push(8),
        Tree::Some(tree) => {
            bytes.push(9);
            put_tree(tree, bytes);
        }
        Tree::List(list) => {
            bytes.push(10);
            put_length(list.len(), bytes);
            list.iter().for_each(|tree| put_tree(tree, bytes));
        }
        Tree::Map(map) => {
            bytes.push(11);
            put_length(map.len(), bytes);
            map.iter().for_each(|(key, value)| {
                put_tree(key, bytes);
                put_tree(value, bytes);
            });
        }
        Tree::Fields(fields) => {
            bytes.push(12);
            put_length(fields.len(), bytes);
            fields.iter().for_each(|(name, tree)| {
                put_text(name.as_bytes(), bytes);
                put_tree(tree, bytes);
            });
        }
        Tree::Variant(name, tree) => {
            put_tagged_text(13, name.as_bytes(), bytes);
            put_tree(tree, bytes);
        }
        Tree::Shared(index) => put(14, &(*index as u64).to_le_bytes(), bytes),
        Tree::Held(held) => {
            put_tagged_text(15, format!("`{}` lives in one process only", held.type_name).as_bytes(), bytes);
        }
        Tree::Lost(why) => put_tagged_text(15, why.as_bytes(), bytes),
    }
}

fn put_tagged_text(tag: u8, text: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(tag);
    put_text(text, bytes);
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).ok()
    }

    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    /// So many as a length says; a length that is a lie ends with the bytes.
    fn many<T>(
        &mut self,
        depth: usize,
        mut one: impl FnMut(&mut Self, usize) -> Option<T>,
    ) -> Option<Vec<T>> {
        let length = self.length()?;
        let mut many = Vec::new();
        for _ in 0..length {
            many.push(one(self, depth)?);
        }
        Some(many)
    }

    fn tree(&mut self, depth: usize) -> Option<Tree> {
        if depth > DEEPEST {
            return None;
        }
        let below = depth + 1;
        Some(match self.array::<1>()?[0] {
            0 => Tree::Unit,
            1 => Tree::Bool(self.array::<1>()?[0] != 0),
            2 => Tree::Int(i128::from_le_bytes(self.array()?)),
            3 => Tree::Large(u128::from_le_bytes(self.array()?)),
            4 => Tree::Float(u64::from_le_bytes(self.array()?)),
            5 => Tree::Char(char::from_u32(u32::from_le_bytes(self.array()?))?),
            6 => Tree::Text(self.text()?),
            7 => {
                let length = self.length()?;
                Tree::Bytes(self.take(length)?.to_vec())
            }
            8 => Tree::None,
            9 => Tree::Some(Box::new(self.tree(below)?)),
            10 => Tree::List(self.many(below, Self::tree)?),
            11 => {
                Tree::Map(self.many(below, |reader, depth| Some((reader.tree(depth)?, reader.tree(depth)?)))?)
            }
            12 => Tree::Fields(
                self.many(below, |reader, depth| Some((Cow::Owned(reader.text()?), reader.tree(depth)?)))?,
            ),
            13 => Tree::Variant(Cow::Owned(self.text()?), Box::new(self.tree(below)?)),
            14 => Tree::Shared(self.length()?),
            15 => Tree::Lost(self.text()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn trees() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![
            Just(Tree::Unit),
            any::<bool>().prop_map(Tree::Bool),
            any::<i128>().prop_map(Tree::Int),
            any::<u64>().prop_map(Tree::Float),
            any::<char>().prop_map(Tree::Char),
            ".{0,8}".prop_map(Tree::Text),
            prop::collection::vec(any::<u8>(), 0..8).prop_map(Tree::Bytes),
            Just(Tree::None),
            (0usize..9).prop_map(Tree::Shared),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                inner.clone().prop_map(|tree| Tree::Some(Box::new(tree))),
                prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::List),
                prop::collection::vec((inner.clone(), inner.clone()), 0..5).prop_map(Tree::Map),
                prop::collection::vec(("[a-z]{1,4}".prop_map(Cow::Owned), inner.clone()), 0..5)
                    .prop_map(Tree::Fields),
                ("[A-Z][a-z]{0,4}", inner)
                    .prop_map(|(name, tree)| Tree::Variant(Cow::Owned(name), Box::new(tree))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(root in trees(), shared in prop::collection::vec(trees(), 0..3)) {
            let saved = Saved { root, shared };
            prop_assert_eq!(read(&write(&saved)), Some(saved));
        }

        #[test]
        fn damage_is_no_panic(root in trees(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut bytes = write(&Saved { root, shared: Vec::new() });
            prop_assert_eq!(read(&bytes[..cut.index(bytes.len())]), None);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = read(&bytes);
        }
    }

    #[test]
    fn depth_has_an_end() {
        let mut bytes = vec![9; 1_000_000];
        bytes.extend([0; 9]);
        assert_eq!(read(&bytes), None);
    }
}
