//! The language server on standard input and output.
