//! Loading the configuration again: on SIGHUP, when the file changes, and over the admin listener.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use notify::{RecursiveMode, Watcher as _};
use proxy::{Gateway, admin};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::cli::LoadArgs;
use crate::configuration;

/// Editors write a file in several steps: they are waited for.
const SETTLE: Duration = Duration::from_millis(150);
/// Where the system tells of no changes, the file is looked at this often.
const POLL: Duration = Duration::from_secs(5);

/// Where a configuration comes from.
pub struct Source {
    pub path: PathBuf,
    pub watch: bool,
    pub ignore_unsupported_plugins: bool,
}

/// The signals that the process answers to.
pub struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub fn catch() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }
}

/// What `POST /config` does with a text.
pub fn applier(gateway: &Arc<Gateway>, source: Option<&Source>) -> admin::Apply {
    let gateway = Arc::clone(gateway);
    let ignore_unsupported_plugins = source.is_some_and(|source| source.ignore_unsupported_plugins);
    Arc::new(move |text: &str| {
        let load = LoadArgs {
            ignore_unsupported_plugins,
        };
        let (loaded, warnings) = configuration::load_served(text, "<request>", &load)?;
        gateway.replace(loaded).map_err(|error| vec![error.to_string()])?;
        tracing::info!("the configuration was replaced over the admin listener");
        Ok(warnings)
    })
}

/// Serves signals and changes of the file until the process is told to end.
pub async fn until_told_to_end(gateway: &Arc<Gateway>, source: Option<Source>, mut signals: Signals) {
    let (changed, mut changes) = mpsc::channel(1);
    let _watcher = source
        .as_ref()
        .filter(|source| source.watch)
        .map(|source| watch(&source.path, changed));
    let mut known = source.as_ref().and_then(|source| fingerprint(&source.path));
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => return,
            _ = signals.interrupt.recv() => return,
            _ = signals.hangup.recv() => {
                if let Some(records) = &gateway.records {
                    records.reopen();
                }
            }
            Some(()) = changes.recv() => {
                tokio::time::sleep(SETTLE).await;
                while changes.try_recv().is_ok() {}
                // Something else in the folder may have changed.
                let now = source.as_ref().and_then(|source| fingerprint(&source.path));
                if now == known {
                    continue;
                }
                known = now;
            }
        }
        if let Some(source) = &source {
            reload(gateway, source).await;
        }
    }
}

/// Loads the file again. A bad one changes nothing, and is told in the log, in `/status` and in a metric.
async fn reload(gateway: &Arc<Gateway>, source: &Source) {
    if source.path == Path::new("-") {
        tracing::warn!("a configuration from standard input cannot be loaded again");
        return;
    }
    let path = source.path.clone();
    let load = LoadArgs {
        ignore_unsupported_plugins: source.ignore_unsupported_plugins,
    };
    let replaced = Arc::clone(gateway);
    let outcome = tokio::task::spawn_blocking(move || {
        let name = configuration::name_of(&path);
        let text = configuration::read(&path).map_err(|error| vec![format!("{error:#}")])?;
        let (loaded, warnings) = configuration::load_served(&text, &name, &load)?;
        replaced
            .replace(loaded)
            .map_err(|error| vec![error.to_string()])?;
        Ok::<_, Vec<String>>(warnings)
    })
    .await;
    match outcome {
        Ok(Ok(warnings)) => tracing::info!(warnings = warnings.len(), "the configuration was loaded again"),
        Ok(Err(problems)) => {
            gateway.metrics.reloads.failed();
            for problem in problems {
                tracing::error!(
                    problem,
                    "the configuration is not valid: the one before stays in force"
                );
            }
        }
        Err(error) => tracing::error!(%error, "the configuration could not be loaded again"),
    }
}

/// Tells of changes in the folder of `path`: the file itself may be replaced, or be a link that is.
fn watch(path: &Path, changed: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let polled = changed.clone();
    let started = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // A change that is waiting to be looked at stands for this one too.
            let _ = changed.try_send(());
        }
    })
    .and_then(|mut watcher| {
        watcher
            .watch(folder, RecursiveMode::NonRecursive)
            .map(|()| watcher)
    });
    match started {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "changes of the file are looked for by its time of change");
            tokio::spawn(poll(polled));
            None
        }
    }
}

async fn poll(changed: mpsc::Sender<()>) {
    while !changed.is_closed() {
        tokio::time::sleep(POLL).await;
        let _ = changed.try_send(());
    }
}

/// What tells one state of a file from another, links followed.
fn fingerprint(path: &Path) -> Option<(SystemTime, u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}
