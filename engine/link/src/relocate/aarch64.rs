//! AArch64, after "ELF for the Arm 64-bit Architecture", "Relocations".

use object::elf::*;

use super::{Need, Values, Wrong, first};
use crate::plan::SlotKind;

/// LLVM's and binutils' numbers of relocations that the `object` crate does not name.
const R_AARCH64_PLT32: u32 = 314;
const R_AARCH64_GOTPCREL32: u32 = 315;

pub(super) fn need(kind: u32) -> Option<Need> {
    Some(match kind {
        R_AARCH64_NONE | 256 | R_AARCH64_TLSDESC_CALL => Need::Nothing,
        R_AARCH64_ABS64 => Need::Word,
        R_AARCH64_ABS32 | R_AARCH64_ABS16 | R_AARCH64_MOVW_UABS_G0..=R_AARCH64_MOVW_SABS_G2 => Need::Narrow,
        R_AARCH64_PREL64..=R_AARCH64_PREL16
        | R_AARCH64_LD_PREL_LO19..=R_AARCH64_LDST8_ABS_LO12_NC
        | R_AARCH64_TSTBR14
        | R_AARCH64_CONDBR19
        | R_AARCH64_LDST16_ABS_LO12_NC..=R_AARCH64_LDST64_ABS_LO12_NC
        | R_AARCH64_LDST128_ABS_LO12_NC => Need::Near,
        R_AARCH64_JUMP26 | R_AARCH64_CALL26 | R_AARCH64_PLT32 => Need::Call,
        R_AARCH64_GOT_LD_PREL19
        | R_AARCH64_ADR_GOT_PAGE
        | R_AARCH64_LD64_GOT_LO12_NC
        | R_AARCH64_LD64_GOTPAGE_LO15
        | R_AARCH64_GOTPCREL32 => Need::Slot(SlotKind::Address),
        R_AARCH64_TLSGD_ADR_PREL21..=R_AARCH64_TLSGD_ADD_LO12_NC => Need::Slot(SlotKind::General),
        R_AARCH64_TLSLD_ADR_PREL21..=R_AARCH64_TLSLD_ADD_LO12_NC => Need::Slot(SlotKind::Module),
        R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21..=R_AARCH64_TLSIE_LD_GOTTPREL_PREL19 => {
            Need::Slot(SlotKind::Initial)
        }
        R_AARCH64_TLSDESC_LD_PREL19..=R_AARCH64_TLSDESC_ADD_LO12 => Need::Slot(SlotKind::Descriptor),
        R_AARCH64_TLS_DTPREL | R_AARCH64_TLSLD_ADD_DTPREL_HI12..=R_AARCH64_TLSLD_LDST64_DTPREL_LO12_NC => {
            Need::ThreadOffset
        }
        R_AARCH64_TLSLE_MOVW_TPREL_G2..=R_AARCH64_TLSLE_LDST64_TPREL_LO12_NC => Need::LocalExec,
        R_AARCH64_TLSLE_LDST128_TPREL_LO12 | R_AARCH64_TLSLE_LDST128_TPREL_LO12_NC => Need::LocalExec,
        _ => return None,
    })
}

pub(super) fn apply(kind: u32, field: &mut [u8], values: &Values) -> Result<(), Wrong> {
    let Values { symbol, addend, place, slot, table, thread, .. } = *values;
    let target = symbol.wrapping_add_signed(addend);
    let slot = slot.wrapping_add_signed(addend);
    let thread = thread.wrapping_add_signed(addend);
    let distance = |to: u64| to.wrapping_sub(place) as i64;
    match kind {
        R_AARCH64_NONE | 256 | R_AARCH64_TLSDESC_CALL => Ok(()),
        R_AARCH64_ABS64 => word(field, target),
        R_AARCH64_ABS32 => narrow::<4>(field, target as i64, Range::Either),
        R_AARCH64_ABS16 => narrow::<2>(field, target as i64, Range::Either),
        R_AARCH64_PREL64 => word(field, distance(target) as u64),
        R_AARCH64_PREL32 => narrow::<4>(field, distance(target), Range::Either),
        R_AARCH64_PREL16 => narrow::<2>(field, distance(target), Range::Either),
        R_AARCH64_PLT32 => narrow::<4>(field, distance(target), Range::Signed),
        R_AARCH64_GOTPCREL32 => narrow::<4>(field, distance(slot), Range::Signed),
        R_AARCH64_TLS_DTPREL => word(field, thread),
        R_AARCH64_MOVW_UABS_G0..=R_AARCH64_MOVW_UABS_G3 => unsigned_part(kind, field, target),
        R_AARCH64_MOVW_SABS_G0..=R_AARCH64_MOVW_SABS_G2 => signed_part(kind, field, target as i64),
        R_AARCH64_LD_PREL_LO19 | R_AARCH64_CONDBR19 => branch(field, distance(target), 19, 5),
        R_AARCH64_TSTBR14 => branch(field, distance(target), 14, 5),
        R_AARCH64_JUMP26 | R_AARCH64_CALL26 => branch(field, distance(target), 26, 0),
        R_AARCH64_GOT_LD_PREL19 | R_AARCH64_TLSIE_LD_GOTTPREL_PREL19 | R_AARCH64_TLSDESC_LD_PREL19 => {
            branch(field, distance(slot), 19, 5)
        }
        R_AARCH64_ADR_PREL_LO21 => address(field, distance(target)),
        R_AARCH64_TLSGD_ADR_PREL21 | R_AARCH64_TLSLD_ADR_PREL21 | R_AARCH64_TLSDESC_ADR_PREL21 => {
            address(field, distance(slot))
        }
        R_AARCH64_ADR_PREL_PG_HI21 => address(field, pages(target, place)),
        R_AARCH64_ADR_PREL_PG_HI21_NC => insert_address(field, pages(target, place)),
        R_AARCH64_ADR_GOT_PAGE
        | R_AARCH64_TLSGD_ADR_PAGE21
        | R_AARCH64_TLSLD_ADR_PAGE21
        | R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21
        | R_AARCH64_TLSDESC_ADR_PAGE21 => address(field, pages(slot, place)),
        R_AARCH64_ADD_ABS_LO12_NC | R_AARCH64_LDST8_ABS_LO12_NC => low(field, target, 0),
        R_AARCH64_LDST16_ABS_LO12_NC => low(field, target, 1),
        R_AARCH64_LDST32_ABS_LO12_NC => low(field, target, 2),
        R_AARCH64_LDST64_ABS_LO12_NC => low(field, target, 3),
        R_AARCH64_LDST128_ABS_LO12_NC => low(field, target, 4),
        R_AARCH64_LD64_GOT_LO12_NC | R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC | R_AARCH64_TLSDESC_LD64_LO12 => {
            low(field, slot, 3)
        }
        R_AARCH64_TLSGD_ADD_LO12_NC | R_AARCH64_TLSLD_ADD_LO12_NC | R_AARCH64_TLSDESC_ADD_LO12 => {
            low(field, slot, 0)
        }
        R_AARCH64_LD64_GOTPAGE_LO15 => slot_in_page(field, slot.wrapping_sub(page(table))),
        R_AARCH64_TLSLD_ADD_DTPREL_HI12 => high(field, thread),
        R_AARCH64_TLSLD_ADD_DTPREL_LO12..=R_AARCH64_TLSLD_LDST64_DTPREL_LO12_NC => {
            thread_offset(kind, field, thread)
        }
        _ => Err(Wrong::Overflow(0)),
    }
}

fn page(address: u64) -> u64 {
    address & !0xfff
}

/// The distance between two pages, in pages.
fn pages(to: u64, from: u64) -> i64 {
    (page(to).wrapping_sub(page(from)) as i64) >> 12
}

fn word(field: &mut [u8], value: u64) -> Result<(), Wrong> {
    *first(field)? = value.to_le_bytes();
    Ok(())
}

/// Which values a number in fewer bits stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Range {
    Signed,
    /// Signed or unsigned, as the reader takes it.
    Either,
}

fn narrow<const N: usize>(field: &mut [u8], value: i64, range: Range) -> Result<(), Wrong> {
    let bits = N as u32 * 8;
    let most = if range == Range::Either { (1_i64 << bits) - 1 } else { (1_i64 << (bits - 1)) - 1 };
    if !(-(1_i64 << (bits - 1))..=most).contains(&value) {
        return Err(Wrong::Overflow(value));
    }
    let bytes = value.to_le_bytes();
    let field: &mut [u8; N] = first(field)?;
    field.copy_from_slice(&bytes[..N]);
    Ok(())
}

/// Replaces the `bits` bits of an instruction that begin at bit `at`.
fn insert(field: &mut [u8], value: u32, bits: u32, at: u32) -> Result<(), Wrong> {
    let field: &mut [u8; 4] = first(field)?;
    let mask = ((1_u32 << bits) - 1) << at;
    let instruction = u32::from_le_bytes(*field) & !mask | value << at & mask;
    *field = instruction.to_le_bytes();
    Ok(())
}

fn fits(value: i64, bits: u32) -> Result<(), Wrong> {
    let most = 1_i64 << (bits - 1);
    if (-most..most).contains(&value) { Ok(()) } else { Err(Wrong::Overflow(value)) }
}

/// A distance in instructions.
fn branch(field: &mut [u8], distance: i64, bits: u32, at: u32) -> Result<(), Wrong> {
    if distance % 4 != 0 {
        return Err(Wrong::Misaligned(distance as u64));
    }
    fits(distance >> 2, bits)?;
    insert(field, (distance >> 2) as u32, bits, at)
}

/// The 21 bits of `adr` and `adrp`.
fn address(field: &mut [u8], value: i64) -> Result<(), Wrong> {
    fits(value, 21)?;
    insert_address(field, value)
}

fn insert_address(field: &mut [u8], value: i64) -> Result<(), Wrong> {
    insert(field, value as u32 & 3, 2, 29)?;
    insert(field, (value >> 2) as u32, 19, 5)
}

/// The low 12 bits of an address, in units of an access's size.
fn low(field: &mut [u8], value: u64, scale: u32) -> Result<(), Wrong> {
    let bits = (value & 0xfff) as u32;
    if !bits.is_multiple_of(1 << scale) {
        return Err(Wrong::Misaligned(value));
    }
    insert(field, bits >> scale, 12, 10)
}

/// Bits 12 to 23 of an offset that has no more.
fn high(field: &mut [u8], value: u64) -> Result<(), Wrong> {
    if value >= 1 << 24 {
        return Err(Wrong::Overflow(value as i64));
    }
    insert(field, (value >> 12) as u32, 12, 10)
}

fn slot_in_page(field: &mut [u8], offset: u64) -> Result<(), Wrong> {
    if offset >= 1 << 15 {
        return Err(Wrong::Overflow(offset as i64));
    }
    if !offset.is_multiple_of(8) {
        return Err(Wrong::Misaligned(offset));
    }
    insert(field, (offset >> 3) as u32, 12, 10)
}

/// `TLSLD_ADD_DTPREL_LO12`, and loads and stores of 1, 2, 4 and 8 bytes, each checked and unchecked.
fn thread_offset(kind: u32, field: &mut [u8], offset: u64) -> Result<(), Wrong> {
    let index = kind - R_AARCH64_TLSLD_ADD_DTPREL_LO12;
    let is_checked = index.is_multiple_of(2);
    if is_checked && offset >= 1 << 12 {
        return Err(Wrong::Overflow(offset as i64));
    }
    low(field, offset, (index / 2).saturating_sub(1))
}

/// `movz` and `movk`: 16 bits each, checked or not.
fn unsigned_part(kind: u32, field: &mut [u8], value: u64) -> Result<(), Wrong> {
    let index = kind - R_AARCH64_MOVW_UABS_G0;
    let group = index / 2;
    let is_checked = index.is_multiple_of(2) && group < 3;
    if is_checked && value >> (16 * (group + 1)) != 0 {
        return Err(Wrong::Overflow(value as i64));
    }
    insert(field, (value >> (16 * group)) as u32 & 0xffff, 16, 5)
}

/// `movz`, or `movn` for a negative number.
fn signed_part(kind: u32, field: &mut [u8], value: i64) -> Result<(), Wrong> {
    let group = kind - R_AARCH64_MOVW_SABS_G0;
    fits(value, 16 * (group + 1) + 1)?;
    let magnitude = if value < 0 { !value } else { value };
    insert(field, u32::from(value >= 0), 1, 30)?;
    insert(field, (magnitude >> (16 * group)) as u32 & 0xffff, 16, 5)
}

/// `adrp x16, slot; ldr x17, [x16, slot]; br x17; nop`.
pub(super) fn write_stub(stub: &mut [u8], place: u64, slot: u64) -> Result<(), Wrong> {
    let code: &mut [u8; 16] = first(stub)?;
    let instructions = [0x9000_0010_u32, 0xf940_0211, 0xd61f_0220, 0xd503_201f];
    for (field, instruction) in code.chunks_exact_mut(4).zip(instructions) {
        field.copy_from_slice(&instruction.to_le_bytes());
    }
    address(&mut code[..4], pages(slot, place))?;
    low(&mut code[4..], slot, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What binutils' linker wrote: see `tests/aarch64/expect.py`.
    const EXPECTED: &str = include_str!("../../tests/aarch64/expected.txt");

    fn bytes(text: &str) -> Vec<u8> {
        let byte = |index: usize| u8::from_str_radix(&text[index..index + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(byte).collect()
    }

    /// The bytes that a relocation covers; a word is written by the system's loader.
    fn width(kind: u32) -> usize {
        match kind {
            R_AARCH64_ABS64 => 0,
            R_AARCH64_ABS16 | R_AARCH64_PREL16 => 2,
            R_AARCH64_PREL64 => 8,
            _ => 4,
        }
    }

    #[test]
    fn every_instruction_is_written_as_another_linker_writes_it() {
        let mut kinds = std::collections::BTreeSet::new();
        for line in EXPECTED.lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            let number = |index: usize| u64::from_str_radix(fields[index], 16).unwrap();
            let kind: u32 = fields[0].parse().unwrap();
            let values = Values {
                symbol: number(1),
                addend: number(2) as i64,
                place: number(3),
                slot: number(4),
                table: number(5),
                ..Values::default()
            };
            let mut field = bytes(fields[6]);
            apply(kind, &mut field, &values).unwrap();
            let width = width(kind);
            assert_eq!(field[..width], bytes(fields[7])[..width], "{line}");
            kinds.insert(kind);
        }
        assert!(kinds.len() >= 38, "{kinds:?}");
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let far = |symbol: u64| Values { symbol, place: 0x1000, ..Values::default() };
        let cases = [
            (R_AARCH64_CALL26, 0x0800_1000, Wrong::Overflow(0x0200_0000)),
            (R_AARCH64_CONDBR19, 0x10_1000, Wrong::Overflow(0x4_0000)),
            (R_AARCH64_TSTBR14, 0x9000, Wrong::Overflow(0x2000)),
            (R_AARCH64_ADR_PREL_LO21, 0x10_1000, Wrong::Overflow(0x10_0000)),
            (R_AARCH64_ADR_PREL_PG_HI21, 0x1_0000_1000, Wrong::Overflow(0x10_0000)),
            (R_AARCH64_LDST64_ABS_LO12_NC, 0x1004, Wrong::Misaligned(0x1004)),
            (R_AARCH64_CALL26, 0x1002, Wrong::Misaligned(2)),
            (R_AARCH64_MOVW_UABS_G0, 0x1_0000, Wrong::Overflow(0x1_0000)),
            (R_AARCH64_ABS32, 0x1_0000_0000, Wrong::Overflow(0x1_0000_0000)),
            (R_AARCH64_PREL16, 0x2_0000, Wrong::Overflow(0x1_f000)),
        ];
        for (kind, symbol, wrong) in cases {
            assert_eq!(apply(kind, &mut [0; 8], &far(symbol)), Err(wrong), "{kind}");
            assert_eq!(apply(kind, &mut [0; 1], &far(0x1000)), Err(Wrong::Outside), "{kind}");
        }
        // The last that fit.
        for (kind, symbol) in [(R_AARCH64_CALL26, 0x0800_0ffc), (R_AARCH64_TSTBR14, 0x8ffc)] {
            assert_eq!(apply(kind, &mut [0; 4], &far(symbol)), Ok(()));
        }
    }

    #[test]
    fn a_stub_jumps_through_its_slot() {
        let mut stub = [0; 16];
        write_stub(&mut stub, 0x1_2340, 0x5_6788).unwrap();
        // As `aarch64-linux-gnu-as` has it: adrp x16, #0x44000; ldr x17, [x16, #0x788]; br x17; nop.
        let words = [0x9000_0230_u32, 0xf943_c611, 0xd61f_0220, 0xd503_201f];
        assert_eq!(stub.to_vec(), words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>());
    }
}
