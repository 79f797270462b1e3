//! What both sides know and neither ever sends.

use std::fmt;

use super::mac::Mac;

/// 256 random bits. Its file holds them as 64 hexadecimal digits and a line end.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Of bytes that nobody can guess.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a token's file. The error is a sentence that does not show what stands there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_end();
        let digits: Option<Vec<u8>> =
            text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
        let digits = digits.ok_or("it holds something else than hexadecimal digits")?;
        let pairs: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        let bytes: Result<[u8; 32], _> = pairs.try_into();
        match bytes {
            Ok(bytes) if digits.len() == 64 => Ok(Self(bytes)),
            _ => Err(format!("it holds {} hexadecimal digits, and a token has 64", digits.len())),
        }
    }

    /// What its file holds.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).chain(["\n".to_owned()]).collect()
    }

    pub(super) fn mac(&self) -> Mac {
        Mac::new(&self.0)
    }
}

/// A token never gets into a log.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
