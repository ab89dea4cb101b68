//! The requests of the README get exactly the answers that it shows.

mod common;

use common::{Emulator, NOW};
use serde_json::Value;

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_shows_true_answers() {
    let emulator = Emulator::start(&["--seed", "1", "--now", NOW]);
    let asked = README.lines().filter_map(|line| {
        let (_, rest) = line.split_once("curl -s 'http://127.0.0.1:8088")?;
        rest.split_once('\'').map(|(path, _)| path)
    });
    let shown = README.split("```json\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let mut pairs = 0;
    for (path, shown) in asked.zip(shown) {
        let shown: Value = serde_json::from_str(shown).unwrap();
        assert_eq!(emulator.get(path).ok(), shown, "{path}");
        pairs += 1;
    }
    assert_eq!(pairs, 2);
}
