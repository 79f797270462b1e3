//! SIMD by intrinsics, behind the detection of what the processor has.
fn scalar(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
#[cfg(target_arch = "x86_64")]
mod machine {
    use std::arch::x86_64::*;
    pub fn dot(a: &[f32], b: &[f32]) -> f32 {
        unsafe {
            let mut sum = _mm_setzero_ps();
            for (a, b) in a.chunks_exact(4).zip(b.chunks_exact(4)) {
                sum = _mm_add_ps(sum, _mm_mul_ps(_mm_loadu_ps(a.as_ptr()), _mm_loadu_ps(b.as_ptr())));
            }
            let mut lanes = [0.0; 4];
            _mm_storeu_ps(lanes.as_mut_ptr(), sum);
            lanes.iter().sum()
        }
    }
    #[target_feature(enable = "avx2")]
    fn wide_sum(values: &[i32]) -> i32 {
        let mut sum = _mm256_setzero_si256();
        for eight in values.chunks_exact(8) {
            sum = _mm256_add_epi32(sum, unsafe { _mm256_loadu_si256(eight.as_ptr().cast()) });
        }
        let mut lanes = [0i32; 8];
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), sum) };
        lanes.iter().sum()
    }
    pub fn sum(values: &[i32]) -> i32 {
        if is_x86_feature_detected!("avx2") { unsafe { wide_sum(values) } } else { values.iter().sum() }
    }
    pub fn features() -> String {
        format!("{} {} {}", is_x86_feature_detected!("sse2"), is_x86_feature_detected!("avx2"), is_x86_feature_detected!("avx512f"))
    }
}
#[cfg(not(target_arch = "x86_64"))]
mod machine {
    pub fn dot(a: &[f32], b: &[f32]) -> f32 {
        super::scalar(a, b)
    }
    pub fn sum(values: &[i32]) -> i32 {
        values.iter().sum()
    }
    pub fn features() -> String {
        String::new()
    }
}
fn main() {
    let a: Vec<f32> = (0..64).map(|n| n as f32).collect();
    let b: Vec<f32> = (0..64).map(|n| (n % 5) as f32).collect();
    println!("{} {}", scalar(&a, &b), machine::dot(&a, &b));
    println!("{} {}", machine::sum(&(0..800).collect::<Vec<_>>()), machine::features());
}
