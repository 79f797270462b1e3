//! What an artifact says of its scripts, read without running any of its code.

use liveline_protocol::record::{self, RecordError, SECTION};
use object::{Object, ObjectSection, ObjectSymbol};

/// The section with what runs when a library is loaded: each script enters itself there.
const INITIALISERS: &str = ".init_array";

/// What one script implements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Its name.
    pub(super) script: String,
    /// The interface's path.
    pub(super) interface: String,
    /// The versions of `liveline` and of the compiler.
    pub(super) stamp: String,
    /// The interface's methods, one a line.
    pub(super) methods: String,
}

/// The scripts of a shared library.
pub(super) fn of_dylib(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let file = object::File::parse(bytes).map_err(|error| format!("no shared library: {error}"))?;
    let data = |name: &str| file.section_by_name(name).and_then(|section| section.data().ok());
    let records = parse(data(SECTION).unwrap_or_default())?;
    let initialisers = file.section_by_name(INITIALISERS).map_or(0, |section| section.size() / 8);
    entered(records, usize::try_from(initialisers).unwrap_or(usize::MAX))
}

/// The scripts of an archive of objects.
pub(super) fn of_objects(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let objects = liveline_link::members(bytes).map_err(|error| error.to_string())?;
    let (mut records, mut initialisers) = (Vec::new(), 0);
    for object in &objects {
        let sections = |name| liveline_link::sections(object, name).map_err(|error| error.to_string());
        for section in sections(SECTION)? {
            records.extend(parse(section)?);
        }
        initialisers += sections(INITIALISERS)?.iter().map(|section| section.len() / 8).sum::<usize>();
    }
    entered(records, initialisers)
}

/// A script without an initialiser is in no engine's list.
fn entered(records: Vec<Record>, initialisers: usize) -> Result<Vec<Record>, String> {
    if records.len() > initialisers {
        let (scripts, entries) = (records.len(), initialisers);
        return Err(format!("it has {scripts} scripts and enters {entries} when it is loaded"));
    }
    Ok(records)
}

/// Whether two lists tell of the same scripts.
pub(super) fn same_scripts(one: &[Record], other: &[Record]) -> bool {
    one.len() == other.len() && one.iter().all(|record| other.contains(record))
}

/// Fails unless an engine could tell the scripts apart.
pub(super) fn consistent(records: &[Record]) -> Result<(), String> {
    for (index, record) in records.iter().enumerate() {
        let is_same =
            |other: &&Record| (&other.interface, &other.script) == (&record.interface, &record.script);
        if records[..index].iter().any(|other| is_same(&other)) {
            return Err(format!("two scripts are called `{}`: give one another name", record.script));
        }
    }
    let named: Vec<(&str, &Record)> = records.iter().map(|record| (record.script.as_str(), record)).collect();
    disagreement(&named).map_or(Ok(()), Err)
}

/// Why no engine can load all of these, each with a name for people.
pub(super) fn disagreement(records: &[(&str, &Record)]) -> Option<String> {
    for (index, (name, record)) in records.iter().enumerate() {
        for (other_name, other) in &records[..index] {
            if record.stamp != other.stamp {
                return Some(format!(
                    "`{other_name}` was built with {} and `{name}` with {}: no engine can load both",
                    other.stamp, record.stamp
                ));
            }
            if record.interface == other.interface && record.methods != other.methods {
                return Some(format!(
                    "`{other_name}` and `{name}` were built against different forms of `{}`: no engine can load both",
                    record.interface
                ));
            }
        }
    }
    None
}

/// The functions that a shared library exports under a name that no compiler made.
pub(super) fn exports(bytes: &[u8]) -> Vec<String> {
    let Ok(file) = object::File::parse(bytes) else { return Vec::new() };
    let own = file.dynamic_symbols().filter(|symbol| {
        symbol.is_definition() && symbol.is_global() && symbol.kind() == object::SymbolKind::Text
    });
    let names = own.filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    let is_plain = |name: &String| !name.starts_with("_R") && !name.starts_with("_ZN") && !is_own(name);
    names.filter(is_plain).collect()
}

/// What a linker adds, what rustc adds for itself, and what Liveline finds exported functions by.
fn is_own(name: &str) -> bool {
    const STARTS: [&str; 3] = ["__rust", "rust_", "liveline_export_"];
    ["_init", "_fini"].contains(&name) || STARTS.iter().any(|start| name.starts_with(start))
}

fn parse(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let records = record::parse(bytes).map_err(|error| match error {
        RecordError::OtherVersion => format!("its section `{SECTION}` is of another version of `liveline`"),
        RecordError::Damaged => format!("its section `{SECTION}` is cut off"),
    })?;
    let owned = |record: record::Record<'_>| Record {
        script: record.script.to_owned(),
        interface: record.interface.to_owned(),
        stamp: record.stamp.to_owned(),
        methods: record.methods.to_owned(),
    };
    Ok(records.into_iter().map(owned).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(script: &str, stamp: &str, methods: &str) -> Record {
        let interface = "api::Script".to_owned();
        let (script, stamp, methods) = (script.to_owned(), stamp.to_owned(), methods.to_owned());
        Record { script, interface, stamp, methods }
    }

    fn bytes(record: &Record) -> Vec<u8> {
        let field = |key: &str, value: &str| format!("{key} {}\n{value}\n", value.len());
        let fields = [
            field("library", "scripts"),
            field("script", &record.script),
            field("interface", &record.interface),
            field("stamp", &record.stamp),
            field("methods", &record.methods),
        ];
        format!("liveline-interface 1\n{}end\n", fields.concat()).into_bytes()
    }

    #[test]
    fn records_are_read_as_the_macros_write_them() {
        let both = [record("a", "s", "update\ndraw"), record("ö", "s", "update\ndraw")];
        let mut section = bytes(&both[0]);
        section.extend([0; 5]);
        section.extend(bytes(&both[1]));
        assert_eq!(parse(&section), Ok(both.to_vec()));
        assert_eq!(parse(&[0; 9]), Ok(Vec::new()));
        assert!(parse(&section[..section.len() - 2]).unwrap_err().contains("cut off"));
        assert!(parse(b"liveline-interface 2\n").unwrap_err().contains("another version"));
    }

    #[test]
    fn scripts_that_no_engine_could_load_together_are_named() {
        let check = |records: &[Record]| consistent(records).err().unwrap_or_default();
        assert_eq!(check(&[record("a", "s", "m"), record("b", "s", "m")]), "");
        assert!(
            check(&[record("a", "s", "m"), record("a", "s", "m")]).contains("two scripts are called `a`")
        );
        assert!(check(&[record("a", "s", "m"), record("b", "t", "m")]).contains("`a` was built with s"));
        assert!(check(&[record("a", "s", "m"), record("b", "s", "n")]).contains("`api::Script`"));
        assert!(entered(vec![record("a", "s", "m")], 0).unwrap_err().contains("enters 0"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(tail in prop::collection::vec(any::<u8>(), 0..60), cut in 0usize..80) {
            let whole = bytes(&record("a", "s", "m"));
            let mut section = whole[..cut.min(whole.len())].to_vec();
            section.extend(tail);
            let _ = parse(&section);
            let _ = of_dylib(&section);
            let _ = of_objects(&section);
        }
    }
}
