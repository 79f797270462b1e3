//! Where the program is: its own path exists, has its name, and stays the same.
use std::env;
use std::fs;
fn main() {
    let path = env::current_exe().unwrap();
    println!("{:?} {}", path.file_name().unwrap(), path.is_absolute());
    println!("{}", path == fs::read_link("/proc/self/exe").unwrap());
    println!("{}", fs::metadata(&path).unwrap().is_file());
    println!("{}", path.parent().unwrap().is_dir());
    env::set_current_dir("/").unwrap();
    println!("{}", path == env::current_exe().unwrap());
    println!("{:?}", fs::read_to_string("/proc/self/comm").unwrap());
}
