//! The image's own ELF structures, written as the System V ABI lays them out.

use object::elf;

use crate::layout::{HEADERS, Layout, Segment};
use crate::machine::Machine;

/// `Elf64_Ehdr`, `Elf64_Phdr`, `Elf64_Shdr`, `Elf64_Sym`, `Elf64_Rela`, `Elf64_Dyn`.
pub(crate) const HEADER: u64 = 64;
pub(crate) const PROGRAM_HEADER: u64 = 56;
pub(crate) const SECTION_HEADER: u64 = 64;
pub(crate) const SYMBOL: u64 = 24;
pub(crate) const RELOCATION: u64 = 24;
pub(crate) const ENTRY: u64 = 16;

/// Writes numbers one after the other into bytes that are there.
pub(crate) struct Pen<'b> {
    rest: &'b mut [u8],
}

impl<'b> Pen<'b> {
    /// Starts at an offset. Past the end, nothing is written.
    pub(crate) fn at(bytes: &'b mut [u8], offset: u64) -> Self {
        let start = usize::try_from(offset).map_or(bytes.len(), |offset| offset.min(bytes.len()));
        Self { rest: &mut bytes[start..] }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let length = bytes.len().min(self.rest.len());
        let (now, rest) = std::mem::take(&mut self.rest).split_at_mut(length);
        now.copy_from_slice(&bytes[..length]);
        self.rest = rest;
        self
    }

    pub(crate) fn byte(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    pub(crate) fn half(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn word(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn long(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }
}

/// The image's section headers: where, how many, and which one has their names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SectionTable {
    pub(crate) offset: u64,
    pub(crate) count: u16,
    pub(crate) names: u16,
}

pub(crate) fn write_header(bytes: &mut [u8], machine: Machine, sections: SectionTable) {
    let mut pen = Pen::at(bytes, 0);
    pen.bytes(&elf::ELFMAG).byte(elf::ELFCLASS64).byte(elf::ELFDATA2LSB).byte(elf::EV_CURRENT).bytes(&[0; 9]);
    pen.half(elf::ET_DYN).half(machine.number()).word(elf::EV_CURRENT.into()).long(0).long(HEADER);
    pen.long(sections.offset).word(0).half(HEADER as u16).half(PROGRAM_HEADER as u16).half(HEADERS as u16);
    pen.half(SECTION_HEADER as u16).half(sections.count).half(sections.names);
}

/// Parts of segments that the system's loader must know of, by address, which is the offset too.
pub(crate) struct Parts {
    pub(crate) dynamic: Segment,
    pub(crate) unwind: Segment,
    pub(crate) relocated: Segment,
}

pub(crate) fn write_program_headers(bytes: &mut [u8], layout: &Layout<'_>, parts: &Parts) {
    let mut pen = Pen::at(bytes, HEADER);
    let mut written = 0;
    let mut write = |kind: u32, segment: &Segment| {
        written += 1;
        pen.word(kind).word(segment.flags).long(segment.start).long(segment.start).long(segment.start);
        pen.long(segment.file_end - segment.start).long(segment.end - segment.start).long(segment.align);
    };
    for segment in &layout.segments {
        write(elf::PT_LOAD, segment);
    }
    write(elf::PT_DYNAMIC, &parts.dynamic);
    let optional = [
        (elf::PT_TLS, &layout.thread),
        (elf::PT_GNU_EH_FRAME, &parts.unwind),
        (elf::PT_GNU_RELRO, &parts.relocated),
    ];
    for (kind, segment) in optional {
        if segment.end > segment.start {
            write(kind, segment);
        }
    }
    write(elf::PT_GNU_STACK, &Segment { flags: elf::PF_R | elf::PF_W, align: 16, ..Segment::default() });
    while written < HEADERS {
        written += 1;
        pen.word(elf::PT_NULL).bytes(&[0; PROGRAM_HEADER as usize - 4]);
    }
}
