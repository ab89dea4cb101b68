//! The HTTP/1.1 server of the emulator: connections with limits, TLS with the certificates of a test
//! authority, and a proxy for programs that hold their hosts fixed.
//!
//! It knows nothing of the service. A [`Door`] is a listener, whose requests a router of axum answers.
//! [`serve`] serves several of them until it is told to stop. [`Refuse`] writes the answers that the
//! server gives in place of a router.
//!
//! | limit | |
//! |---|---|
//! | connections | 512, and 32 less than the file handles of the process, or half as many as these with mapped hosts; further ones wait |
//! | request line and headers | 64 KiB and 100 headers, within 10 s from the first byte on |
//! | pause between two requests | 60 s, announced by `Keep-Alive` |
//! | TLS handshake | 10 s |
//! | reading an answer | 10 s |
//! | open requests at a stop | 1 s |
//! | headers of the answer of a mapped host | 30 s |
//! | the rest of a refused request | 64 MiB within 10 s: it is read, so that the client sees the answer |

mod connection;
mod door;
mod host;
mod proxy;
mod refuse;
mod stream;
mod tls;

pub use tokio_rustls::TlsAcceptor;

pub use connection::serve_stream;
pub use door::{Door, serve};
pub use host::{is_host, plain_name};
pub use proxy::Stub;
pub use refuse::{PlainText, Refuse, Unproxied};
pub use tls::{Authority, acceptor_of};
