//! HTTPS with the certificates of a test authority, or with one from files.
//!
//! The authority is a key in a file, made on first use. Its certificate lies beside the key, for
//! clients to trust. A connection gets a certificate of its own, which names the host asked for: the hosts
//! of a domain are not known before, and a wildcard matches one label alone.

use std::error::Error;
use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert, WantsServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ConfigBuilder, ServerConfig};

/// A test authority: a key, and a certificate that clients can trust.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The file of its certificate.
    pub file: PathBuf,
    /// Its certificate as PEM.
    pub pem: String,
}

impl Authority {
    /// The authority in `directory`, which is made if there is none.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, or holds no key, with its path.
    pub fn open(directory: &Path) -> Result<Self, String> {
        let (key_file, file) = (directory.join("ca-key.pem"), directory.join("ca.pem"));
        fs::create_dir_all(directory).map_err(|error| named(directory, &error))?;
        let key = key_in(&key_file).map_err(|error| named(&key_file, &*error))?;
        let params = authority_params();
        let pem = match fs::read_to_string(&file) {
            Ok(pem) if is_of(&pem, &key) => pem,
            // A certificate of another key never stays.
            _ => certificate_in(&file, &params, &key).map_err(|error| named(&file, &*error))?,
        };
        Ok(Authority { issuer: Issuer::new(params, key), file, pem })
    }

    /// An acceptor whose certificates hold for `names`, loopback, and the host asked for if it is
    /// under `.localhost` or `domain`, which begins with a dot.
    ///
    /// # Errors
    ///
    /// If one of `names` is no name of a host, or no key can be made.
    pub fn acceptor(self, names: &[String], domain: &'static str) -> Result<TlsAcceptor, String> {
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let names = names.iter().map(String::as_str).chain(["localhost", "127.0.0.1", "::1"]);
        let names = names.map(str::to_owned).collect();
        let issued = Issued { issuer: self.issuer, key, names, domain };
        issued.certify(None).ok_or_else(|| format!("{:?}: not a host's name", issued.names))?;
        let config = builder().with_cert_resolver(Arc::new(issued));
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn named(path: &Path, error: &dyn Display) -> String {
    format!("{}: {error}", path.display())
}

/// The key in a file, which is made if there is none. If several processes start for the first time at
/// once, one makes it, and the others take that one's.
fn key_in(file: &Path) -> Result<KeyPair, Box<dyn Error>> {
    match fs::read_to_string(file) {
        Ok(pem) => return Ok(KeyPair::from_pem(&pem)?),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let key = KeyPair::generate()?;
    // A reader of the key can sign for every host that a client trusts it for.
    let part = part_of(file, 0o600, &key.serialize_pem())?;
    let linked = fs::hard_link(&part, file);
    fs::remove_file(&part)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(KeyPair::from_pem(&fs::read_to_string(file)?)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether `pem` begins with a certificate of `key`.
fn is_of(pem: &str, key: &KeyPair) -> bool {
    let public = key.subject_public_key_info();
    CertificateDer::from_pem_slice(pem.as_bytes())
        .is_ok_and(|der| der.windows(public.len()).any(|part| part == public))
}

/// A new certificate of `key`, which replaces the file as a whole.
fn certificate_in(
    file: &Path,
    params: &CertificateParams,
    key: &KeyPair,
) -> Result<String, Box<dyn Error>> {
    let pem = params.self_signed(key)?.pem();
    let part = part_of(file, 0o666, &pem)?;
    fs::rename(&part, file).inspect_err(|_| drop(fs::remove_file(&part)))?;
    Ok(pem)
}

/// A new file beside `file`, with a name that no other process gives.
fn part_of(file: &Path, mode: u32, text: &str) -> io::Result<PathBuf> {
    let (process, number) = (std::process::id(), fastrand::u64(..));
    let part = file.with_extension(format!("{process}-{number:x}.part"));
    let mut new = OpenOptions::new().write(true).create_new(true).mode(mode).open(&part)?;
    new.write_all(text.as_bytes()).inspect_err(|_| drop(fs::remove_file(&part)))?;
    Ok(part)
}

/// An acceptor with the certificates and the key of two PEM files, each after the name that errors
/// give it.
///
/// # Errors
///
/// If a file cannot be read, is no PEM of its kind, or the two do not belong together.
pub fn acceptor_of(certificate: (&str, &Path), key: (&str, &Path)) -> Result<TlsAcceptor, String> {
    let not_read = |(name, path): (&str, &Path), error: &dyn Display| {
        format!("{name} {}; allowed is PEM", named(path, error))
    };
    let chain = CertificateDer::pem_file_iter(certificate.1).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| not_read(certificate, &error))?;
    let key_der = PrivateKeyDer::from_pem_file(key.1).map_err(|error| not_read(key, &error))?;
    let config = builder().with_single_cert(chain, key_der).map_err(|error| {
        let files = [certificate, key].map(|(name, path)| format!("{name} {}", path.display()));
        format!("{}: {error}", files.join(", "))
    })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Names the provider of cryptography, because a build with several has no default one.
fn builder() -> ConfigBuilder<ServerConfig, WantsServerCert> {
    let _ = ring::default_provider().install_default();
    ServerConfig::builder().with_no_client_auth()
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "invodex-emulator test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Issues a certificate for each connection.
#[derive(Debug)]
struct Issued {
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
    names: Vec<String>,
    domain: &'static str,
}

impl Issued {
    /// A certificate for the names, and for `asked` if it is under the domain or `.localhost`.
    fn certify(&self, asked: Option<&str>) -> Option<CertifiedKey> {
        let asked = asked.filter(|name| {
            name.parse::<IpAddr>().is_err()
                && [self.domain, ".localhost"].iter().any(|parent| name.ends_with(parent))
        });
        let names = self.names.iter().map(String::as_str).chain(asked);
        let mut params =
            CertificateParams::new(names.map(str::to_owned).collect::<Vec<_>>()).ok()?;
        params.distinguished_name.push(DnType::CommonName, "invodex-emulator");
        // Two certificates of an authority have different numbers.
        params.serial_number = Some(SerialNumber::from(fastrand::u64(1..1 << 63)));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Python checks for it.
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&self.key, &self.issuer).ok()?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        CertifiedKey::from_der(vec![certificate.der().clone()], key, &ring::default_provider()).ok()
    }
}

impl ResolvesServerCert for Issued {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.certify(hello.server_name()).map(Arc::new)
    }
}
