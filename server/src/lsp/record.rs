//! For tests and reports of bugs: a copy of all that an editor and the server say to each other, byte by byte.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Names a folder for the copies; without it there are none.
const FOLDER: &str = "LIVELINE_LSP_RECORD";

pub(super) type Input = Box<dyn Read + Send>;
pub(super) type Output = Box<dyn Write + Send>;

/// The two streams; where `LIVELINE_LSP_RECORD` names a folder, what passes is also written to `client` and `server`
/// in a new folder there.
pub(super) fn streams(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> (Input, Output) {
    let folder = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty());
    let copies = folder.map(|folder| copies(Path::new(&folder)));
    match copies {
        None => (Box::new(input), Box::new(output)),
        Some(Ok([client, server])) => (
            Box::new(Copied { stream: input, copy: client }),
            Box::new(Copied { stream: output, copy: server }),
        ),
        Some(Err(error)) => {
            tracing::warn!("{FOLDER}: the conversation cannot be recorded: {error}");
            (Box::new(input), Box::new(output))
        }
    }
}

fn copies(folder: &Path) -> io::Result<[File; 2]> {
    fs::create_dir_all(folder)?;
    let folder = tempfile::Builder::new().prefix("lsp-").tempdir_in(folder)?.keep();
    Ok([File::create(folder.join("client"))?, File::create(folder.join("server"))?])
}

/// A copy that cannot be written is no reason to stop.
struct Copied<S> {
    stream: S,
    copy: File,
}

impl<S: Read> Read for Copied<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        let _ = self.copy.write_all(&buffer[..read]);
        Ok(read)
    }
}

impl<S: Write> Write for Copied<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(bytes)?;
        let _ = self.copy.write_all(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
