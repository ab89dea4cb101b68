//! JSON of any shape, read without failing: what stands in a wrong place is handed over, so that
//! it spoils one record and not the file.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny};
use serde::de::{MapAccess, SeqAccess, Visitor};

use crate::error::Error;
use crate::model::Timestamp;

/// The one key of the map that stands for a number when some crate of the build asks serde_json
/// for `arbitrary_precision`.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// A value. Of a list or an object only that it was there.
pub(super) enum Scalar<'de> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    /// A number with a fraction or an exponent, or beyond 64 bits.
    Float(f64),
    Text(Cow<'de, str>),
    List,
    Object,
}

/// The reason of a refusal: what was given and what is allowed.
pub(super) type Reason = String;

impl<'de> Scalar<'de> {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Scalar::Null)
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Scalar::Text(text) if text.is_empty())
    }

    /// What was given instead of `allowed`.
    pub(super) fn fault(&self, allowed: &str) -> Reason {
        let given = match self {
            Scalar::Null => "null",
            Scalar::Bool(_) => "true or false",
            Scalar::Text(_) => "a string",
            Scalar::List => "a list",
            Scalar::Object => "an object",
            Scalar::Unsigned(number) => return format!("given {number}, allowed {allowed}"),
            Scalar::Negative(number) => return format!("given {number}, allowed {allowed}"),
            Scalar::Float(number) => return format!("given {number:?}, allowed {allowed}"),
        };
        format!("given {given}, allowed {allowed}")
    }

    /// A string; `null` is none.
    pub(super) fn text(self) -> Result<Option<Cow<'de, str>>, Reason> {
        match self {
            Scalar::Null => Ok(None),
            Scalar::Text(text) => Ok(Some(text)),
            other => Err(other.fault("a string")),
        }
    }

    /// `true` or `false`; `null` is none.
    pub(super) fn flag(self) -> Result<Option<bool>, Reason> {
        match self {
            Scalar::Null => Ok(None),
            Scalar::Bool(flag) => Ok(Some(flag)),
            other => Err(other.fault("true or false")),
        }
    }

    /// A whole number that `T` holds; `null` is none.
    pub(super) fn number<T: TryFrom<u64> + TryFrom<i64>>(
        self,
        allowed: impl Display,
    ) -> Result<Option<T>, Reason> {
        let number = match self {
            Scalar::Null => return Ok(None),
            Scalar::Unsigned(number) => T::try_from(number).ok(),
            Scalar::Negative(number) => T::try_from(number).ok(),
            _ => None,
        };
        number.map(Some).ok_or_else(|| self.fault(&allowed.to_string()))
    }

    /// One of `all`; `null` and `""` are none.
    pub(super) fn named<T: Copy>(
        self,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, Reason> {
        let Some(text) = self.text()?.filter(|text| !text.is_empty()) else { return Ok(None) };
        if let Some(&value) = all.iter().find(|&&value| name(value) == text) {
            return Ok(Some(value));
        }
        let allowed: Vec<_> = all.iter().map(|&value| name(value)).collect();
        Err(Error::not_one_of("", &text, &allowed).detail().to_owned())
    }

    /// A time; `null` and `""` are none.
    pub(super) fn time(self) -> Result<Option<Timestamp>, Reason> {
        match self.text()? {
            Some(text) if !text.is_empty() => {
                text.parse().map(Some).map_err(|error: Error| error.detail().to_owned())
            }
            _ => Ok(None),
        }
    }
}

/// A place where an object is expected.
pub(super) trait Object<'de> {
    /// Takes the value that belongs to `key`.
    fn entry<A: MapAccess<'de>>(&mut self, key: Cow<'de, str>, map: &mut A)
    -> Result<(), A::Error>;

    /// Takes what stands there instead.
    fn instead(&mut self, found: Scalar<'de>);
}

/// A place where a list is expected.
pub(super) trait List<'de> {
    /// Takes the next item; false when there is none.
    fn item<A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error>;

    /// Takes what stands there instead.
    fn instead(&mut self, found: Scalar<'de>);
}

/// Reads into an [`Object`].
pub(super) struct AsObject<'a, T>(pub(super) &'a mut T);

/// Reads into a [`List`].
pub(super) struct AsList<'a, T>(pub(super) &'a mut T);

/// Everything but lists and objects, each made a [`Scalar`] and given to `$take`.
macro_rules! visit_scalars {
    ($take:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($take(self, Scalar::Null))
        }

        fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
            Ok($take(self, Scalar::Bool(flag)))
        }

        fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
            Ok($take(self, Scalar::Unsigned(number)))
        }

        fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
            Ok($take(self, Scalar::Negative(number)))
        }

        fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
            Ok($take(self, Scalar::Float(number)))
        }

        fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok($take(self, Scalar::Text(Cow::Borrowed(text))))
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok($take(self, Scalar::Text(Cow::Owned(text.to_owned()))))
        }

        fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
            Ok($take(self, Scalar::Text(Cow::Owned(text))))
        }
    };
}

fn skip_list<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Scalar<'de>, A::Error> {
    while items.next_element::<IgnoredAny>()?.is_some() {}
    Ok(Scalar::List)
}

/// Passes over an object, which may be a number.
fn skip_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Scalar<'de>, A::Error> {
    let Some(first) = map.next_key::<Scalar<'de>>()? else { return Ok(Scalar::Object) };
    if matches!(&first, Scalar::Text(key) if key == NUMBER_KEY) {
        return Ok(match map.next_value::<Scalar<'de>>()? {
            Scalar::Text(digits) => number_of(&digits),
            _ => Scalar::Object,
        });
    }
    map.next_value::<IgnoredAny>()?;
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(Scalar::Object)
}

fn number_of(digits: &str) -> Scalar<'static> {
    if let Ok(number) = digits.parse() {
        Scalar::Unsigned(number)
    } else if let Ok(number) = digits.parse() {
        Scalar::Negative(number)
    } else {
        Scalar::Float(digits.parse().unwrap_or(f64::NAN))
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar<'de>;

            visit_scalars!(|_, scalar| scalar);

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Scalar<'de>, A::Error> {
                skip_list(items)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar<'de>, A::Error> {
                skip_object(map)
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl<'de, T: Object<'de>> DeserializeSeed<'de> for AsObject<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Object<'de>> Visitor<'de> for AsObject<'_, T> {
    type Value = ();

    visit_scalars!(|place: Self, scalar| place.0.instead(scalar));

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        self.0.instead(skip_list(items)?);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Scalar<'de>>()? {
            let Scalar::Text(key) = key else { continue };
            self.0.entry(key, &mut map)?;
        }
        Ok(())
    }
}

impl<'de, T: List<'de>> DeserializeSeed<'de> for AsList<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: List<'de>> Visitor<'de> for AsList<'_, T> {
    type Value = ();

    visit_scalars!(|place: Self, scalar| place.0.instead(scalar));

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while self.0.item(&mut items)? {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.instead(skip_object(map)?);
        Ok(())
    }
}
