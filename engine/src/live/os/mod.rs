//! What the operating system does for a live engine; one file for each system.

mod linux;

pub(crate) use linux::{
    Artifacts, ConnectError, Wait, connect, create_private_directory, file_at, is_alive,
    keep_private_directory, mapped_at, send, write_private,
};
