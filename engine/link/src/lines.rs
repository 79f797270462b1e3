//! The line of the source that an instruction comes from, by the image's own debug information: "Line Number
//! Information" in DWARF 2 to 5.

use crate::names::Strings;

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As the compiler names it.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in bytes.
    pub column: u32,
}

/// The sections that say it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tables<'a> {
    pub(crate) lines: &'a [u8],
    pub(crate) line_strings: &'a [u8],
    pub(crate) strings: &'a [u8],
}

/// Finds the line of an address; nothing if no table has it, or the tables are damaged.
///
/// Code that was inlined has lines of its own. Of the places between `start`, where the function begins, and the address,
/// the nearest that is wanted is given, or that of the address if none is.
pub(crate) fn find(
    tables: Tables<'_>,
    address: u64,
    start: u64,
    is_wanted: &dyn Fn(&Line) -> bool,
) -> Option<Line> {
    let mut rest = Reader(tables.lines);
    while !rest.0.is_empty() {
        let length = rest.u32()?;
        // The 64-bit format is for tables of more than four gigabytes.
        let unit = rest.take(length as usize)?;
        if let Some(line) = in_unit(tables, Reader(unit), (address, start), is_wanted) {
            return Some(line);
        }
    }
    None
}

/// What a unit's head says of its program.
struct Head<'a> {
    instruction: u64,
    line_base: i8,
    line_range: u8,
    lengths: &'a [u8],
    files: Files<'a>,
}

#[derive(Default)]
struct Files<'a> {
    /// Whether numbers begin with zero, which is the folder of the compilation.
    from_zero: bool,
    folders: Vec<&'a [u8]>,
    files: Vec<(&'a [u8], u64)>,
}

/// The registers of the program.
#[derive(Clone, Copy)]
struct Row {
    address: u64,
    file: u64,
    line: u32,
    column: u64,
}

const START: Row = Row { address: 0, file: 1, line: 1, column: 0 };

fn in_unit(
    tables: Tables<'_>,
    mut unit: Reader<'_>,
    (address, start): (u64, u64),
    is_wanted: &dyn Fn(&Line) -> bool,
) -> Option<Line> {
    let version = unit.u16()?;
    if !(2..=5).contains(&version) {
        return None;
    }
    if version == 5 {
        // Sizes of addresses and of segment selectors.
        unit.take(2)?;
    }
    let length = unit.u32()?;
    let mut head = Reader(unit.take(length as usize)?);
    let instruction = u64::from(head.u8()?);
    if version >= 4 {
        head.u8()?;
    }
    head.u8()?;
    let line_base = head.u8()? as i8;
    let line_range = head.u8()?;
    let opcodes = head.u8()?.checked_sub(1)?;
    let lengths = head.take(opcodes.into())?;
    let files = if version == 5 { files_of_5(tables, &mut head) } else { files_of_4(&mut head) };
    let head = Head { instruction, line_base, line_range, lengths, files: files? };
    let mut earlier = Vec::new();
    let row = run(&head, unit, address, &mut earlier)?;
    let found = head.files.line(row);
    if found.as_ref().is_none_or(is_wanted) {
        return found;
    }
    let in_function = earlier.iter().rev().take_while(|row| row.address >= start);
    in_function.filter_map(|row| head.files.line(*row)).find(is_wanted).or(found)
}

/// Runs a line number program until a row holds the address; leaves the rows of its sequence before that.
fn run(head: &Head<'_>, mut program: Reader<'_>, address: u64, earlier: &mut Vec<Row>) -> Option<Row> {
    let mut row = START;
    // The row before, which reaches to the next one.
    let mut before: Option<Row> = None;
    while let Some(opcode) = program.u8() {
        let mut emit = false;
        let mut ends = false;
        match opcode {
            0 => {
                let length = program.number()?;
                let mut extended = Reader(program.take(usize::try_from(length).ok()?)?);
                match extended.u8()? {
                    1 => (emit, ends) = (true, true),
                    2 => row.address = extended.u64()?,
                    _ => {}
                }
            }
            1 => emit = true,
            2 => row.address = row.address.wrapping_add(program.number()?.wrapping_mul(head.instruction)),
            3 => row.line = row.line.wrapping_add(program.signed()? as u32),
            4 => row.file = program.number()?,
            5 => row.column = program.number()?,
            8 => row.address = row.address.wrapping_add(head.advance(255)?),
            9 => row.address = row.address.wrapping_add(program.u16()?.into()),
            standard if usize::from(standard) <= head.lengths.len() => {
                for _ in 0..head.lengths[usize::from(standard) - 1] {
                    program.number()?;
                }
            }
            special => {
                row.address = row.address.wrapping_add(head.advance(special)?);
                row.line = row.line.wrapping_add(head.line_step(special)? as u32);
                emit = true;
            }
        }
        if emit {
            // Code that was left out has the address zero.
            if let Some(found) =
                before.filter(|b| b.address > 0 && (b.address..row.address).contains(&address))
            {
                return Some(found);
            }
            earlier.extend(before);
            before = (!ends).then_some(row);
        }
        if ends {
            earlier.clear();
            row = START;
        }
    }
    None
}

impl Head<'_> {
    fn adjusted(&self, opcode: u8) -> Option<u8> {
        opcode.checked_sub(self.lengths.len() as u8 + 1)
    }

    fn advance(&self, opcode: u8) -> Option<u64> {
        Some(u64::from(self.adjusted(opcode)?.checked_div(self.line_range)?) * self.instruction)
    }

    fn line_step(&self, opcode: u8) -> Option<i32> {
        Some(i32::from(self.line_base) + i32::from(self.adjusted(opcode)?.checked_rem(self.line_range)?))
    }
}

fn files_of_4<'a>(head: &mut Reader<'a>) -> Option<Files<'a>> {
    let mut files = Files::default();
    while let Some(folder) = Some(head.text()?).filter(|folder| !folder.is_empty()) {
        files.folders.push(folder);
    }
    while let Some(file) = Some(head.text()?).filter(|file| !file.is_empty()) {
        let folder = head.number()?;
        head.number()?;
        head.number()?;
        files.files.push((file, folder));
    }
    Some(files)
}

fn files_of_5<'a>(tables: Tables<'a>, head: &mut Reader<'a>) -> Option<Files<'a>> {
    let folders = entries(tables, head)?;
    let folders = folders.into_iter().map(|(folder, _)| folder).collect();
    Some(Files { from_zero: true, folders, files: entries(tables, head)? })
}

/// Names, each with the number of its folder.
fn entries<'a>(tables: Tables<'a>, head: &mut Reader<'a>) -> Option<Vec<(&'a [u8], u64)>> {
    const PATH: u64 = 1;
    const FOLDER: u64 = 2;
    let mut format = Vec::new();
    for _ in 0..head.u8()? {
        format.push((head.number()?, head.number()?));
    }
    let count = head.number()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let before = head.0.len();
        let mut entry = (&[][..], 0);
        for (what, form) in &format {
            match head.form(*form, tables)? {
                Value::Text(text) if *what == PATH => entry.0 = text,
                Value::Number(number) if *what == FOLDER => entry.1 = number,
                _ => {}
            }
        }
        if head.0.len() == before {
            // Entries without bytes could be any number.
            return None;
        }
        entries.push(entry);
    }
    Some(entries)
}

impl Files<'_> {
    fn line(&self, row: Row) -> Option<Line> {
        let index = |number: u64| usize::try_from(number).ok()?.checked_sub(usize::from(!self.from_zero));
        let (name, folder) = self.files.get(index(row.file)?)?;
        let folder = index(*folder).and_then(|folder| self.folders.get(folder)).copied().unwrap_or_default();
        let (name, folder) = (String::from_utf8_lossy(name), String::from_utf8_lossy(folder));
        // What lies in the folder of the compilation is named from there, as rustc does.
        let base = if self.from_zero { self.folders.first().copied().unwrap_or_default() } else { &[] };
        let base = String::from_utf8_lossy(base);
        let below = folder
            .strip_prefix(&*base)
            .filter(|rest| !["", "/"].contains(&&*base) && (rest.is_empty() || rest.starts_with('/')));
        let folder = below.map_or(&*folder, |rest| rest.trim_start_matches('/'));
        let is_whole = folder.is_empty() || name.starts_with('/');
        let file = if is_whole { name.into_owned() } else { format!("{folder}/{name}") };
        Some(Line { file, line: row.line, column: u32::try_from(row.column).unwrap_or(0).max(1) })
    }
}

enum Value<'a> {
    Text(&'a [u8]),
    Number(u64),
    Other,
}

/// The rest of some bytes. Nothing is read past their end.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (now, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(now)
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let text = Strings(self.0).get(0)?;
        self.take(text.len() + 1)?;
        Some(text)
    }

    /// LEB128, unsigned. Bits past the 64th are dropped.
    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0_u32);
        loop {
            let byte = self.u8()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift = shift.saturating_add(7);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
    }

    /// LEB128, signed.
    fn signed(&mut self) -> Option<i64> {
        let before = self.0;
        let number = self.number()?;
        let bits = 7 * (before.len() - self.0.len()) as u32;
        Some(if bits < 64 { (number << (64 - bits)) as i64 >> (64 - bits) } else { number as i64 })
    }

    fn form(&mut self, form: u64, tables: Tables<'a>) -> Option<Value<'a>> {
        Some(match form {
            0x05 => Value::Number(self.u16()?.into()),
            0x06 => Value::Number(self.u32()?.into()),
            0x07 => Value::Number(self.u64()?),
            0x08 => Value::Text(self.text()?),
            0x09 => {
                let length = self.number()?;
                self.take(usize::try_from(length).ok()?)?;
                Value::Other
            }
            0x0b => Value::Number(self.u8()?.into()),
            0x0e => Value::Text(Strings(tables.strings).get(self.u32()?)?),
            0x0f => Value::Number(self.number()?),
            0x1e => {
                self.take(16)?;
                Value::Other
            }
            0x1f => Value::Text(Strings(tables.line_strings).get(self.u32()?)?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(folders: &[&'static str], file: (&'static str, u64), from_zero: bool) -> String {
        let files = if from_zero {
            vec![(&b"other"[..], 0), (file.0.as_bytes(), file.1)]
        } else {
            vec![(file.0.as_bytes(), file.1)]
        };
        let folders = folders.iter().map(|folder| folder.as_bytes()).collect();
        let row = Row { address: 1, file: 1, line: 7, column: 0 };
        let line = Files { from_zero, folders, files }.line(row).unwrap();
        assert_eq!((line.line, line.column), (7, 1));
        line.file
    }

    #[test]
    fn files_are_named_from_the_folder_of_the_compilation() {
        assert_eq!(named(&["/game", "/game/src"], ("a.rs", 1), true), "src/a.rs");
        assert_eq!(named(&["/game", "src"], ("a.rs", 1), true), "src/a.rs");
        assert_eq!(named(&["/game", "/game"], ("a.rs", 0), true), "a.rs");
        assert_eq!(named(&["/game", "/gamer"], ("a.rs", 1), true), "/gamer/a.rs");
        assert_eq!(named(&["/", "/tmp"], ("a.rs", 1), true), "/tmp/a.rs");
        assert_eq!(named(&["src"], ("a.rs", 1), false), "src/a.rs");
        assert_eq!(named(&["src"], ("a.rs", 0), false), "a.rs");
        assert_eq!(named(&["src"], ("/b/a.rs", 1), false), "/b/a.rs");
        assert_eq!(named(&["/b"], ("a.rs", 1), false), "/b/a.rs");
    }

    #[test]
    fn numbers_of_any_length_are_read() {
        assert_eq!(Reader(&[0xe5, 0x8e, 0x26]).number(), Some(624_485));
        assert_eq!(Reader(&[0xc0, 0xbb, 0x78]).signed(), Some(-123_456));
        assert_eq!(Reader(&[0x80; 30]).number(), None);
        assert_eq!(
            Reader(&[0xff; 30].iter().copied().chain([0]).collect::<Vec<_>>()).number(),
            Some(u64::MAX)
        );
    }
}
