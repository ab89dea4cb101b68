//! The form of an answer: JSON, or XML made of it.
//!
//! The answer is complete when the XML is made, so no action knows the format. An object is a list of
//! elements, and a list repeats the element of its name.

use std::fmt;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use clap::ValueEnum;
use invodex::{Recommend, decode_query};
use quick_xml::se::{SeError, Serializer};
use serde::Serialize;
use serde_transcode::Transcoder;

use crate::error::{ApiError, refusal};

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
            return (HeaderValue::from_static("application/xml;charset=utf-8"), xml.into_bytes());
        }
        (HeaderValue::from_static("application/json;charset=utf-8"), json)
    }
}

/// Refuses a body that is not of this media type, in any letter case and with any parameters.
pub(crate) fn check_type(headers: &HeaderMap, allowed: &str) -> Result<(), ApiError> {
    match media_type(headers, &header::CONTENT_TYPE).eq_ignore_ascii_case(allowed) {
        true => Ok(()),
        false => Err(refusal("UnsupportedContentType").detail(format!("a body is {allowed}"))),
    }
}

/// The media type of a header, without its parameters.
fn media_type<'a>(headers: &'a HeaderMap, header: &header::HeaderName) -> &'a str {
    let value = headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

fn to_xml(root: &str, json: &[u8]) -> Result<String, SeError> {
    let mut xml = r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned();
    let mut serializer = Serializer::with_root(&mut xml, Some(root))?;
    serializer.expand_empty_elements(true);
    let mut json = serde_json::Deserializer::from_slice(json);
    Transcoder::new(&mut json).serialize(serializer)?;
    // XML 1.0 allows most other control characters, which outputs may have, not even as references.
    // A reader would take a bare carriage return for a line feed.
    let allowed = |c| !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    Ok(xml.replace(|c| !allowed(c), "\u{fffd}").replace('\r', "&#13;"))
}
