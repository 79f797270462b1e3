//! The ELF section `liveline_iface`: which interface each script of a library implements, readable without
//! running any of the library's code.
//!
//! A record is text: a first line, then for each field a line `key length`, the value and a line feed, then `end`.
//! The linker puts the records of a library's scripts one after another, perhaps with zero bytes between.

/// The section's name.
pub const SECTION: &str = "liveline_iface";

const FIRST_LINE: &str = "liveline-interface 1\n";
const LAST_LINE: &str = "end\n";

/// What one script implements, as it was when the script was compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// The package that the script is in.
    pub library: &'a str,
    /// The script's name.
    pub script: &'a str,
    /// The interface's path.
    pub interface: &'a str,
    /// The versions of the `liveline` crate and of the compiler.
    pub stamp: &'a str,
    /// The interface's methods, one a line.
    pub methods: &'a str,
}

impl<'a> Record<'a> {
    const fn fields(&self) -> [(&'static str, &'a str); 5] {
        [
            ("library ", self.library),
            ("script ", self.script),
            ("interface ", self.interface),
            ("stamp ", self.stamp),
            ("methods ", self.methods),
        ]
    }

    /// The length of [`Self::bytes`].
    #[must_use]
    pub const fn length(&self) -> usize {
        let fields = self.fields();
        let mut length = FIRST_LINE.len() + LAST_LINE.len();
        let mut index = 0;
        while index < fields.len() {
            let (key, value) = fields[index];
            length += key.len() + digits(value.len()) + 1 + value.len() + 1;
            index += 1;
        }
        length
    }

    /// The record as the section holds it. `N` is [`Self::length`].
    #[must_use]
    pub const fn bytes<const N: usize>(&self) -> [u8; N] {
        let fields = self.fields();
        let mut bytes = [0; N];
        let mut at = put(&mut bytes, 0, FIRST_LINE);
        let mut index = 0;
        while index < fields.len() {
            let (key, value) = fields[index];
            at = put(&mut bytes, at, key);
            at = put_number(&mut bytes, at, value.len());
            at = put(&mut bytes, at, "\n");
            at = put(&mut bytes, at, value);
            at = put(&mut bytes, at, "\n");
            index += 1;
        }
        put(&mut bytes, at, LAST_LINE);
        bytes
    }
}

const fn digits(number: usize) -> usize {
    if number < 10 { 1 } else { 1 + digits(number / 10) }
}

const fn put(bytes: &mut [u8], mut at: usize, text: &str) -> usize {
    let text = text.as_bytes();
    let mut index = 0;
    while index < text.len() {
        bytes[at] = text[index];
        at += 1;
        index += 1;
    }
    at
}

const fn put_number(bytes: &mut [u8], at: usize, mut number: usize) -> usize {
    let end = at + digits(number);
    let mut next = end;
    while next > at {
        next -= 1;
        bytes[next] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    end
}

/// Why a section cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// It was written by another version of the `liveline` crate.
    OtherVersion,
    /// It ends too soon, or was changed.
    Damaged,
}

/// The records of a section. Fails if it is not made of records that this version reads.
pub fn parse(mut bytes: &[u8]) -> Result<Vec<Record<'_>>, RecordError> {
    let mut records = Vec::new();
    loop {
        bytes = skip_zeros(bytes);
        if bytes.is_empty() {
            return Ok(records);
        }
        let rest = bytes.strip_prefix(FIRST_LINE.as_bytes()).ok_or(RecordError::OtherVersion)?;
        let (record, rest) = parse_record(rest).ok_or(RecordError::Damaged)?;
        records.push(record);
        bytes = rest;
    }
}

fn skip_zeros(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    &bytes[start..]
}

fn parse_record(mut rest: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let mut record = Record::default();
    loop {
        let (line, after) = split_line(rest)?;
        if line == "end" {
            return Some((record, after));
        }
        let (key, length) = line.split_once(' ')?;
        let length: usize = length.parse().ok()?;
        let value = std::str::from_utf8(after.get(..length)?).ok()?;
        rest = after[length..].strip_prefix(b"\n")?;
        match key {
            "library" => record.library = value,
            "script" => record.script = value,
            "interface" => record.interface = value,
            "stamp" => record.stamp = value,
            "methods" => record.methods = value,
            // A later version may say more.
            _ => {}
        }
    }
}

fn split_line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAYER: Record<'static> = Record {
        library: "scripts",
        script: "player",
        interface: "game_api::Script",
        stamp: "liveline 0.1.0, rustc 1.95.0",
        methods: "fn update(&mut self)\nfn name(&self) -> String\n",
    };
    static BYTES: [u8; PLAYER.length()] = PLAYER.bytes();

    /// The record's bytes without a compile-time length.
    fn written(record: &Record<'_>) -> Vec<u8> {
        let mut bytes = record.bytes::<4096>().to_vec();
        bytes.truncate(record.length());
        bytes
    }

    #[test]
    fn a_record_reads_as_a_person_would_write_it() {
        let text = std::str::from_utf8(&BYTES).unwrap();
        assert!(text.starts_with("liveline-interface 1\nlibrary 7\nscripts\nscript 6\nplayer\n"), "{text}");
        assert!(text.ends_with("fn name(&self) -> String\n\nend\n"), "{text}");
    }

    #[test]
    fn a_record_of_another_version_says_so() {
        let other = b"liveline-interface 2\nend\n";
        assert_eq!(parse(other), Err(RecordError::OtherVersion));
    }

    #[test]
    fn fields_of_a_later_minor_version_are_passed_over() {
        let text = "liveline-interface 1\nscript 6\nplayer\ncolour 3\nred\nend\n";
        assert_eq!(parse(text.as_bytes()), Ok(vec![Record { script: "player", ..Record::default() }]));
    }

    proptest! {
        #[test]
        fn records_survive_the_linker(
            records in prop::collection::vec(("[a-z]{0,12}", "\\PC{0,40}", "[ -~\n]{0,200}", 0usize..40), 0..6)
        ) {
            let records: Vec<_> = records
                .iter()
                .map(|(script, stamp, methods, zeros)| (Record { script, stamp, methods, ..PLAYER }, *zeros))
                .collect();
            let mut section = Vec::new();
            for (record, zeros) in &records {
                section.extend(written(record));
                section.extend(vec![0; *zeros]);
            }
            let expected: Vec<_> = records.iter().map(|(record, _)| *record).collect();
            prop_assert_eq!(parse(&section), Ok(expected));
        }

        #[test]
        fn damaged_sections_never_panic(at in 0usize..BYTES.len(), byte in any::<u8>(), cut in 0usize..BYTES.len()) {
            let mut bytes = BYTES.to_vec();
            bytes[at] = byte;
            let _ = parse(&bytes);
            prop_assert!(cut == 0 || parse(&BYTES[..cut]).is_err());
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let _ = parse(&[FIRST_LINE.as_bytes(), &bytes].concat());
        }
    }
}
