//! A command that ends by itself, run for tests.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use crate::wait_for;

/// What came of a command.
#[derive(Debug)]
pub struct Finished {
    /// The exit status; -1 where a signal ended it.
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// Runs `binary` with an environment of nothing but `env` and with `input` on its standard input. Panics
/// where it does not end.
pub fn run(binary: impl AsRef<Path>, args: &[&str], env: &[(&str, &str)], input: &[u8]) -> Finished {
    let mut command = Command::new(binary.as_ref());
    command.args(args).env_clear().envs(env.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let out = reader(child.stdout.take().expect("a pipe"));
    let err = reader(child.stderr.take().expect("a pipe"));
    // A command that does not read its input closes it: that is no failure.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let ended = wait_for(&format!("the end of {args:?}"), || child.try_wait().expect("a child"));
    Finished {
        status: ended.code().unwrap_or(-1),
        out: out.join().expect("a reader"),
        err: err.join().expect("a reader"),
    }
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
