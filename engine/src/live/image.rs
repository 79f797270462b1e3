//! A shared library's bytes, looked at before the system's loader does.

use object::elf::{self, FileHeader64};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection};

use crate::mode::section;

/// The machine that this engine is compiled for.
const MACHINE: u16 = if cfg!(target_arch = "aarch64") { elf::EM_AARCH64 } else { elf::EM_X86_64 };

/// The section `liveline_iface` of a library; empty if it has none.
///
/// Fails unless every segment lies inside of `bytes`: the system's loader maps segments without asking, and the
/// first use of a page that is not there ends the process.
pub(crate) fn interface_section(bytes: &[u8]) -> Result<&[u8], String> {
    let file = ElfFile64::<Endianness, _>::parse(bytes).map_err(|error| damaged(&error))?;
    let header = file.elf_header();
    let endian = file.endian();
    if header.e_type(endian) != elf::ET_DYN {
        return Err("the artifact is an ELF file but no shared library".to_owned());
    }
    if header.e_machine(endian) != MACHINE {
        return Err("the artifact is a shared library for another processor".to_owned());
    }
    check_segments(header, endian, bytes)?;
    match file.section_by_name(section::SECTION) {
        Some(found) => found.data().map_err(|error| damaged(&error)),
        None => Ok(&[]),
    }
}

fn check_segments(header: &FileHeader64<Endianness>, endian: Endianness, bytes: &[u8]) -> Result<(), String> {
    let segments = header.program_headers(endian, bytes).map_err(|error| damaged(&error))?;
    if !segments.iter().any(|segment| segment.p_type(endian) == elf::PT_LOAD) {
        return Err("the artifact is damaged: nothing in it is to be loaded".to_owned());
    }
    for segment in segments {
        let end = segment.p_offset(endian).checked_add(segment.p_filesz(endian));
        if end.is_none_or(|end| end > bytes.len() as u64) {
            return Err("the artifact is damaged: it ends before its last segment does".to_owned());
        }
    }
    Ok(())
}

fn damaged(error: &object::read::Error) -> String {
    format!("the artifact is not a whole ELF file: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn this_executable() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_whole_file_is_accepted_and_every_part_of_it_refused() {
        let bytes = this_executable();
        assert_eq!(interface_section(&bytes), Ok(&[][..]));
        for length in [0, 3, 63, 64, 200, 4096, bytes.len() / 2] {
            assert!(interface_section(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_library_for_another_machine_is_refused() {
        let mut bytes = this_executable();
        bytes[18] ^= 0xff;
        assert!(interface_section(&bytes).unwrap_err().contains("another processor"));
    }
}
