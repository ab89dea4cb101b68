//! Saves the archive while the emulator runs, and at its end.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use invodex_owned_file::OwnedFile;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::archive;
use crate::saves::Save;
use crate::tell::tell;
use crate::tenants::Tenants;

/// The pause after a save is at least this many times as long as the save, so that saving takes at
/// most a tenth of the time, however large the archive is.
const PAUSE_SHARE: u32 = 10;

/// The task that saves. All saves are made by it, one after the other.
pub(crate) struct Saver {
    task: JoinHandle<Result<(), String>>,
    stop: oneshot::Sender<()>,
}

impl Saver {
    /// Begins to save all stores `every` so often, if anything changed.
    pub(crate) fn start(tenants: Arc<Tenants>, file: Arc<OwnedFile>, every: Duration) -> Self {
        tenants.saves.state().wanted = true;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(save_when_changed(tenants, file, every, stopped));
        Saver { task, stop }
    }

    /// Saves a last time, whether or not anything changed, and ends. No request may be in progress,
    /// or its changes may be lost.
    pub(crate) async fn finish(self) -> Result<(), String> {
        let _ = self.stop.send(());
        self.task.await.unwrap_or_else(|panic| Err(format!("saving panicked: {panic}")))
    }
}

async fn save_when_changed(
    tenants: Arc<Tenants>,
    file: Arc<OwnedFile>,
    every: Duration,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), String> {
    let mut pause = every;
    loop {
        tokio::select! {
            _ = &mut stopped => return save(&tenants, &file).await,
            () = tokio::time::sleep(pause) => {}
        }
        if !tenants.changed.swap(false, SeqCst) {
            continue;
        }
        let begun = Instant::now();
        if let Err(error) = save(&tenants, &file).await {
            tell(error);
            tenants.changed.store(true, SeqCst);
        }
        pause = every.max(begun.elapsed() * PAUSE_SHARE);
    }
}

/// Makes one save and notes its result.
async fn save(tenants: &Arc<Tenants>, file: &Arc<OwnedFile>) -> Result<(), String> {
    tenants.saves.state().saving = true;
    let begun = Instant::now();
    let (all, file) = (Arc::clone(tenants), Arc::clone(file));
    let saved = tokio::task::spawn_blocking(move || {
        let bytes = archive::write(&all).map_err(|error| named(file.path(), &error))?;
        file.write(&bytes).map_err(|error| named(file.path(), &error))?;
        Ok(bytes.len())
    });
    let saved = saved.await.unwrap_or_else(|panic| Err(format!("saving panicked: {panic}")));
    let mut saves = tenants.saves.state();
    saves.saving = false;
    saves.error = saved.as_ref().err().cloned();
    let bytes = saved?;
    saves.last = Some(Save { begun, took: begun.elapsed(), bytes });
    Ok(())
}

/// An error with the path of the archive.
pub(crate) fn named(path: &Path, error: &dyn Display) -> String {
    format!("--archive {}: {error}", path.display())
}
