//! Which build of the API crate runs in this process.

use std::fs::File;
use std::path::Path;

use liveline_protocol::api::without_crate_hash;
use liveline_protocol::engine::Api;
use object::read::ReadCache;
use object::read::elf::ElfFile64;
use object::{Endianness, Object, ObjectSection};
use sha2::{Digest, Sha256};

use crate::mode::os;

/// The API crate by the hash of its metadata. `anchor` is an address inside of it.
///
/// Fails with what to do where the crate is not shared: each generation would have a copy of its own.
pub(crate) fn api(package: &str, anchor: usize) -> Result<Api, String> {
    let not_shared = || {
        format!(
            "`{package}` is not in a shared library, so new code cannot work on the engine's values: add \
             `crate-type = [\"lib\", \"dylib\"]` to `[lib]` in the Cargo.toml of `{package}`"
        )
    };
    let mapped = os::mapped_at(anchor).ok_or_else(not_shared)?;
    if std::fs::read_link("/proc/self/exe").is_ok_and(|executable| executable == mapped.path) {
        return Err(not_shared());
    }
    if mapped.deleted {
        return Err(format!("`{package}` was rebuilt while the engine started: restart the engine"));
    }
    let hash = metadata_hash(&mapped.path)
        .map_err(|reason| format!("`{package}` cannot be identified: {}: {reason}", mapped.path.display()))?;
    Ok(Api { package: package.to_owned(), hash })
}

/// sha256, in lower-case hexadecimal, of a Rust library's `.rustc` section without its own crate hash.
fn metadata_hash(library: &Path) -> Result<String, String> {
    let file = File::open(library).map_err(|error| error.to_string())?;
    let cache = ReadCache::new(file);
    let elf = ElfFile64::<Endianness, _>::parse(&cache).map_err(|error| error.to_string())?;
    let section = elf.section_by_name(".rustc").ok_or("it has no section `.rustc`")?;
    let metadata = section.data().map_err(|error| error.to_string())?;
    let (before, after) = without_crate_hash(metadata);
    Ok(hexadecimal(Sha256::new_with_prefix(before).chain_update(after)))
}

/// sha256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

fn hexadecimal(digest: Sha256) -> String {
    use std::fmt::Write;
    digest.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_inside_the_executable_is_told_how_to_become_shared() {
        static ANCHOR: u8 = 0;
        let reason = api("game-api", (&raw const ANCHOR).addr()).unwrap_err();
        assert!(reason.contains("add `crate-type = [\"lib\", \"dylib\"]`"), "{reason}");
    }

    #[test]
    fn sha256_is_written_as_everywhere() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
