//! The ELF section `liveline_iface` as this engine writes and reads it.

use liveline_protocol::record::{self, RecordError};

use crate::Interface;
use crate::mode::registry::STAMP;

pub use liveline_protocol::record::Record;
pub(crate) use liveline_protocol::record::SECTION;

/// The record of a script that implements the interface `I` as this build has it.
#[must_use]
pub const fn record<I: ?Sized + Interface>(library: &'static str, script: &'static str) -> Record<'static> {
    Record { library, script, interface: I::NAME, stamp: STAMP, methods: I::DESCRIPTOR }
}

/// The records of a section. Fails with a sentence if it is not made of records that this version reads.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Record<'_>>, String> {
    record::parse(bytes).map_err(|error| match error {
        RecordError::OtherVersion => {
            format!("its section `{SECTION}` is of another version of the `liveline` crate than the engine's")
        }
        RecordError::Damaged => format!("its section `{SECTION}` is damaged"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_another_version_says_so() {
        let other = b"liveline-interface 2\nend\n";
        assert!(parse(other).unwrap_err().contains("another version of the `liveline` crate"));
    }
}
