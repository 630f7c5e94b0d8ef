//! Where records go.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// How long a sink that cannot take more is left alone.
const PAUSE: Duration = Duration::from_millis(5);

/// Where to write records.
pub enum Sink {
    /// Standard output, without a buffer of its own.
    Stdout,
    /// Appended to; made with mode 0644 where it does not exist.
    File(PathBuf),
    /// Anything else that takes bytes.
    Writer(Box<dyn Write + Send>),
}

/// An open sink.
pub struct Output {
    write: Box<dyn Write + Send>,
    path: Option<PathBuf>,
    /// A failed write may have left a part of a line.
    torn: bool,
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Output").finish_non_exhaustive()
    }
}

impl Output {
    pub fn open(sink: Sink) -> io::Result<Self> {
        let (write, path): (Box<dyn Write + Send>, _) = match sink {
            Sink::Stdout => (Box::new(stdout()?), None),
            Sink::File(path) => (Box::new(open_file(&path)?), Some(path)),
            Sink::Writer(write) => (write, None),
        };
        Ok(Self { write, path, torn: false })
    }

    /// Lets the file go and opens it anew under its name, or keeps it where that fails.
    pub fn reopen(&mut self) {
        if let Some(Ok(file)) = self.path.as_deref().map(open_file) {
            self.write = Box::new(file);
            self.torn = false;
        }
    }

    /// Writes `count` whole lines; returns how many are out. After a failure the rest of them is given up.
    pub fn write_lines(&mut self, lines: &[u8], count: u64) -> u64 {
        if lines.is_empty() {
            return 0;
        }
        if self.torn && self.write_bytes(b"\n") == 0 {
            return 0;
        }
        let sent = self.write_bytes(lines);
        if sent == lines.len() {
            self.torn = false;
            return count;
        }
        self.torn = lines.get(sent.wrapping_sub(1)) != Some(&b'\n') && sent > 0;
        let out = lines.get(..sent).unwrap_or(lines);
        let whole = out.iter().fold(0, |whole, byte| whole + u64::from(*byte == b'\n'));
        whole.min(count)
    }

    /// Writes as much as goes out; returns how many bytes did.
    fn write_bytes(&mut self, bytes: &[u8]) -> usize {
        let mut sent = 0;
        while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
            match self.write.write(rest) {
                Ok(0) => break,
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Standard output can be a pipe that another program has made non-blocking.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
                Err(_) => break,
            }
        }
        sent
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options.open(path)
}

#[cfg(unix)]
fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}
