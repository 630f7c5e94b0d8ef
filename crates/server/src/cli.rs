//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// An AI gateway: OpenAI's API in front of many providers, configured in Kong's declarative format.
///
/// Without a command it starts the quickstart: targets from the keys in the environment and from local
/// servers, on loopback only.
#[derive(Debug, Parser)]
#[command(name = "ai-proxy", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub quickstart: QuickstartArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve a declarative configuration.
    Serve(ServeArgs),
    /// Check a declarative configuration; exit status 1 and every problem if it is not valid.
    Check(CheckArgs),
    /// Show what would be sent where for a request, without sending it.
    Explain(ExplainArgs),
    /// List the models whose prices are known.
    Models(ModelsArgs),
    /// Print the JSON Schema of the configuration.
    Schema,
    /// Print the reference of the configuration as Markdown.
    #[command(hide = true)]
    Reference,
    /// Targets from the keys in the environment and from local servers, on loopback only.
    Quickstart(QuickstartArgs),
    /// Simulate the providers' APIs, for tests and demonstrations.
    Simulate(SimulateArgs),
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The declarative file, YAML or JSON; `-` reads standard input.
    #[arg(long, short, env = "AI_PROXY_CONFIG", value_name = "FILE")]
    pub config: PathBuf,
    /// Reload when the file changes.
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub load: LoadArgs,
    /// Address for callers, plain HTTP/1.1 and HTTP/2; `off` for none.
    #[arg(long, env = "AI_PROXY_LISTEN", default_value = "0.0.0.0:8000", value_name = "ADDR", value_parser = parse_listen)]
    pub proxy_listen: Listen,
    #[command(flatten)]
    pub process: ProcessArgs,
}

#[derive(Debug, Args)]
pub struct LoadArgs {
    /// Leave out plugins that are not supported, with a warning.
    #[arg(long)]
    pub ignore_unsupported_plugins: bool,
}

/// What a process that serves can be told besides its configuration.
#[derive(Debug, Args)]
pub struct ProcessArgs {
    /// Address for callers over TLS; needs --tls-cert and --tls-key.
    #[arg(long, env = "AI_PROXY_TLS_LISTEN", value_name = "ADDR", requires_all = ["tls_cert", "tls_key"])]
    pub proxy_tls_listen: Option<SocketAddr>,
    /// PEM file with the certificate chain of the TLS listener.
    #[arg(long, env = "AI_PROXY_TLS_CERT", value_name = "FILE", requires = "proxy_tls_listen")]
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the private key of the TLS listener.
    #[arg(long, env = "AI_PROXY_TLS_KEY", value_name = "FILE", requires = "proxy_tls_listen")]
    pub tls_key: Option<PathBuf>,
    /// PEM file of certificates that are trusted in upstreams, besides the system's.
    #[arg(long, env = "AI_PROXY_UPSTREAM_CA", value_name = "FILE")]
    pub upstream_ca: Option<PathBuf>,
    /// Address of /status, /metrics and POST /config; `off` for none.
    #[arg(long, env = "AI_PROXY_ADMIN_LISTEN", default_value = "127.0.0.1:8001", value_name = "ADDR", value_parser = parse_listen)]
    pub admin_listen: Listen,
    /// Another address with /status and /metrics only.
    #[arg(long, env = "AI_PROXY_STATUS_LISTEN", value_name = "ADDR")]
    pub status_listen: Option<SocketAddr>,
    /// Where the record of each request goes, one JSON line each: a file, `-` for standard output, `off`.
    #[arg(long, env = "AI_PROXY_RECORD_LOG", default_value = "-", value_name = "FILE")]
    pub record_log: String,
    #[command(flatten)]
    pub prices: PriceArgs,
    /// Largest request body in bytes, whatever the configuration allows.
    #[arg(long, env = "AI_PROXY_MAX_BODY", default_value_t = 128 << 20, value_name = "BYTES")]
    pub max_body_bytes: u64,
    /// Seconds that running requests may take to end after SIGTERM; a second signal ends them at once.
    #[arg(long, env = "AI_PROXY_DRAIN", default_value_t = 30, value_name = "SECONDS")]
    pub drain_seconds: u64,
    /// Threads that serve requests; one for each core if not set.
    #[arg(long, env = "AI_PROXY_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// What is logged to standard error: error, warn, info, debug, trace, or a filter such as `proxy=debug`.
    #[arg(long, env = "AI_PROXY_LOG", default_value = "info", value_name = "LEVEL")]
    pub log_level: String,
    /// How a line of the log is written.
    #[arg(long, env = "AI_PROXY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// Prices besides those that are built in.
#[derive(Debug, Args)]
pub struct PriceArgs {
    /// A file with prices of models, which go before the built-in ones.
    #[arg(long = "prices", env = "AI_PROXY_PRICES", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The declarative file, YAML or JSON; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub config: PathBuf,
    #[command(flatten)]
    pub load: LoadArgs,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The declarative file, YAML or JSON; `-` reads standard input.
    #[arg(long, short, env = "AI_PROXY_CONFIG", value_name = "FILE")]
    pub config: PathBuf,
    #[command(flatten)]
    pub load: LoadArgs,
    #[command(flatten)]
    pub prices: PriceArgs,
    /// How the explanation is written.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub output: OutputFormat,
    /// A file with one HTTP request: request line, headers, empty line, body; `-` reads standard input. It is a URL
    /// instead where it has a scheme, and a URL or a path where an option below is given.
    #[arg(value_name = "REQUEST")]
    pub request: String,
    #[command(flatten)]
    pub client: RequestArgs,
}

/// A request as curl's options describe it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request, as curl has it")]
pub struct RequestArgs {
    /// The method; POST where there is a body, else GET.
    #[arg(short = 'X', long = "request", id = "method", value_name = "METHOD")]
    pub method: Option<String>,
    /// A header; `NAME:` takes one away that would be there, `NAME;` has no value.
    #[arg(short = 'H', long = "header", id = "headers", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// The body, of a form unless a header says otherwise; `@FILE` reads it, without its line ends.
    #[arg(short = 'd', long, group = "body", value_name = "DATA")]
    pub data: Vec<String>,
    /// The same as it is.
    #[arg(long, group = "body", value_name = "DATA")]
    pub data_binary: Vec<String>,
    /// The same, and `@` has no meaning.
    #[arg(long, group = "body", value_name = "DATA")]
    pub data_raw: Vec<String>,
    /// A body of JSON, with the headers for it; `@FILE` reads it.
    #[arg(long, group = "body", value_name = "DATA")]
    pub json: Vec<String>,
}

impl RequestArgs {
    /// Whether any of them is.
    pub fn are_given(&self) -> bool {
        let lists = [&self.headers, &self.data, &self.data_binary, &self.data_raw, &self.json];
        self.method.is_some() || lists.into_iter().any(|list| !list.is_empty())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// Only the models of this provider.
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<String>,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub prices: PriceArgs,
}

#[derive(Debug, Args)]
pub struct QuickstartArgs {
    /// Print the configuration as a declarative file, and do nothing else.
    #[arg(long)]
    pub print: bool,
    /// Loopback address for callers.
    #[arg(long, env = "AI_PROXY_LISTEN", default_value = "127.0.0.1:8000", value_name = "ADDR")]
    pub proxy_listen: SocketAddr,
    #[command(flatten)]
    pub process: ProcessArgs,
}

#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDR")]
    pub listen: SocketAddr,
}

/// An address, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    At(SocketAddr),
    Off,
}

fn parse_listen(text: &str) -> Result<Listen, String> {
    if text == "off" {
        return Ok(Listen::Off);
    }
    text.parse().map(Listen::At).map_err(|_| "expected ADDRESS:PORT or off".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_is_the_quickstart() {
        let cli = Cli::try_parse_from(["ai-proxy", "--print"]).unwrap();
        assert!(cli.command.is_none() && cli.quickstart.print);
    }

    #[test]
    fn listeners_can_be_turned_off() {
        assert_eq!(parse_listen("off"), Ok(Listen::Off));
        assert_eq!(parse_listen("127.0.0.1:1"), Ok(Listen::At(([127, 0, 0, 1], 1).into())));
        assert!(parse_listen("localhost").is_err());
    }
}
