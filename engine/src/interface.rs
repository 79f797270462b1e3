//! What the engine knows of an interface; `#[liveline::interface]` implements it for a trait's `dyn` type.

use crate::mode::names::Handle;

/// A trait that an engine calls and scripts implement: `dyn Script` for a trait `Script` with
/// [`#[liveline::interface]`](macro@crate::interface) above it.
///
/// Not to be implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Liveline interface",
    label = "this trait has no `#[liveline::interface]`",
    note = "write `#[liveline::interface]` above the trait's declaration, in the engine's API crate"
)]
pub trait Interface: 'static {
    /// What [`crate::Scripts::spawn`] gives: the trait's methods on one script.
    type Instance;
    /// The trait's path, `game_api::Script`.
    const NAME: &'static str;
    /// Every method's full signature in the trait's order, one a line.
    const DESCRIPTOR: &'static str;
    /// Every method's name in the trait's order.
    const METHODS: &'static [&'static str];
    /// The cargo package that declares the trait: the API crate.
    const API_PACKAGE: &'static str;
    /// Where that package's manifest lies.
    const MANIFEST_DIR: &'static str;

    /// Wraps what calls a script.
    #[doc(hidden)]
    fn instance(handle: Handle<Self>) -> Self::Instance;

    /// An address inside the object that holds the API crate.
    #[doc(hidden)]
    fn anchor() -> *const ();
}
