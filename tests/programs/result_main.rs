//! `main` with a `Result`: the error is shown by `Debug`, exit status 1.
// stderr: same
#[derive(Debug)]
#[allow(dead_code)]
struct Trouble {
    code: i32,
    source: std::num::ParseIntError,
}
fn main() -> Result<(), Trouble> {
    println!("trying");
    let _: u8 = "300".parse().map_err(|source| Trouble { code: 3, source })?;
    Ok(())
}
