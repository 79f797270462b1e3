//! Closures, function pointers and what is made of them.
fn compose<A, B, C>(f: impl Fn(A) -> B, g: impl Fn(B) -> C) -> impl Fn(A) -> C {
    move |x| g(f(x))
}
fn counter() -> impl FnMut() -> u32 {
    let mut n = 0;
    move || {
        n += 1;
        n
    }
}
fn apply(times: usize, f: &mut dyn FnMut(usize)) {
    (0..times).for_each(f);
}
fn double(n: i32) -> i32 {
    n * 2
}
type Operation = fn(i32) -> i32;
static TABLE: [Operation; 3] = [double, |n| n - 1, i32::abs];
fn curry(a: i32) -> Box<dyn Fn(i32) -> Box<dyn Fn(i32) -> i32>> {
    Box::new(move |b| Box::new(move |c| a * 100 + b * 10 + c))
}
fn main() {
    println!("{}", compose(|x: i32| x + 1, |y: i32| format!("<{y}>"))(4));
    let mut count = counter();
    println!("{} {} {}", count(), count(), count());
    let mut seen = Vec::new();
    apply(4, &mut |n| seen.push(n * n));
    println!("{seen:?}");
    println!("{:?}", TABLE.iter().map(|f| f(-5)).collect::<Vec<_>>());
    println!("{}", TABLE[0] as usize == double as Operation as usize);
    println!("{}", curry(1)(2)(3));
    let text = String::from("moved");
    let once: Box<dyn FnOnce() -> String> = Box::new(move || text);
    println!("{}", once());
    let mut sorted = vec!["pear", "fig", "banana"];
    sorted.sort_by_key(|word| std::cmp::Reverse(word.len()));
    println!("{sorted:?}");
    let unsafe_one: unsafe fn(*const u8) -> u8 = std::ptr::read::<u8>;
    println!("{}", unsafe { unsafe_one(&7) });
}
