//! An emulator of the API's command executions: a front end of `invodex` for tests of real clients,
//! and an example for embedders.
//!
//! The path of a request:
//!
//! - the package `invodex-emulator-http` accepts the connection and limits it, with TLS or as a proxy if
//!   asked for; `unserved` answers what it refuses;
//! - `server` leads the request to the rest, and reads its `incoming` body;
//! - `guard` refuses web pages;
//! - `params` reads the parameters;
//! - `tenants` finds the store of the access key's account;
//! - `actions` answers: both queries by the store, the other actions by `run_command` and `commands`,
//!   and by `inventory` those around the instances that `instances` lists;
//! - `answer` adds the headers, `error` has the errors in the API's form, and `format` makes XML of an
//!   answer if asked for.
//!
//! Below the actions, `command` reads and checks a command, and `public_commands` those of the provider;
//! `client_token` finds a request that is sent again, and `pattern` matches names. `lives` has the runs
//! that follow a script, at the times of their schedules, which the package `invodex-schedule` reads, and
//! `life` changes them.
//!
//! Beside it, `control` and `events` are the endpoints for tests, and `console` is a page that uses them.
//! `outcomes` keeps the scripts of runs, `faults` spoils chosen requests, `ids` generates ids, and `budget`
//! bounds the memory of a store. `archive` writes and restores all stores, with `progress` on a terminal,
//! and `saver` saves it to a file of the package `invodex-owned-file`. `signals` end the emulator, and
//! `tell` writes lines to standard error, with those of `log` if asked for. `args` reads the command line.
//! `in_memory` is an emulator without socket and file, for the fuzz target.

mod actions;
mod answer;
mod archive;
mod args;
mod budget;
mod client_token;
mod command;
mod commands;
mod console;
mod control;
mod error;
mod events;
mod faults;
mod format;
mod guard;
mod ids;
mod in_memory;
mod incoming;
mod instances;
mod inventory;
mod life;
mod lives;
mod log;
mod outcomes;
mod params;
mod pattern;
mod progress;
mod public_commands;
mod run_command;
mod saver;
mod saves;
mod server;
mod signals;
mod tell;
mod tenants;
mod unserved;

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use invodex_emulator_http::{Authority, Door, Refuse, TlsAcceptor, acceptor_of, plain_name, serve};
use invodex_owned_file::OwnedFile;
use tokio::net::TcpListener;

use args::{Args, Task};
use guard::{DOMAIN, Guard};
pub use in_memory::InMemory;
use saver::Saver;
use tell::tell_at_once;
use tenants::Tenants;

/// The exit code if the emulator cannot start, as for a wrong argument.
const NOT_STARTED: u8 = 2;

/// The reason why the emulator cannot start or continue.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the program with the arguments of the command line, until a signal ends it.
pub async fn run() -> ExitCode {
    let args = Args::parse();
    let failed = |code: ExitCode, error: &str| {
        tell_at_once(error);
        code
    };
    if let Some(Task::Ca) = args.task {
        return match authority(&args) {
            Ok(authority) => {
                print(&authority.pem);
                ExitCode::SUCCESS
            }
            Err(error) => failed(NOT_STARTED.into(), &error),
        };
    }
    match start(&args).await {
        Err(error) => failed(NOT_STARTED.into(), &error.to_string()),
        Ok(running) => match running.serve().await {
            Err(error) => failed(ExitCode::FAILURE, &error),
            Ok(()) => ExitCode::SUCCESS,
        },
    }
}

/// An emulator that is ready to serve.
struct Running<S> {
    stop: S,
    doors: Vec<Door>,
    saving: Option<(Saver, Arc<OwnedFile>)>,
}

/// Prepares the emulator.
async fn start(args: &Args) -> Result<Running<impl Future<Output = ()>>, Failure> {
    let tenants = Arc::new(Tenants::new(args.settings()?)?);
    let file = args.archive.as_deref().map(|path| restored(path, &tenants)).transpose()?;
    tenants.make("")?;

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
    let saving = file.map(|file| {
        file.note(&address.to_string());
        (Saver::start(Arc::clone(&tenants), Arc::clone(&file), args.save_every), file)
    });
    let guard = Guard::new(address, &args.listen, &args.allow_host);
    let router = server::router(Arc::clone(&tenants), guard);

    let scheme = if args.tls { "https" } else { "http" };
    let mut ready = format!("listening on {scheme}://{address}\n");
    let direct = tls.clone().filter(|_| args.tls);
    let refuse: Arc<dyn Refuse> = tenants;
    let mut doors = vec![Door::new(listener, direct, router.clone(), Arc::clone(&refuse))];
    if let (Some((listener, address)), Some(tls)) = (proxy, tls) {
        ready += &format!("proxy on http://{address}\n");
        let door = Door::proxy(listener, tls, (DOMAIN, router), &args.proxy_map, refuse);
        doors.push(door.map_err(|error| format!("--proxy-map {error}"))?);
    }
    print(&ready);
    Ok(Running { stop, doors, saving })
}

/// Takes the archive, and restores it if there is one.
fn restored(path: &Path, tenants: &Tenants) -> Result<Arc<OwnedFile>, String> {
    let waits = |told: &str| tell_at_once(&format!("the archive is {told}"));
    let file = OwnedFile::open(path, waits).map_err(|error| saver::named(path, &error))?;
    if let Some(bytes) = file.read().map_err(|error| saver::named(file.path(), &error))? {
        archive::restore(tenants, &bytes).map_err(|error| saver::named(file.path(), &error))?;
    }
    Ok(Arc::new(file))
}

/// Prints to standard output, which perhaps nobody reads.
fn print(text: &str) {
    let _ = write!(io::stdout(), "{text}");
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

/// The test authority in the directory of the flag, or else in the home directory.
fn authority(args: &Args) -> Result<Authority, String> {
    let directory = match (&args.tls_dir, std::env::var_os("HOME")) {
        (Some(directory), _) => directory.clone(),
        (None, Some(home)) => Path::new(&home).join(".invodex-emulator"),
        (None, None) => return Err("HOME is not set; give --tls-dir DIR".to_owned()),
    };
    Authority::open(&directory)
        .map_err(|error| format!("--tls-dir {}: {error}", directory.display()))
}

/// The acceptor of TLS connections, as the flags say. Tells where the authority's certificate is.
fn acceptor(args: &Args, address: SocketAddr) -> Result<TlsAcceptor, String> {
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        return acceptor_of(("--tls-cert", certificate), ("--tls-key", key));
    }
    let authority = authority(args)?;
    tell_at_once(&format!("the certificate to trust is {}", authority.file.display()));
    authority.acceptor(&certified(args, address), DOMAIN)
}

/// The hosts that a certificate names.
fn certified(args: &Args, address: SocketAddr) -> Vec<String> {
    let mut names = args.allow_host.clone();
    names.push(address.ip().to_canonical().to_string());
    let listen = guard::host_of(&args.listen);
    // An address is the one before.
    if !listen.starts_with('[') && listen.parse::<IpAddr>().is_err() {
        names.push(plain_name(listen));
    }
    names.extend(args.proxy_map.iter().map(|stub| stub.host().to_owned()));
    names
}

impl<S: Future<Output = ()>> Running<S> {
    /// Serves until a signal comes, then saves.
    async fn serve(self) -> Result<(), String> {
        serve(&self.doors, self.stop).await;
        let Some((saver, file)) = self.saving else { return Ok(()) };
        let saved = saver.finish().await;
        // In this order: who owns the archive next finds the port free.
        drop(self.doors);
        drop(file);
        saved
    }
}
