//! The file with the token that engines on other hosts must know.

use std::io::Read;
use std::path::Path;

use liveline_protocol::remote::Token;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::os;

/// Reads the token, or makes one where there is none. The error is a sentence with what to do.
pub fn keep(file: &Path) -> Result<Token, String> {
    let name = file.display();
    let found = match os::open_secret(file) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return make(file).map_err(|error| format!("{name} cannot be written: {error}"));
        }
        Err(error) => return Err(format!("{name} is not used: {error}. Remove it, and a new one is made")),
    };
    let mut text = String::new();
    let read = found.take(1024).read_to_string(&mut text).map_err(|error| error.to_string());
    let token = read.and_then(|_| Token::parse(&text));
    token.map_err(|reason| format!("{name} holds no token: {reason}. Remove it, and a new one is made"))
}

/// Random bytes, from the system.
pub fn random() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    // The system gives as many as this at once, or it fails.
    let count = getrandom(&mut bytes, GetRandomFlags::empty())?;
    if count == bytes.len() { Ok(bytes) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}

fn make(file: &Path) -> std::io::Result<Token> {
    let token = Token::new(random()?);
    os::write_secret(file, token.to_text().as_bytes())?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_token_is_made_once_for_this_user_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("remote-token");
        let token = keep(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(keep(&file), Ok(token.clone()));
        fs::remove_file(&file).unwrap();
        assert_ne!(keep(&file), Ok(token), "each is another");
    }

    #[test]
    fn what_others_may_have_seen_or_put_there_is_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("remote-token");
        keep(&file).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert!(keep(&file).unwrap_err().contains("mode 0600"), "{mode:o}");
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let link = folder.path().join("link");
        symlink(&file, &link).unwrap();
        assert!(keep(&link).unwrap_err().contains("is not used"));
        let nowhere = folder.path().join("nowhere");
        symlink(folder.path().join("made-by-others"), &nowhere).unwrap();
        assert!(keep(&nowhere).is_err() && !folder.path().join("made-by-others").exists());
        fs::write(&file, "short").unwrap();
        assert!(keep(&file).unwrap_err().contains("holds no token"));
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(keep(&file).is_err());
    }
}
