//! Clocks, durations and sleeping.
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
fn main() {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(20));
    println!("{}", start.elapsed() >= Duration::from_millis(20));
    println!("{}", SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() > 1_700_000_000);
    let long = Duration::new(3_661, 5_000_000);
    println!("{long:?} {:?} {:?}", long / 7, long.checked_sub(Duration::MAX));
    println!("{:?} {:?}", Duration::from_secs_f64(0.125), Duration::from_micros(1500) * 3);
    println!("{:?}", UNIX_EPOCH + Duration::from_secs(1 << 31));
}
