//! Symbols: every object's own, and for each name that objects share, the one definition that counts.

use std::collections::HashMap;

use object::SymbolIndex;
use object::elf;
use object::read::elf::Sym;

use crate::Error;
use crate::error::demangle;
use crate::input::{Class, ENDIAN, Input, Inputs, RawSymbol, Section};
use crate::names::Names;

/// No slot, no symbol.
pub(crate) const NONE: u32 = u32::MAX;

/// Where a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// No object defines it.
    Nowhere,
    /// In a section of the image, at `value`.
    Section(u32),
    /// At `value` from the image's start.
    Image,
    /// At the very address `value`.
    Absolute,
    /// In memory that the linker sets aside; `value` is the alignment.
    Common,
}

/// One symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol<'a> {
    /// Empty for those that only their object sees.
    pub(crate) name: &'a [u8],
    pub(crate) home: Home,
    pub(crate) value: u64,
    pub(crate) size: u64,
    pub(crate) kind: u8,
    pub(crate) weak: bool,
    pub(crate) visibility: u8,
    pub(crate) object: u32,
    /// Its slots, in the plan's list.
    pub(crate) slots: u32,
}

impl Symbol<'_> {
    pub(crate) fn is_resolver(&self) -> bool {
        self.kind == elf::STT_GNU_IFUNC && matches!(self.home, Home::Section(_))
    }
}

/// All symbols, in the order of objects and of their symbol tables; then those that only the linker knows.
#[derive(Default)]
pub(crate) struct Symbols<'a> {
    pub(crate) all: Vec<Symbol<'a>>,
    /// For each symbol, the one that its name stands for.
    pub(crate) canonical: Vec<u32>,
    by_name: HashMap<&'a [u8], u32, Names>,
}

impl<'a> Symbols<'a> {
    pub(crate) fn read(inputs: &Inputs<'a>) -> Result<Self, Error> {
        let count = inputs.symbol_count as usize;
        let mut symbols = Self {
            all: Vec::with_capacity(count),
            canonical: Vec::with_capacity(count),
            by_name: HashMap::with_capacity_and_hasher(count / 2, Names),
        };
        for (number, input) in inputs.objects.iter().enumerate() {
            for (index, raw) in input.symbols.symbols().iter().enumerate() {
                let symbol = read(input, inputs, number as u32, index, raw)?;
                symbols.add(symbol, inputs)?;
            }
        }
        Ok(symbols)
    }

    fn add(&mut self, symbol: Symbol<'a>, inputs: &Inputs<'a>) -> Result<(), Error> {
        let own = self.all.len() as u32;
        self.all.push(symbol);
        if symbol.name.is_empty() {
            self.canonical.push(own);
            return Ok(());
        }
        let counts = *self.by_name.entry(symbol.name).or_insert(own);
        self.canonical.push(counts);
        if counts != own {
            self.merge(counts, symbol, inputs)?;
        }
        Ok(())
    }

    /// Of two symbols of one name, keeps the definition that counts, in the first one's place.
    fn merge(&mut self, first: u32, second: Symbol<'a>, inputs: &Inputs<'a>) -> Result<(), Error> {
        let known = &mut self.all[first as usize];
        let visibility = strictest(known.visibility, second.visibility);
        match (rank(known), rank(&second)) {
            (Rank::Strong, Rank::Strong) => {
                let name = |object: u32| inputs.objects[object as usize].name.to_owned();
                let objects = [name(known.object), name(second.object)];
                return Err(Error::Duplicate { symbol: demangle(second.name), objects });
            }
            (Rank::Common, Rank::Common) => {
                known.size = known.size.max(second.size);
                known.value = known.value.max(second.value);
            }
            (Rank::Undefined, Rank::Undefined) => {
                known.weak &= second.weak;
                known.kind = known.kind.max(second.kind);
            }
            (old, new) if new > old => *known = second,
            _ => {}
        }
        known.visibility = visibility;
        Ok(())
    }

    /// The symbol of a name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// Names, each with the symbol that counts for it.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'a [u8], u32)> {
        self.by_name.iter().map(|(name, symbol)| (*name, *symbol))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Undefined,
    Weak,
    Common,
    Strong,
}

fn rank(symbol: &Symbol<'_>) -> Rank {
    match symbol.home {
        Home::Nowhere => Rank::Undefined,
        Home::Common => Rank::Common,
        _ if symbol.weak => Rank::Weak,
        _ => Rank::Strong,
    }
}

/// `STV_INTERNAL` before `STV_HIDDEN` before `STV_PROTECTED` before `STV_DEFAULT`.
fn strictest(first: u8, second: u8) -> u8 {
    match (first, second) {
        (elf::STV_DEFAULT, other) | (other, elf::STV_DEFAULT) => other,
        (first, second) => first.min(second),
    }
}

fn read<'a>(
    input: &Input<'a>,
    inputs: &Inputs<'a>,
    object: u32,
    index: usize,
    raw: &'a RawSymbol,
) -> Result<Symbol<'a>, Error> {
    let is_local = raw.st_bind() == elf::STB_LOCAL;
    let name = if is_local { &[][..] } else { input.name_of(raw)? };
    let mut value = raw.st_value.get(ENDIAN);
    let section = match raw.st_shndx(ENDIAN) {
        elf::SHN_XINDEX => input.symbols.shndx(ENDIAN, SymbolIndex(index)).unwrap_or(0),
        short => short.into(),
    };
    let home = match raw.st_shndx(ENDIAN) {
        // The first symbol stands for no symbol.
        _ if index == 0 => Home::Absolute,
        elf::SHN_UNDEF => Home::Nowhere,
        elf::SHN_ABS => Home::Absolute,
        elf::SHN_COMMON => Home::Common,
        _ => {
            let found = input.section(section).ok_or_else(|| outside(input, raw))?;
            home_in(&inputs.sections[found as usize], found, value).ok_or_else(|| outside(input, raw))?
        }
    };
    if home == Home::Common && !value.is_power_of_two() {
        value = 1;
    }
    Ok(Symbol {
        name,
        home,
        value,
        size: raw.st_size.get(ENDIAN),
        kind: raw.st_type(),
        weak: raw.st_bind() == elf::STB_WEAK,
        visibility: raw.st_visibility(),
        object,
        slots: NONE,
    })
}

/// A symbol's home in a section; nothing if it would lie outside of it.
fn home_in(section: &Section<'_>, number: u32, value: u64) -> Option<Home> {
    if section.replaced {
        // Another object's definition of that name takes its place.
        return Some(Home::Nowhere);
    }
    (section.class == Class::Dropped || value <= section.size).then_some(Home::Section(number))
}

fn outside(input: &Input<'_>, raw: &RawSymbol) -> Error {
    let name = input.name_of(raw).map(demangle).unwrap_or_default();
    input.malformed(format!("symbol `{name}` lies outside of its section"))
}
