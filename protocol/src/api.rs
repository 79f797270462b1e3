//! What identifies a build of an API crate.

/// What rustc's crate metadata begins with, before the version of its form.
const MAGIC: &[u8] = b"rust\0\0\0";
/// Stands behind every string in it.
const END_OF_STRING: u8 = 0xC1;
/// rustc's hash of the whole crate and its options.
const CRATE_HASH: usize = 16;

/// The metadata of a crate (a shared library's `.rustc` section) in front of its own crate hash and behind it.
///
/// The crate hash covers options that change nothing for those who use the crate. One of them differs between
/// two usual builds: cargo passes `-C prefer-dynamic` for a package that others need, and not for one that is
/// itself selected, as by `cargo build --workspace`. All that users are compiled against stands in the rest: types,
/// generic and inlined bodies, the hashes of the source files and of the crates below. Where the form is not the one
/// that is known here, nothing is left out, which can only make two builds differ that are the same.
pub fn without_crate_hash(metadata: &[u8]) -> (&[u8], &[u8]) {
    match crate_hash_at(metadata) {
        Some(at) => (&metadata[..at], &metadata[at + CRATE_HASH..]),
        None => (metadata, &[]),
    }
}

/// A header with the length, a second header with the place of the root; there a target triple, then the hash.
fn crate_hash_at(metadata: &[u8]) -> Option<usize> {
    let inner = metadata.get(16..).filter(|inner| metadata.starts_with(MAGIC) && inner.starts_with(MAGIC))?;
    let root = u64::from_le_bytes(inner.get(8..16)?.try_into().ok()?);
    let root = usize::try_from(root).ok()?;
    let (tag, length) = (*inner.get(root)?, usize::from(*inner.get(root.checked_add(1)?)?));
    let (start, end) = (root + 2, root + 2 + length);
    let triple = inner.get(start..end)?;
    let is_triple = triple.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
    (tag == 0 && is_triple && *inner.get(end)? == END_OF_STRING && inner.len() >= end + 1 + CRATE_HASH)
        .then_some(16 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn metadata(hash: u8) -> Vec<u8> {
        let mut bytes = b"rust\0\0\0\x0a\0\0\0\0\0\0\0\0rust\0\0\0\x0a".to_vec();
        bytes.extend(20u64.to_le_bytes());
        bytes.extend(b"body\0\x04a-b_\xC1");
        bytes.extend([hash; CRATE_HASH]);
        bytes.extend(b"rest");
        bytes
    }

    #[test]
    fn only_the_crate_hash_is_left_out() {
        let (one, two) = (metadata(1), metadata(2));
        assert_eq!(without_crate_hash(&one), without_crate_hash(&two));
        let (before, after) = without_crate_hash(&one);
        assert_eq!((before.len() + CRATE_HASH + after.len(), after), (one.len(), b"rest".as_slice()));
        let mut other = metadata(1);
        *other.last_mut().unwrap() = b'!';
        assert_ne!(without_crate_hash(&one), without_crate_hash(&other));
    }

    #[test]
    fn an_unknown_form_is_left_whole() {
        let mut bytes = metadata(1);
        bytes[16] = b'R';
        assert_eq!(without_crate_hash(&bytes), (bytes.as_slice(), [].as_slice()));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(tail in prop::collection::vec(any::<u8>(), 0..64), root in any::<u64>()) {
            let mut bytes = metadata(1);
            bytes[24..32].copy_from_slice(&root.to_le_bytes());
            bytes.extend(tail);
            for length in 0..bytes.len() {
                let _ = without_crate_hash(&bytes[..length]);
            }
        }
    }
}
