//! Saves all stores to one file and restores them.
//!
//! Format: a line with the format's name; a line with the hash and the length of the JSON that
//! follows; a JSON list with one entry for each store, and a line end; the archives of the stores
//! one after the other, each with its own checksums.

use std::io::Write;

use crate::Failure;
use crate::ids::fnv1a;
use crate::life;
use crate::progress;
use crate::tenants::{Saved, Tenants};

const NAME: &[u8] = b"invodex-emulator archive 1\n";

/// All stores as one archive. Each store is copied in one piece, with all of a write or nothing of
/// it. Its writers wait meanwhile, its readers do not.
pub(crate) fn write(tenants: &Tenants) -> Result<Vec<u8>, Failure> {
    let (mut entries, mut stores) = (Vec::new(), Vec::new());
    for (account, tenant) in tenants.all() {
        let _alone = tenant.saving.blocking_write();
        let start = stores.len();
        tenant.store.read(|store| store.save(&mut stores))?;
        entries.push(serde_json::to_value(Saved {
            account,
            stands: tenant.clock.stands().map(|time| time.as_secs()),
            shift: tenant.clock.shift(),
            touched: !tenant.is_new(),
            ids: tenant.ids.position(),
            state: (&*tenant.state_to_read(), &*tenant.answered.list()),
            lives: tenant.lives.saved(tenant.clock.millis()),
            bytes: (stores.len() - start) as u64,
        })?);
    }
    let entries = serde_json::to_vec(&entries)?;
    let mut bytes = Vec::with_capacity(NAME.len() + 64 + entries.len() + stores.len());
    bytes.extend(NAME);
    writeln!(bytes, "{:016x} {}", fnv1a(&entries), entries.len())?;
    bytes.extend(&entries);
    bytes.push(b'\n');
    bytes.extend(&stores);
    Ok(bytes)
}

/// Opens all stores of an archive.
///
/// # Errors
///
/// If one of them cannot be read. Some may then be open.
pub(crate) fn restore(tenants: &Tenants, bytes: &[u8]) -> Result<(), String> {
    let (entries, mut stores) =
        parts(bytes).ok_or("is no archive of this emulator, or is damaged")?;
    let entries: Vec<Saved> = serde_json::from_slice(entries).map_err(|error| error.to_string())?;
    let progress = progress::restoring(stores.len());
    for mut saved in entries {
        let length = usize::try_from(saved.bytes).ok().filter(|&bytes| bytes <= stores.len());
        let (store, rest) = stores.split_at(length.ok_or("is cut off")?);
        stores = rest;
        let name = saved.account.clone();
        let lives = std::mem::take(&mut saved.lives);
        let restored = tenants.restore(saved, progress.wrap_read(store));
        let tenant = restored.map_err(|error| format!("the store of account {name:?}: {error}"))?;
        life::restore(&tenant, lives);
    }
    if stores.is_empty() { Ok(()) } else { Err("goes on after its end".to_owned()) }
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
