//! Writes an `ar` archive of objects, as GNU's `ar` does, without an index: its reader takes every member.

/// A member's name and content.
pub(super) type Member = (String, Vec<u8>);

const MAGIC: &[u8] = b"!<arch>\n";

/// The archive's bytes.
pub(super) fn write(members: &[Member]) -> Vec<u8> {
    let mut names = String::new();
    let offsets: Vec<usize> = members
        .iter()
        .map(|(name, _)| {
            let offset = names.len();
            names.push_str(name);
            names.push_str("/\n");
            offset
        })
        .collect();
    let size: usize = members.iter().map(|(_, bytes)| bytes.len() + 61).sum();
    let mut archive = Vec::with_capacity(MAGIC.len() + names.len() + size + 61);
    archive.extend_from_slice(MAGIC);
    add(&mut archive, "//", names.as_bytes());
    for ((_, bytes), offset) in members.iter().zip(offsets) {
        add(&mut archive, &format!("/{offset}"), bytes);
    }
    archive
}

/// Times, owners and modes are left out: the same objects give the same archive.
fn add(archive: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, bytes.len());
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(bytes);
    if archive.len() % 2 == 1 {
        archive.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::read::archive::ArchiveFile;

    #[test]
    fn what_is_written_can_be_read() {
        let long = "a-name-that-is-longer-than-sixteen-letters.rcgu.o";
        let members = [(long.to_owned(), b"odd".to_vec()), ("b.o".to_owned(), b"even".to_vec())];
        let bytes = write(&members);
        let archive = ArchiveFile::parse(&*bytes).unwrap();
        let read: Vec<Member> = archive
            .members()
            .map(|member| {
                let member = member.unwrap();
                let name = String::from_utf8(member.name().to_vec()).unwrap();
                (name, member.data(&*bytes).unwrap().to_vec())
            })
            .collect();
        assert_eq!(read, members);
    }
}
