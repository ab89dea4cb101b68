//! Both writers give the same bytes.

use std::iter::{empty, once};

use super::*;
use crate::model::Timestamp;

#[test]
fn the_ready_json_of_no_run_texts_is_what_their_list_makes() {
    assert_eq!(NO_RUN_TEXTS_JSON.as_bytes(), to_json(&NO_RUN_TEXTS));
}

const I: Texts<'_, 1> = Texts { names: INSTANCE_ID, texts: ["i"] };

/// One field of each kind.
struct EachKind;

impl Group for EachKind {
    fn each(&self, out: &mut impl Fields) {
        let time = Timestamp::from_secs(1_579_425_346);
        out.text(name!("Text"), "a \"b\"\\\n\u{1}\u{e9}");
        out.constant(name!("Constant"), "Once");
        out.time(name!("Time"), time);
        out.time(name!("Unset"), None);
        for number in [0, 9, 10, 99, 100, 12_345, u64::MAX] {
            out.number(name!("Number"), number);
        }
        out.signed(name!("Signed"), -1);
        out.flag(name!("Flag"), true);
        out.bytes(name!("Bytes"), &[0xff, b'"']);
        out.bytes(name!("NoBytes"), b"");
        out.object(name!("Object"), &I);
        out.list(name!("List"), name!("Item"), once(&I));
        out.list(name!("Empty"), name!("Item"), empty::<Texts<'_, 1>>());
    }
}

#[test]
fn bytes_and_serde_write_the_same() {
    for base64 in [true, false] {
        let mut body = Vec::new();
        write_body("", &EachKind, base64, &mut body);
        let object = serde_json::to_string(&Object { group: EachKind, base64 }).expect("plain");
        let object = object.replacen('{', r#"{"RequestId":"","#, 1);
        assert_eq!(String::from_utf8(body), Ok(object));
    }
}
