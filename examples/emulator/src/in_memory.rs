//! An emulator without socket and file: it answers on any stream, and shows its state.

use std::sync::Arc;

use axum::Router;
use clap::Parser;
use invodex_emulator_http::serve_stream;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::args::Args;
use crate::guard::Guard;
use crate::tenants::Tenants;
use crate::{Failure, server};

/// An emulator for tests and fuzz targets. It runs the program's code from the first byte of a
/// connection on, and writes nothing to standard error.
#[doc(hidden)]
pub struct InMemory {
    tenants: Arc<Tenants>,
    router: Router,
}

impl InMemory {
    /// Opens an emulator with the program's flags. It listens nowhere, and those of TLS, the proxy and
    /// the archive have no effect.
    ///
    /// # Errors
    ///
    /// If a flag is wrong or a captured file cannot be loaded.
    pub fn open(flags: &[&str]) -> Result<Self, Failure> {
        let args = Args::try_parse_from([&["invodex-emulator"], flags].concat())?;
        let tenants = Arc::new(Tenants::new(args.settings()?)?);
        tenants.make("")?;
        let address = args.listen.parse().unwrap_or(([127, 0, 0, 1], 8088).into());
        let guard = Guard::new(address, &args.listen, &args.allow_host);
        Ok(InMemory { router: server::router(Arc::clone(&tenants), guard), tenants })
    }

    /// Serves one connection to its end.
    pub async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        serve_stream(stream, self.router.clone(), Arc::<Tenants>::clone(&self.tenants)).await;
    }

    /// The stores that are not as new ones, as bytes: records, commands, scripts, remembered answers
    /// and clocks, all that only a successful write changes.
    ///
    /// # Errors
    ///
    /// If a store breaks an invariant, with the first one.
    pub fn state(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        for (account, tenant) in self.tenants.all() {
            tenant.store.read(|store| store.internal_validate())?;
            if !tenant.is_new() {
                bytes.extend(account.as_bytes());
                bytes.extend(tenant.clock.shift().to_le_bytes());
                serde_json::to_writer(
                    &mut bytes,
                    &(&*tenant.state_to_read(), &*tenant.answered.list()),
                )?;
                tenant.store.read(|store| store.save(&mut bytes))?;
            }
        }
        Ok(bytes)
    }
}
