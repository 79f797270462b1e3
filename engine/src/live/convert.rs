//! Values of one plain type as another: only what the new type holds goes over.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::mode::tree::Tree;

/// An integer that a tree is, also of a float without a fraction.
pub(super) fn integer<T: TryFrom<i128> + TryFrom<u128>>(tree: &Tree) -> Option<T> {
    match tree {
        Tree::Int(value) => T::try_from(*value).ok(),
        Tree::Large(value) => T::try_from(*value).ok(),
        Tree::Float(bits) => {
            let value = f64::from_bits(*bits);
            let whole = value as i128;
            (whole as f64 == value && whole.unsigned_abs() < 1 << 100)
                .then(|| T::try_from(whole).ok())
                .flatten()
        }
        _ => None,
    }
}

/// A float that a tree is, also of an integer that it can hold exactly. `digits`: of the float's mantissa.
pub(super) fn float(tree: &Tree, digits: u32) -> Option<f64> {
    match tree {
        Tree::Float(bits) => Some(f64::from_bits(*bits)),
        Tree::Int(value) => {
            let size = value.unsigned_abs();
            let taken = u128::BITS.saturating_sub(size.leading_zeros() + size.trailing_zeros());
            (taken <= digits).then_some(*value as f64)
        }
        _ => None,
    }
}

pub(super) fn narrow(value: f64) -> Option<f32> {
    let narrow = value as f32;
    (narrow.is_finite() || !value.is_finite()).then_some(narrow)
}

pub(super) fn text(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Text(text) => Some(text.clone()),
        Tree::Char(letter) => Some(letter.to_string()),
        _ => None,
    }
}

pub(super) fn letter(tree: &Tree) -> Option<char> {
    match tree {
        Tree::Char(letter) => Some(*letter),
        Tree::Text(text) => {
            let mut letters = text.chars();
            letters.next().filter(|_| letters.next().is_none())
        }
        _ => None,
    }
}

/// A text that lives as long as the process; each is kept once.
pub(super) fn interned(text: String) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = texts.get(text.as_str()) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into_boxed_str());
    texts.insert(kept);
    kept
}
