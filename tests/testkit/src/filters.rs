//! Every parameter of both operations, once. Builders, values on the wire, tokens and the random
//! requests of the machine are tested over this table. `builders` fails when the library reads a
//! parameter that has no row, or a row has a name that the library does not read; `kept_tokens` when
//! a filter has no kept token; `conformance` when a filter never made a difference.

use invodex::{DescribeInvocationResults, DescribeInvocations};

/// The operation that lists invocations.
pub const INVOCATIONS: &str = "DescribeInvocations";
/// The operation that lists the runs of invocations.
pub const RESULTS: &str = "DescribeInvocationResults";

/// The kind of a parameter's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A region: required, and known or not.
    Region,
    /// Any text, compared exactly.
    Text,
    /// A number: the part of the error's code before the name, and the maximum.
    Number(&'static str, u32),
    /// `true` or `false`, in any letter case.
    Boolean,
    /// A value of a closed set: the name in an error, and all values.
    Name(&'static str, &'static [&'static str]),
    /// NextToken.
    Token,
    /// The key of a tag.
    TagKey,
    /// The value of a tag, which may be empty.
    TagValue,
}

/// The purpose of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Chooses rows, so a token is bound to it.
    Filter,
    /// Changes how rows are shown.
    Show,
    /// Chooses the page.
    Page,
}

/// A parameter.
pub struct Parameter {
    /// Its name on the wire.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: Kind,
    /// Its purpose.
    pub role: Role,
    /// The relative frequency of the parameter in the machine's requests.
    pub weight: u32,
    /// Values for requests. The machine's records have those of filters.
    pub samples: &'static [&'static str],
    /// Values that are refused; for texts, values that no record has.
    pub others: &'static [&'static str],
    /// Parameters that must be given with it.
    pub beside: &'static [(&'static str, &'static str)],
    /// The builders' methods that set it.
    pub build: Build,
}

/// The builder's method with a value, if the operation has the parameter.
pub struct Build {
    /// That of DescribeInvocations.
    pub invocations: Option<fn(DescribeInvocations, &str) -> DescribeInvocations>,
    /// That of DescribeInvocationResults.
    pub results: Option<fn(DescribeInvocationResults, &str) -> DescribeInvocationResults>,
}

impl Parameter {
    /// Whether the operation has the parameter.
    pub fn is_of(&self, operation: &str) -> bool {
        let Build { invocations, results } = &self.build;
        if operation == INVOCATIONS { invocations.is_some() } else { results.is_some() }
    }

    /// The operations that have it.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> {
        [INVOCATIONS, RESULTS].into_iter().filter(|operation| self.is_of(operation))
    }
}

/// The filters of an operation.
pub fn filters(operation: &str) -> impl Iterator<Item = &'static Parameter> {
    let is_filter =
        move |parameter: &&Parameter| parameter.role == Role::Filter && parameter.is_of(operation);
    PARAMETERS.iter().filter(is_filter)
}

/// Values of CommandType.
pub const TYPES: &[&str] = &["RunBatScript", "RunPowerShellScript", "RunShellScript"];
/// Values of RepeatMode as a filter.
pub const MODES: &[&str] = &["Once", "Period", "NextRebootOnly", "EveryReboot"];
/// Values of InvokeStatus and InvokeRecordStatus.
pub const STATUSES: &[&str] = &[
    "Running",
    "Finished",
    "Success",
    "Failed",
    "Stopped",
    "Stopping",
    "PartialFailed",
    "Pending",
    "Scheduled",
];
/// Values of ContentEncoding.
pub const ENCODINGS: &[&str] = &["PlainText", "Base64"];
/// Spellings of booleans.
pub const BOOLEANS: &[&str] = &["true", "false", "True", "False", "TRUE", "fAlSe"];
const SIZES: &[&str] = &["1", "2", "3", "10", "50", "007"];
const NO_SIZES: &[&str] = &["0", "-1", "51", "ten", "1.0", "+1", " 1", "99999999999999999999"];

/// Whether a spelling of [`BOOLEANS`] means true.
pub fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

fn read<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("a sample is a value")
}

/// The builder's method with a value, for both operations, for one, or for the other.
macro_rules! both {
    (|$request:ident, $value:ident| $built:expr) => {
        Build {
            invocations: Some(|$request, $value| $built),
            results: Some(|$request, $value| $built),
        }
    };
}
macro_rules! invocations {
    (|$request:ident, $value:ident| $built:expr) => {
        Build { invocations: Some(|$request, $value| $built), results: None }
    };
}
macro_rules! results {
    (|$request:ident, $value:ident| $built:expr) => {
        Build { invocations: None, results: Some(|$request, $value| $built) }
    };
}

/// A filter for a text, without its name and builder.
const TEXT: Parameter = Parameter {
    name: "",
    kind: Kind::Text,
    role: Role::Filter,
    weight: 3,
    samples: &[],
    others: &[],
    beside: &[],
    build: Build { invocations: None, results: None },
};
const PAGE: Parameter = Parameter { role: Role::Page, ..TEXT };
const SHOW: Parameter = Parameter { role: Role::Show, ..TEXT };

/// Every parameter of both operations.
pub const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "RegionId",
        kind: Kind::Region,
        samples: &["cn-a", "cn-b"],
        others: &["CN-A", "cn-a "],
        build: Build {
            invocations: Some(|_, value| DescribeInvocations::new(value)),
            results: Some(|_, value| DescribeInvocationResults::new(value)),
        },
        ..TEXT
    },
    Parameter {
        name: "ResourceGroupId",
        samples: &["rg-1", "rg-2"],
        others: &["rg-none"],
        build: both!(|request, value| request.resource_group_id(value)),
        ..TEXT
    },
    Parameter {
        name: "InvokeId",
        samples: &["t-1", "t-2"],
        others: &["t-none"],
        build: both!(|request, value| request.invoke_id(value)),
        ..TEXT
    },
    Parameter {
        name: "CommandId",
        samples: &["c-1", "c-2", "c-3", "c-4"],
        others: &["c-none"],
        build: both!(|request, value| request.command_id(value)),
        ..TEXT
    },
    Parameter {
        name: "InstanceId",
        weight: 4,
        samples: &["i-1", "i-2", "i-3", "i-4", "i-5", "i-6", "i-7", "i-8"],
        others: &["i-none"],
        build: both!(|request, value| request.instance_id(value)),
        ..TEXT
    },
    Parameter {
        name: "CommandName",
        samples: &["deploy", "Deploy", "部署"],
        others: &["DEPLOY", "dep"],
        build: invocations!(|request, value| request.command_name(value)),
        ..TEXT
    },
    Parameter {
        name: "CommandType",
        kind: Kind::Name("CommandType", TYPES),
        samples: TYPES,
        others: &["runshellscript", "Shell"],
        build: invocations!(|request, value| request.command_type(read(value))),
        ..TEXT
    },
    Parameter {
        name: "Type",
        kind: Kind::Name("CommandType", TYPES),
        weight: 2,
        samples: TYPES,
        others: &["RunPythonScript"],
        build: invocations!(|request, value| request.command_type(read(value))),
        ..TEXT
    },
    Parameter {
        name: "RepeatMode",
        kind: Kind::Name("RepeatMode", MODES),
        samples: MODES,
        others: &["DryRun", "once"],
        build: invocations!(|request, value| request.repeat_mode(read(value))),
        ..TEXT
    },
    Parameter {
        name: "InvokeStatus",
        kind: Kind::Name("InvokeStatus", STATUSES),
        weight: 4,
        samples: STATUSES,
        others: &["success", "Cancelled"],
        build: invocations!(|request, value| request.invoke_status(read(value))),
        ..TEXT
    },
    Parameter {
        name: "InvokeRecordStatus",
        kind: Kind::Name("InvokeRecordStatus", STATUSES),
        weight: 4,
        samples: STATUSES,
        others: &["running", "Invalid"],
        build: results!(|request, value| request.invoke_record_status(read(value))),
        ..TEXT
    },
    Parameter {
        name: "Timed",
        kind: Kind::Boolean,
        weight: 4,
        samples: BOOLEANS,
        others: &["1", "yes", " true"],
        build: invocations!(|request, value| request.timed(is_true(value))),
        ..TEXT
    },
    Parameter {
        name: "IncludeHistory",
        kind: Kind::Boolean,
        weight: 1,
        samples: BOOLEANS,
        others: &["0", "no"],
        beside: &[("InvokeId", "1")],
        build: results!(|request, value| request.include_history(is_true(value))),
        ..TEXT
    },
    Parameter {
        name: "Tag.1.Key",
        kind: Kind::TagKey,
        samples: &["k", "l", "K"],
        build: both!(|request, value| request.tag_key(value)),
        ..TEXT
    },
    Parameter {
        name: "Tag.1.Value",
        kind: Kind::TagValue,
        samples: &["", "v", "w"],
        beside: &[("Tag.1.Key", "1")],
        build: both!(|request, value| request.tag("1", value)),
        ..TEXT
    },
    Parameter {
        name: "ContentEncoding",
        kind: Kind::Name("ContentEncoding", ENCODINGS),
        weight: 1,
        samples: ENCODINGS,
        others: &["base64", "plain"],
        build: both!(|request, value| request.content_encoding(read(value))),
        ..SHOW
    },
    Parameter {
        name: "IncludeOutput",
        kind: Kind::Boolean,
        weight: 2,
        samples: BOOLEANS,
        others: &["0", "no"],
        beside: &[("InvokeId", "1")],
        build: invocations!(|request, value| request.include_output(is_true(value))),
        ..SHOW
    },
    Parameter {
        name: "PageNumber",
        kind: Kind::Number("InvalidParam", 2_147_483_647),
        samples: &["1", "2", "3", "04", "2147483647"],
        others: &["0", "-7", "2147483648", "one", "99999999999999999999"],
        build: both!(|request, value| request.page_number(read(value))),
        ..PAGE
    },
    Parameter {
        name: "PageSize",
        kind: Kind::Number("InvalidParam", 50),
        weight: 4,
        samples: SIZES,
        others: NO_SIZES,
        build: both!(|request, value| request.page_size(read(value))),
        ..PAGE
    },
    Parameter {
        name: "MaxResults",
        kind: Kind::Number("InvalidParameter", 50),
        samples: SIZES,
        others: NO_SIZES,
        build: both!(|request, value| request.max_results(read(value))),
        ..PAGE
    },
    Parameter {
        name: "NextToken",
        kind: Kind::Token,
        weight: 1,
        samples: &[""],
        others: &["x", "AAAA"],
        build: both!(|request, value| request.next_token(value)),
        ..PAGE
    },
];
