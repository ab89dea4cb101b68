//! The macro that defines every closed set of API names, so that each name is spelled once.

/// Defines a fieldless enum. Each variant has the API's own spelling; the literal is the parameter
/// that an error for an unknown spelling names.
///
/// Page tokens and archives depend on the position of a variant: a new variant comes last.
macro_rules! api_names {
    ($(#[$meta:meta])* $name:ident, $parameter:literal { $($(#[$doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every value, in order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The API's spelling. Cost: O(1).
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => stringify!($variant)),+ }
            }

            /// The value with the spelling `name` (case-sensitive), or `None`. Cost: O(1).
            ///
            /// [`str::parse`] does the same, and its error names the allowed values.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $(stringify!($variant) => Some($name::$variant),)+ _ => None }
            }
        }

        impl core::str::FromStr for $name {
            type Err = crate::Error;

            /// Like `from_name`.
            ///
            /// # Errors
            ///
            /// `InvalidParameter.NAME` for any other spelling, with the allowed values.
            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::from_name(name).ok_or_else(|| {
                    let allowed: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    crate::Error::not_one_of($parameter, name, &allowed)
                })
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use api_names;
