//! What framing costs without a dialect's reader.

fn main() {
    divan::main();
}
