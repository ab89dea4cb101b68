//! Parameters: reading each kind of value from the wire, and the parameters of both operations.

use std::fmt;
use std::str::FromStr;

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
    /// assert!(store.accept(&invocation)?.retained);
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

    /// The value, unless it is absent or malformed.
    pub(crate) fn given(&self) -> Option<T> {
        self.value().ok().flatten()
    }

    /// Reads a value with `parse`. An empty text counts as absent.
    fn read(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Self {
        match parse(text) {
            _ if text.is_empty() => Param::Absent,
            Some(value) => Param::Given(value),
            None => Param::Malformed(text.into()),
        }
    }

    /// A value of a closed set.
    pub(super) fn named(text: &str) -> Self
    where
        T: FromStr,
    {
        Param::read(text, |text| text.parse().ok())
    }
}

/// A given value: `Display` writes it as on the wire, `Debug` as it is shown.
pub(crate) trait Given: fmt::Debug + fmt::Display {}

impl<T: fmt::Debug + fmt::Display> Given for T {}

/// A function that is called with the wire name and the value of each given parameter.
pub(super) type Each<'e> = dyn FnMut(&str, &dyn Given) + 'e;

impl<T: Given> Param<T> {
    /// Calls `each` with the parameter, unless it is absent.
    pub(super) fn name_to(&self, name: &str, each: &mut Each<'_>) {
        match self {
            Param::Absent => {}
            Param::Given(value) => each(name, value),
            Param::Malformed(text) => each(name, text),
        }
    }
}

impl Param<bool> {
    /// `true` or `false` in any letter case.
    pub(super) fn boolean(text: &str) -> Self {
        Param::read(text, |text| match text {
            _ if text.eq_ignore_ascii_case("true") => Some(true),
            _ if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        })
    }
}

impl Param<u32> {
    /// Decimal digits only. A number above `u32::MAX` is malformed: it is above every limit, too.
    fn number(text: &str) -> Self {
        Param::read(text, |text| {
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
            "ContentEncoding" => self.content_encoding = Param::named(value),
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

    /// Calls `each` with each given parameter. A tag above the limit has only its number left.
    pub(super) fn each(&self, each: &mut Each<'_>) {
        if !self.region_id.is_empty() {
            each("RegionId", &self.region_id);
        }
        name_text("ResourceGroupId", &self.resource_group_id, each);
        name_text("InvokeId", &self.invoke_id, each);
        name_text("CommandId", &self.command_id, each);
        name_text("InstanceId", &self.instance_id, each);
        for GivenTag { number, key, value } in self.tags.given() {
            name_text(&format!("Tag.{number}.Key"), key, each);
            name_text(&format!("Tag.{number}.Value"), value, each);
        }
        if let Some(number) = self.tags.above_limit() {
            each(&format!("Tag.{number}.Key"), &"");
        }
        self.content_encoding.name_to("ContentEncoding", each);
        self.max_results.name_to("MaxResults", each);
        name_text("NextToken", &self.next_token, each);
        self.page_number.name_to("PageNumber", each);
        self.page_size.name_to("PageSize", each);
    }
}

/// An empty text counts as absent.
pub(super) fn text(value: impl Into<String>) -> Option<String> {
    Some(value.into()).filter(|text| !text.is_empty())
}

/// Calls `each` with the parameter, unless it is absent.
pub(super) fn name_text(name: &str, text: &Option<String>, each: &mut Each<'_>) {
    if let Some(text) = text {
        each(name, text);
    }
}

/// Defines the builder method and the getter of texts: the documentation and the name of the one, and
/// the name of the other.
macro_rules! text_params {
    ($self:ident, $params:expr; $($(#[$doc:meta])* $name:ident, $get:ident;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut $self, value: impl Into<String>) -> Self {
            $params.$name = text(value);
            $self
        }

        #[doc = concat!("The value that [`", stringify!($name), "`](Self::", stringify!($name), ") sets.")]
        #[must_use]
        pub fn $get(&$self) -> Option<&str> {
            $params.$name.as_deref()
        })+
    };
}
pub(super) use text_params;

/// The same for parameters of other types.
macro_rules! value_params {
    ($self:ident, $params:expr; $($(#[$doc:meta])* $name:ident, $get:ident: $type:ty;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut $self, value: $type) -> Self {
            $params.$name = Param::Given(value);
            $self
        }

        #[doc = concat!("The value that [`", stringify!($name), "`](Self::", stringify!($name), ") sets.")]
        #[must_use]
        pub fn $get(&$self) -> Option<$type> {
            $params.$name.given()
        })+
    };
}
pub(super) use value_params;

/// The methods that both requests have: a builder method and a getter for each common parameter, and
/// the conversion to pairs.
macro_rules! common_methods {
    () => {
        /// A request for the records of `region_id` with no other filter. Cost of this and every
        /// other builder method: O(length of the arguments).
        pub fn new(region_id: impl Into<String>) -> Self {
            Self {
                common: Common { region_id: region_id.into(), ..Common::default() },
                ..Self::default()
            }
        }

        text_params! { self, self.common;
            /// `ResourceGroupId`: exact. An unknown one gives an empty page and no error.
            resource_group_id, get_resource_group_id;
            /// `InvokeId`: exact. An unknown one gives an empty page and no error.
            invoke_id, get_invoke_id;
            /// `CommandId`: exact. An unknown one gives an empty page and no error.
            command_id, get_command_id;
            /// `InstanceId`: invocations with a run on that instance. Their other runs are not shown.
            instance_id, get_instance_id;
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

        value_params! { self, self.common;
            /// `ContentEncoding`: default Base64. It chooses no rows, so it may change from page to
            /// page.
            content_encoding, get_content_encoding: ContentEncoding;
            /// `MaxResults`: 1 to 50, default 10. Asks for token paging.
            max_results, get_max_results: u32;
            /// `PageNumber`: 1 to 2,147,483,647, default 1. Ignored with token paging.
            page_number, get_page_number: u32;
            /// `PageSize`: 1 to 50, default 10. Ignored with token paging.
            page_size, get_page_size: u32;
        }

        /// `NextToken`: the token of the previous page; empty for the first page. Asks for token
        /// paging. Set `max_results` too when it comes from a page by number: without it a page has
        /// 10 rows, whatever `page_size` says.
        #[must_use]
        pub fn next_token(mut self, token: impl Into<String>) -> Self {
            self.common.next_token = Some(token.into());
            self
        }

        /// The value that [`next_token`](Self::next_token) sets, also an empty text.
        #[must_use]
        pub fn get_next_token(&self) -> Option<&str> {
            self.common.next_token.as_deref()
        }

        /// `RegionId`, or an empty string. The getters are for front ends that check permissions,
        /// write a log, or have a store for each region. They are named like those of
        /// [`std::process::Command`], because the plain names are builder methods. A parameter that
        /// was not given is `None`; so is a text that is no value of its parameter, which
        /// [`to_pairs`](Self::to_pairs) has and which a store refuses. A number is also given
        /// outside its limits. Cost of every getter: O(1).
        #[must_use]
        pub fn get_region_id(&self) -> &str {
            &self.common.region_id
        }

        /// The tags, by number: each key, with its value if it has one. A tag without `Tag.N.Key`
        /// has an empty key, and is refused as one with an empty key is. A tag above the limit of
        /// 20 is not kept.
        pub fn get_tags(&self) -> impl ExactSizeIterator<Item = (&str, Option<&str>)> + Clone {
            let tags = self.common.tags.given().iter();
            tags.map(|tag| (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref()))
        }

        /// The given parameters as wire pairs, the inverse of [`from_pairs`](Self::from_pairs):
        /// reading them gives an equal request, valid or not. The pairs lack Action and the
        /// parameters of a signature. [`encode_query`](crate::encode_query) makes a query string of
        /// them. Cost: O(bytes of the parameters).
        #[must_use]
        pub fn to_pairs(&self) -> Vec<(String, String)> {
            let mut pairs = Vec::new();
            self.each(&mut |name, value| pairs.push((name.to_owned(), value.to_string())));
            pairs
        }
    };
}
pub(crate) use common_methods;
