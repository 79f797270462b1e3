//! HMAC-SHA256 (RFC 2104), held against the vectors of RFC 4231.

use std::fmt;
use std::hint::black_box;

use sha2::{Digest, Sha256};

/// SHA-256's block, in bytes.
const BLOCK: usize = 64;

/// The length of a code, in bytes.
pub(super) const CODE: usize = 32;

/// A key, ready for use: both hash states have its block behind them.
#[derive(Clone)]
pub(super) struct Mac {
    inner: Sha256,
    outer: Sha256,
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}

impl Mac {
    pub(super) fn new(key: &[u8]) -> Self {
        let mut block = [0u8; BLOCK];
        if key.len() > BLOCK {
            block[..CODE].copy_from_slice(&Sha256::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let state = |pad: u8| Sha256::new_with_prefix(block.map(|byte| byte ^ pad));
        Self { inner: state(0x36), outer: state(0x5c) }
    }

    /// The code of the parts as one text.
    pub(super) fn of(&self, parts: &[&[u8]]) -> [u8; CODE] {
        let mut inner = self.inner.clone();
        parts.iter().for_each(|part| inner.update(part));
        self.outer.clone().chain_update(inner.finalize()).finalize().into()
    }
}

/// Whether two codes are one, in a time that does not tell where they differ.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differs =
        one.iter().zip(other).fold(0, |differs, (one, other)| black_box(differs | black_box(one ^ other)));
    one.len() == other.len() && black_box(differs) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &[u8], data: &[u8], code: &str) {
        let found: String = Mac::new(key).of(&[data]).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&found[..code.len()], code);
        let (front, back) = data.split_at(data.len() / 2);
        assert_eq!(Mac::new(key).of(&[front, back]), Mac::new(key).of(&[data]));
    }

    #[test]
    fn the_vectors_of_rfc_4231_hold() {
        check(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
        let counted: Vec<u8> = (1..=25).collect();
        check(&counted, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
        check(&[0x0c; 20], b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b");
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
        check(
            &[0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        );
    }

    #[test]
    fn only_equal_codes_are_the_same() {
        let code = Mac::new(b"key").of(&[b"text"]);
        assert!(is_same(&code, &code));
        for bit in 0..CODE * 8 {
            let mut other = code;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_same(&code, &other));
        }
        assert!(!is_same(&code, &code[..31]) && !is_same(&code[..31], &code));
    }
}
