//! Keeps web pages out. A browser on the same machine sends requests for any page that it shows, and
//! the emulator checks no credentials.
//!
//! - A page of another site is told by `Origin` or `Sec-Fetch-Site`, which no page can forge. A
//!   browser that sends neither, as for an image from an address that is not loopback, is told by its
//!   `User-Agent`.
//! - A page whose own name was made to point here (DNS rebinding) is told by `Host`: only names are
//!   allowed that nobody else can point here. An address cannot be rebound.

use std::net::{IpAddr, SocketAddr};

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, header};
use invodex_emulator_http::{is_host, plain_name};

use crate::error::{ApiError, refusal};

/// The domain of the service's hosts.
pub(crate) const DOMAIN: &str = ".aliyuncs.com";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The hosts by which a client may name the emulator, beside loopback and the service's own.
pub(crate) struct Guard {
    /// The address listened on.
    address: IpAddr,
    /// Names in lower case, without a dot at the end, and addresses.
    names: Vec<String>,
}

/// Reads a name or an address of `--allow-host`, which a host without its port is compared with.
pub(crate) fn allowed_host(text: &str) -> Result<String, String> {
    let bare = without_brackets(text);
    match bare.parse::<IpAddr>() {
        Ok(address) => Ok(address.to_canonical().to_string()),
        Err(_) if is_host(text) => Ok(plain_name(text)),
        _ => {
            Err("allowed is a name or an address without a port, as in emulator or 10.0.0.5".into())
        }
    }
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The host's part of an address to listen on.
pub(crate) fn host_of(listen: &str) -> &str {
    listen.rsplit_once(':').map_or(listen, |(host, _)| host)
}

impl Guard {
    /// The guard of an emulator that listens on `address`, given as `listen` on the command line.
    pub(crate) fn new(address: SocketAddr, listen: &str, allowed: &[String]) -> Self {
        let names = allowed.iter().map(String::as_str).chain([host_of(listen)]);
        let names = names.map(plain_name).collect();
        Guard { address: address.ip().to_canonical(), names }
    }

    /// Checks who asks, and by which name.
    pub(crate) fn check(&self, head: &Parts) -> Result<(), ApiError> {
        let host = self.check_host(head)?;
        check_site(&head.headers, host.as_str())
    }

    /// Checks by which name the client asks, which is returned.
    pub(crate) fn check_host(&self, head: &Parts) -> Result<Authority, ApiError> {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            let given = head.headers.get_all(header::HOST).iter().count();
            return Err(invalid_host(format!("{given} Host headers are given")));
        };
        let host = host.to_str().ok().filter(|host| !host.contains('@'));
        let Some(host) = host.and_then(|host| host.parse::<Authority>().ok()) else {
            return Err(invalid_host("the Host header is not HOST or HOST:PORT".to_owned()));
        };
        // The target may name a host too, as in a request to a proxy.
        for named in [Some(&host), head.uri.authority()].into_iter().flatten() {
            if !self.allows(named.host()) {
                return Err(refusal("Forbidden.Host").detail(format!(
                    "{:?} is given; allowed are localhost, loopback addresses, the address listened on, \
                     names under aliyuncs.com, and names and addresses given by --allow-host",
                    named.host()
                )));
            }
        }
        Ok(host)
    }

    fn allows(&self, host: &str) -> bool {
        if let Ok(address) = without_brackets(host).parse::<IpAddr>() {
            let address = address.to_canonical();
            // Without one address to listen on, the host's other addresses are as good.
            return address.is_loopback()
                || address == self.address
                || self.address.is_unspecified()
                || self.names.contains(&address.to_string());
        }
        let name = plain_name(host);
        // Only the service can point its own names anywhere.
        name == "localhost"
            || [".localhost", DOMAIN].iter().any(|parent| name.ends_with(parent))
            || self.names.contains(&name)
    }
}

/// Refuses a browser that shows a page of another site than `host`.
fn check_site(headers: &HeaderMap, host: &str) -> Result<(), ApiError> {
    let (mut says, mut is_browser) = (false, false);
    for (name, value) in headers {
        let text = || value.to_str().unwrap_or("?");
        if name == header::ORIGIN {
            let origin = text();
            let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            if !named.is_some_and(|named| named.eq_ignore_ascii_case(host)) {
                return Err(foreign_site(format!("Origin is {origin:?}")));
            }
            says = true;
        } else if name == SEC_FETCH_SITE {
            // `none`: the user typed the address.
            if !matches!(text(), "same-origin" | "none") {
                return Err(foreign_site(format!("Sec-Fetch-Site is {:?}", text())));
            }
            says = true;
        } else if name == header::USER_AGENT {
            is_browser |= text().starts_with("Mozilla/");
        }
    }
    if is_browser && !says {
        return Err(foreign_site("User-Agent is a browser's, which does not tell the site".into()));
    }
    Ok(())
}

fn invalid_host(given: String) -> ApiError {
    refusal("InvalidHost").detail(format!("{given}; a request has exactly one, HOST or HOST:PORT"))
}

fn foreign_site(given: String) -> ApiError {
    refusal("Forbidden.Site").detail(format!("{given}; allowed are clients that are no browsers"))
}
