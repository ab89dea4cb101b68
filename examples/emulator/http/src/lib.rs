//! The HTTP/1.1 server of the emulator: connections with limits, TLS with the certificates of a test
//! authority, and a proxy for programs that hold their hosts fixed.
//!
//! It knows nothing of what is served. A [`Door`] is a listener, whose requests a [`Router`] answers.
//! [`serve`] serves several of them until it is told to stop. [`Refuse`] writes the answers to requests
//! that reach no router.
//!
//! | limit | |
//! |---|---|
//! | connections | 512, and fewer if the process may have few file handles; further ones wait |
//! | request line and headers | 64 KiB and 100 headers, within 10 s from the first byte on |
//! | pause between two requests | 60 s, announced by `Keep-Alive` |
//! | TLS handshake | 10 s |
//! | reading an answer | 10 s |
//! | the rest of a refused request | 64 MiB within 10 s: it is read, so that the client sees the answer |

mod connection;
mod door;
mod proxy;
mod refuse;
mod stream;
mod tls;

pub use axum::Router;
pub use tokio_rustls::TlsAcceptor;

pub use connection::serve_stream;
pub use door::{Door, serve};
pub use proxy::Stub;
pub use refuse::{PlainText, Refuse, Unproxied};
pub use tls::{Authority, acceptor_of};

use tokio_rustls::rustls::pki_types::ServerName;

/// Whether `text` is a name of the DNS or an IP address.
pub fn is_host(text: &str) -> bool {
    ServerName::try_from(text).is_ok()
}

/// A name of the DNS as it is compared: in lower case, without a dot at the end.
pub fn plain_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
