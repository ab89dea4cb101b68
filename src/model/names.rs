//! One macro for every closed set of API names, so that each value is spelled once.

/// Defines a fieldless enum whose variants carry the API's own spelling, and the parameter that an
/// error of another spelling names. Tokens have the places of values: new ones come last.
macro_rules! api_names {
    ($(#[$meta:meta])* $name:ident, $parameter:literal { $($(#[$doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The API's spelling. Cost: O(1).
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => stringify!($variant)),+ }
            }

            /// The value spelled `name`, case-sensitive, or `None`. Cost: O(1).
            ///
            /// [`str::parse`] is the same with an error that names the allowed values.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $(stringify!($variant) => Some($name::$variant),)+ _ => None }
            }
        }

        impl core::str::FromStr for $name {
            type Err = crate::Error;

            /// As `from_name`.
            ///
            /// # Errors
            ///
            /// `InvalidParameter.NAME` with the values that are allowed.
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
