//! Content told apart by its sha256.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// sha256 in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(pub String);

/// The hash of bytes.
pub fn hash(bytes: &[u8]) -> Hash {
    finish(Sha256::new_with_prefix(bytes))
}

/// The hash of two stretches of bytes as one.
pub fn hash_both((before, after): (&[u8], &[u8])) -> Hash {
    finish(Sha256::new_with_prefix(before).chain_update(after))
}

/// A finished hash in its written form.
pub fn finish(digest: Sha256) -> Hash {
    Hash(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
