//! Iterator chains, adapters and own iterators.
use std::collections::BTreeMap;
use std::iter;
struct Fibonacci(u64, u64);
impl Iterator for Fibonacci {
    type Item = u64;
    fn next(&mut self) -> Option<u64> {
        let next = self.0;
        (self.0, self.1) = (self.1, self.0 + self.1);
        Some(next)
    }
}
fn main() {
    println!("{:?}", Fibonacci(0, 1).filter(|n| n % 2 == 0).take_while(|n| *n < 1000).collect::<Vec<_>>());
    let words = ["apple", "bob", "cat", "apple", "dog", "bob"];
    let mut counts = BTreeMap::new();
    words.iter().for_each(|word| *counts.entry(word).or_insert(0) += 1);
    println!("{counts:?}");
    println!("{:?}", (1..=4).flat_map(|a| (a..=4).map(move |b| (a, b))).filter(|(a, b)| a * b % 2 == 0).collect::<Vec<_>>());
    println!("{:?}", words.iter().zip(1..7usize).skip(1).step_by(2).rev().map(|(w, n)| w.repeat(n)).collect::<Vec<_>>());
    println!("{:?}", (0..20).collect::<Vec<_>>().chunks(6).map(|c| c.iter().sum::<i32>()).collect::<Vec<_>>());
    println!("{:?}", [3, 1, 2].iter().scan(0, |sum, n| { *sum += n; Some(*sum) }).collect::<Vec<_>>());
    println!("{:?}", ["1", "2", "x"].iter().map(|s| s.parse::<i32>()).collect::<Result<Vec<_>, _>>().is_err());
    println!("{:?}", (1..10).partition::<Vec<_>, _>(|n| n % 3 == 0));
    println!("{:?}", iter::successors(Some(1u32), |n| n.checked_mul(10)).last());
    println!("{:?} {:?}", "hello".chars().rev().collect::<String>(), "a-b-c".split('-').collect::<Vec<_>>());
    println!("{:?}", [1, 5, 2].iter().max_by_key(|n| (**n as i32 - 3).abs()));
    let mut peekable = [1, 1, 2, 3, 3, 3].iter().peekable();
    let mut runs = Vec::new();
    while let Some(n) = peekable.next() {
        let mut length = 1;
        while peekable.next_if_eq(&n).is_some() {
            length += 1;
        }
        runs.push((*n, length));
    }
    println!("{runs:?}");
    println!("{}", (0..100_000u64).map(|n| n.wrapping_mul(n)).fold(0, u64::wrapping_add));
}
