//! Other programs as children, and no child that the program has not started.
use std::io::Write;
use std::process::{Command, Stdio};
unsafe extern "C" {
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}
fn main() {
    println!("{}", unsafe { waitpid(-1, std::ptr::null_mut(), 1) });
    let output = Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]).output().unwrap();
    println!("{output:?}");
    let mut cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    cat.stdin.take().unwrap().write_all(b"through cat").unwrap();
    println!("{:?}", String::from_utf8(cat.wait_with_output().unwrap().stdout));
    println!("{:?}", Command::new("/not/there").spawn().unwrap_err().kind());
    use std::os::unix::process::ExitStatusExt;
    println!("{:?}", Command::new("sh").args(["-c", "kill -9 $$"]).status().unwrap().signal());
}
