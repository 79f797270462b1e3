//! Relocations: what each needs of the layout, and how it is written into the code.

mod aarch64;
mod aarch64_names;
mod x86_64;

use crate::machine::Machine;
use crate::plan::SlotKind;

/// What a relocation needs of the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: a marker, or a value that every layout has.
    Nothing,
    /// A word that holds an address; the system's loader adds where the image is.
    Word,
    /// An address in fewer bits than an address has.
    Narrow,
    /// A distance to something in the image.
    Near,
    /// A distance to a function, which a stub may stand for.
    Call,
    /// A word in the slot table.
    Slot(SlotKind),
    /// A thread-local's offset in this image's block.
    ThreadOffset,
    /// A thread-local's offset from the thread pointer, which only an executable knows.
    LocalExec,
}

/// What a relocation computes with, in the ABI's words.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Values {
    /// S, from the image's start, or the stub that stands for it.
    pub(crate) symbol: u64,
    /// A.
    pub(crate) addend: i64,
    /// P, from the image's start.
    pub(crate) place: u64,
    /// The symbol's word in the slot table.
    pub(crate) slot: u64,
    /// The slot table.
    pub(crate) table: u64,
    /// The symbol's offset in the image's thread-local block.
    pub(crate) thread: u64,
    /// Z.
    pub(crate) size: u64,
}

/// Why a relocation cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The value does not fit.
    Overflow(i64),
    /// The place is not inside of its section.
    Outside,
    /// The target's alignment is not what the instruction needs.
    Misaligned(u64),
}

impl Wrong {
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Overflow(value) => format!("the value {value:#x} does not fit"),
            Self::Outside => "it lies outside of its section".to_owned(),
            Self::Misaligned(value) => format!("{value:#x} is not aligned as the instruction needs it"),
        }
    }
}

/// What a relocation needs; nothing if it is unknown.
pub(crate) fn need(machine: Machine, kind: u32) -> Option<Need> {
    match machine {
        Machine::X86_64 => x86_64::need(kind),
        Machine::Aarch64 => aarch64::need(kind),
    }
}

/// Writes a relocation's value to the start of `field`, the rest of its section.
pub(crate) fn apply(machine: Machine, kind: u32, field: &mut [u8], values: &Values) -> Result<(), Wrong> {
    match machine {
        Machine::X86_64 => x86_64::apply(kind, field, values),
        Machine::Aarch64 => aarch64::apply(kind, field, values),
    }
}

/// The name of a relocation in the ABI's specification.
pub(crate) fn name(machine: Machine, kind: u32) -> String {
    let known = match machine {
        Machine::X86_64 => x86_64::name(kind),
        Machine::Aarch64 => aarch64_names::name(kind),
    };
    known.map_or_else(|| format!("relocation {kind}"), str::to_owned)
}

/// Whether the instruction at a relocation of kind [`Need::Near`] only jumps, so that a stub may stand for its target.
pub(crate) fn is_jump(machine: Machine, kind: u32, data: &[u8], offset: u64) -> bool {
    machine == Machine::X86_64 && x86_64::is_jump(kind, data, offset)
}

/// Writes a stub at `place` that jumps to what the word at `slot` holds.
pub(crate) fn write_stub(machine: Machine, stub: &mut [u8], place: u64, slot: u64) -> Result<(), Wrong> {
    match machine {
        Machine::X86_64 => x86_64::write_stub(stub, place, slot),
        Machine::Aarch64 => aarch64::write_stub(stub, place, slot),
    }
}

/// The first `N` bytes of a field.
fn first<const N: usize>(field: &mut [u8]) -> Result<&mut [u8; N], Wrong> {
    field.first_chunk_mut().ok_or(Wrong::Outside)
}
