//! An emulator of the API's command executions: a front end of `invodex` for tests of real clients,
//! and an example for embedders.
//!
//! The path of a request:
//!
//! - `connections` accepts the connection and limits it;
//! - `server` reads HTTP and calls the rest;
//! - `params` reads the parameters;
//! - `tenants` finds the store of the access key id;
//! - `actions` answers: both queries by the store, the other actions by `run_command` and
//!   `commands`;
//! - `error` writes errors in the API's form.
//!
//! Beside it, `control` and `events` are the endpoints for tests, `outcomes` completes runs by
//! script or automatically, `ids` generates ids, and `archive` saves and restores all stores.

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

/// The reason why the emulator cannot start or continue.
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
