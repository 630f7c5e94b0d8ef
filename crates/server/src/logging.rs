//! The process's own log, on standard error.

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::cli::{LogFormat, ProcessArgs};

pub fn start(arguments: &ProcessArgs) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&arguments.log_level).context("--log-level")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match arguments.log_format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
