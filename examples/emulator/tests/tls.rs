//! HTTPS.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use common::{BINARY, Emulator, scratch, tls};
use rcgen::{KeyPair, PublicKeyData};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

const QUERY: &str = "/?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou";

fn directory(name: &str) -> String {
    let path = scratch(name);
    let _ = fs::remove_dir_all(&path);
    path.to_str().unwrap().to_owned()
}

/// Asks `emulator` as `host`, trusting the certificate in `trusted` alone.
fn ask(emulator: &Emulator, trusted: &Path, host: &str) -> Result<String, std::io::Error> {
    let mut stream = tls(emulator.connect(), trusted, host);
    write!(stream, "GET {QUERY} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_test_authority_signs_for_the_names_of_the_service_and_no_others() {
    let path = directory("tls-authority");
    let trusted = Path::new(&path).join("ca.pem");
    let args = ["--tls", "--tls-dir", &path, "--allow-host", "box.test"];
    let emulator = Emulator::start(&args);
    emulator.wait_for_log(&format!("the certificate to trust is {}", trusted.display()));
    for host in
        ["ecs.cn-hangzhou.aliyuncs.com", "ecs.aliyuncs.com", "localhost", "127.0.0.1", "box.test"]
    {
        let answer =
            ask(&emulator, &trusted, host).unwrap_or_else(|error| panic!("{host}: {error}"));
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("TotalCount"), "{answer}");
    }
    let error = ask(&emulator, &trusted, "evil.example").unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    // A client that speaks plain HTTP gets no answer, and the next one does.
    assert!(!emulator.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").contains("HTTP/1.1"));
    let _open = emulator.connect();
    ask(&emulator, &trusted, "localhost").unwrap();
    assert!(emulator.stop("-TERM"));

    // The authority stays: a client that trusts the certificate of the first start still does, and
    // one that reads the file meanwhile finds all of it.
    let old = scratch("tls-old-ca.pem");
    fs::copy(&trusted, &old).unwrap();
    let emulator = Emulator::start(&args);
    ask(&emulator, &old, "localhost").unwrap();
    assert_eq!(fs::read(&trusted).unwrap(), fs::read(&old).unwrap());
    let mode = fs::metadata(Path::new(&path).join("ca-key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let printed = Command::new(BINARY).args(["ca", "--tls-dir", &path]).output().unwrap();
    assert!(printed.status.success());
    assert!(printed.stdout.starts_with(b"-----BEGIN CERTIFICATE-----"));
    assert_eq!(printed.stdout, fs::read(&trusted).unwrap());
}

#[test]
fn a_certificate_of_another_key_or_of_none_is_replaced() {
    let (path, other) = (directory("tls-replaced"), directory("tls-other"));
    for path in [&path, &other] {
        let made = Command::new(BINARY).args(["ca", "--tls-dir", path]).output().unwrap();
        assert!(made.status.success());
    }
    let file = |path: &str| Path::new(path).join("ca.pem");
    let foreign = fs::read(file(&other)).unwrap();
    for left in [&foreign[..], b"", b"-----BEGIN CERTIFICATE-----\n"] {
        fs::write(file(&path), left).unwrap();
        let emulator = Emulator::start(&["--tls", "--tls-dir", &path]);
        ask(&emulator, &file(&path), "localhost").unwrap();
    }
}

#[test]
fn files_of_ones_own_and_bad_ones() {
    let (one, two) = (directory("tls-one"), directory("tls-two"));
    for path in [&one, &two] {
        assert!(
            Command::new(BINARY).args(["ca", "--tls-dir", path]).output().unwrap().status.success()
        );
    }
    let file = |path: &str, name: &str| format!("{path}/{name}");
    let (certificate, key) = (file(&one, "ca.pem"), file(&one, "ca-key.pem"));
    let start = |certificate: &str, key: &str| {
        let output = Command::new(BINARY)
            .args(["--listen", "127.0.0.1:0", "--tls"])
            .args(["--tls-cert", certificate, "--tls-key", key])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    for (said, parts) in [
        (start("no/such/file", &key), ["--tls-cert no/such/file", "allowed is PEM"]),
        (start(&certificate, "no/such/file"), ["--tls-key no/such/file", "allowed is PEM"]),
        (start(&key, &key), ["--tls-cert", ""]),
        (start(&certificate, &certificate), ["--tls-key", "allowed is PEM"]),
        (start(&certificate, &file(&two, "ca-key.pem")), ["--tls-key", &two]),
    ] {
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    fs::write(file(&two, "ca-key.pem"), "no key").unwrap();
    let said = Emulator::try_start(&["--tls", "--tls-dir", &two]).err().unwrap();
    assert!(said.contains("ca-key.pem") && said.lines().count() == 1, "{said}");

    let args = ["--tls", "--tls-cert", &certificate, "--tls-key", &key];
    assert!(Emulator::start(&args).stop("-TERM"));
}

#[test]
fn a_certificate_names_the_hosts_of_the_flags() {
    let path = directory("tls-names");
    let trusted = Path::new(&path).join("ca.pem");
    let flags =
        ["--tls", "--tls-dir", &path, "--listen", "127.0.0.2:0", "--allow-host", "emulator"];
    let mapped = ["[fd00:0::5]", "--proxy", "127.0.0.1:0", "--proxy-map", "A.example=127.0.0.1:1"];
    let emulator = Emulator::start(&[&flags[..], &mapped].concat());
    for host in ["emulator", "fd00::5", "127.0.0.2", "a.example"] {
        ask(&emulator, &trusted, host).unwrap_or_else(|error| panic!("{host}: {error}"));
    }
    for host in ["fd00::6", "127.0.0.3", "b.example"] {
        ask(&emulator, &trusted, host).unwrap_err();
    }
}

#[test]
fn first_starts_at_once_make_one_authority() {
    for _ in 0..5 {
        let path = directory("tls-at-once");
        let start = || Command::new(BINARY).args(["ca", "--tls-dir", &path]).output().unwrap();
        std::thread::scope(|scope| {
            let starts: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
            let key = |file: &str| fs::read_to_string(Path::new(&path).join(file)).unwrap();
            let printed: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
            // All have the one key that stays.
            let key = KeyPair::from_pem(&key("ca-key.pem")).unwrap().subject_public_key_info();
            for Output { stdout, .. } in printed {
                let certificate = CertificateDer::from_pem_slice(&stdout).unwrap();
                assert!(certificate.windows(key.len()).any(|part| part == key));
            }
        });
        // No part is left, and the certificate is not replaced.
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        let left = fs::read(Path::new(&path).join("ca.pem")).unwrap();
        assert_eq!(start().stdout, left);
    }
}
