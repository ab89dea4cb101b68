//! Names of hosts.

use tokio_rustls::rustls::pki_types::ServerName;

/// Whether `text` is a name of the DNS or an IP address.
pub fn is_host(text: &str) -> bool {
    ServerName::try_from(text).is_ok()
}

/// A name of the DNS as it is compared: in lower case, without a dot at the end.
pub fn plain_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
