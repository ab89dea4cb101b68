//! Names the build for `--version`: the commit, if there is one, the profile and the target.

use std::path::Path;
use std::process::Command;

fn main() {
    let commit = match git(&["rev-parse", "--short=12", "HEAD"]) {
        Some(commit) => format!("commit {commit}"),
        None => "no commit".to_owned(),
    };
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    println!("cargo::rustc-env=INVODEX_BUILD={commit}, {}, {}", of("PROFILE"), of("TARGET"));
    println!("cargo::rerun-if-changed=build.rs");
    // Both change when another commit is checked out or made. Watching a file that is not there would
    // build the package each time.
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

/// The output of git, in one line.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| line.trim().to_owned())
}
