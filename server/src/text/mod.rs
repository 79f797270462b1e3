//! Text buffers and the columns that editors and rustc count in.
