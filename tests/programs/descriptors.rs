//! No descriptor and no thread is there that the program has not made, but what a loaded image is made of.
fn main() {
    let mut open: Vec<i32> = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .collect();
    open.sort();
    println!("{:?}", open.iter().filter(|number| **number < 100).collect::<Vec<_>>());
    println!("{}", std::fs::read_dir("/proc/self/task").unwrap().count());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    for line in status.lines().filter(|line| line.starts_with("Sig") && !line.starts_with("SigQ")) {
        println!("{line}");
    }
    println!("{:?}", std::thread::current().name());
}
