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
    /// Standard error, without a buffer of its own.
    Stderr,
    /// Appended to; made with mode 0644 where it does not exist.
    File(PathBuf),
    /// Anything else that takes bytes.
    Writer(Box<dyn Write + Send>),
}

/// A sink with what is open of it.
pub struct Output {
    kind: Kind,
    open: Option<Box<dyn Write + Send>>,
    /// The file is opened anew for each write.
    each_time: bool,
    /// A failed write may have left a part of a line.
    torn: bool,
}

enum Kind {
    Stdout,
    Stderr,
    File(PathBuf),
    /// Cannot be opened again.
    Once,
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Output").finish_non_exhaustive()
    }
}

impl Output {
    pub fn new(sink: Sink, each_time: bool) -> Self {
        let (kind, open) = match sink {
            Sink::Stdout => (Kind::Stdout, None),
            Sink::Stderr => (Kind::Stderr, None),
            Sink::File(path) => (Kind::File(path), None),
            Sink::Writer(write) => (Kind::Once, Some(write)),
        };
        Self { kind, open, each_time, torn: false }
    }

    /// Opens what is not open.
    pub fn open(&mut self) -> io::Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        self.open = Some(match &self.kind {
            Kind::Stdout => Box::new(stdout()?),
            Kind::Stderr => Box::new(io::stderr()),
            Kind::File(path) => {
                let file = open_file(path)?;
                // What was torn is in another file, if this one is new.
                self.torn &= file.metadata().is_ok_and(|metadata| metadata.len() > 0);
                Box::new(file)
            }
            Kind::Once => return Err(ErrorKind::BrokenPipe.into()),
        });
        Ok(())
    }

    /// Opens what stays open, before there is something to write.
    pub fn open_ahead(&mut self) -> io::Result<()> {
        if self.each_time { Ok(()) } else { self.open() }
    }

    /// Lets the file go and opens it anew under its name, or keeps it where that fails.
    pub fn reopen(&mut self) {
        if !matches!(self.kind, Kind::File(_)) {
            return;
        }
        let old = self.open.take();
        if self.open().is_err() {
            self.open = old;
        }
    }

    /// Writes `count` whole lines; returns how many are out. After a failure the rest of them is given up.
    pub fn write_lines(&mut self, lines: &[u8], count: u64) -> (u64, io::Result<()>) {
        if lines.is_empty() {
            return (0, Ok(()));
        }
        if let Err(error) = self.open() {
            return (0, Err(error));
        }
        let written = self.write_all_of(lines, count);
        // A file that failed is opened again, in case that the disk behind it is another one now.
        if matches!(self.kind, Kind::File(_)) && (self.each_time || written.1.is_err()) {
            self.open = None;
        }
        written
    }

    fn write_all_of(&mut self, lines: &[u8], count: u64) -> (u64, io::Result<()>) {
        if self.torn
            && let (0, outcome) = self.write_bytes(b"\n")
        {
            return (0, outcome);
        }
        let (sent, outcome) = self.write_bytes(lines);
        if sent == lines.len() {
            self.torn = false;
            return (count, Ok(()));
        }
        self.torn = if sent == 0 { self.torn } else { lines.get(sent - 1) != Some(&b'\n') };
        let out = lines.get(..sent).unwrap_or(lines);
        let whole = out.iter().fold(0, |whole, byte| whole + u64::from(*byte == b'\n'));
        (whole.min(count), outcome)
    }

    #[cfg(test)]
    pub fn tear(&mut self) {
        self.torn = true;
    }

    /// Writes as much as goes out; returns how many bytes did, and why no more.
    fn write_bytes(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        let mut sent = 0;
        let Some(write) = &mut self.open else {
            return (sent, Err(ErrorKind::NotConnected.into()));
        };
        while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
            match write.write(rest) {
                Ok(0) => return (sent, Err(ErrorKind::WriteZero.into())),
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Standard output can be a pipe that another program has made non-blocking.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
                Err(error) => return (sent, Err(error)),
            }
        }
        (sent, Ok(()))
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
