//! What the operating system does for a live engine; one file for each system.

mod linux;

pub(crate) use linux::{
    Artifacts, ConnectError, Wait, connect, create_private_directory, file_at, is_alive, is_traced,
    keep_private_directory, mapped_at, send, this_thread, write_private,
};
