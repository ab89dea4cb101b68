//! The form of an answer: JSON, or XML made of it.
//!
//! The answer is complete when the XML is made, so no action knows the format. An object is a list of
//! elements, and a list repeats the element of its name.

use std::fmt;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use clap::ValueEnum;
use invodex::{Recommend, decode_query};
use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::error::ApiError;

/// The form of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) recommend: Recommend,
    pub(crate) format: Format,
}

impl Style {
    /// The form of control requests, which a person reads.
    pub(crate) const CONTROL: Style = Style { recommend: Recommend::Detail, format: Format::Json };

    /// With the format that a request asks for whose parameters were not read.
    pub(crate) fn asked_by(self, head: &Parts) -> Self {
        let asked = Format::asked_in(head.uri.query(), &head.headers);
        Style { format: asked.unwrap_or(self.format), ..self }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

impl Format {
    /// The value of the parameter `Format`, in any letter case.
    pub(crate) fn given(parameter: Option<&str>) -> Result<Option<Self>, ApiError> {
        let format = parameter.map(|given| Self::from_str(given, true)).transpose();
        format.map_err(|_| ApiError::invalid("Format", "allowed JSON, XML"))
    }

    /// The format that a request asks for by its parameter `Format`, or else by a header `Accept`
    /// with one media type, as newer clients send it.
    pub(crate) fn asked(parameter: Option<&str>, headers: &HeaderMap) -> Option<Self> {
        if parameter.is_some() {
            return Self::given(parameter).ok().flatten();
        }
        let accepted = media_type(headers, &header::ACCEPT);
        let is = |media_type: &str| accepted.eq_ignore_ascii_case(media_type);
        if is("application/json") {
            Some(Format::Json)
        } else if is("application/xml") {
            Some(Format::Xml)
        } else {
            None
        }
    }

    /// As [`asked`](Self::asked), for a request whose parameters were not read: those pairs of its
    /// query string count that can be read.
    fn asked_in(query: Option<&str>, headers: &HeaderMap) -> Option<Self> {
        let pairs = query.unwrap_or_default().split('&');
        let mut pairs = pairs.filter_map(|pair| decode_query(pair).ok()).flatten();
        let last = pairs.rfind(|(name, _)| name == "Format");
        let last = last.as_ref().map(|(_, value)| &**value).filter(|value| !value.is_empty());
        Self::asked(last, headers)
    }

    /// The body in this format and its media type. `root` names the root element.
    pub(crate) fn body(self, root: fmt::Arguments<'_>, json: Vec<u8>) -> (HeaderValue, Vec<u8>) {
        if self == Format::Xml
            && let Ok(xml) = to_xml(&root.to_string(), &json)
        {
            return (HeaderValue::from_static("application/xml;charset=utf-8"), xml);
        }
        (HeaderValue::from_static("application/json;charset=utf-8"), json)
    }
}

/// Whether a header is this media type, in any letter case and with any parameters.
pub(crate) fn is_type(headers: &HeaderMap, header: &header::HeaderName, name: &str) -> bool {
    media_type(headers, header).eq_ignore_ascii_case(name)
}

/// The media type of a header, without its parameters.
fn media_type<'a>(headers: &'a HeaderMap, header: &header::HeaderName) -> &'a str {
    let value = headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

fn to_xml(root: &str, json: &[u8]) -> serde_json::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::with_capacity(2 * json.len()));
    write(&mut writer, Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut json = serde_json::Deserializer::from_slice(json);
    Element { writer: &mut writer, name: root }.deserialize(&mut json)?;
    json.end()?;
    Ok(writer.into_inner())
}

fn write<E: Error>(writer: &mut Writer<Vec<u8>>, event: Event<'_>) -> Result<(), E> {
    writer.write_event(event).map_err(E::custom)
}

/// Writes a value as the element `name`, while it is read.
struct Element<'a> {
    writer: &'a mut Writer<Vec<u8>>,
    name: &'a str,
}

impl Element<'_> {
    fn text<E: Error>(self, text: &str) -> Result<(), E> {
        write(self.writer, Event::Start(BytesStart::new(self.name)))?;
        write(self.writer, Event::Text(BytesText::from_escaped(escaped(text))))?;
        write(self.writer, Event::End(BytesEnd::new(self.name)))
    }
}

/// Text as XML 1.0 can hold it. A reader would take a bare carriage return for a line feed. Most
/// other control characters, which outputs may have, are not allowed even as references.
fn escaped(text: &str) -> String {
    let allowed = |c| !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    let text: String =
        text.chars().map(|c| if allowed(c) { c } else { char::REPLACEMENT_CHARACTER }).collect();
    partial_escape(text).replace('\r', "&#13;")
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let Element { writer, name } = self;
        write(writer, Event::Start(BytesStart::new(name)))?;
        while let Some(name) = fields.next_key::<String>()? {
            fields.next_value_seed(Element { writer: &mut *writer, name: &name })?;
        }
        write(writer, Event::End(BytesEnd::new(name)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let Element { writer, name } = self;
        while rows.next_element_seed(Element { writer: &mut *writer, name })?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.text(&value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.text(&value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.text(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.text(&value.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.text("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_elements_and_lists_repeat_theirs() {
        let json = r#"{"RequestId":"A","Total":2,"Exit":-1,"Timed":false,"None":null,"Next":"",
            "Rows":{"Row":[{"Id":"i-1","Tags":{"Tag":[]}},{"Id":"i-2"}]},"Names":{"Name":["a","b"]}}"#;
        let xml = to_xml("RunCommandResponse", json.as_bytes()).unwrap();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><RunCommandResponse>\
            <RequestId>A</RequestId><Total>2</Total><Exit>-1</Exit><Timed>false</Timed>\
            <None></None><Next></Next><Rows><Row><Id>i-1</Id><Tags></Tags></Row>\
            <Row><Id>i-2</Id></Row></Rows><Names><Name>a</Name><Name>b</Name></Names>\
            </RunCommandResponse>";
        assert_eq!(String::from_utf8(xml).unwrap(), expected);
    }

    #[test]
    fn every_text_is_well_formed() {
        let json = r#"{"A":"<b a='\"'>&amp;]]>\u0000\u001b[0m\u007f\r\n\t\ufffe\ud83d\ude00é"}"#;
        let xml = String::from_utf8(to_xml("R", json.as_bytes()).unwrap()).unwrap();
        let text = xml.split_once("<A>").unwrap().1.split_once("</A>").unwrap().0;
        let expected =
            "&lt;b a='\"'&gt;&amp;amp;]]&gt;\u{fffd}\u{fffd}[0m\u{7f}&#13;\n\t\u{fffd}\u{1f600}é";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_body_that_is_no_json_stays_as_it_is() {
        for json in ["", "{", "{} {}"] {
            let (kind, body) = Format::Xml.body(format_args!("R"), json.into());
            assert_eq!(
                (kind.to_str().unwrap(), body),
                ("application/json;charset=utf-8", json.into())
            );
        }
    }

    #[test]
    fn the_last_readable_format_counts_and_accept_stands_in_for_it() {
        let accepts =
            |value: &str| HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]);
        for (query, accept, expected) in [
            ("Format=JSON&Format=xml", "*/*", Some(Format::Xml)),
            ("Format=%58ml&InvokeId=%zz", "application/json", Some(Format::Xml)),
            ("Format=", "Application/XML; q=1", Some(Format::Xml)),
            ("", "application/json", Some(Format::Json)),
            ("", "text/html,application/xml;q=0.9", None),
            ("Format=YAML", "application/xml", None),
            ("", "*/*", None),
        ] {
            let asked = Format::asked_in(Some(query), &accepts(accept));
            assert_eq!(asked, expected, "{query} {accept}");
        }
    }
}
