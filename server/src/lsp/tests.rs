//! The language server as an editor meets it, over real pipes and with a hub that the tests play.

mod columns;
mod config_file;
mod documents;
mod faults;
mod features;
mod fixture;
mod history;
mod lenses;
mod traps;
mod unsaved;
