//! An emulator of the API's command executions: a front end of `invodex` for tests of real clients,
//! and an example for embedders.
//!
//! The path of a request:
//!
//! - `connections` accepts the connection and limits it, with `tls` if asked for, and `proxy` leads
//!   those of a proxy's clients here;
//! - `guard` refuses web pages;
//! - `server` reads HTTP and calls the rest;
//! - `params` reads the parameters;
//! - `tenants` finds the store of the access key's account;
//! - `actions` answers: both queries by the store, the other actions by `run_command` and
//!   `commands`;
//! - `error` writes errors in the API's form, and `format` makes XML of an answer if asked for.
//!
//! `inventory` answers the actions around the instances that `instances` lists.
//!
//! Below the actions, `command` reads and checks a command, `public_commands` those of the provider,
//! and `schedule` the Frequency of a task; `client_token` finds a request that is sent again, and
//! `pattern` matches names; `refusals` is the table of their errors. `life` changes the runs that have a
//! script, at the times of their schedules; `jump` passes the executions that a history does not keep.
//!
//! Beside it, `control` and `events` are the endpoints for tests, `console` is a page that uses them, `outcomes` keeps the scripts of runs,
//! `faults` spoils chosen requests, `ids` generates ids, and `budget` bounds the memory of a store.
//! `archive` writes and restores all stores, with `progress` on a terminal, `place` owns the file, and `saver` saves it. `signals`
//! end the emulator, and `tell` writes lines to standard error, with those of `log` if asked for. `in_memory` is an emulator without
//! socket and file, for the fuzz target.

mod actions;
mod archive;
mod args;
mod budget;
mod client_token;
mod command;
mod commands;
mod connections;
mod console;
mod control;
mod error;
mod events;
mod faults;
mod format;
mod guard;
mod ids;
mod in_memory;
mod instances;
mod inventory;
mod jump;
mod life;
mod log;
mod outcomes;
mod params;
mod pattern;
mod place;
mod progress;
mod proxy;
mod public_commands;
mod refusals;
mod run_command;
mod saver;
mod schedule;
mod server;
mod signals;
mod tell;
mod tenants;
mod tls;

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use args::{Args, Task};
use connections::Door;
use guard::Guard;
pub use in_memory::InMemory;
use place::Place;
use saver::Saver;
use tell::tell_at_once;
use tenants::Tenants;
use tls::Authority;

/// The exit code if the emulator cannot start, as for a wrong argument.
const NOT_STARTED: u8 = 2;

/// Runs the program with the arguments of the command line, until a signal ends it.
pub async fn run() -> ExitCode {
    let args = Args::parse();
    if let Some(Task::Ca) = args.task {
        return match Authority::open(args.tls_dir.as_deref()) {
            Ok(authority) => {
                // Nobody may read it.
                let _ = write!(io::stdout(), "{}", authority.pem);
                ExitCode::SUCCESS
            }
            Err(error) => {
                tell_at_once(&error);
                ExitCode::from(NOT_STARTED)
            }
        };
    }
    let running = match start(&args).await {
        Ok(running) => running,
        Err(error) => {
            tell_at_once(&error.to_string());
            return ExitCode::from(NOT_STARTED);
        }
    };
    match running.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell_at_once(&error);
            ExitCode::FAILURE
        }
    }
}

/// The reason why the emulator cannot start or continue.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// An emulator that is ready to serve.
struct Running<S> {
    stop: S,
    doors: Vec<Door>,
    saving: Option<(Saver, Arc<Place>)>,
}

async fn start(args: &Args) -> Result<Running<impl Future<Output = ()>>, Failure> {
    let tenants = Arc::new(Tenants::new(args.settings()?));
    let place = args.archive.as_deref().map(Place::open).transpose()?.map(Arc::new);
    if let Some(place) = &place
        && let Some(bytes) = place.read()?
    {
        archive::restore(&tenants, &bytes).map_err(|error| place.named(&error))?;
    }
    tenants.open_default()?;

    tell::begin();
    if let Some(form) = args.log {
        log::begin(form);
    }
    let stop = signals::catch(args.until_eof)?;
    let (listener, address) = listen("--listen", &args.listen).await?;
    let proxy = match &args.proxy {
        Some(proxy) => Some(listen("--proxy", proxy).await?),
        None => None,
    };
    let https = args.tls || proxy.is_some();
    let tls = https.then(|| acceptor(args, address)).transpose()?;
    let saving = place.map(|place| {
        place.note(&address.to_string());
        (Saver::start(Arc::clone(&tenants), Arc::clone(&place), args.save_every), place)
    });
    let router =
        server::router(Arc::clone(&tenants), Guard::new(address, &args.listen, &args.allow_host));

    let scheme = if args.tls { "https" } else { "http" };
    let mut ready = format!("listening on {scheme}://{address}\n");
    let direct = tls.clone().filter(|_| args.tls);
    let refusal = server::unparsed(Arc::clone(&tenants));
    let mut doors = vec![Door::new(listener, direct, router.clone(), refusal)];
    if let (Some((listener, address)), Some(tls)) = (proxy, tls) {
        ready += &format!("proxy on http://{address}\n");
        doors.push(proxy::door(listener, tls, router, tenants, &args.proxy_map)?);
    }
    // Nobody may read it.
    let _ = write!(io::stdout(), "{ready}");
    Ok(Running { stop, doors, saving })
}

/// Listens on the address of a flag.
async fn listen(flag: &str, address: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| {
        format!("{flag} {address}: {error}; allowed is ADDRESS:PORT of this machine, port 0 any free one")
    })?;
    let address = listener.local_addr()?;
    if !address.ip().to_canonical().is_loopback() {
        tell_at_once(&format!(
            "{address} is no loopback address: everyone who reaches it can read and change every \
             store, without credentials"
        ));
    }
    Ok((listener, address))
}

/// The acceptor of TLS connections, as the flags say. Tells where the authority's certificate is.
fn acceptor(args: &Args, address: SocketAddr) -> Result<TlsAcceptor, String> {
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        return tls::acceptor_of(certificate, key);
    }
    let authority = Authority::open(args.tls_dir.as_deref())?;
    tell_at_once(&format!("the certificate to trust is {}", authority.file.display()));
    authority.acceptor(&certified(args, address))
}

/// The hosts that a certificate names.
fn certified(args: &Args, address: SocketAddr) -> Vec<String> {
    let mut names = args.allow_host.clone();
    names.push(address.ip().to_canonical().to_string());
    let listen = guard::host_of(&args.listen);
    // An address is the one before.
    if !listen.starts_with('[') && listen.parse::<IpAddr>().is_err() {
        names.push(guard::plain_name(listen));
    }
    names.extend(args.proxy_map.iter().map(|stub| stub.host.clone()));
    names
}

impl<S: Future<Output = ()>> Running<S> {
    /// Serves until a signal comes, then saves.
    async fn run(self) -> Result<(), String> {
        connections::serve(&self.doors, self.stop).await;
        let Some((saver, place)) = self.saving else { return Ok(()) };
        let saved = saver.finish().await;
        // In this order: who owns the archive next finds the port free.
        drop(self.doors);
        drop(place);
        saved
    }
}
