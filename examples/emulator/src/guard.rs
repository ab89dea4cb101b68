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
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use tokio_rustls::rustls::pki_types::DnsName;

use crate::error::ApiError;

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
    match (bare.parse::<IpAddr>(), DnsName::try_from(text)) {
        (Ok(address), _) => Ok(address.to_canonical().to_string()),
        (_, Ok(_)) => Ok(plain_name(text)),
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
                return Err(foreign_host(named.host()));
            }
        }
        check_site(&head.headers, host.as_str())
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
        ["localhost", "aliyuncs.com"].iter().any(|parent| {
            let sub = name.strip_suffix(parent);
            sub.is_some_and(|sub| sub.ends_with('.') || (sub.is_empty() && *parent == "localhost"))
        }) || self.names.contains(&name)
    }
}

/// A name of the DNS as it is compared.
pub(crate) fn plain_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Refuses a browser that shows a page of another site than `host`.
fn check_site(headers: &HeaderMap, host: &str) -> Result<(), ApiError> {
    let values = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
    let own = |origin: &str| {
        let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        named.is_some_and(|named| named.eq_ignore_ascii_case(host))
    };
    if let Some(origin) = values(header::ORIGIN).find(|origin| !own(origin)) {
        return Err(foreign_site(format!("Origin is {origin:?}")));
    }
    // `none`: the user typed the address.
    let site = values(SEC_FETCH_SITE).find(|site| !matches!(*site, "same-origin" | "none"));
    if let Some(site) = site {
        return Err(foreign_site(format!("Sec-Fetch-Site is {site:?}")));
    }
    let says = headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(header::ORIGIN);
    let is_browser = values(header::USER_AGENT).any(|agent| agent.starts_with("Mozilla/"));
    if is_browser && !says {
        return Err(foreign_site("User-Agent is a browser's, which does not tell the site".into()));
    }
    Ok(())
}

fn invalid_host(given: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "InvalidHost", "The Host header is not valid.")
        .detail(format!("{given}; a request has exactly one, HOST or HOST:PORT"))
}

fn foreign_host(host: &str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "Forbidden.Host", "The specified host is not allowed.")
        .detail(format!(
            "{host:?} is given; allowed are localhost, loopback addresses, the address listened on, \
             names under aliyuncs.com, and names and addresses given by --allow-host"
        ))
}

fn foreign_site(given: String) -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "Forbidden.Site",
        "A request of a browser for a page of another site is not allowed.",
    )
    .detail(format!("{given}; allowed are clients that are no browsers"))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn status(guard: &Guard, target: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        guard.check(&head).map_or_else(|error| error.status().as_u16(), |()| 200)
    }

    #[test]
    fn hosts() {
        let here = |address: &str, listen, allowed: &[&str]| {
            let allowed: Vec<_> = allowed.iter().map(|name| (*name).to_owned()).collect();
            Guard::new(address.parse().unwrap(), listen, &allowed)
        };
        let local = here("127.0.0.1:8088", "127.0.0.1:8088", &["Emulator", "ecs.test."]);
        let lan = here("192.168.1.5:8088", "box.lan:8088", &[]);
        let all = here("[::]:8088", "[::]:8088", &[]);
        for (host, at) in [
            ("localhost", [200, 200, 200]),
            ("LOCALHOST.:8088", [200, 200, 200]),
            ("test.localhost:1", [200, 200, 200]),
            ("127.0.0.1:8088", [200, 200, 200]),
            ("127.9.9.9", [200, 200, 200]),
            ("[::1]:8088", [200, 200, 200]),
            ("[::ffff:127.0.0.1]", [200, 200, 200]),
            ("ecs.cn-hangzhou.aliyuncs.com", [200, 200, 200]),
            ("emulator:8088", [200, 403, 403]),
            ("ecs.test", [200, 403, 403]),
            ("box.lan:8088", [403, 200, 403]),
            ("192.168.1.5:8088", [403, 200, 200]),
            ("[::ffff:192.168.1.5]:8088", [403, 200, 200]),
            ("192.168.1.6", [403, 403, 200]),
            ("0.0.0.0:8088", [403, 403, 200]),
            ("aliyuncs.com", [403, 403, 403]),
            ("evilaliyuncs.com", [403, 403, 403]),
            ("aliyuncs.com.evil.example", [403, 403, 403]),
            ("evil.example:8088", [403, 403, 403]),
            ("evillocalhost", [403, 403, 403]),
            ("localhost.evil.example", [403, 403, 403]),
            ("127.0.0.1.evil.example", [403, 403, 403]),
            ("user@localhost", [400, 400, 400]),
            ("evil.example@localhost", [400, 400, 400]),
            ("local host", [400, 400, 400]),
            ("", [400, 400, 400]),
        ] {
            let found = [&local, &lan, &all].map(|guard| status(guard, "/", &[("host", host)]));
            assert_eq!(found, at, "{host}");
        }
        assert_eq!(status(&local, "/", &[]), 400);
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(status(&local, "/", &twice), 400);
        let host = [("host", "localhost")];
        assert_eq!(status(&local, "http://localhost/", &host), 200);
        assert_eq!(status(&local, "http://evil.example/", &host), 403);
    }

    #[test]
    fn sites() {
        let guard = Guard::new("127.0.0.1:8088".parse().unwrap(), "127.0.0.1:8088", &[]);
        let browser = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");
        for (headers, expected) in [
            (&[("user-agent", "AlibabaCloud (Linux; x86_64) Python/3.11")][..], 200),
            (&[("origin", "http://localhost:8088")], 200),
            (&[("origin", "http://LOCALHOST:8088"), ("sec-fetch-site", "same-origin")], 200),
            (&[browser, ("sec-fetch-site", "none")], 200),
            (&[browser], 403),
            (&[("origin", "http://localhost:3000")], 403),
            (&[("origin", "http://localhost:80880")], 403),
            (&[("origin", "http://127.0.0.1:8088")], 403),
            (&[("origin", "null")], 403),
            (&[("origin", "")], 403),
            (&[("origin", "http://localhost:8088"), ("origin", "http://evil.example")], 403),
            (&[browser, ("sec-fetch-site", "same-site")], 403),
            (&[("sec-fetch-site", "cross-site")], 403),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], 403),
        ] {
            let headers = [&[("host", "localhost:8088")], headers].concat();
            assert_eq!(status(&guard, "/", &headers), expected, "{headers:?}");
        }
    }
}
