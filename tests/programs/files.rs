//! Files in a temporary folder: written, read, listed, renamed, removed, mapped descriptors and errors.
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
fn main() -> std::io::Result<()> {
    let folder = std::env::temp_dir().join(format!("liveline-files-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let path = folder.join("a.txt");
    let mut writer = BufWriter::new(File::create(&path)?);
    for n in 0..100 {
        writeln!(writer, "line {n}")?;
    }
    drop(writer);
    println!("{} {:?}", fs::metadata(&path)?.len(), BufReader::new(File::open(&path)?).lines().nth(42).unwrap()?);
    let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
    file.write_all(b"end")?;
    file.seek(SeekFrom::End(-6))?;
    let mut end = String::new();
    file.read_to_string(&mut end)?;
    println!("{end:?} {}", file.as_raw_fd() < 10);
    fs::rename(&path, folder.join("b.txt"))?;
    std::os::unix::fs::symlink("b.txt", folder.join("c.txt"))?;
    println!("{:?}", fs::read_link(folder.join("c.txt"))?);
    fs::set_permissions(folder.join("b.txt"), fs::Permissions::from_mode(0o400))?;
    let mut names: Vec<_> = fs::read_dir(&folder)?.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    println!("{names:?} {:o}", fs::metadata(folder.join("b.txt"))?.permissions().mode() & 0o777);
    println!("{:?}", File::open(folder.join("none")).unwrap_err().to_string());
    fs::remove_dir_all(&folder)?;
    println!("{}", folder.exists());
    Ok(())
}
