//! An emulator of the API's command executions: a front end of `invodex` that real clients talk
//! to, and what an embedder would copy.
//!
//! The way of a request: `connections` accepts it, `server` reads HTTP, `params` the parameters,
//! `tenants` finds the store, `actions` answers (with `run_command` and `commands` for what the
//! store does not know), and `error` writes what went wrong. Beside it `control` is for tests, `outcomes` lets runs go on by
//! themselves, `archive` keeps all of it.

mod actions;
mod archive;
mod args;
mod commands;
mod connections;
mod control;
mod error;
mod events;
mod ids;
mod outcomes;
mod params;
mod run_command;
mod server;
mod tenants;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use args::Args;
use tenants::Tenants;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("invodex-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why the emulator cannot start or go on.
type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn run(args: Args) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    };

    let tenants = Arc::new(Tenants::new(args.settings()?));
    match &args.archive {
        Some(path) if path.try_exists()? => archive::restore(&tenants, path)?,
        _ => {}
    }
    tenants.open_default()?;
    if let Some(path) = args.archive.clone() {
        tokio::spawn(archive::save_when_changed(Arc::clone(&tenants), path));
    }

    let listener = TcpListener::bind(&args.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    connections::serve(listener, server::router(Arc::clone(&tenants)), stop).await;

    if let Some(path) = &args.archive {
        archive::save(&tenants, path)?;
    }
    Ok(())
}
