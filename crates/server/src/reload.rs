//! Loading the configuration again: on SIGHUP, when the file changes, and over the admin listener.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use config::Configuration;
use notify::{RecursiveMode, Watcher as _};
use proxy::{Gateway, admin};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::built_in::BuiltIn;
use crate::cli::LoadArgs;
use crate::{configuration, prices};

/// Editors write a file in several steps: they are waited for.
const SETTLE: Duration = Duration::from_millis(150);
/// Where the system tells of no changes, the file is looked at this often.
const POLL: Duration = Duration::from_secs(5);

/// Where a configuration comes from.
pub struct Source {
    pub path: PathBuf,
    /// The file with prices, if there is one: it is loaded again together with the configuration.
    pub prices: Option<PathBuf>,
    pub watch: Watch,
    pub ignore_unsupported_plugins: bool,
}

/// The signals that the process answers to.
pub struct Signals {
    hangup: Signal,
    reopen: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub fn catch() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            reopen: signal(SignalKind::user_defined1())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits until the process is told to end.
    pub async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What `POST /config` does with a text. To be called on the runtime; what it gives, off its threads.
pub fn applier(
    gateway: &Arc<Gateway>,
    simulator: &Arc<BuiltIn>,
    source: Option<&Source>,
    prices: Option<PathBuf>,
) -> admin::Apply {
    let (gateway, simulator) = (Arc::clone(gateway), Arc::clone(simulator));
    let ignore_unsupported_plugins = source.is_some_and(|source| source.ignore_unsupported_plugins);
    Arc::new(move |text: &str| {
        let load = LoadArgs { ignore_unsupported_plugins };
        let (loaded, warnings) = configuration::load_served(text, "<request>", &load)?;
        put_in_force(&gateway, &simulator, loaded, prices.as_deref())?;
        tracing::info!("the configuration was replaced over the admin listener");
        Ok(warnings)
    })
}

/// Blocks for as long as the built-in simulator takes to start, where it is needed.
fn put_in_force(
    gateway: &Gateway,
    simulator: &BuiltIn,
    loaded: Configuration,
    prices: Option<&Path>,
) -> Result<(), Vec<String>> {
    let catalogue = prices::load(prices)?;
    simulator.start_blocking(&loaded).map_err(|error| vec![format!("{error:#}")])?;
    gateway.replace(loaded, &catalogue).map_err(|error| vec![error.to_string()])
}

/// Looks at the files of a source; what they look like when this starts is what is in force.
pub struct Watch {
    files: Vec<PathBuf>,
    known: Vec<Option<Fingerprint>>,
    changes: mpsc::Receiver<()>,
    _watcher: Option<notify::RecommendedWatcher>,
}

impl Watch {
    /// Starts before the files are read for the first time, so that no change goes unseen.
    pub fn start<const N: usize>(files: [Option<&Path>; N], watched: bool) -> Self {
        let (sender, changes) = mpsc::channel(1);
        let files: Vec<PathBuf> = files.into_iter().flatten().map(Path::to_owned).collect();
        let known = fingerprints(&files);
        let notices = if watched { watch(&files, sender) } else { None };
        Self { files, known, changes, _watcher: notices }
    }
}

/// Serves signals and changes of the file until the process is told to end.
pub async fn until_told_to_end(
    gateway: &Arc<Gateway>,
    simulator: &Arc<BuiltIn>,
    mut source: Option<Source>,
    signals: &mut Signals,
) {
    let Signals { hangup, reopen, terminate, interrupt } = signals;
    // One future over all turns of the loop: a turn of its own could lose a change of the file.
    let mut reopening = pin!(async {
        while reopen.recv().await.is_some() {
            gateway.reopen_files();
        }
        std::future::pending::<()>().await;
    });
    loop {
        tokio::select! {
            _ = terminate.recv() => return,
            _ = interrupt.recv() => return,
            _ = hangup.recv() => gateway.reopen_files(),
            () = &mut reopening => {}
            () = changed(source.as_mut()) => {}
        }
        if let Some(source) = &source {
            reload(gateway, simulator, source).await;
        }
    }
}

/// Waits until a file has changed; without a watched file, for ever.
async fn changed(source: Option<&mut Source>) {
    let Some(source) = source else {
        return std::future::pending().await;
    };
    while let Some(()) = source.watch.changes.recv().await {
        tokio::time::sleep(SETTLE).await;
        while source.watch.changes.try_recv().is_ok() {}
        // Something else in a folder may have changed.
        let now = fingerprints(&source.watch.files);
        if now != source.watch.known {
            source.watch.known = now;
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Loads the file again. A bad one changes nothing, and is told in the log, in `/status` and in a metric.
async fn reload(gateway: &Arc<Gateway>, simulator: &Arc<BuiltIn>, source: &Source) {
    if source.path == Path::new("-") {
        tracing::warn!("a configuration from standard input cannot be loaded again");
        return;
    }
    let (path, prices) = (source.path.clone(), source.prices.clone());
    let load = LoadArgs { ignore_unsupported_plugins: source.ignore_unsupported_plugins };
    let (replaced, simulator) = (Arc::clone(gateway), Arc::clone(simulator));
    let outcome = tokio::task::spawn_blocking(move || {
        let name = configuration::name_of(&path);
        let text = configuration::read(&path).map_err(|error| vec![format!("{error:#}")])?;
        let (loaded, warnings) = configuration::load_served(&text, &name, &load)?;
        put_in_force(&replaced, &simulator, loaded, prices.as_deref())?;
        Ok::<_, Vec<String>>(warnings)
    })
    .await;
    match outcome {
        Ok(Ok(warnings)) => tracing::info!(warnings = warnings.len(), "the configuration was loaded again"),
        Ok(Err(problems)) => {
            gateway.refused(&problems);
            for problem in problems {
                tracing::error!(problem, "the configuration was not loaded: the one before stays in force");
            }
        }
        Err(error) => tracing::error!(%error, "the configuration could not be loaded again"),
    }
}

/// Tells of changes in the folders of files: a file itself may be replaced, or be a link that is.
fn watch(files: &[PathBuf], changed: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
    let folder = |path: &PathBuf| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new(".")).to_owned()
    };
    let mut folders: Vec<PathBuf> = files.iter().map(folder).collect();
    folders.dedup();
    let polled = changed.clone();
    let started = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // A change that is waiting to be looked at stands for this one too.
            let _ = changed.try_send(());
        }
    })
    .and_then(|mut watcher| {
        folders.iter().try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))?;
        Ok(watcher)
    });
    match started {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "changes of the file are looked for by its time of change");
            std::thread::spawn(move || poll(&polled));
            None
        }
    }
}

fn poll(changed: &mpsc::Sender<()>) {
    while !changed.is_closed() {
        std::thread::sleep(POLL);
        let _ = changed.try_send(());
    }
}

/// What tells one state of a file from another: time of change, length, number.
type Fingerprint = (SystemTime, u64, u64);

fn fingerprints(files: &[PathBuf]) -> Vec<Option<Fingerprint>> {
    files.iter().map(|file| fingerprint(file)).collect()
}

/// Links are followed.
fn fingerprint(path: &Path) -> Option<Fingerprint> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}
