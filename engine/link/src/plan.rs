//! What a link knows before addresses are given out: inputs, symbols, and what the relocations ask for.

use std::collections::HashSet;

use object::elf;

use crate::eh_frame::Records;
use crate::error::{Place, demangle};
use crate::input::{Class, Inputs, Section, is_identifier};
use crate::machine::Machine;
use crate::names::Names;
use crate::symbols::{Home, NONE, Symbol, Symbols};
use crate::{Error, Exports, Object, Options, relocate};

/// What a word of the slot table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// A symbol's address.
    Address,
    /// A thread-local's module and its offset there: two words.
    General,
    /// This image's module, and zero: two words.
    Module,
    /// A thread-local's offset from the thread pointer.
    Initial,
    /// A thread-local's descriptor: two words.
    Descriptor,
}

/// An entry of the slot table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    pub(crate) symbol: u32,
    /// In words, from the table's start.
    pub(crate) word: u32,
}

/// What exists for one symbol: words of the slot table, a stub, an import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots {
    pub(crate) address: u32,
    pub(crate) general: u32,
    pub(crate) initial: u32,
    pub(crate) descriptor: u32,
    pub(crate) stub: u32,
    pub(crate) import: u32,
}

/// A symbol that another library has to define.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Import {
    pub(crate) symbol: u32,
    /// Where it is used first: a section and an offset in it.
    pub(crate) section: u32,
    pub(crate) offset: u64,
    pub(crate) thread_local: bool,
}

/// A symbol that stands for an end of a part of the image.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Boundary<'a> {
    Image,
    Slots,
    Dynamic,
    ThreadLocals,
    CodeEnd,
    DataEnd,
    ImageEnd,
    Start(&'a [u8]),
    Stop(&'a [u8]),
}

/// Everything about one link.
pub(crate) struct Plan<'a> {
    pub(crate) options: Options<'a>,
    pub(crate) inputs: Inputs<'a>,
    pub(crate) symbols: Symbols<'a>,
    pub(crate) records: Records,
    pub(crate) slots: Vec<Slots>,
    pub(crate) table: Vec<Slot>,
    pub(crate) table_words: u32,
    pub(crate) module: u32,
    pub(crate) stubs: Vec<u32>,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<u32>,
    pub(crate) commons: Vec<u32>,
    pub(crate) boundaries: Vec<(u32, Boundary<'a>)>,
    /// No fewer than there will be.
    pub(crate) dynamic_relocations: usize,
    pub(crate) static_thread_locals: bool,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(objects: &'a [Object<'a>], options: &Options<'a>) -> Result<Self, Error> {
        let inputs = Inputs::read(objects, options.machine, options.debug)?;
        let symbols = Symbols::read(&inputs)?;
        let mut plan = Self {
            options: *options,
            inputs,
            symbols,
            records: Records::default(),
            slots: Vec::new(),
            table: Vec::new(),
            table_words: 0,
            module: NONE,
            stubs: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            commons: Vec::new(),
            boundaries: Vec::new(),
            dynamic_relocations: 0,
            static_thread_locals: false,
        };
        plan.bind_overrides();
        plan.define_boundaries();
        plan.choose_exports();
        Ok(plan)
    }

    pub(crate) fn machine(&self) -> Machine {
        self.options.machine
    }

    /// The symbol that a relocation of `section` names, by its number there.
    pub(crate) fn symbol_of(&self, section: &Section<'_>, number: u32) -> Result<u32, Error> {
        let object = self.inputs.object_of(section);
        if number as usize >= object.symbols.len().max(1) {
            return Err(object.malformed("a relocation to a symbol that is not there"));
        }
        let own = object.first_symbol + number;
        self.symbols.canonical.get(own as usize).copied().ok_or_else(|| object.malformed("it has no symbols"))
    }

    /// The slots of a symbol, made if there are none.
    pub(crate) fn slots_of(&mut self, symbol: u32) -> &mut Slots {
        let known = &mut self.symbols.all[symbol as usize].slots;
        if *known == NONE {
            *known = self.slots.len() as u32;
            let none = Slots {
                address: NONE,
                general: NONE,
                initial: NONE,
                descriptor: NONE,
                stub: NONE,
                import: NONE,
            };
            self.slots.push(none);
        }
        &mut self.slots[*known as usize]
    }

    /// The slots of a symbol, if there are any.
    pub(crate) fn known_slots(&self, symbol: &Symbol<'_>) -> Option<&Slots> {
        self.slots.get(symbol.slots as usize)
    }

    /// A place in an object, for a message.
    pub(crate) fn place(&self, section: &Section<'_>, offset: u64) -> Place {
        Place {
            object: self.inputs.object_of(section).name.to_owned(),
            section: String::from_utf8_lossy(section.name).into_owned(),
            offset,
        }
    }

    /// An error about a relocation.
    pub(crate) fn refuse(
        &self,
        section: &Section<'_>,
        (kind, offset): (u32, u64),
        symbol: &Symbol<'_>,
        reason: impl Into<String>,
    ) -> Error {
        Error::Relocation(Box::new(crate::Relocation {
            kind: relocate::name(self.machine(), kind),
            symbol: demangle(symbol.name),
            place: self.place(section, offset),
            reason: reason.into(),
        }))
    }

    fn bind_overrides(&mut self) {
        for (name, address) in self.options.overrides {
            if let Some(found) = self.symbols.find(name.as_bytes()) {
                let symbol = &mut self.symbols.all[found as usize];
                *symbol = Symbol { home: Home::Absolute, value: *address, weak: false, ..*symbol };
            }
        }
    }

    fn define_boundaries(&mut self) {
        let loaded = self.inputs.sections.iter().filter(|section| section.is_loaded());
        let names: HashSet<&[u8], Names> =
            loaded.map(|section| section.name).filter(|name| is_identifier(name)).collect();
        let exists = |boundary: &Boundary<'_>| match boundary {
            Boundary::Start(name) | Boundary::Stop(name) => names.contains(name),
            _ => true,
        };
        for (name, number) in self.symbols.named() {
            let symbol = &self.symbols.all[number as usize];
            match symbol.home {
                Home::Common => self.commons.push(number),
                Home::Nowhere => {
                    if let Some(boundary) = boundary(name).filter(exists) {
                        self.boundaries.push((number, boundary));
                    }
                }
                _ => {}
            }
        }
        // The table of names has no order; the image must not differ from link to link.
        self.commons.sort_unstable();
        self.boundaries.sort_unstable_by_key(|(number, _)| *number);
        for (number, _) in &self.boundaries {
            let symbol = &mut self.symbols.all[*number as usize];
            *symbol = Symbol { home: Home::Image, value: 0, weak: false, ..*symbol };
        }
    }

    fn choose_exports(&mut self) {
        let seen = |number: &u32| {
            let symbol = &self.symbols.all[*number as usize];
            let open = matches!(symbol.visibility, elf::STV_DEFAULT | elf::STV_PROTECTED);
            let loaded = match symbol.home {
                Home::Section(section) => self.inputs.sections[section as usize].class < Class::Debug,
                Home::Common => true,
                _ => false,
            };
            open && loaded
                && matches!(symbol.kind, elf::STT_NOTYPE | elf::STT_OBJECT | elf::STT_FUNC | elf::STT_COMMON)
        };
        let mut exports: Vec<u32> = match self.options.exports {
            Exports::None => Vec::new(),
            Exports::Unmangled => {
                self.symbols.named().filter(|(name, _)| !is_mangled(name)).map(|(_, n)| n).collect()
            }
            Exports::Names(names) => {
                names.iter().filter_map(|name| self.symbols.find(name.as_bytes())).collect()
            }
        };
        exports.retain(seen);
        exports.sort_unstable();
        exports.dedup();
        self.exports = exports;
    }
}

fn is_mangled(name: &[u8]) -> bool {
    name.starts_with(b"_ZN") || name.starts_with(b"_R") || name.contains(&b'.')
}

fn boundary(name: &[u8]) -> Option<Boundary<'_>> {
    let found = match name {
        b"_GLOBAL_OFFSET_TABLE_" => Boundary::Slots,
        b"__dso_handle" | b"__ehdr_start" | b"__executable_start" => Boundary::Image,
        b"_DYNAMIC" => Boundary::Dynamic,
        b"_TLS_MODULE_BASE_" => Boundary::ThreadLocals,
        b"_etext" | b"etext" | b"__etext" => Boundary::CodeEnd,
        b"_edata" | b"edata" | b"__bss_start" => Boundary::DataEnd,
        b"_end" | b"end" => Boundary::ImageEnd,
        _ => match (name.strip_prefix(b"__start_"), name.strip_prefix(b"__stop_")) {
            (Some(section), _) => Boundary::Start(section),
            (_, Some(section)) => Boundary::Stop(section),
            _ => return None,
        },
    };
    Some(found)
}
