//! How fast documents are read, edited and walked.
fn main() {}
