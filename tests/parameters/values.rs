//! The values, and whether each kind of parameter accepts them, written by hand from the API's
//! rules.

use invodex_testkit::filters::Kind;

/// The outcome for a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expected {
    /// The request is answered.
    Taken,
    Refused,
    Missing,
}

/// A value with its description, and whether each kind of parameter accepts it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    value: Given,
    /// One mark for each kind: text, number, boolean, name, token, tag key and tag value, in this
    /// order. `+` means accepted, `-` refused. RegionId refuses all of them, the empty one as
    /// missing.
    taken: &'static str,
}

enum Given {
    Is(&'static str),
    /// A repeated text, followed by another.
    Long(&'static str, usize, &'static str),
    /// All values of the kind, as they are or changed.
    Own(fn(&str) -> String),
    /// The highest number and the one after it.
    Highest(u32),
}

use Given::{Highest, Is, Long, Own};

const MEBIBYTE: usize = 1 << 20;

#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    Row { name: "empty",                       value: Is(""),                                    taken: "+++++-+" },
    Row { name: "a number",                    value: Is("1"),                                   taken: "++---++" },
    Row { name: "zero",                        value: Is("0"),                                   taken: "+----++" },
    Row { name: "negative",                    value: Is("-1"),                                  taken: "+----++" },
    Row { name: "negative zero",               value: Is("-0"),                                  taken: "+----++" },
    Row { name: "a plus sign",                 value: Is("+1"),                                  taken: "+----++" },
    Row { name: "a sign alone",                value: Is("-"),                                   taken: "+----++" },
    Row { name: "leading zeros",               value: Is("0001"),                                taken: "++---++" },
    Row { name: "a fraction",                  value: Is("1.0"),                                 taken: "+----++" },
    Row { name: "an exponent",                 value: Is("1e0"),                                 taken: "+----++" },
    Row { name: "hexadecimal",                 value: Is("0x1"),                                 taken: "+----++" },
    Row { name: "grouped digits",              value: Is("1,000"),                               taken: "+----++" },
    Row { name: "an underscore in a number",   value: Is("1_0"),                                 taken: "+----++" },
    Row { name: "2^31",                        value: Is("2147483648"),                          taken: "+----++" },
    Row { name: "2^32 + 1",                    value: Is("4294967297"),                          taken: "+----++" },
    Row { name: "2^64 + 1",                    value: Is("18446744073709551617"),                taken: "+----++" },
    Row { name: "huge",                        value: Is("99999999999999999999999999999999"),    taken: "+----++" },
    Row { name: "the least number of 64 bits", value: Is("-9223372036854775808"),                taken: "+----++" },
    Row { name: "no number",                   value: Is("NaN"),                                 taken: "+----++" },
    Row { name: "infinite",                    value: Is("inf"),                                 taken: "+----++" },
    Row { name: "the highest number",          value: Highest(0),                                taken: "++---++" },
    Row { name: "one more",                    value: Highest(1),                                taken: "+----++" },
    Row { name: "full-width digits",           value: Is("\u{ff11}"),                            taken: "+----++" },
    Row { name: "other digits",                value: Is("\u{661}"),                             taken: "+----++" },
    Row { name: "a raised digit",              value: Is("\u{b9}"),                              taken: "+----++" },
    Row { name: "a leading blank",             value: Is(" 1"),                                  taken: "+----++" },
    Row { name: "a trailing blank",            value: Is("1 "),                                  taken: "+----++" },
    Row { name: "a blank",                     value: Is(" "),                                   taken: "+----++" },
    Row { name: "a tab",                       value: Is("\t1"),                                 taken: "+----++" },
    Row { name: "a line end",                  value: Is("1\n"),                                 taken: "+----++" },
    Row { name: "a no-break space",            value: Is("\u{a0}1"),                             taken: "+----++" },
    Row { name: "a zero-width space",          value: Is("1\u{200b}"),                           taken: "+----++" },
    Row { name: "a byte order mark",           value: Is("\u{feff}1"),                           taken: "+----++" },
    Row { name: "NUL",                         value: Is("\0"),                                  taken: "+----++" },
    Row { name: "NUL behind",                  value: Is("1\0"),                                 taken: "+----++" },
    Row { name: "NUL and more",                value: Is("1\0 2"),                               taken: "+----++" },
    Row { name: "control characters",          value: Is("\u{1}\u{8}\u{1b}[31m\r\n\u{7f}\u{85}"), taken: "+----++" },
    Row { name: "quotes and a backslash",      value: Is("\"\\'"),                               taken: "+----++" },
    Row { name: "markup",                      value: Is("<script>&amp;"),                       taken: "+----++" },
    Row { name: "a format string",             value: Is("%s{}%n${x}"),                          taken: "+----++" },
    Row { name: "an escape once more",         value: Is("%31"),                                 taken: "+----++" },
    Row { name: "right to left",               value: Is("\u{202e}1"),                           taken: "+----++" },
    Row { name: "no character",                value: Is("\u{ffff}\u{10ffff}"),                  taken: "+----++" },
    Row { name: "an emoji",                    value: Is("\u{1f468}\u{200d}\u{1f469}"),          taken: "+----++" },
    Row { name: "a letter and its accent",     value: Is("e\u{301}"),                            taken: "+----++" },
    Row { name: "null",                        value: Is("null"),                                taken: "+----++" },
    Row { name: "a list",                      value: Is("[1]"),                                 taken: "+----++" },
    Row { name: "true",                        value: Is("true"),                                taken: "+-+--++" },
    Row { name: "False",                       value: Is("False"),                               taken: "+-+--++" },
    Row { name: "TRUE",                        value: Is("TRUE"),                                taken: "+-+--++" },
    Row { name: "fALSE",                       value: Is("fALSE"),                               taken: "+-+--++" },
    Row { name: "true and a blank",            value: Is("true "),                               taken: "+----++" },
    Row { name: "yes",                         value: Is("yes"),                                 taken: "+----++" },
    Row { name: "a letter that folds to one of true", value: Is("fal\u{17f}e"),                  taken: "+----++" },
    Row { name: "another parameter's value",   value: Is("Cancelled"),                           taken: "+----++" },
    Row { name: "a mode that is no filter",    value: Is("DryRun"),                              taken: "+----++" },
    Row { name: "its own values",              value: Own(str::to_owned),                        taken: "+++++++" },
    Row { name: "in small letters",            value: Own(str::to_ascii_lowercase),              taken: "+++-+++" },
    Row { name: "in capitals",                 value: Own(str::to_ascii_uppercase),              taken: "+++-+++" },
    Row { name: "with a blank",                value: Own(|own| format!("{own} ")),              taken: "+---+++" },
    Row { name: "cut off",                     value: Own(|own| own[..own.len() - 1].to_owned()), taken: "+---+++" },
    Row { name: "twice",                       value: Own(|own| format!("{own},{own}")),         taken: "+---+++" },
    Row { name: "64 characters",               value: Long("x", 64, ""),                         taken: "+----++" },
    Row { name: "65 characters",               value: Long("x", 65, ""),                         taken: "+-----+" },
    Row { name: "128 characters",              value: Long("\u{5b57}", 128, ""),                 taken: "+-----+" },
    Row { name: "129 characters",              value: Long("\u{5b57}", 129, ""),                 taken: "+------" },
    Row { name: "1 MiB",                       value: Long("x", MEBIBYTE, ""),                   taken: "+------" },
    Row { name: "1 MiB of digits",             value: Long("1", MEBIBYTE, ""),                   taken: "+------" },
    Row { name: "1 MiB of zeros and 1",        value: Long("0", MEBIBYTE, "1"),                  taken: "++-----" },
    Row { name: "1 MiB of blanks and 1",       value: Long(" ", MEBIBYTE, "1"),                  taken: "+------" },
    Row { name: "1 MiB of NUL",                value: Long("\0", MEBIBYTE, ""),                  taken: "+------" },
    Row { name: "1 MiB of controls",           value: Long("\u{1b}", MEBIBYTE, ""),              taken: "+------" },
    Row { name: "1 MiB of four bytes each",    value: Long("\u{10ffff}", MEBIBYTE / 4, ""),      taken: "+------" },
    Row { name: "a link",                      value: Is("http://x"),                            taken: "+------" },
    Row { name: "a link inside",               value: Is("x-https://"),                          taken: "+------" },
    Row { name: "a link in capitals",          value: Is("HTTP://x"),                            taken: "+----++" },
    Row { name: "a reserved start",            value: Is("aliyunx"),                             taken: "+-----+" },
    Row { name: "another reserved start",      value: Is("ACS:"),                                taken: "+-----+" },
    Row { name: "no reserved start",           value: Is("xaliyun acs:"),                        taken: "+----++" },
    Row { name: "made-up Base64",              value: Is("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), taken: "+----++" },
];

/// The numbers of requests from the table and of refused ones, as counted once.
pub(crate) const ASKED: usize = 2_904;
pub(crate) const REFUSED: usize = 1_676;

impl Row {
    pub(crate) fn values(&self, kind: Kind) -> Vec<String> {
        match self.value {
            Is(value) => vec![value.to_owned()],
            Long(piece, times, end) => vec![piece.repeat(times) + end],
            Highest(more) => match kind {
                Kind::Number(_, most) => vec![(most + more).to_string()],
                _ => Vec::new(),
            },
            Own(change) => {
                let own: &[&str] = match kind {
                    Kind::Boolean => &["true", "false"],
                    Kind::Name(_, names) => names,
                    _ => &[],
                };
                own.iter().map(|value| change(value)).collect()
            }
        }
    }

    pub(crate) fn expected(&self, kind: Kind) -> Expected {
        let column = match kind {
            Kind::Region if matches!(self.value, Is("")) => return Expected::Missing,
            Kind::Region => return Expected::Refused,
            Kind::Text => 0,
            Kind::Number(..) => 1,
            Kind::Boolean => 2,
            Kind::Name(..) => 3,
            Kind::Token => 4,
            Kind::TagKey => 5,
            Kind::TagValue => 6,
        };
        match self.taken.as_bytes()[column] {
            b'+' => Expected::Taken,
            _ => Expected::Refused,
        }
    }
}
