//! Modules, shadowing, macros by example, and numbers of lines in macros.
#[macro_use]
mod tools {
    #[macro_export]
    macro_rules! largest {
        ($one:expr) => { $one };
        ($one:expr, $($rest:expr),+) => {{ let (a, b) = ($one, largest!($($rest),+)); if a > b { a } else { b } }};
    }
    pub mod deep {
        pub(crate) fn path() -> &'static str {
            module_path!()
        }
        #[derive(Debug, PartialEq, Eq, Hash, Clone, Copy, PartialOrd, Ord)]
        pub enum Level {
            Low = 1,
            High = 10,
        }
    }
    pub use self::deep::Level;
}
use tools::Level::{self, *};
macro_rules! structure {
    ($name:ident { $($field:ident : $type:ty = $value:expr),* $(,)? }) => {
        #[derive(Debug)]
        struct $name { $($field: $type),* }
        impl Default for $name {
            fn default() -> Self { Self { $($field: $value),* } }
        }
    };
}
structure!(Settings { width: u32 = 80, name: &'static str = "none", level: Level = High });
fn main() {
    println!("{} {}", largest!(3, 9, 4), tools::deep::path());
    println!("{:?} {:?} {}", Settings::default(), Low < High, Low as i32 + High as i32);
    let (line, column, file) = (line!(), column!(), file!());
    println!("{line} {column} {}", file.rsplit('/').next().unwrap());
    println!("{} {}", stringify!(a + b * 2), concat!("x", 1, true));
    let value = 5;
    let value = { let value = value * 2; value + 1 };
    println!("{value} {}", env!("PATH").is_empty());
    println!("{:?} {}", option_env!("NOT_A_VARIABLE_AT_ALL"), cfg!(debug_assertions));
}
