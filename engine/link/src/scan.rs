//! Walks what must stay: marks the sections that it reaches, and notes what their relocations ask for.

use std::collections::HashMap;

use object::elf;

use crate::input::{Class, ENDIAN, Rela, Section, is_identifier};
use crate::names::Names;
use crate::plan::{Import, Plan, Slot, SlotKind};
use crate::relocate::{self, Need};
use crate::symbols::{Home, NONE, Symbol};
use crate::{Error, eh_frame};

const PIC: &str = "only a fixed executable can have it; compile with `-Crelocation-model=pic`";
const LOCAL_EXEC: &str = "only an executable's own thread-locals can be reached so; compile as a library, or with \
                          `-Crelocation-model=dynamic-no-pic`";

/// Marks live sections and fills the plan's slots, stubs and imports.
pub(crate) fn scan(plan: &mut Plan<'_>) -> Result<(), Error> {
    plan.records = eh_frame::read(plan)?;
    let mut scan = Scan { plan, waiting: Vec::new() };
    scan.mark_roots();
    while let Some(section) = scan.waiting.pop() {
        scan.section(section)?;
    }
    scan.keep_debug_sections();
    scan.unify_named_sections();
    Ok(())
}

struct Scan<'p, 'a> {
    plan: &'p mut Plan<'a>,
    waiting: Vec<u32>,
}

/// One relocation, read.
#[derive(Clone, Copy)]
struct Ask {
    section: u32,
    kind: u32,
    offset: u64,
    symbol: u32,
}

impl<'a> Scan<'_, 'a> {
    fn mark_roots(&mut self) {
        for number in 0..self.plan.inputs.sections.len() as u32 {
            let section = &self.plan.inputs.sections[number as usize];
            let retained = section.flags & u64::from(elf::SHF_GNU_RETAIN) != 0;
            let starts = matches!(section.class, Class::Start | Class::End);
            if section.is_loaded() && (retained || starts || is_identifier(section.name)) {
                self.mark(number);
            }
        }
        for export in 0..self.plan.exports.len() {
            let symbol = self.plan.exports[export];
            self.mark_symbol(symbol);
        }
    }

    fn mark(&mut self, number: u32) {
        let section = &mut self.plan.inputs.sections[number as usize];
        if !section.live && section.is_loaded() {
            section.live = true;
            self.waiting.push(number);
        }
    }

    fn mark_symbol(&mut self, symbol: u32) {
        if let Home::Section(section) = self.plan.symbols.all[symbol as usize].home {
            self.mark(section);
        }
    }

    fn section(&mut self, number: u32) -> Result<(), Error> {
        let relocations = self.plan.inputs.sections[number as usize].relocations;
        // Unwind tables are walked by record, below.
        if self.plan.inputs.sections[number as usize].class != Class::Unwind {
            self.relocations(number, relocations)?;
        }
        let mut record = self.plan.records.first_of(number);
        while record != NONE {
            self.record(record)?;
            record = self.plan.records.all[record as usize].next;
        }
        Ok(())
    }

    /// A function stays, so its unwind information does, and what that names.
    fn record(&mut self, number: u32) -> Result<(), Error> {
        let record = &mut self.plan.records.all[number as usize];
        if std::mem::replace(&mut record.live, true) {
            return Ok(());
        }
        let (section, common, range) = (record.section, record.common, record.relocations.clone());
        let relocations = &self.plan.inputs.sections[section as usize].relocations[range];
        self.relocations(section, relocations)?;
        if common == NONE { Ok(()) } else { self.record(common) }
    }

    fn relocations(&mut self, section: u32, relocations: &'a [Rela]) -> Result<(), Error> {
        for relocation in relocations {
            let ask = Ask {
                section,
                kind: relocation.r_type(ENDIAN, false),
                offset: relocation.r_offset.get(ENDIAN),
                symbol: self.plan.symbol_of(
                    &self.plan.inputs.sections[section as usize],
                    relocation.r_sym(ENDIAN, false),
                )?,
            };
            self.relocation(ask)?;
        }
        Ok(())
    }

    fn relocation(&mut self, ask: Ask) -> Result<(), Error> {
        let need = relocate::need(self.plan.machine(), ask.kind);
        let need = need.ok_or_else(|| self.refuse(ask, "this linker does not know it"))?;
        let symbol = self.plan.symbols.all[ask.symbol as usize];
        if let Home::Section(target) = symbol.home {
            if self.plan.inputs.sections[target as usize].class == Class::Dropped && need != Need::Nothing {
                return Err(self.refuse(ask, "its target is in a section that is not loaded"));
            }
            self.mark(target);
        }
        match need {
            Need::Nothing | Need::ThreadOffset => Ok(()),
            Need::Word => self.word(ask, &symbol),
            Need::Narrow if symbol.home == Home::Absolute => Ok(()),
            Need::Narrow => Err(self.refuse(ask, PIC)),
            Need::Near => self.near(ask, &symbol),
            Need::Call => self.call(ask, &symbol),
            Need::Slot(kind) => self.slot(ask, kind),
            Need::LocalExec => Err(self.refuse(ask, LOCAL_EXEC)),
        }
    }

    /// The system's loader or ours fills the word in, so it must be where one can write.
    fn word(&mut self, ask: Ask, symbol: &Symbol<'_>) -> Result<(), Error> {
        if symbol.home == Home::Absolute {
            return Ok(());
        }
        self.import_if_undefined(ask, false)?;
        self.plan.dynamic_relocations += 1;
        let section = &mut self.plan.inputs.sections[ask.section as usize];
        match section.class {
            Class::ReadOnly => section.class = Class::Relocated,
            Class::Code | Class::Unwind => {
                return Err(self.refuse(ask, "code is never writable: compile with `-fPIC`"));
            }
            Class::Zero | Class::ThreadZero => return Err(self.refuse(ask, "its section has no bytes")),
            _ => {}
        }
        Ok(())
    }

    fn near(&mut self, ask: Ask, symbol: &Symbol<'_>) -> Result<(), Error> {
        if matches!(symbol.home, Home::Section(_) | Home::Image | Home::Common) && !symbol.is_resolver() {
            return Ok(());
        }
        let data = self.plan.inputs.sections[ask.section as usize].data;
        if symbol.is_resolver() || relocate::is_jump(self.plan.machine(), ask.kind, data, ask.offset) {
            return self.call(ask, symbol);
        }
        Err(self.refuse(ask, format!("its target is in another library, out of reach; {PIC}")))
    }

    fn call(&mut self, ask: Ask, symbol: &Symbol<'_>) -> Result<(), Error> {
        if matches!(symbol.home, Home::Section(_) | Home::Image | Home::Common) && !symbol.is_resolver() {
            return Ok(());
        }
        self.slot(ask, SlotKind::Address)?;
        let next = self.plan.stubs.len() as u32;
        let slots = self.plan.slots_of(ask.symbol);
        if slots.stub == NONE {
            slots.stub = next;
            self.plan.stubs.push(ask.symbol);
        }
        Ok(())
    }

    fn slot(&mut self, ask: Ask, kind: SlotKind) -> Result<(), Error> {
        let thread_local = !matches!(kind, SlotKind::Address);
        if kind != SlotKind::Module {
            self.import_if_undefined(ask, thread_local)?;
        }
        self.plan.static_thread_locals |= kind == SlotKind::Initial;
        let next = self.plan.table_words;
        let known = match kind {
            SlotKind::Address => &mut self.plan.slots_of(ask.symbol).address,
            SlotKind::General => &mut self.plan.slots_of(ask.symbol).general,
            SlotKind::Initial => &mut self.plan.slots_of(ask.symbol).initial,
            SlotKind::Descriptor => &mut self.plan.slots_of(ask.symbol).descriptor,
            SlotKind::Module => &mut self.plan.module,
        };
        if *known != NONE {
            return Ok(());
        }
        *known = next;
        let words = if matches!(kind, SlotKind::Address | SlotKind::Initial) { 1 } else { 2 };
        self.plan.table_words += words;
        self.plan.dynamic_relocations += words as usize;
        self.plan.table.push(Slot { kind, symbol: ask.symbol, word: next });
        Ok(())
    }

    fn import_if_undefined(&mut self, ask: Ask, thread_local: bool) -> Result<(), Error> {
        let symbol = self.plan.symbols.all[ask.symbol as usize];
        if symbol.home != Home::Nowhere {
            return Ok(());
        }
        if symbol.name.is_empty() {
            return Err(self.refuse(ask, "its target was in a group that another object's copy stands for"));
        }
        let next = self.plan.imports.len() as u32;
        let slots = self.plan.slots_of(ask.symbol);
        if slots.import == NONE {
            slots.import = next;
            let thread_local = thread_local || symbol.kind == elf::STT_TLS;
            let Ask { section, offset, symbol, .. } = ask;
            self.plan.imports.push(Import { symbol, section, offset, thread_local });
        }
        Ok(())
    }

    fn refuse(&self, ask: Ask, reason: impl Into<String>) -> Error {
        let section = &self.plan.inputs.sections[ask.section as usize];
        let symbol = &self.plan.symbols.all[ask.symbol as usize];
        self.plan.refuse(section, (ask.kind, ask.offset), symbol, reason)
    }

    /// Debug information of objects of which something stays.
    fn keep_debug_sections(&mut self) {
        let mut kept = vec![false; self.plan.inputs.objects.len()];
        for section in self.plan.inputs.sections.iter().filter(|section| section.live) {
            kept[section.object as usize] = true;
        }
        for section in &mut self.plan.inputs.sections {
            section.live |= section.class == Class::Debug && kept[section.object as usize];
        }
    }

    /// Sections whose ends have symbols lie together, so all of a name are treated as the one that needs most.
    fn unify_named_sections(&mut self) {
        let mut most: HashMap<&[u8], Class, Names> = HashMap::default();
        for section in self.plan.inputs.sections.iter().filter(|section| is_named_data(section)) {
            let class = most.entry(section.name).or_insert(section.class);
            *class = wider(*class, section.class);
        }
        for section in self.plan.inputs.sections.iter_mut().filter(|section| is_named_data(section)) {
            section.class = most.get(section.name).copied().unwrap_or(section.class);
        }
    }
}

fn is_named_data(section: &Section<'_>) -> bool {
    let data = matches!(section.class, Class::ReadOnly | Class::Relocated | Class::Data | Class::Zero);
    section.live && data && is_identifier(section.name)
}

/// The class in which bytes of both classes can be.
fn wider(first: Class, second: Class) -> Class {
    if first == second {
        first
    } else if matches!((first, second), (Class::Zero, _) | (_, Class::Zero)) {
        Class::Data
    } else {
        first.max(second)
    }
}
