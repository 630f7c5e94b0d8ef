//! What each command does.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::boot::{self, Start};
use crate::cli::{
    CheckArgs, ExplainArgs, Listen, LoadArgs, ModelsArgs, OutputFormat, QuickstartArgs, ServeArgs,
    SimulateArgs,
};
use crate::quickstart::{self, Targets};
use crate::{configuration, example, logging, models, output, prices, reload};

/// Tells problems, and that there are some by the exit status.
fn refuse(problems: &[String]) -> ExitCode {
    for problem in problems {
        output::tell(problem);
    }
    ExitCode::FAILURE
}

pub fn serve(arguments: &ServeArgs) -> anyhow::Result<ExitCode> {
    logging::start(&arguments.process)?;
    let name = configuration::name_of(&arguments.config);
    let prices = arguments.process.prices.file.as_deref();
    let watch = reload::Watch::start([Some(&*arguments.config), prices], arguments.watch);
    let text = configuration::read(&arguments.config)?;
    let (configuration, warnings) = match configuration::load_served(&text, &name, &arguments.load) {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(refuse(&problems)),
    };
    let catalogue = match prices::load(prices) {
        Ok(catalogue) => catalogue,
        Err(problems) => return Ok(refuse(&problems)),
    };
    for warning in warnings {
        tracing::warn!(problem = warning, "the configuration has a weakness");
    }
    let source = reload::Source {
        path: arguments.config.clone(),
        prices: prices.map(Path::to_owned),
        watch,
        ignore_unsupported_plugins: arguments.load.ignore_unsupported_plugins,
    };
    boot::run(Start {
        configuration,
        catalogue,
        proxy_listen: arguments.proxy_listen,
        process: &arguments.process,
        source: Some(source),
        local_names_only: false,
        banner: None,
    })
}

pub fn check(arguments: &CheckArgs) -> anyhow::Result<ExitCode> {
    let text = configuration::read(&arguments.config)?;
    let name = configuration::name_of(&arguments.config);
    match configuration::load(&text, &name, &arguments.load) {
        Err(problems) => Ok(refuse(&configuration::lines(&problems))),
        Ok(loaded) => {
            for problems in [&loaded.warnings, &loaded.unserved] {
                for line in configuration::lines(problems) {
                    output::tell(&line);
                }
            }
            let served = if loaded.unserved.is_empty() { "" } else { ", but not all of it is served yet" };
            output::print(&format!("{name}: valid{served}\n"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub fn explain(arguments: &ExplainArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        arguments.config != Path::new("-") || !example::reads_standard_input(arguments),
        "configuration and request cannot both come from standard input"
    );
    let text = configuration::read(&arguments.config)?;
    let name = configuration::name_of(&arguments.config);
    let (configuration, _) = match configuration::load_served(&text, &name, &arguments.load) {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(refuse(&problems)),
    };
    let catalogue = match prices::load(arguments.prices.file.as_deref()) {
        Ok(catalogue) => catalogue,
        Err(problems) => return Ok(refuse(&problems)),
    };
    let example = example::of(arguments)?;
    let explanation = current_thread()?.block_on(proxy::explain(configuration, &catalogue, example))?;
    output::print(&match arguments.output {
        OutputFormat::Text => explanation.text(),
        OutputFormat::Json => explanation.json(),
    })?;
    Ok(if explanation.would_send() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub fn models(arguments: &ModelsArgs) -> anyhow::Result<ExitCode> {
    let catalogue = match prices::load(arguments.prices.file.as_deref()) {
        Ok(catalogue) => catalogue,
        Err(problems) => return Ok(refuse(&problems)),
    };
    let provider = arguments.provider.as_deref();
    if let Some(provider) = provider.filter(|provider| !prices::is_list(provider)) {
        let known: Vec<&str> = provider::price_lists().collect();
        anyhow::bail!("--provider: there is no provider '{provider}': there are {}", known.join(", "));
    }
    let mut entries = catalogue.entries();
    entries.retain(|entry| provider.is_none_or(|provider| *entry.list == *provider));
    output::print(&if arguments.json { models::lines(&entries) } else { models::table(&entries) })?;
    Ok(ExitCode::SUCCESS)
}

pub fn schema() -> anyhow::Result<ExitCode> {
    output::print(&config::schema())?;
    Ok(ExitCode::SUCCESS)
}

pub fn reference() -> anyhow::Result<ExitCode> {
    output::print(&config::reference())?;
    Ok(ExitCode::SUCCESS)
}

pub fn quickstart(arguments: &QuickstartArgs) -> anyhow::Result<ExitCode> {
    let environment = |variable: &str| std::env::var(variable).ok();
    let targets = current_thread()?.block_on(Targets::find(&environment, arguments.proxy_listen));
    let file = quickstart::declarative(&targets);
    if arguments.print {
        output::print(&file)?;
        return Ok(ExitCode::SUCCESS);
    }
    let addresses = [Some(arguments.proxy_listen), arguments.process.proxy_tls_listen];
    anyhow::ensure!(
        addresses.iter().flatten().all(|address| address.ip().is_loopback()),
        "quickstart listens on loopback only: use `ai-proxy serve` to be reached from elsewhere"
    );
    logging::start(&arguments.process)?;
    let load = LoadArgs { ignore_unsupported_plugins: false };
    let (configuration, _) = match configuration::load_served(&file, "<quickstart>", &load) {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(refuse(&problems)),
    };
    let catalogue = match prices::load(arguments.process.prices.file.as_deref()) {
        Ok(catalogue) => catalogue,
        Err(problems) => return Ok(refuse(&problems)),
    };
    boot::run(Start {
        configuration,
        catalogue,
        proxy_listen: Listen::At(arguments.proxy_listen),
        process: &arguments.process,
        source: None,
        local_names_only: true,
        banner: Some(Box::new(move |address| quickstart::banner(&targets, address, &program()))),
    })
}

/// This program as it was called, for lines to paste.
fn program() -> String {
    std::env::args().next().filter(|name| is_plain(name)).unwrap_or_else(|| "ai-proxy".to_owned())
}

/// Whether a shell takes a word as it is.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

fn current_thread() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

pub fn simulate(arguments: &SimulateArgs) -> anyhow::Result<ExitCode> {
    current_thread()?.block_on(async {
        let simulator = simulator::Simulator::bind(arguments.listen).await.context("--listen")?;
        output::tell(&format!("ai-proxy simulate listening=http://{}", simulator.addr));
        // Caught because a process that is the first of its container is not ended by it otherwise.
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            outcome = tokio::signal::ctrl_c() => outcome?,
            _ = terminate.recv() => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}
