//! From a configuration to a running process, and to its orderly end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use config::Configuration;
use proxy::{Drain, Gateway, Hosts, Listener, Settings, TlsSettings, admin};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use telemetry::{Catalogue, Metrics, MetricsOptions, RecordWriter, Sink};
use tokio::net::TcpListener;

use crate::built_in::BuiltIn;
use crate::cli::{Listen, ProcessArgs};
use crate::reload::{self, Source};
use crate::{output, reload::Signals};

/// Records that are still to be written when the process ends get this long.
const RECORDS_DEADLINE: Duration = Duration::from_secs(5);

/// What plugins have still to write gets what is left of the time for running requests, and at least this long.
const SINKS_DEADLINE: Duration = Duration::from_secs(1);

/// What to start.
pub struct Start<'a> {
    pub configuration: Configuration,
    /// Prices for it.
    pub catalogue: Arc<Catalogue>,
    pub proxy_listen: Listen,
    pub process: &'a ProcessArgs,
    /// Where the configuration came from, if it can be loaded again.
    pub source: Option<Source>,
    /// Whether callers must name this machine by an IP address or as `localhost`.
    pub local_names_only: bool,
    /// What is told once the address is known, besides the ready line.
    pub banner: Option<Box<dyn FnOnce(SocketAddr) -> String>>,
}

pub fn run(start: Start<'_>) -> anyhow::Result<ExitCode> {
    let workers = match start.process.workers {
        Some(workers) => usize::from(workers),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    // One core is served best by one thread that never hands work over.
    let mut builder = if workers == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(workers);
        builder
    };
    let runtime = builder.enable_all().build()?;
    runtime.block_on(serve(start))
}

/// The listeners of a process, bound but not served yet.
struct Bound {
    proxy: Vec<(&'static str, Listener)>,
    admin: Option<TcpListener>,
    status: Option<TcpListener>,
}

async fn bind(start: &Start<'_>) -> anyhow::Result<Bound> {
    let process = start.process;
    let mut proxy = Vec::new();
    if let Listen::At(address) = start.proxy_listen {
        let listener = Listener::bind(address, None).with_context(|| format!("--proxy-listen {address}"))?;
        proxy.push(("proxy=http", listener));
    }
    if let (Some(address), Some(chain), Some(key)) =
        (process.proxy_tls_listen, &process.tls_cert, &process.tls_key)
    {
        let tls = proxy::server_config(chain, key)?;
        let listener =
            Listener::bind(address, Some(tls)).with_context(|| format!("--proxy-tls-listen {address}"))?;
        proxy.push(("proxy_tls=https", listener));
    }
    anyhow::ensure!(!proxy.is_empty(), "there is no address to listen on for callers");
    let admin = match process.admin_listen {
        Listen::Off => None,
        Listen::At(address) => {
            Some(TcpListener::bind(address).await.with_context(|| format!("--admin-listen {address}"))?)
        }
    };
    let status = match process.status_listen {
        None => None,
        Some(address) => {
            Some(TcpListener::bind(address).await.with_context(|| format!("--status-listen {address}"))?)
        }
    };
    Ok(Bound { proxy, admin, status })
}

/// `ai-proxy ready proxy=http://… admin=http://…`: addresses as they were bound.
fn ready_line(bound: &Bound) -> std::io::Result<String> {
    let mut line = "ai-proxy ready".to_owned();
    for (name, listener) in &bound.proxy {
        line.extend([" ", name, "://", &listener.address()?.to_string()]);
    }
    for (name, listener) in [("admin", &bound.admin), ("status", &bound.status)] {
        if let Some(listener) = listener {
            line.extend([" ", name, "=http://", &listener.local_addr()?.to_string()]);
        }
    }
    Ok(line)
}

fn open_records(target: &str, metrics: &Metrics) -> anyhow::Result<Option<RecordWriter>> {
    let sink = match target {
        "off" => return Ok(None),
        "-" => Sink::Stdout,
        path => Sink::File(PathBuf::from(path)),
    };
    let writer = RecordWriter::spawn(sink, Arc::clone(&metrics.writer))
        .with_context(|| format!("--record-log {target}"))?;
    Ok(Some(writer))
}

fn upstream_trust(authority: Option<&Path>) -> anyhow::Result<TlsSettings> {
    if let Some(path) = authority {
        let mut certificates = CertificateDer::pem_file_iter(path)
            .map_err(|error| anyhow::anyhow!("--upstream-ca {}: {error}", path.display()))?;
        // A file without any is the wrong file: told now, and not as a failed handshake later.
        anyhow::ensure!(
            certificates.next().is_some(),
            "--upstream-ca {}: there is no PEM certificate in it",
            path.display()
        );
    }
    Ok(TlsSettings::new(authority.map(Path::to_owned))?)
}

/// A UUID for as long as the process lives, as random as one.
fn node_id() -> String {
    let random = fastrand::u128(..);
    // Version 4, variant 1.
    let id = (random & !(0xf << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62);
    let digits = format!("{id:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

async fn serve(mut start: Start<'_>) -> anyhow::Result<ExitCode> {
    let process = start.process;
    // Signals are caught before the process says that it is ready.
    let mut signals = Signals::catch()?;
    let bound = bind(&start).await?;
    let metrics = Arc::new(Metrics::new(MetricsOptions {
        version: env!("CARGO_PKG_VERSION"),
        node: node_id().into(),
        ..MetricsOptions::default()
    }));
    let tls = Arc::new(upstream_trust(process.upstream_ca.as_deref())?);
    let simulator = Arc::new(BuiltIn::reserve()?);
    simulator.start(&start.configuration).await?;
    let settings = Settings {
        max_body_bytes: process.max_body_bytes,
        simulator: Some(simulator.url()),
        local_names_only: start.local_names_only,
    };
    let records = open_records(&process.record_log, &metrics)?;
    let hosts = Hosts::new(tls, Arc::clone(&metrics));
    let configuration = std::mem::take(&mut start.configuration);
    let gateway = Arc::new(Gateway::new(configuration, &start.catalogue, settings, hosts, metrics, records)?);
    gateway.begin();

    let ready = ready_line(&bound)?;
    let first_address = bound.proxy.first().map(|(_, listener)| listener.address()).transpose()?;
    let drain = Drain::default();
    for (_, listener) in bound.proxy {
        tokio::spawn(proxy::serve(listener, Arc::clone(&gateway), drain.signal()));
    }
    let apply = reload::applier(&gateway, &simulator, start.source.as_ref(), process.prices.file.clone());
    if let Some(listener) = bound.admin {
        tokio::spawn(admin::serve(listener, admin::admin_router(Arc::clone(&gateway), apply)));
    }
    if let Some(listener) = bound.status {
        tokio::spawn(admin::serve(listener, admin::status_router(Arc::clone(&gateway))));
    }
    let sweeping = Arc::clone(&gateway);
    tokio::spawn(async move { sweeping.hosts.sweep().await });
    output::tell(&ready);
    if let (Some(banner), Some(address)) = (start.banner.take(), first_address) {
        output::tell(&banner(address));
    }

    reload::until_told_to_end(&gateway, &simulator, start.source, &mut signals).await;
    tracing::info!("ending: running requests may finish");
    let begun = Instant::now();
    let drained = tokio::select! {
        drained = drain.finish(Duration::from_secs(process.drain_seconds)) => drained,
        () = signals.end() => {
            tracing::warn!("told to end a second time: running requests are dropped");
            drain.finish(Duration::ZERO).await
        }
    };
    if !drained {
        tracing::warn!(requests = gateway.metrics.in_flight.value(), "some requests did not end in time");
    }
    gateway.ledger.settle();
    let left = Duration::from_secs(process.drain_seconds).saturating_sub(begun.elapsed());
    let written = tokio::select! {
        written = gateway.sinks.close(left.max(SINKS_DEADLINE)) => written,
        () = signals.end() => false,
    };
    if !written {
        tracing::warn!("some records of plugins could not be written in time");
    }
    if let Some(records) = &gateway.records {
        records.close(RECORDS_DEADLINE);
    }
    Ok(ExitCode::SUCCESS)
}
