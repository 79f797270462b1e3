//! The attributes and derives of the `liveline` crate.
