//! The requests of the README get exactly the answers that it shows, and the emulator offers every
//! control request of the protocol.

mod common;

use common::{Emulator, NOW};
use serde_json::Value;

const README: &str = include_str!("../README.md");
const PROTOCOL: &str = include_str!("../../control-protocol.md");

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

#[test]
fn every_control_request_of_the_protocol_is_offered() {
    let emulator = Emulator::start(&[]);
    let mut asked = 0;
    for row in PROTOCOL.lines().filter_map(|line| line.strip_prefix("| `")) {
        let Some((request, _)) = row.split_once('`') else { continue };
        let Some((method, path)) = request.split_once(" /_emulator/") else { continue };
        // An open stream of events does not end by itself; a form that there is not ends it.
        let path = if path == "events" { "events?Form=x" } else { path };
        let (kind, body) = match method {
            "POST" => ("Content-Type: application/json\r\nContent-Length: 2\r\n", "{}"),
            _ => ("", ""),
        };
        let head = format!("{method} /_emulator/{path} HTTP/1.0\r\nHost: localhost\r\n{kind}\r\n");
        let answer = emulator.raw((head + body).as_bytes());
        // An empty object lacks what most of them require.
        let status = answer.split(' ').nth(1).unwrap();
        assert!(["200", "400"].contains(&status), "{request}: {answer}");
        asked += 1;
    }
    assert!(asked >= 10, "{asked}");
    assert_eq!(emulator.get("/_emulator/other").error(), (404, "InvalidAction.NotFound"));
}

#[test]
fn the_examples_of_the_protocol_are_accepted() {
    let emulator = Emulator::start(&[]);
    let mut posted = 0;
    for section in PROTOCOL.split("\n## ").skip(1) {
        let (name, text) = section.split_once('\n').unwrap();
        for block in text.split("```json\n").skip(1) {
            let body = serde_json::from_str(block.split_once("```").unwrap().0).unwrap();
            emulator.control(name, body).ok();
            posted += 1;
        }
    }
    assert!(posted >= 6, "{posted}");
}
