//! What the operating system does for a live engine; one file for each system.

mod linux;

pub(crate) use linux::{
    Artifacts, ConnectError, Stream, Wait, check_length, connect, create_private_directory, dial, file_at,
    is_alive, is_traced, keep_private_directory, mapped_at, own_temporary, random, read_secret, send,
    this_thread, write_private,
};
