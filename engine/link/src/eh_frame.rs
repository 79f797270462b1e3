//! Unwind tables: split into records, so that each stays exactly if its function does, and indexed for binary search.

use std::collections::HashMap;
use std::ops::Range;

use crate::Error;
use crate::input::{Class, ENDIAN, Section};
use crate::names::Names;
use crate::plan::Plan;
use crate::symbols::{Home, NONE};

/// A common information entry (CIE) or a frame description entry (FDE), as the Linux Standard Base names them.
pub(crate) struct Record {
    pub(crate) section: u32,
    /// In the section, with the length field.
    pub(crate) bytes: Range<u32>,
    /// Of the section's relocations, those of this record.
    pub(crate) relocations: Range<usize>,
    /// A function's CIE; [`NONE`] for a CIE itself.
    pub(crate) common: u32,
    /// The next record of the same function's section.
    pub(crate) next: u32,
    pub(crate) live: bool,
}

/// All records.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) all: Vec<Record>,
    /// By section, the first record of a function in it.
    heads: Vec<u32>,
}

impl Records {
    pub(crate) fn first_of(&self, section: u32) -> u32 {
        self.heads.get(section as usize).copied().unwrap_or(NONE)
    }
}

/// Splits every object's unwind tables.
pub(crate) fn read(plan: &Plan<'_>) -> Result<Records, Error> {
    let mut records = Records { all: Vec::new(), heads: vec![NONE; plan.inputs.sections.len()] };
    for (number, section) in plan.inputs.sections.iter().enumerate() {
        if section.class == Class::Unwind {
            Split { plan, section, number: number as u32, commons: Vec::new(), relocation: 0 }
                .run(&mut records)?;
        }
    }
    Ok(records)
}

struct Split<'s, 'a> {
    plan: &'s Plan<'a>,
    section: &'s Section<'a>,
    number: u32,
    /// The section's CIEs: offset and record.
    commons: Vec<(u32, u32)>,
    /// The first relocation that belongs to no record yet.
    relocation: usize,
}

impl Split<'_, '_> {
    fn run(mut self, records: &mut Records) -> Result<(), Error> {
        if !self.section.relocations.is_sorted_by_key(|relocation| relocation.r_offset.get(ENDIAN)) {
            return Err(self.damaged("its relocations are not in order"));
        }
        let mut start = 0;
        while start < self.section.data.len() {
            let length = self.word(start)?;
            if length == 0 {
                start += 4;
                continue;
            }
            let end = start + 4 + length as usize;
            if length == u32::MAX || end > self.section.data.len() || end > u32::MAX as usize || length < 4 {
                return Err(self.damaged("a record of an impossible length"));
            }
            self.record(start, end, records)?;
            start = end;
        }
        Ok(())
    }

    fn record(&mut self, start: usize, end: usize, records: &mut Records) -> Result<(), Error> {
        let number = records.all.len() as u32;
        let relocations = self.take_relocations(end as u64);
        let pointer = self.word(start + 4)?;
        let mut record = Record {
            section: self.number,
            bytes: start as u32..end as u32,
            relocations,
            common: NONE,
            next: NONE,
            live: false,
        };
        if pointer == 0 {
            self.commons.push((start as u32, number));
            records.all.push(record);
            return Ok(());
        }
        let common = (start as u32 + 4).checked_sub(pointer);
        let common = common.and_then(|at| self.commons.binary_search_by_key(&at, |(offset, _)| *offset).ok());
        let common = common.ok_or_else(|| self.damaged("a function's record without a common one"))?;
        record.common = self.commons[common].1;
        // A function that is nowhere, or another object's, needs no record.
        if let Some(function) = self.function(&record, start as u64 + 8)? {
            record.next = std::mem::replace(&mut records.heads[function as usize], number);
            records.all.push(record);
        }
        Ok(())
    }

    fn take_relocations(&mut self, end: u64) -> Range<usize> {
        let first = self.relocation;
        let rest = &self.section.relocations[first..];
        self.relocation += rest.partition_point(|relocation| relocation.r_offset.get(ENDIAN) < end);
        first..self.relocation
    }

    /// The section of the function that a record describes, by the relocation at `begin`.
    fn function(&self, record: &Record, begin: u64) -> Result<Option<u32>, Error> {
        let first = self.section.relocations[record.relocations.clone()].first();
        let Some(first) = first.filter(|first| first.r_offset.get(ENDIAN) == begin) else { return Ok(None) };
        let symbol = self.plan.symbol_of(self.section, first.r_sym(ENDIAN, false))?;
        // The object's own section, not the one that its name stands for.
        match self.plan.symbols.all[symbol as usize].home {
            Home::Section(section) => {
                let own = self.plan.inputs.sections[section as usize].object == self.section.object;
                Ok(own.then_some(section))
            }
            _ => Ok(None),
        }
    }

    fn word(&self, at: usize) -> Result<u32, Error> {
        let word = self.section.data.get(at..).and_then(|rest| rest.first_chunk());
        word.map(|word| u32::from_le_bytes(*word)).ok_or_else(|| self.damaged("it ends inside of a record"))
    }

    fn damaged(&self, what: &str) -> Error {
        self.plan.inputs.object_of(self.section).malformed(format!("the unwind table: {what}"))
    }
}

/// Where the records that stay go.
#[derive(Default)]
pub(crate) struct Unwind {
    /// By record, its place in the table; [`NONE`] for those that do not stay.
    pub(crate) at: Vec<u32>,
    /// The table's length, with the zero word at its end. Nothing if there are no records.
    pub(crate) size: u64,
    /// How many functions are described.
    pub(crate) functions: u64,
}

impl Unwind {
    /// The index's length: its head, and a pair for each function.
    pub(crate) fn index_size(&self) -> u64 {
        if self.size == 0 { 0 } else { 12 + 8 * self.functions }
    }
}

/// Gives every live record its place. Equal CIEs become one.
pub(crate) fn collect(plan: &Plan<'_>) -> Result<Unwind, Error> {
    let mut unwind = Unwind { at: vec![NONE; plan.records.all.len()], size: 0, functions: 0 };
    let mut commons: HashMap<(&[u8], u32), u32, Names> = HashMap::default();
    for (number, record) in plan.records.all.iter().enumerate().filter(|(_, record)| record.live) {
        let section = &plan.inputs.sections[record.section as usize];
        if record.common == NONE {
            let bytes = &section.data[record.bytes.start as usize..record.bytes.end as usize];
            let relocations = &section.relocations[record.relocations.clone()];
            if let [] | [_] = relocations {
                let first =
                    relocations.first().map(|first| plan.symbol_of(section, first.r_sym(ENDIAN, false)));
                let key = (bytes, first.transpose()?.unwrap_or(NONE));
                if let Some(same) = commons.get(&key) {
                    unwind.at[number] = *same;
                    continue;
                }
                commons.insert(key, unwind.size as u32);
            }
        } else {
            unwind.functions += 1;
        }
        unwind.at[number] = unwind.size as u32;
        unwind.size += u64::from(record.bytes.end - record.bytes.start);
        if unwind.size >= u64::from(NONE) {
            return Err(Error::TooLarge("the unwind table".to_owned()));
        }
    }
    if unwind.size > 0 {
        unwind.size += 4;
    }
    Ok(unwind)
}
