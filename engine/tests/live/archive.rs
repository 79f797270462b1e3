//! What rustc gives a linker, as one archive of objects.

use std::fs;
use std::path::Path;

use liveline_link::{Archive, Object};

/// The objects in a directory, and what they need of the rlibs there, in an `ar` archive.
pub(crate) fn of(directory: &Path) -> Vec<u8> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<(String, Vec<u8>)> = files
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    let (objects, rlibs): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| name.ends_with(".o"));
    let objects = objects.iter().map(|(name, bytes)| Object { name: name.clone(), bytes }).collect();
    let rlibs: Vec<Archive<'_>> = rlibs.iter().map(|(_, bytes)| Archive::read(bytes).unwrap()).collect();
    write(&liveline_link::closure(objects, &rlibs))
}

/// GNU's form: long names in a member of their own.
pub(crate) fn write(objects: &[Object<'_>]) -> Vec<u8> {
    let mut names = String::new();
    let mut members = Vec::new();
    for object in objects {
        let name = format!("/{}", names.len());
        names.push_str(&object.name);
        names.push_str("/\n");
        members.push((name, object.bytes));
    }
    let mut archive = b"!<arch>\n".to_vec();
    for (name, bytes) in [("//".to_owned(), names.as_bytes())].into_iter().chain(members) {
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, bytes.len());
        archive.extend(header.bytes());
        archive.extend(bytes);
        if bytes.len() % 2 == 1 {
            archive.push(b'\n');
        }
    }
    archive
}
