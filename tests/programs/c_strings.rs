//! C strings, OS strings and bytes.
use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
fn main() {
    let owned = CString::new("with end").unwrap();
    println!("{owned:?} {} {:?}", owned.as_bytes_with_nul().len(), CString::new("a\0b"));
    println!("{:?}", CStr::from_bytes_with_nul(b"ok\0").unwrap().to_str());
    let raw = owned.into_raw();
    println!("{:?}", unsafe { CString::from_raw(raw) });
    let odd = OsString::from_vec(vec![b'a', 0xff, b'b']);
    println!("{odd:?} {} {:?}", odd.to_string_lossy(), OsStr::from_bytes(b"x").to_str());
    let path: PathBuf = ["/usr", "lib", "..", "x.tar.gz"].iter().collect();
    println!("{path:?} {:?} {:?} {:?}", path.extension(), path.file_stem(), path.parent());
    println!("{:?}", Path::new("a/./b//c").components().collect::<Vec<_>>());
    println!("{:?}", String::from_utf8(vec![0xe4, 0xbd, 0xa0, 0xff]).map_err(|e| e.utf8_error()));
    println!("{}", "grüße ß ǅ".to_uppercase());
}
