//! Hashing of symbols' names: long, many, and each hashed once.

use std::ffi::CStr;
use std::hash::{BuildHasher, Hasher};

/// A string table's bytes.
///
/// In a game's development build this crate may not be optimised, and std is: so the end of a name is looked for by
/// a function that is compiled into std.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strings<'a>(pub(crate) &'a [u8]);

impl<'a> Strings<'a> {
    /// The name at an offset; nothing if there is no end to it.
    pub(crate) fn get(self, offset: u32) -> Option<&'a [u8]> {
        Some(CStr::from_bytes_until_nul(self.0.get(offset as usize..)?).ok()?.to_bytes())
    }
}

/// For tables that live as long as one link. Names that collide on purpose slow down only their author's own link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names;

impl BuildHasher for Names {
    type Hasher = NameHasher;

    fn build_hasher(&self) -> NameHasher {
        NameHasher(0)
    }
}

/// Multiplies and folds eight bytes at a time.
pub(crate) struct NameHasher(u64);

impl NameHasher {
    fn mix(&mut self, word: u64) {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(self.0 ^ word).wrapping_mul(u128::from(FACTOR | 1 << 63));
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ FACTOR.rotate_left(17);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.mix(u64::from_le_bytes(last));
        }
        self.mix(bytes.len() as u64);
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }

    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
