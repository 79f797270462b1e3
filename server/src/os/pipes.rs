//! Named pipes, and waiting for several pipes at once, on Unix.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};

/// Opens a named pipe for reading, without waiting for anyone who writes, now or at a read.
pub fn open_fifo(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

/// Opens a named pipe for writing; `None` while nobody has it open for reading. Writing waits for the reader.
pub fn open_fifo_to_write(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let pipe = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(pipe) => pipe,
        Err(rustix::io::Errno::NXIO) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    rustix::io::ioctl_fionbio(&pipe, false)?;
    Ok(Some(pipe.into()))
}

/// Makes reads return what is there instead of waiting for more.
pub fn do_not_wait(pipe: &impl AsFd) -> io::Result<()> {
    Ok(rustix::io::ioctl_fionbio(pipe, true)?)
}

/// Waits until one of two pipes has something to say or is closed; which of them it is.
pub fn wait_for_either(one: &impl AsFd, other: Option<&File>) -> io::Result<(bool, bool)> {
    let mut pipes = vec![PollFd::new(one, PollFlags::IN)];
    pipes.extend(other.map(|other| PollFd::new(other, PollFlags::IN)));
    loop {
        match poll(&mut pipes, None) {
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let ready = |pipe: &PollFd<'_>| !pipe.revents().is_empty();
    Ok((ready(&pipes[0]), pipes.get(1).is_some_and(ready)))
}

/// What is there to be read now; `None` at the end.
pub fn read_what_is_there(pipe: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<Option<()>> {
    let mut part = [0; 16 * 1024];
    loop {
        match pipe.read(&mut part) {
            Ok(0) => return Ok(None),
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Some(())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::make_fifo;
    use super::*;
    use std::io::Write;

    #[test]
    fn a_pipe_without_a_reader_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        make_fifo(&path).unwrap();
        assert!(open_fifo_to_write(&path).unwrap().is_none());
        let mut reader = open_fifo(&path).unwrap();
        let mut writer = open_fifo_to_write(&path).unwrap().unwrap();
        let mut bytes = Vec::new();
        assert_eq!(read_what_is_there(&mut reader, &mut bytes).unwrap(), Some(()));
        writer.write_all(b"word").unwrap();
        assert_eq!(wait_for_either(&reader, None).unwrap(), (true, false));
        read_what_is_there(&mut reader, &mut bytes).unwrap();
        assert_eq!(bytes, b"word");
    }
}
