//! An empty library that exists only as a shared one.
//!
//! rustc links an executable's crates statically wherever all of them can be. One crate that cannot be makes it
//! use the shared form of every crate that has one: this is that crate. `liveline` names it in development
//! builds only, so a game's API crate with `crate-type = ["lib", "dylib"]` is shared by the engine and every
//! generation of its scripts while developing, and is plain static code in a release build.
#![deny(missing_docs)]
