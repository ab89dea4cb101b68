//! The promises of the emulator's archive: one owner, nothing lost at a stop, a short window at
//! a kill, and saves that leave everything else as it was.
//!
//! The ignored tests are those with the full counts: `cargo test -p invodex-emulator --release
//! --test saving -- --ignored --nocapture`.

mod common;

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{BINARY, Emulator, ONE, query};

/// An empty directory of this test.
fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir(&path).unwrap();
    path
}

fn archived<'a>(path: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    [&["--archive", path.to_str().unwrap()], more].concat()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_second_owner_is_refused_and_told_of_the_first() {
    let directory = directory("owner");
    let (path, link) = (directory.join("archive"), directory.join("link"));
    symlink("archive", &link).unwrap();
    let first = Emulator::start(&archived(&path, &[]));
    first.run("", &["i-1"], &[]);
    std::thread::scope(|scope| {
        for path in [&path, &link] {
            let first = &first;
            scope.spawn(move || {
                let said = Emulator::try_start(&archived(path, &[])).err().unwrap();
                let owner = format!("process {} at {}", first.id(), first.address);
                assert!(said.contains(path.to_str().unwrap()), "{said}");
                assert!(said.contains(&format!("is in use by {owner}; stop that one")), "{said}");
            });
        }
    });
    assert!(first.stop("-TERM"));
    assert_eq!(Emulator::start(&archived(&path, &[])).total(""), 1);
}

/// Starts an emulator that SIGHUP ends, also if these tests run under `nohup`.
fn start_with_hangup(args: &[&str]) -> Emulator {
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP", BINARY]);
    Emulator::try_start_by(command, args).unwrap_or_else(|said| panic!("{said}"))
}

/// Stops the emulator and starts it again at once on the same port, `rounds` times.
fn restarts_without_a_pause(name: &str, rounds: usize) {
    let path = directory(name).join("archive");
    let mut emulator = start_with_hangup(&archived(&path, &["--save-every", "3600"]));
    let address = emulator.address.clone();
    let args = archived(&path, &["--listen", &address, "--save-every", "3600"]);
    let signals = ["-TERM", "-INT", "-HUP"];
    for round in 0..rounds {
        for _ in 0..5 {
            emulator.run("", &["i-1"], &[]);
        }
        emulator.signal(signals[round % 3]);
        let next = start_with_hangup(&args);
        assert!(emulator.end());
        assert_eq!(next.total(""), 5 * (round as u64 + 1), "round {round}");
        emulator = next;
    }
    println!("{rounds} restarts without a pause: all {} records there", 5 * rounds);
}

#[test]
fn a_restart_without_a_pause_waits_for_the_save() {
    restarts_without_a_pause("restart", 4);
}

#[test]
#[ignore = "the full count"]
fn fifty_restarts_without_a_pause() {
    restarts_without_a_pause("restarts", 50);
}

/// Sends `count` requests whose bodies end at different times after the signal to stop. Returns how
/// many were answered. Each of those is in the archive.
fn slow_writes(name: &str, signal: &str, count: usize) -> usize {
    let path = directory(name).join("archive");
    let args = archived(&path, &["--save-every", "3600"]);
    let emulator = start_with_hangup(&args);
    let form = query(&[
        ("Action", "RunCommand"),
        ("Version", "2014-05-26"),
        ("RegionId", "cn-hangzhou"),
        ("Type", "RunShellScript"),
        ("CommandContent", "df -h"),
        ("InstanceId.1", "i-1"),
    ]);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n",
        form.len()
    );
    let (begin, end) = form.split_at(form.len() / 2);
    let mut streams: Vec<_> = (0..count).map(|_| emulator.connect()).collect();
    for stream in &mut streams {
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(begin.as_bytes()).unwrap();
    }
    // All heads have been read.
    std::thread::sleep(Duration::from_millis(300));
    emulator.signal(signal);
    let mut sent = 0;
    let span = Duration::from_millis(1_500);
    let begun = Instant::now();
    for (n, stream) in streams.iter_mut().enumerate() {
        let at = span * n as u32 / count as u32;
        std::thread::sleep(at.saturating_sub(begun.elapsed()));
        sent += usize::from(stream.write_all(end.as_bytes()).is_ok());
    }
    let mut acknowledged = Vec::new();
    for mut stream in streams {
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        if answer.starts_with("HTTP/1.1 200 ") {
            let id = answer.split_once("\"InvokeId\":\"").unwrap().1.split_once('"').unwrap().0;
            acknowledged.push(id.to_owned());
        }
    }
    assert!(emulator.end());
    let again = Emulator::start(&args);
    let lost = acknowledged.iter().filter(|id| {
        let found = again.call("DescribeInvocations", &[("InvokeId", id)]).ok();
        found["TotalCount"] != 1
    });
    assert_eq!(lost.count(), 0, "of {} that were answered", acknowledged.len());
    println!("{signal}: {count} slow writes, {sent} sent, {} answered", acknowledged.len());
    acknowledged.len()
}

#[test]
fn what_is_answered_after_a_signal_is_saved() {
    std::thread::scope(|scope| {
        for signal in ["-TERM", "-INT", "-HUP"] {
            scope.spawn(move || {
                // Some end within the grace and some do not.
                let answered = slow_writes(&format!("slow{signal}"), signal, 60);
                assert!((1..60).contains(&answered), "{answered}");
            });
        }
    });
}

#[test]
fn an_ignored_hangup_stays_ignored() {
    let mut nohup = Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", BINARY]);
    let emulator = Emulator::try_start_by(nohup, &[]).unwrap();
    emulator.signal("-HUP");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(emulator.total(""), 0);
    assert!(emulator.stop("-TERM"));
}

#[test]
fn a_place_that_cannot_be_saved_to_is_refused_at_start() {
    let directory = directory("places");
    let file = |name: &str| directory.join(name);
    fs::create_dir(file("directory")).unwrap();
    assert!(Command::new("mkfifo").arg(file("pipe")).status().unwrap().success());
    symlink("loop", file("loop")).unwrap();
    symlink("missing/archive", file("nowhere")).unwrap();
    fs::create_dir(file(".blocked.lock")).unwrap();
    symlink("victim", file(".linked.lock")).unwrap();
    fs::create_dir(file(".full.part")).unwrap();
    let mut table = vec![
        (file("missing/archive"), "missing: No such file or directory"),
        (file("directory"), "is a directory"),
        (file("pipe"), "is not a regular file"),
        (file("loop"), "Too many levels of symbolic links"),
        (file("nowhere"), "missing: No such file or directory"),
        (file("blocked"), ".blocked.lock: Is a directory"),
        (file("linked"), ".linked.lock: Too many levels of symbolic links"),
        (file("full"), "cannot be replaced: Is a directory"),
        (PathBuf::from("/dev/null"), "is not a regular file"),
        (PathBuf::from("/proc/invodex.archive"), "No such file or directory"),
        (PathBuf::from("/"), "is no name of a file"),
    ];
    fs::create_dir(file("read-only")).unwrap();
    fs::set_permissions(file("read-only"), Permissions::from_mode(0o555)).unwrap();
    // Root may write everywhere.
    if File::create(file("read-only/probe")).is_err() {
        table.push((file("read-only/archive"), "Permission denied"));
    }
    let before = names(&directory);
    for (path, said) in table {
        let path = path.to_str().unwrap();
        let ended = Command::new(BINARY).args(["--archive", path]).output().unwrap();
        let text = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{path}: {text}");
        assert!(text.contains(path) && text.contains(said), "{path}: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    let locks = [".full.lock"];
    let after: Vec<_> =
        names(&directory).into_iter().filter(|name| !locks.contains(&name.as_str())).collect();
    assert_eq!(after, before);
}

#[test]
fn a_save_leaves_mode_owner_and_links_as_they_were() {
    let directory = directory("kept");
    let (path, link) = (directory.join("archive"), directory.join("link"));
    let save = |path: &Path, total| {
        let emulator = Emulator::start(&archived(path, &["--save-every", "0.05"]));
        emulator.run("", &["i-1"], &[]);
        emulator.wait_for_save();
        emulator.run("", &["i-1"], &[]);
        assert!(emulator.stop("-TERM"));
        assert_eq!(Emulator::start(&archived(path, &[])).total(""), total);
    };
    let mode = || fs::metadata(&path).unwrap().mode() & 0o7777;
    // A link that points nowhere yet.
    symlink("archive", &link).unwrap();
    save(&link, 2);
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    // Only root may give a file away.
    let owner = chown(&path, Some(12_345), Some(12_346)).is_ok();
    // A link at the place of the unfinished archive is not followed.
    let victim = directory.join("victim");
    fs::write(&victim, "untouched").unwrap();
    symlink("victim", directory.join(".archive.part")).unwrap();
    save(&path, 4);
    assert_eq!(mode(), 0o640);
    if owner {
        let found = fs::metadata(&path).unwrap();
        assert_eq!((found.uid(), found.gid()), (12_345, 12_346));
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    assert_eq!(names(&directory), [".archive.lock", "archive", "link", "victim"]);
}

#[test]
fn a_failed_save_is_told_and_saving_goes_on() {
    let parent = directory("failing");
    let (place, moved) = (parent.join("place"), parent.join("moved"));
    fs::create_dir(&place).unwrap();
    let path = place.join("archive");
    // Standard error takes nothing.
    let mut deaf = Command::new("sh");
    deaf.args(["-c", "exec \"$0\" \"$@\" 2>/dev/full", BINARY]);
    let args = archived(&path, &["--save-every", "0.05"]);
    let deaf = Emulator::try_start_by(deaf, &args).unwrap();
    deaf.run("", &["i-1"], &[]);
    deaf.wait_for_save();
    fs::rename(&place, &moved).unwrap();
    deaf.run("", &["i-1"], &[]);
    let until = Instant::now() + Duration::from_secs(10);
    while deaf.saves()["Error"].is_null() {
        assert!(Instant::now() < until, "{}", deaf.saves());
    }
    let saves = deaf.saves();
    assert!(saves["Error"].as_str().unwrap().contains(path.to_str().unwrap()), "{saves}");
    assert_eq!(saves["Unsaved"], true);
    std::thread::sleep(Duration::from_millis(300));
    fs::rename(&moved, &place).unwrap();
    let saves = deaf.wait_for_save();
    assert!(saves["Error"].is_null(), "{saves}");
    deaf.stop("-KILL");
    assert_eq!(names(&place), [".archive.lock", "archive"]);
    let emulator = Emulator::start(&args);
    assert_eq!(emulator.total(""), 2);
    // The last save fails: exit code 1.
    fs::rename(&place, &moved).unwrap();
    assert!(!emulator.stop("-TERM"));
}

#[test]
fn health_tells_of_the_saves() {
    let path = directory("health").join("archive");
    let emulator = Emulator::start(&archived(&path, &["--save-every", "0.05"]));
    let saves = emulator.saves();
    assert!(saves["LastSave"].is_null() && saves["Error"].is_null(), "{saves}");
    emulator.run(ONE, &["i-1"], &[]);
    let saves = emulator.wait_for_save();
    let last = &saves["LastSave"];
    assert_eq!(last["Bytes"], fs::metadata(&path).unwrap().len());
    assert!(last["SecondsAgo"].as_f64().unwrap() < 10.0, "{saves}");
    assert!(last["Seconds"].as_f64().unwrap() < 10.0, "{saves}");
    for wrong in ["0", "soon", "NaN", "86401"] {
        let said = Emulator::try_start(&["--save-every", wrong]).err().unwrap();
        assert!(said.contains(wrong) && said.contains("0.01 to 86400 seconds"), "{said}");
    }
}

/// A record that was acknowledged.
struct Acknowledged {
    at: Instant,
    invoke_id: String,
}

/// Kills the emulator under writes, `rounds` times, and looks for each acknowledged record after the
/// restart. None may be lost that was acknowledged before the last save that `health` told of.
fn kills(name: &str, rounds: usize) {
    const WRITERS: usize = 3;
    let path = directory(name).join("archive");
    let args = archived(&path, &["--save-every", "0.1", "--capacity", "1000000"]);
    let mut random = oorandom::Rand32::new(7);
    let (mut written, mut lost, mut oldest) = (0, 0, Duration::ZERO);
    for round in 0..rounds {
        let emulator = Emulator::start(&args);
        let acknowledged: Mutex<Vec<Acknowledged>> = Mutex::default();
        let ended = AtomicBool::new(false);
        // Everything acknowledged before it is saved.
        let mut saved: Option<Instant> = None;
        let mut killed = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    while !ended.load(Ordering::SeqCst) {
                        let params = [
                            ("Type", "RunShellScript"),
                            ("CommandContent", "df"),
                            ("InstanceId.1", "i"),
                        ];
                        let Some(answer) = emulator.try_call("RunCommand", &params) else { return };
                        let at = Instant::now();
                        let invoke_id = answer.ok()["InvokeId"].as_str().unwrap().to_owned();
                        acknowledged.lock().unwrap().push(Acknowledged { at, invoke_id });
                    }
                });
            }
            let span = Duration::from_millis(u64::from(random.rand_range(50..800)));
            let begun = Instant::now();
            while begun.elapsed() < span {
                let asked = Instant::now();
                if let Some(ago) = emulator.saves()["LastSave"]["SecondsAgo"].as_f64() {
                    // A millisecond for the rounding.
                    saved = asked.checked_sub(Duration::from_secs_f64(ago + 0.001));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            killed = Instant::now();
            emulator.signal("-KILL");
            ended.store(true, Ordering::SeqCst);
        });
        drop(emulator);
        let again = Emulator::start(&args);
        let acknowledged = acknowledged.into_inner().unwrap();
        written += acknowledged.len();
        for Acknowledged { at, invoke_id } in acknowledged {
            let found = again.call("DescribeInvocations", &[("InvokeId", &invoke_id)]).ok();
            if found["TotalCount"] != 1 {
                assert!(saved.is_none_or(|saved| at > saved), "round {round}: {invoke_id} is lost");
                lost += 1;
                oldest = oldest.max(killed.saturating_duration_since(at));
            }
        }
        again.post("/_emulator/reset", "").ok();
        again.wait_for_save();
        again.stop("-KILL");
    }
    println!(
        "{rounds} kills under writes, --save-every 0.1: {written} records acknowledged, 0 of those \
         before the last save lost, {lost} after it; the oldest of these {oldest:?} before the kill"
    );
}

#[test]
fn a_kill_loses_nothing_that_was_saved() {
    kills("kill", 3);
}

#[test]
#[ignore = "the full count"]
fn two_hundred_kills_under_writes() {
    kills("kills", 200);
}
