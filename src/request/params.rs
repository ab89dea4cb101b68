//! Parameters: reading each kind of value from the wire, and the parameters of both operations.

use std::fmt;

use super::tags::{GivenTag, Tags};
use crate::model::api_names;

api_names! {
    /// `ContentEncoding`: the encoding of CommandContent and Output in an answer.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{ContentEncoding, DescribeInvocations, InstanceRun, Invocation, Store};
    ///
    /// let mut store = Store::default();
    /// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// invocation.command_content = b"df -h".to_vec();
    /// invocation.instances.push(InstanceRun::new("i-0001"));
    /// store.accept(&invocation)?;
    ///
    /// let request =
    ///     DescribeInvocations::new("cn-hangzhou").content_encoding(ContentEncoding::PlainText);
    /// let mut body = Vec::new();
    /// store.describe_invocations(&request)?.write_json("473469C7", &mut body);
    /// assert!(String::from_utf8(body).unwrap().contains(r#""CommandContent":"df -h""#));
    /// # Ok::<(), invodex::Error>(())
    /// ```
    #[derive(Default)]
    ContentEncoding, "ContentEncoding" {
        /// As text. Bytes that are not UTF-8 become replacement characters.
        PlainText,
        /// In Base64, the default.
        #[default]
        Base64,
    }
}

/// A parameter as it was given. A malformed text is kept until the request is checked, because the
/// fault of another parameter may come first in the API's order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Param<T> {
    #[default]
    Absent,
    Given(T),
    Malformed(Box<str>),
}

impl<T: Copy> Param<T> {
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Param::Absent)
    }

    /// The value, or the malformed text.
    pub(crate) fn value(&self) -> Result<Option<T>, &str> {
        match self {
            Param::Absent => Ok(None),
            Param::Given(value) => Ok(Some(*value)),
            Param::Malformed(text) => Err(text),
        }
    }

    /// Reads a value with `from_name`. An empty text counts as absent.
    pub(crate) fn named(text: &str, from_name: impl FnOnce(&str) -> Option<T>) -> Self {
        match from_name(text) {
            _ if text.is_empty() => Param::Absent,
            Some(value) => Param::Given(value),
            None => Param::Malformed(text.into()),
        }
    }
}

impl<T: fmt::Debug> Param<T> {
    /// Adds the parameter to a debug output, unless it is absent.
    pub(crate) fn show(&self, name: &str, to: &mut fmt::DebugStruct<'_, '_>) {
        match self {
            Param::Absent => {}
            Param::Given(value) => {
                to.field(name, value);
            }
            Param::Malformed(text) => {
                to.field(name, text);
            }
        }
    }
}

impl Param<bool> {
    /// `true` or `false` in any letter case.
    pub(crate) fn boolean(text: &str) -> Self {
        Param::named(text, |text| match text {
            _ if text.eq_ignore_ascii_case("true") => Some(true),
            _ if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        })
    }
}

impl Param<u32> {
    /// Decimal digits only. A number above `u32::MAX` is malformed: it is above every limit, too.
    fn number(text: &str) -> Self {
        Param::named(text, |text| {
            if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
        })
    }
}

/// The parameters that both operations have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Common {
    pub(crate) region_id: String,
    pub(crate) resource_group_id: Option<String>,
    pub(crate) invoke_id: Option<String>,
    pub(crate) command_id: Option<String>,
    pub(crate) instance_id: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) content_encoding: Param<ContentEncoding>,
    pub(crate) max_results: Param<u32>,
    pub(crate) next_token: Option<String>,
    pub(crate) page_number: Param<u32>,
    pub(crate) page_size: Param<u32>,
}

impl Common {
    /// Reads one wire pair. Unknown names are ignored.
    pub(super) fn read(&mut self, name: &str, value: &str) {
        match name {
            "RegionId" => self.region_id = value.to_owned(),
            "ResourceGroupId" => self.resource_group_id = text(value),
            "InvokeId" => self.invoke_id = text(value),
            "CommandId" => self.command_id = text(value),
            "InstanceId" => self.instance_id = text(value),
            "ContentEncoding" => {
                self.content_encoding = Param::named(value, ContentEncoding::from_name);
            }
            "MaxResults" => self.max_results = Param::number(value),
            // An empty token is not absent: it asks for token paging.
            "NextToken" => self.next_token = Some(value.to_owned()),
            "PageNumber" => self.page_number = Param::number(value),
            "PageSize" => self.page_size = Param::number(value),
            _ => {
                if let Some(rest) = name.strip_prefix("Tag.") {
                    self.tags.read(rest, value);
                }
            }
        }
    }

    /// Adds the given parameters to a debug output, under their wire names.
    pub(crate) fn show(&self, to: &mut fmt::DebugStruct<'_, '_>) {
        to.field("RegionId", &self.region_id);
        show_text("ResourceGroupId", &self.resource_group_id, to);
        show_text("InvokeId", &self.invoke_id, to);
        show_text("CommandId", &self.command_id, to);
        show_text("InstanceId", &self.instance_id, to);
        for GivenTag { number, key, value } in self.tags.given() {
            show_text(&format!("Tag.{number}.Key"), key, to);
            show_text(&format!("Tag.{number}.Value"), value, to);
        }
        self.content_encoding.show("ContentEncoding", to);
        self.max_results.show("MaxResults", to);
        show_text("NextToken", &self.next_token, to);
        self.page_number.show("PageNumber", to);
        self.page_size.show("PageSize", to);
    }
}

/// An empty text counts as absent.
pub(super) fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// Adds the parameter to a debug output, unless it is absent.
pub(super) fn show_text(name: &str, text: &Option<String>, to: &mut fmt::DebugStruct<'_, '_>) {
    if let Some(text) = text {
        to.field(name, text);
    }
}

/// The builder methods that both requests have.
macro_rules! common_builder {
    () => {
        /// A request for the records of `region_id` with no other filter. Cost of this and every
        /// other builder method: O(length of the arguments).
        pub fn new(region_id: impl Into<String>) -> Self {
            Self {
                common: Common { region_id: region_id.into(), ..Common::default() },
                ..Self::default()
            }
        }

        /// `RegionId` as it was given, or an empty string. For a front end that checks permissions
        /// or has a store for each region. Cost: O(1).
        #[must_use]
        pub fn region_id(&self) -> &str {
            &self.common.region_id
        }

        /// `ResourceGroupId`: exact. An unknown one gives an empty page and no error.
        #[must_use]
        pub fn resource_group_id(mut self, id: impl Into<String>) -> Self {
            self.common.resource_group_id = Some(id.into());
            self
        }

        /// `InvokeId`: exact. An unknown one gives an empty page and no error.
        #[must_use]
        pub fn invoke_id(mut self, id: impl Into<String>) -> Self {
            self.common.invoke_id = Some(id.into());
            self
        }

        /// `CommandId`: exact. An unknown one gives an empty page and no error.
        #[must_use]
        pub fn command_id(mut self, id: impl Into<String>) -> Self {
            self.common.command_id = Some(id.into());
            self
        }

        /// `InstanceId`: invocations with a run on that instance. Their other runs are not shown.
        #[must_use]
        pub fn instance_id(mut self, id: impl Into<String>) -> Self {
            self.common.instance_id = Some(id.into());
            self
        }

        /// `Tag.N.Key` alone: records that have the key. A request has at most 20 tags, all of
        /// which must match. With tags, only the newest 1,000 matching rows can be reached.
        #[must_use]
        pub fn tag_key(mut self, key: impl Into<String>) -> Self {
            self.common.tags.push(key.into(), None);
            self
        }

        /// `Tag.N.Key` with `Tag.N.Value`: records that have exactly this pair.
        #[must_use]
        pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
            self.common.tags.push(key.into(), Some(value.into()));
            self
        }

        /// `ContentEncoding`: default Base64. It chooses no rows, so it may change from page to
        /// page.
        #[must_use]
        pub fn content_encoding(mut self, encoding: ContentEncoding) -> Self {
            self.common.content_encoding = Param::Given(encoding);
            self
        }

        /// `MaxResults`: 1 to 50, default 10. Asks for token paging.
        #[must_use]
        pub fn max_results(mut self, rows: u32) -> Self {
            self.common.max_results = Param::Given(rows);
            self
        }

        /// `NextToken`: the token of the previous page; empty for the first page. Asks for token
        /// paging.
        #[must_use]
        pub fn next_token(mut self, token: impl Into<String>) -> Self {
            self.common.next_token = Some(token.into());
            self
        }

        /// `PageNumber`: 1 to 2,147,483,647, default 1. Ignored with token paging.
        #[must_use]
        pub fn page_number(mut self, number: u32) -> Self {
            self.common.page_number = Param::Given(number);
            self
        }

        /// `PageSize`: 1 to 50, default 10. Ignored with token paging.
        #[must_use]
        pub fn page_size(mut self, rows: u32) -> Self {
            self.common.page_size = Param::Given(rows);
            self
        }
    };
}
pub(crate) use common_builder;
