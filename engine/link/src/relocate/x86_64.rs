//! x86-64, after the System V ABI's AMD64 supplement, "Relocation Types".

use object::elf::*;

use super::{Need, Values, Wrong, first};
use crate::plan::SlotKind;

pub(super) fn need(kind: u32) -> Option<Need> {
    Some(match kind {
        R_X86_64_NONE | R_X86_64_TLSDESC_CALL | R_X86_64_SIZE32 | R_X86_64_SIZE64 => Need::Nothing,
        R_X86_64_GOTPC32 | R_X86_64_GOTPC64 => Need::Nothing,
        R_X86_64_64 => Need::Word,
        R_X86_64_32 | R_X86_64_32S | R_X86_64_16 | R_X86_64_8 => Need::Narrow,
        R_X86_64_PC8 | R_X86_64_PC16 | R_X86_64_PC32 | R_X86_64_PC64 | R_X86_64_GOTOFF64 => Need::Near,
        R_X86_64_PLT32 | R_X86_64_PLTOFF64 => Need::Call,
        R_X86_64_GOTPCREL
        | R_X86_64_GOTPCRELX
        | R_X86_64_REX_GOTPCRELX
        | R_X86_64_GOTPCREL64
        | R_X86_64_GOT64 => Need::Slot(SlotKind::Address),
        R_X86_64_TLSGD => Need::Slot(SlotKind::General),
        R_X86_64_TLSLD => Need::Slot(SlotKind::Module),
        R_X86_64_GOTTPOFF => Need::Slot(SlotKind::Initial),
        R_X86_64_GOTPC32_TLSDESC => Need::Slot(SlotKind::Descriptor),
        R_X86_64_DTPOFF32 | R_X86_64_DTPOFF64 => Need::ThreadOffset,
        R_X86_64_TPOFF32 | R_X86_64_TPOFF64 => Need::LocalExec,
        _ => return None,
    })
}

pub(super) fn apply(kind: u32, field: &mut [u8], values: &Values) -> Result<(), Wrong> {
    let Values { symbol, addend, place, slot, table, thread, size } = *values;
    let plus = |value: u64| value.wrapping_add_signed(addend) as i64;
    let from = |value: u64, base: u64| plus(value).wrapping_sub(base as i64);
    match kind {
        R_X86_64_NONE | R_X86_64_TLSDESC_CALL => Ok(()),
        R_X86_64_64 => word(field, plus(symbol)),
        R_X86_64_PC32 | R_X86_64_PLT32 => signed(field, from(symbol, place)),
        R_X86_64_GOTPCREL
        | R_X86_64_GOTPCRELX
        | R_X86_64_REX_GOTPCRELX
        | R_X86_64_TLSGD
        | R_X86_64_TLSLD
        | R_X86_64_GOTTPOFF
        | R_X86_64_GOTPC32_TLSDESC => signed(field, from(slot, place)),
        R_X86_64_GOTPCREL64 => word(field, from(slot, place)),
        R_X86_64_GOT64 => word(field, from(slot, table)),
        R_X86_64_GOTPC32 => signed(field, from(table, place)),
        R_X86_64_GOTPC64 => word(field, from(table, place)),
        R_X86_64_GOTOFF64 | R_X86_64_PLTOFF64 => word(field, from(symbol, table)),
        R_X86_64_PC64 => word(field, from(symbol, place)),
        R_X86_64_32 => unsigned(field, plus(symbol)),
        R_X86_64_32S => signed(field, plus(symbol)),
        R_X86_64_DTPOFF32 => signed(field, plus(thread)),
        R_X86_64_DTPOFF64 => word(field, plus(thread)),
        R_X86_64_SIZE32 => unsigned(field, plus(size)),
        R_X86_64_SIZE64 => word(field, plus(size)),
        R_X86_64_16 => short(field, plus(symbol), 0..=0xffff),
        R_X86_64_PC16 => short(field, from(symbol, place), i16::MIN.into()..=i16::MAX.into()),
        R_X86_64_8 => byte(field, plus(symbol), 0..=0xff),
        R_X86_64_PC8 => byte(field, from(symbol, place), i8::MIN.into()..=i8::MAX.into()),
        _ => Err(Wrong::Overflow(0)),
    }
}

fn word(field: &mut [u8], value: i64) -> Result<(), Wrong> {
    *first(field)? = value.to_le_bytes();
    Ok(())
}

fn signed(field: &mut [u8], value: i64) -> Result<(), Wrong> {
    let narrow = i32::try_from(value).map_err(|_| Wrong::Overflow(value))?;
    *first(field)? = narrow.to_le_bytes();
    Ok(())
}

fn unsigned(field: &mut [u8], value: i64) -> Result<(), Wrong> {
    let narrow = u32::try_from(value).map_err(|_| Wrong::Overflow(value))?;
    *first(field)? = narrow.to_le_bytes();
    Ok(())
}

fn short(field: &mut [u8], value: i64, range: std::ops::RangeInclusive<i64>) -> Result<(), Wrong> {
    if !range.contains(&value) {
        return Err(Wrong::Overflow(value));
    }
    *first(field)? = (value as u16).to_le_bytes();
    Ok(())
}

fn byte(field: &mut [u8], value: i64, range: std::ops::RangeInclusive<i64>) -> Result<(), Wrong> {
    if !range.contains(&value) {
        return Err(Wrong::Overflow(value));
    }
    *first(field)? = [value as u8];
    Ok(())
}

/// `call`, `jmp` and conditional jumps with a 32-bit distance.
pub(super) fn is_jump(kind: u32, data: &[u8], offset: u64) -> bool {
    let before = |back: u64| {
        let at = usize::try_from(offset.checked_sub(back)?).ok()?;
        data.get(at).copied()
    };
    kind == R_X86_64_PC32
        && (matches!(before(1), Some(0xe8 | 0xe9))
            || (before(2) == Some(0x0f) && matches!(before(1), Some(0x80..=0x8f))))
}

/// `jmp *slot(%rip)` and a two-byte `nop`.
pub(super) fn write_stub(stub: &mut [u8], place: u64, slot: u64) -> Result<(), Wrong> {
    let code: &mut [u8; 8] = first(stub)?;
    *code = [0xff, 0x25, 0, 0, 0, 0, 0x66, 0x90];
    let distance = (slot as i64).wrapping_sub(place as i64).wrapping_sub(6);
    signed(&mut code[2..], distance)
}

pub(super) fn name(kind: u32) -> Option<&'static str> {
    const NAMES: [&str; 43] = [
        "R_X86_64_NONE",
        "R_X86_64_64",
        "R_X86_64_PC32",
        "R_X86_64_GOT32",
        "R_X86_64_PLT32",
        "R_X86_64_COPY",
        "R_X86_64_GLOB_DAT",
        "R_X86_64_JUMP_SLOT",
        "R_X86_64_RELATIVE",
        "R_X86_64_GOTPCREL",
        "R_X86_64_32",
        "R_X86_64_32S",
        "R_X86_64_16",
        "R_X86_64_PC16",
        "R_X86_64_8",
        "R_X86_64_PC8",
        "R_X86_64_DTPMOD64",
        "R_X86_64_DTPOFF64",
        "R_X86_64_TPOFF64",
        "R_X86_64_TLSGD",
        "R_X86_64_TLSLD",
        "R_X86_64_DTPOFF32",
        "R_X86_64_GOTTPOFF",
        "R_X86_64_TPOFF32",
        "R_X86_64_PC64",
        "R_X86_64_GOTOFF64",
        "R_X86_64_GOTPC32",
        "R_X86_64_GOT64",
        "R_X86_64_GOTPCREL64",
        "R_X86_64_GOTPC64",
        "R_X86_64_GOTPLT64",
        "R_X86_64_PLTOFF64",
        "R_X86_64_SIZE32",
        "R_X86_64_SIZE64",
        "R_X86_64_GOTPC32_TLSDESC",
        "R_X86_64_TLSDESC_CALL",
        "R_X86_64_TLSDESC",
        "R_X86_64_IRELATIVE",
        "R_X86_64_RELATIVE64",
        "R_X86_64_39",
        "R_X86_64_40",
        "R_X86_64_GOTPCRELX",
        "R_X86_64_REX_GOTPCRELX",
    ];
    NAMES.get(kind as usize).copied()
}
