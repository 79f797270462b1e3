//! Const generics, associated constants and computations of the compiler.
use std::ops::{Add, Index, Mul};
#[derive(Debug, Clone, Copy, PartialEq)]
struct Matrix<const R: usize, const C: usize>([[i64; C]; R]);
impl<const R: usize, const C: usize, const K: usize> Mul<Matrix<C, K>> for Matrix<R, C> {
    type Output = Matrix<R, K>;
    fn mul(self, other: Matrix<C, K>) -> Matrix<R, K> {
        let mut result = [[0; K]; R];
        for (r, row) in result.iter_mut().enumerate() {
            for (k, cell) in row.iter_mut().enumerate() {
                *cell = (0..C).map(|c| self.0[r][c] * other.0[c][k]).sum();
            }
        }
        Matrix(result)
    }
}
impl<const R: usize, const C: usize> Index<(usize, usize)> for Matrix<R, C> {
    type Output = i64;
    fn index(&self, (r, c): (usize, usize)) -> &i64 {
        &self.0[r][c]
    }
}
trait Sized2 {
    const SIZE: usize;
    const NAME: &'static str = "default";
}
impl Sized2 for u8 {
    const SIZE: usize = 8;
}
impl<T: Sized2, const N: usize> Sized2 for [T; N] {
    const SIZE: usize = T::SIZE * N;
    const NAME: &'static str = "array";
}
fn sum_of<T: Copy + Default + Add<Output = T>, const N: usize>(values: [T; N]) -> T {
    values.into_iter().fold(T::default(), |a, b| a + b)
}
const fn primes<const N: usize>() -> [u32; N] {
    let (mut found, mut count, mut candidate) = ([0; N], 0, 2);
    while count < N {
        let (mut n, mut is_prime) = (0, true);
        while n < count {
            is_prime &= candidate % found[n] != 0;
            n += 1;
        }
        if is_prime {
            found[count] = candidate;
            count += 1;
        }
        candidate += 1;
    }
    found
}
const PRIMES: [u32; 20] = primes();
fn main() {
    let (a, b) = (Matrix([[1, 2, 3], [4, 5, 6]]), Matrix([[1], [2], [3]]));
    println!("{:?} {}", a * b, (a * b)[(1, 0)]);
    println!("{} {} {}", <[[u8; 4]; 3]>::SIZE, u8::NAME, <[u8; 1]>::NAME);
    println!("{} {}", sum_of([1, 2, 3]), sum_of([0.5; 8]));
    println!("{PRIMES:?}");
}
