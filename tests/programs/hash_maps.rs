//! Hash maps with their random keys, with a fixed hasher, and sets.
use std::collections::hash_map::{DefaultHasher, RandomState};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
fn main() {
    let mut map: HashMap<String, usize> = HashMap::new();
    for word in "the quick brown fox jumps over the lazy dog the end".split(' ') {
        *map.entry(word.to_owned()).or_default() += 1;
    }
    let mut pairs: Vec<_> = map.iter().collect();
    pairs.sort();
    println!("{pairs:?}");
    let (a, b) = (RandomState::new(), RandomState::new());
    println!("{}", a.hash_one(1) == a.hash_one(1) && a.hash_one(1) != b.hash_one(1));
    let mut hasher = DefaultHasher::new();
    ("fixed", 42u8).hash(&mut hasher);
    println!("{:x}", hasher.finish());
    let mut fixed: HashMap<u32, u32, BuildHasherDefault<DefaultHasher>> = HashMap::default();
    (0..1000).for_each(|n| drop(fixed.insert(n, n * n)));
    println!("{:?}", fixed.keys().take(5).collect::<Vec<_>>());
    fixed.retain(|key, _| key % 7 == 0);
    println!("{} {:?}", fixed.len(), fixed.get(&49));
    let odd: HashSet<i32> = (0..50).filter(|n| n % 2 == 1).collect();
    let big: HashSet<i32> = (40..60).collect();
    println!("{:?}", odd.intersection(&big).collect::<BTreeSet<_>>());
    let tree: BTreeMap<i32, char> = (0..26).map(|n| (n * 3 % 26, (b'a' + n as u8) as char)).collect();
    println!("{:?}", tree.range(5..9).collect::<Vec<_>>());
    let mut heap: BinaryHeap<_> = [3, 1, 4, 1, 5, 9, 2, 6].into();
    println!("{:?} {:?}", heap.pop(), heap.into_sorted_vec());
    let mut deque: VecDeque<_> = (0..5).collect();
    deque.rotate_left(2);
    println!("{deque:?}");
}
