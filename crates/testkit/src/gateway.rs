//! The real program, started for tests.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::{PATIENCE, Ready, records, wait_for};

/// The most of a child's output that is kept.
const MAX_OUTPUT: usize = 8 << 20;

/// How to start a gateway.
#[must_use]
pub struct GatewayBuilder {
    binary: PathBuf,
    config: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    files: Vec<(String, String)>,
    quickstart: bool,
}

impl GatewayBuilder {
    /// `binary`: what `env!("CARGO_BIN_EXE_ai-proxy")` says in a test of the crate `server`.
    pub fn new(binary: impl AsRef<Path>) -> Self {
        Self {
            binary: binary.as_ref().to_owned(),
            config: "_format_version: \"3.0\"\n".to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            files: Vec::new(),
            quickstart: false,
        }
    }

    /// The declarative file; `@UPSTREAM@` stands for the address of a simulator.
    pub fn config(mut self, text: &str, upstream: SocketAddr) -> Self {
        self.config = text.replace("@UPSTREAM@", &upstream.to_string());
        self
    }

    /// Starts the quickstart, which reads no configuration.
    pub fn quickstart(mut self) -> Self {
        self.quickstart = true;
        self
    }

    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file beside the configuration; `@DIR@` in arguments stands for the folder.
    pub fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Starts `serve` and waits until it is ready. Panics, with its output, where it does not become so.
    pub fn start(self) -> Gateway {
        match self.try_start() {
            Ok(gateway) => gateway,
            Err(output) => panic!("the gateway did not become ready:\n{output}"),
        }
    }

    /// Starts `serve`; gives its output where it ends or stays silent instead of becoming ready.
    pub fn try_start(self) -> Result<Gateway, String> {
        let dir = TempDir::new().expect("a folder");
        let config = dir.path().join("kong.yaml");
        std::fs::write(&config, &self.config).expect("a file");
        for (name, text) in &self.files {
            std::fs::write(dir.path().join(name), text).expect("a file");
        }
        let records = dir.path().join("records.jsonl");
        let mut command = Command::new(&self.binary);
        if !self.quickstart {
            command.arg("serve").arg("--config").arg(&config);
        }
        for (flag, value) in [
            ("--record-log", records.as_os_str()),
            ("--proxy-listen", OsStr::new("127.0.0.1:0")),
            ("--admin-listen", OsStr::new("127.0.0.1:0")),
        ] {
            if !self.args.iter().any(|arg| arg == flag) {
                command.arg(flag).arg(value);
            }
        }
        let folder = dir.path().to_string_lossy().into_owned();
        command.args(self.args.iter().map(|arg| arg.replace("@DIR@", &folder)));
        let env = self.env.iter().map(|(name, value)| (name.clone(), value.replace("@DIR@", &folder)));
        let mut process = Process::start(&mut command, env, dir.path());
        let begun = Instant::now();
        let ready = loop {
            if let Some(ready) = process.output().lines().find_map(Ready::parse) {
                break ready;
            }
            let ended = process.child.try_wait().expect("a child").is_some();
            if ended || begun.elapsed() > PATIENCE {
                return Err(process.last_words());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        Ok(Gateway {
            proxy: ready.proxy,
            admin: ready.admin.ok_or("the ready line names no admin address")?,
            proxy_tls: ready.proxy_tls,
            status: ready.status,
            ready_after: begun.elapsed(),
            process,
            config,
            records,
            dir,
        })
    }
}

/// A running gateway; dropping it kills it.
pub struct Gateway {
    pub proxy: SocketAddr,
    pub admin: SocketAddr,
    pub proxy_tls: Option<SocketAddr>,
    pub status: Option<SocketAddr>,
    /// From the start of the process to its ready line.
    pub ready_after: Duration,
    process: Process,
    config: PathBuf,
    records: PathBuf,
    dir: TempDir,
}

impl Gateway {
    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// The folder of its files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Writes another declarative file, at once: never half of one.
    pub fn rewrite_config(&self, text: &str, upstream: SocketAddr) {
        let next = self.config.with_extension("next");
        std::fs::write(&next, text.replace("@UPSTREAM@", &upstream.to_string())).expect("a file");
        std::fs::rename(&next, &self.config).expect("a file");
    }

    /// Sends a signal by the system's `kill`, such as `HUP` or `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status();
        assert!(status.expect("kill").success());
    }

    /// All records so far.
    pub fn records(&self) -> Vec<Value> {
        records::read(&self.records)
    }

    /// The text of the file of records.
    pub fn record_text(&self) -> String {
        std::fs::read_to_string(&self.records).unwrap_or_default()
    }

    /// Waits for the record of a request.
    pub fn record(&self, request_id: &str) -> Value {
        records::wait(&self.records, request_id)
    }

    /// Everything that was written to standard output and standard error so far.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Waits until the output has this text.
    pub fn wait_for_output(&self, text: &str) {
        wait_for(&format!("`{text}` in the output"), || self.output().contains(text).then_some(()));
    }

    /// Waits for the process to end by itself. Panics where it does not in time.
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.child.try_wait().expect("a child") {
                // All of it is in the output from now on.
                self.process.last_words();
                return status;
            }
            assert!(begun.elapsed() < patience, "still running after {patience:?}:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the process is still running.
    pub fn is_running(&mut self) -> bool {
        self.process.child.try_wait().expect("a child").is_none()
    }
}

/// A child whose output is collected.
struct Process {
    child: Child,
    output: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    fn start(command: &mut Command, env: impl Iterator<Item = (String, String)>, dir: &Path) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", dir).envs(env);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{}: {error}", Path::new(command.get_program() as &OsStr).display());
        });
        let output = Arc::new(Mutex::new(String::new()));
        let readers = vec![
            collect(child.stdout.take().expect("a pipe"), Arc::clone(&output)),
            collect(child.stderr.take().expect("a pipe"), Arc::clone(&output)),
        ];
        Self { child, output, readers }
    }

    /// Ends the process, and gives all that it said.
    fn last_words(&mut self) -> String {
        // Both fail only where the child has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            // A reader that has panicked has read what it has read.
            let _ = reader.join();
        }
        self.output()
    }

    fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only where the child has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(pipe: impl Read + Send + 'static, output: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else { return };
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            if output.len() < MAX_OUTPUT {
                output.push_str(&String::from_utf8_lossy(&line));
                output.push('\n');
            }
        }
    })
}
