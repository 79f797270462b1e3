//! Damaged and hostile objects: every one is an error or an image that is safe to map, and none panics.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod check;

use liveline_link::Machine;
use proptest::prelude::*;

use check::everything;

const OBJECTS: [(&[u8], Machine); 6] = [
    (include_bytes!("../objects/script.o"), Machine::X86_64),
    (include_bytes!("../objects/plain.o"), Machine::X86_64),
    (include_bytes!("../objects/both.a"), Machine::X86_64),
    (include_bytes!("../aarch64/direct.o"), Machine::Aarch64),
    (include_bytes!("../aarch64/slots.o"), Machine::Aarch64),
    (include_bytes!("../aarch64/library.o"), Machine::Aarch64),
];

/// Numbers at which careless arithmetic breaks.
const NUMBERS: [u64; 16] = [
    0,
    1,
    7,
    8,
    0xff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff0,
    0xffff_ffff,
    1 << 32,
    1 << 60,
    (1 << 63) - 1,
    1 << 63,
    u64::MAX - 7,
    u64::MAX,
];

fn object() -> impl Strategy<Value = (&'static [u8], Machine)> {
    prop::sample::select(&OBJECTS[..])
}

/// Where a file's structure is: its head, and its end, where section headers and symbol tables are.
fn place() -> impl Strategy<Value = (bool, usize)> {
    (any::<bool>(), any::<prop::sample::Index>().prop_map(|index| index.index(1 << 20)))
}

fn at((from_end, offset): (bool, usize), length: usize) -> usize {
    let offset = offset % length;
    if from_end { length - 1 - offset } else { offset }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2000), ..ProptestConfig::default() })]

    #[test]
    fn cut_off((bytes, machine) in object(), length in place()) {
        everything(&bytes[..at(length, bytes.len())], machine);
    }

    #[test]
    fn flipped_bits((bytes, machine) in object(), flips in prop::collection::vec((place(), 0u8..8), 1..8)) {
        let mut bytes = bytes.to_vec();
        for (place, bit) in flips {
            let place = at(place, bytes.len());
            bytes[place] ^= 1 << bit;
        }
        everything(&bytes, machine);
    }

    #[test]
    fn hostile_numbers(
        (bytes, machine) in object(),
        numbers in prop::collection::vec((place(), prop::sample::select(&NUMBERS[..]), 1usize..=8), 1..5),
    ) {
        let mut bytes = bytes.to_vec();
        for (place, number, width) in numbers {
            // Fields are aligned to their width in most of these files.
            let place = at(place, bytes.len()) & !(width.next_power_of_two() - 1);
            let end = bytes.len().min(place + width);
            bytes[place..end].copy_from_slice(&number.to_le_bytes()[..end - place]);
        }
        everything(&bytes, machine);
    }

    #[test]
    fn parts_in_other_places((bytes, machine) in object(), moves in prop::collection::vec((place(), place(), 1usize..200), 1..4)) {
        let mut bytes = bytes.to_vec();
        for (from, to, length) in moves {
            let (from, to) = (at(from, bytes.len()), at(to, bytes.len()));
            let length = length.min(bytes.len() - from.max(to));
            bytes.copy_within(from..from + length, to);
        }
        everything(&bytes, machine);
    }

    #[test]
    fn anything(bytes in prop::collection::vec(any::<u8>(), 0..600), head in object(), keep in 0usize..300) {
        everything(&bytes, Machine::HOST);
        let headed: Vec<u8> = head.0.iter().take(keep).chain(&bytes).copied().collect();
        everything(&headed, head.1);
    }
}

/// Every field of every section header and of every symbol, at each number.
#[test]
fn every_field_of_every_header_at_every_number() {
    for (bytes, machine) in OBJECTS {
        if !bytes.starts_with(b"\x7fELF") {
            continue;
        }
        let table = u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
        for place in (16..64).step_by(2).chain((table..bytes.len() - 8).step_by(4)) {
            for number in NUMBERS {
                let width = if place < 64 {
                    2
                } else if place % 8 == 0 {
                    8
                } else {
                    4
                };
                let mut changed = bytes.to_vec();
                changed[place..place + width].copy_from_slice(&number.to_le_bytes()[..width]);
                everything(&changed, machine);
            }
        }
    }
}

#[test]
fn the_objects_themselves_link() {
    for (bytes, machine) in OBJECTS {
        everything(bytes, machine);
        let options = liveline_link::Options { machine, ..liveline_link::Options::new("whole") };
        let objects = liveline_link::members(bytes)
            .unwrap_or_else(|_| vec![liveline_link::Object { name: "whole.o".to_owned(), bytes }]);
        liveline_link::link(&objects, &options).unwrap();
    }
}
