//! What the system's loader reads: the dynamic section, its symbols, their names and their hash table.

use object::elf;

use crate::Error;
use crate::input::Class;
use crate::layout::Layout;
use crate::output::{ENTRY, HEADER, Pen, RELOCATION, SYMBOL};
use crate::plan::Plan;
use crate::symbols::Home;

/// The symbol by which a loaded image's place is found. At zero, the system's loader would take it for undefined.
pub(crate) const START: &str = "liveline_image";
/// Where the symbol is.
pub(crate) const START_ADDRESS: u64 = HEADER;

/// The dynamic symbols: an empty one, imports, exports, and the image's start.
pub(crate) struct Tables {
    pub(crate) strings: Vec<u8>,
    /// Of every symbol but the empty one.
    names: Vec<u32>,
    hashes: Vec<u32>,
    needed: Vec<u32>,
}

impl Tables {
    pub(crate) fn collect(plan: &Plan<'_>) -> Result<Self, Error> {
        let imports = plan.imports.iter().map(|import| import.symbol);
        let symbols = imports.chain(plan.exports.iter().copied());
        let names = symbols.map(|symbol| plan.symbols.all[symbol as usize].name);
        let mut tables = Self { strings: vec![0], names: Vec::new(), hashes: Vec::new(), needed: Vec::new() };
        for name in names.chain([START.as_bytes()]) {
            let offset = tables.push(name)?;
            tables.names.push(offset);
            tables.hashes.push(hash(name));
        }
        for library in plan.options.needed {
            if library.contains('\0') {
                return Err(Error::Unsupported(format!("`{}` is no library's name", library.escape_debug())));
            }
            let offset = tables.push(library.as_bytes())?;
            tables.needed.push(offset);
        }
        Ok(tables)
    }

    fn push(&mut self, name: &[u8]) -> Result<u32, Error> {
        let offset =
            u32::try_from(self.strings.len()).map_err(|_| Error::TooLarge("symbols' names".to_owned()));
        self.strings.extend_from_slice(name);
        self.strings.push(0);
        offset
    }

    fn count(&self) -> u64 {
        self.names.len() as u64 + 1
    }

    fn buckets(&self) -> u32 {
        (self.names.len() as u32 / 2).max(1)
    }

    pub(crate) fn symbols_size(&self) -> u64 {
        self.count() * SYMBOL
    }

    pub(crate) fn hash_size(&self) -> u64 {
        (2 + u64::from(self.buckets()) + self.count()) * 4
    }

    pub(crate) fn dynamic_size(&self) -> u64 {
        (self.needed.len() as u64 + ENTRIES) * ENTRY
    }

    /// The offset of an import's name in the strings.
    pub(crate) fn import_name(&self, import: usize) -> u32 {
        self.names[import]
    }

    pub(crate) fn write(&self, plan: &Plan<'_>, layout: &Layout<'_>, relative: u64, bytes: &mut [u8]) {
        Pen::at(bytes, layout.address(Class::Strings)).bytes(&self.strings);
        self.write_symbols(plan, layout, bytes);
        self.write_hash(layout, bytes);
        self.write_dynamic(plan, layout, relative, bytes);
    }

    fn write_symbols(&self, plan: &Plan<'_>, layout: &Layout<'_>, bytes: &mut [u8]) {
        let mut pen = Pen::at(bytes, layout.address(Class::Symbols));
        pen.bytes(&[0; SYMBOL as usize]);
        let mut names = self.names.iter();
        let mut write = |info: u8, section: u16, value: u64, size: u64| {
            pen.word(names.next().copied().unwrap_or(0))
                .byte(info)
                .byte(0)
                .half(section)
                .long(value)
                .long(size);
        };
        for import in &plan.imports {
            let symbol = &plan.symbols.all[import.symbol as usize];
            let binding = if symbol.weak { elf::STB_WEAK } else { elf::STB_GLOBAL };
            let kind = if import.thread_local { elf::STT_TLS } else { elf::STT_NOTYPE };
            write(binding << 4 | kind, elf::SHN_UNDEF, 0, 0);
        }
        // The system's loader asks only whether a symbol has a section, not which.
        const SOME_SECTION: u16 = 1;
        for export in &plan.exports {
            let symbol = &plan.symbols.all[*export as usize];
            let kind = if symbol.kind == elf::STT_COMMON { elf::STT_OBJECT } else { symbol.kind };
            let value = plan.address(symbol);
            write(elf::STB_GLOBAL << 4 | kind, SOME_SECTION, value, symbol.size);
        }
        write(elf::STB_GLOBAL << 4 | elf::STT_OBJECT, SOME_SECTION, START_ADDRESS, 0);
    }

    fn write_hash(&self, layout: &Layout<'_>, bytes: &mut [u8]) {
        let mut buckets = vec![0_u32; self.buckets() as usize];
        let mut chains = vec![0_u32; self.names.len() + 1];
        for (index, hash) in self.hashes.iter().enumerate() {
            let bucket = &mut buckets[(hash % self.buckets()) as usize];
            chains[index + 1] = std::mem::replace(bucket, index as u32 + 1);
        }
        let mut pen = Pen::at(bytes, layout.address(Class::Hash));
        pen.word(buckets.len() as u32).word(chains.len() as u32);
        for word in buckets.iter().chain(&chains) {
            pen.word(*word);
        }
    }

    fn write_dynamic(&self, plan: &Plan<'_>, layout: &Layout<'_>, relative: u64, bytes: &mut [u8]) {
        let mut pen = Pen::at(bytes, layout.address(Class::Dynamic));
        let mut write = |tag: i64, value: u64| {
            pen.long(tag as u64).long(value);
        };
        for needed in &self.needed {
            write(elf::DT_NEEDED, u64::from(*needed));
        }
        write(elf::DT_HASH, layout.address(Class::Hash));
        write(elf::DT_SYMTAB, layout.address(Class::Symbols));
        write(elf::DT_SYMENT, SYMBOL);
        write(elf::DT_STRTAB, layout.address(Class::Strings));
        write(elf::DT_STRSZ, self.strings.len() as u64);
        if let Some(relocations) = layout.output(Class::Relocations) {
            write(elf::DT_RELA, relocations.address);
            write(elf::DT_RELASZ, relocations.size);
            write(elf::DT_RELAENT, RELOCATION);
            write(elf::DT_RELACOUNT, relative);
        }
        let arrays = [
            (Class::Start, elf::DT_INIT_ARRAY, elf::DT_INIT_ARRAYSZ),
            (Class::End, elf::DT_FINI_ARRAY, elf::DT_FINI_ARRAYSZ),
        ];
        for (class, address, size) in arrays {
            if let Some(output) = layout.output(class) {
                write(address, output.address);
                write(size, output.size);
            }
        }
        let thread = if plan.static_thread_locals { elf::DF_STATIC_TLS } else { 0 };
        write(elf::DT_FLAGS, u64::from(elf::DF_BIND_NOW | thread));
        write(elf::DT_FLAGS_1, u64::from(elf::DF_1_NOW | elf::DF_1_NODELETE));
        write(elf::DT_NULL, 0);
    }
}

/// The most entries that [`Tables::write`] makes beside the needed libraries.
const ENTRIES: u64 = 16;

/// The ABI's function, "Hash Table".
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0_u32, |hash, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(*byte));
        let high = hash & 0xf000_0000;
        (hash ^ (high >> 24)) & !high
    })
}

impl Plan<'_> {
    /// A symbol's address from the image's start; absolute ones' as they are.
    pub(crate) fn address(&self, symbol: &crate::symbols::Symbol<'_>) -> u64 {
        match symbol.home {
            Home::Section(section) => {
                self.inputs.sections[section as usize].address.wrapping_add(symbol.value)
            }
            Home::Image | Home::Absolute => symbol.value,
            Home::Nowhere | Home::Common => 0,
        }
    }
}
