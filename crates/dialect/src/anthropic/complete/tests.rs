//! Legacy completions.
