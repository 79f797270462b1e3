//! File URIs and paths.

use std::fs;
use std::path::{Path, PathBuf};

use tower_lsp::ls_types::Uri;

/// The path that a `file:` URI names; other URIs (`untitled:`, `git:`) name none.
pub(super) fn to_path(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    let path = is_file.then(|| uri.to_file_path()).flatten()?;
    path.is_absolute().then(|| path.into_owned())
}

/// The path by which cargo, rustc and so the hub know a file. One that is not there has its folder's.
pub(super) fn real(path: &Path) -> PathBuf {
    let of_folder = || Some(fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(of_folder).unwrap_or_else(|| path.to_owned())
}

/// The URI of an absolute path.
pub(super) fn from_path(path: &Path) -> Option<Uri> {
    path.is_absolute().then(|| Uri::from_file_path(path)).flatten()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().expect("a URI")
    }

    #[test]
    fn spaces_and_unicode_survive_the_way_there_and_back() {
        for path in ["/a b/größe.rs", "/中文/[x]#?%20.rs", "/plain.rs"] {
            let there = from_path(Path::new(path)).expect("a URI");
            assert_eq!(to_path(&there), Some(PathBuf::from(path)), "{}", there.as_str());
        }
    }

    #[test]
    fn editors_may_encode_as_they_like() {
        assert_eq!(to_path(&uri("file:///a%20b/gr%C3%B6%C3%9Fe.rs")), Some(PathBuf::from("/a b/größe.rs")));
        assert_eq!(to_path(&uri("FILE:///x%2Brs")), Some(PathBuf::from("/x+rs")));
    }

    #[test]
    fn other_uris_name_no_path() {
        for other in ["untitled:Untitled-1", "git:/x.rs?%7B%7D", "http://example.org/x.rs", "file:x.rs"] {
            assert_eq!(to_path(&uri(other)), None, "{other}");
        }
    }
}
