//! The program: the library runs it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    invodex_emulator::run().await
}
