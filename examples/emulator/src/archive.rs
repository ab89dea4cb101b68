//! Saves all stores to one file and restores them.
//!
//! Format: a line with the format's name; a line with the hash and the length of the JSON that
//! follows; a JSON list with one entry for each store, and a line end; the archives of the stores
//! one after the other, each with its own checksums.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::Failure;
use crate::ids::fnv1a;
use crate::tenants::{Saved, State, Tenants};

const NAME: &[u8] = b"invodex-emulator archive 1\n";
const PAUSE: Duration = Duration::from_secs(60);

/// Saves all stores every minute if anything changed.
pub(crate) async fn save_when_changed(tenants: Arc<Tenants>, path: PathBuf) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if !tenants.take_changed() {
            continue;
        }
        let (all, path) = (Arc::clone(&tenants), path.clone());
        let saved = tokio::task::spawn_blocking(move || save(&all, &path)).await;
        if let Err(error) = saved.unwrap_or_else(|panic| Err(io::Error::other(panic).into())) {
            eprintln!("invodex-emulator: {error}");
            tenants.set_changed();
        }
    }
}

/// Writes all stores to a file beside `path` and renames it to `path`, so that `path` always names
/// a complete file, the old one or the new one.
pub(crate) fn save(tenants: &Tenants, path: &Path) -> Result<(), Failure> {
    // One save at a time: a save that began earlier must not end later and replace a newer state
    // with an older one.
    static SAVING: Mutex<()> = Mutex::new(());
    let _saving = SAVING.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut entries, mut stores) = (Vec::new(), Vec::new());
    for (access_key_id, tenant) in tenants.all() {
        // Locked while the store is saved too, so that state and store agree.
        let state = tenant.state();
        let start = stores.len();
        tenant.store.read(|store| store.save(&mut stores))?;
        entries.push(serde_json::to_value(Saved {
            access_key_id,
            shift: tenant.clock.shift(),
            ids: tenant.ids.position(),
            state: &*state,
            bytes: (stores.len() - start) as u64,
        })?);
    }
    let entries = serde_json::to_vec(&entries)?;

    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(NAME)?;
    writeln!(file, "{:016x} {}", fnv1a(&entries), entries.len())?;
    file.write_all(&entries)?;
    file.write_all(b"\n")?;
    file.write_all(&stores)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // Syncs the directory, so that the rename survives a loss of power.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

/// Opens all stores of the file, or none if one of them cannot be read.
pub(crate) fn restore(tenants: &Tenants, path: &Path) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let refuse = |what: &str| format!("{}: {what}", path.display());
    let (entries, mut stores) =
        parts(&bytes).ok_or_else(|| refuse("is no archive of this emulator, or is damaged"))?;
    let entries: Vec<Saved<State>> =
        serde_json::from_slice(entries).map_err(|error| refuse(&error.to_string()))?;
    for saved in entries {
        let length = usize::try_from(saved.bytes).ok().filter(|&bytes| bytes <= stores.len());
        let (store, rest) = stores.split_at(length.ok_or_else(|| refuse("is cut off"))?);
        stores = rest;
        let name = saved.access_key_id.clone();
        tenants
            .restore(saved, store)
            .map_err(|error| refuse(&format!("the store of {name:?}: {error}")))?;
    }
    if stores.is_empty() { Ok(()) } else { Err(refuse("goes on after its end")) }
}

/// Splits the file into the JSON list, whose hash is checked, and the archives.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(NAME)?;
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let (hash, length) = str::from_utf8(&rest[..end]).ok()?.split_once(' ')?;
    let (entries, stores) = rest[end + 1..].split_at_checked(length.parse().ok()?)?;
    let sound = fnv1a(entries) == u64::from_str_radix(hash, 16).ok()?;
    sound.then_some((entries, stores.strip_prefix(b"\n")?))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Args;

    #[tokio::test(start_paused = true)]
    async fn a_minute_in_which_something_changed_is_saved() {
        let path = std::env::temp_dir().join(format!("invodex-{}.archive", std::process::id()));
        let settings = Args::parse_from(["invodex-emulator"]).settings().unwrap();
        let tenants = Arc::new(Tenants::new(settings));
        let tenant = tenants.get("key").await.unwrap();
        let saving = tokio::spawn(save_when_changed(Arc::clone(&tenants), path.clone()));

        tokio::time::sleep(PAUSE * 3).await;
        assert!(!path.exists());
        tenant.touch();
        tokio::time::sleep(PAUSE * 2).await;
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
        tokio::time::sleep(PAUSE * 2).await;
        assert!(!path.exists());
        saving.abort();
    }
}
