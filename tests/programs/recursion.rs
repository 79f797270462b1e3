//! Recursion, boxed trees and deep but bounded stacks.
#[derive(Debug)]
enum Tree {
    Leaf,
    Node(Box<Tree>, i32, Box<Tree>),
}
impl Tree {
    fn insert(self, value: i32) -> Tree {
        match self {
            Tree::Leaf => Tree::Node(Box::new(Tree::Leaf), value, Box::new(Tree::Leaf)),
            Tree::Node(left, own, right) if value < own => Tree::Node(Box::new(left.insert(value)), own, right),
            Tree::Node(left, own, right) => Tree::Node(left, own, Box::new(right.insert(value))),
        }
    }
    fn walk(&self, visit: &mut impl FnMut(i32)) {
        if let Tree::Node(left, own, right) = self {
            left.walk(visit);
            visit(*own);
            right.walk(visit);
        }
    }
    fn depth(&self) -> usize {
        match self {
            Tree::Leaf => 0,
            Tree::Node(left, _, right) => 1 + left.depth().max(right.depth()),
        }
    }
}
fn ackermann(m: u64, n: u64) -> u64 {
    match (m, n) {
        (0, n) => n + 1,
        (m, 0) => ackermann(m - 1, 1),
        (m, n) => ackermann(m - 1, ackermann(m, n - 1)),
    }
}
fn permutations(items: &mut Vec<char>, from: usize, found: &mut Vec<String>) {
    if from == items.len() {
        found.push(items.iter().collect());
    }
    for n in from..items.len() {
        items.swap(from, n);
        permutations(items, from + 1, found);
        items.swap(from, n);
    }
}
fn down(n: u32) -> u32 {
    if n == 0 { 0 } else { 1 + down(std::hint::black_box(n - 1)) }
}
fn main() {
    let tree = [5, 2, 8, 1, 9, 3].into_iter().fold(Tree::Leaf, Tree::insert);
    let mut seen = Vec::new();
    tree.walk(&mut |value| seen.push(value));
    println!("{seen:?} {}", tree.depth());
    println!("{}", ackermann(2, 9));
    let mut found = Vec::new();
    permutations(&mut "abcd".chars().collect(), 0, &mut found);
    println!("{} {:?}", found.len(), &found[20..]);
    println!("{}", down(20_000));
    println!("{tree:?}");
}
