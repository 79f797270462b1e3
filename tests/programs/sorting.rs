//! Sorting and searching in slices.
fn main() {
    let mut seed = 12345u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let numbers: Vec<u64> = (0..10_000).map(|_| random() % 5000).collect();
    let mut stable: Vec<(u64, usize)> = numbers.iter().copied().zip(0..).collect();
    stable.sort_by_key(|pair| pair.0);
    println!("{}", stable.windows(2).all(|pair| pair[0] <= pair[1]));
    let mut unstable = numbers.clone();
    unstable.sort_unstable();
    println!("{} {:?}", unstable.is_sorted(), unstable.binary_search(&unstable[777]).is_ok());
    unstable.dedup();
    println!("{}", unstable.len());
    let mut part = numbers.clone();
    let (_, middle, _) = part.select_nth_unstable(5000);
    println!("{middle}");
    let mut words: Vec<String> = numbers.iter().take(2000).map(|n| format!("{n:x}")).collect();
    words.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    println!("{:?} {:?}", words[0], words[1999]);
    let mut floats = [2.5, f64::NAN, -1.0, 0.0, -0.0];
    floats.sort_by(f64::total_cmp);
    println!("{floats:?} {}", words.partition_point(|word| word.len() > 2));
}
