//! `ai-proxy`: the command line of the gateway.

mod boot;
mod built_in;
mod cli;
mod commands;
mod configuration;
mod example;
mod logging;
mod models;
mod output;
mod prices;
mod quickstart;
mod reload;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // One crypto provider for the whole process, before anything asks for one; only a second call fails.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outcome = match cli.command {
        None => commands::quickstart(&cli.quickstart),
        Some(Command::Quickstart(arguments)) => commands::quickstart(&arguments),
        Some(Command::Serve(arguments)) => commands::serve(&arguments),
        Some(Command::Check(arguments)) => commands::check(&arguments),
        Some(Command::Explain(arguments)) => commands::explain(&arguments),
        Some(Command::Models(arguments)) => commands::models(&arguments),
        Some(Command::Schema) => commands::schema(),
        Some(Command::Reference) => commands::reference(),
        Some(Command::Simulate(arguments)) => commands::simulate(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            output::tell(&format!("ai-proxy: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
