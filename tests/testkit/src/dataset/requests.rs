//! Classes of requests: the pairs of `DescribeInvocations` calls on the data set, by name.
//!
//! A class whose name starts with `none-` finds no record. Every other finds at least one among
//! 20,000 records or more of the default seed. No class sets the page. Every class asks for the
//! region with nine tenths of the records, and most leave `Timed` to its default, which is false.
//! Classes with an InstanceId name it, because their default restricts nothing, and each index of a
//! peer begins with region and Timed.
//!
//! # Classes
//!
//! [`classes`], on any data set:
//!
//! | class | filters beside the region |
//! |---|---|
//! | `region` | none |
//! | `resource-group` | the most frequent group |
//! | `invoke-id` | one record |
//! | `command-id`, `command-name` | one command of 300 |
//! | `type` | RunPowerShellScript |
//! | `mode` | Period |
//! | `timed` | Timed true |
//! | `status-common`, `status-rare` | Success; Stopping |
//! | `instance-popular`, `instance-rare` | the most frequent instance; one of the least frequent |
//! | `tag-key`, `tag-pair` | the most frequent key; with its most frequent value |
//! | `tag-pair-rare` | the tenth key with its twentieth value |
//! | `status-type-mode`, `status-type-mode-narrow` | three common values; three less common ones |
//! | `status-instance`, `status-instance-tag` | Success and the most frequent instance; with a tag |
//! | `status-command` | Failed and one command |
//! | `type-group-status` | RunPowerShellScript, the most frequent group, Failed |
//! | `group-partial-failed` | the most frequent group, PartialFailed |
//! | `finished-type` | Finished, which only the legacy status has, and RunShellScript |
//! | `timed-mode-status` | Timed true, Period, Scheduled |
//! | `timed-instance` | Timed true and the most frequent instance |
//! | `name-mode-tag-key` | one command's name, Once, the most frequent key |
//! | `instance-rare-tag-key` | a rare instance, the most frequent key |
//! | `two-tag-keys-status` | two frequent keys, Success |
//! | `three-tag-keys`, `three-tag-pairs` | the three most frequent keys; with a value each |
//! | `every-filter-but-instance` | all values of one record |
//! | `none-dense` | four common values that no record has together |
//!
//! [`adversarial`], on a data set with [`Options::adversarial_lists`]. `-dense` and `-more` stand for
//! five common values as well:
//!
//! | class | filters beside the region |
//! |---|---|
//! | `equal-rare-lists`, `equal-rare-lists-dense` | two tags on the same one record in 205 |
//! | `none-disjoint-rare-lists`, `none-disjoint-rare-lists-dense` | two such tags on different records |
//! | `none-dense-keys`, `none-dense-keys-more` | two keys, each on one half of the records |
//! | `none-rare-lists-dense-keys` | two equal rare tags and both halves |
//! | `many-filters-hold` | eight filters that many records match |
//! | `none-twenty-tag-keys`, `none-twenty-tag-keys-more` | twenty keys |
//! | `none-unknown-group`, `none-unknown-invoke-id`, `none-unknown-command-id`, `none-unknown-command-name`, `none-unknown-instance`, `none-unknown-tag-key`, `none-unknown-tag-value` | a value that no record has |
//! | `none-unknown-among-dense` | an unknown key among common values |
//! | `none-other-command` | the id of one command and the name of another |

use invodex::{CommandType, Invocation, InvocationStatus, RepeatMode};

use super::pools::{REGIONS, RESOURCE_GROUPS, TAG_KEYS, tag_value};
use super::{Dataset, Options};

/// A class of requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Class {
    /// Unique among all classes: lower-case words with hyphens.
    pub name: &'static str,
    /// Parameters and their values.
    pub pairs: Vec<(String, String)>,
}

impl Class {
    fn new(name: &'static str) -> Self {
        Class { name, pairs: Vec::new() }.with("RegionId", REGIONS[0].id)
    }

    fn with(mut self, parameter: impl Into<String>, value: impl Into<String>) -> Self {
        self.pairs.push((parameter.into(), value.into()));
        self
    }

    fn all<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        pairs.into_iter().fold(self, |class, (parameter, value)| class.with(parameter, value))
    }

    fn next_tag(&self) -> usize {
        1 + self.pairs.iter().filter(|(name, _)| name.ends_with(".Key")).count()
    }

    fn key(self, key: &str) -> Self {
        let number = self.next_tag();
        self.with(format!("Tag.{number}.Key"), key)
    }

    fn pair(self, key: &str, value: &str) -> Self {
        let number = self.next_tag();
        self.key(key).with(format!("Tag.{number}.Value"), value)
    }
}

const SHELL: (&str, &str) = ("CommandType", CommandType::RunShellScript.as_str());
const POWERSHELL: (&str, &str) = ("CommandType", CommandType::RunPowerShellScript.as_str());
const ONCE: (&str, &str) = ("RepeatMode", RepeatMode::Once.as_str());
const PERIOD: (&str, &str) = ("RepeatMode", RepeatMode::Period.as_str());
const SUCCESS: (&str, &str) = ("InvokeStatus", "Success");
const FAILED: (&str, &str) = ("InvokeStatus", "Failed");
const GROUP: (&str, &str) = ("ResourceGroupId", RESOURCE_GROUPS[0]);
const TIMED: (&str, &str) = ("Timed", "True");
const NOT_TIMED: (&str, &str) = ("Timed", "False");

/// Each documented filter alone, and combinations of them. The values are those of the data set that
/// `options` describe. Cost: some milliseconds.
pub fn classes(options: &Options) -> Vec<Class> {
    let dataset = Dataset::new(*options);
    let sample = sample(&dataset);
    let command_id = ("CommandId", sample.command_id.as_str());
    let command_name = ("CommandName", sample.command_name.as_str());
    // The most frequent instance of all, and one of the least frequent of the region.
    let popular = ("InstanceId", dataset.pools().instance_id(0));
    let rare = ("InstanceId", dataset.pools().instance_id(4_990));
    let common_value = |key: usize| tag_value(key, 0);
    let [first, second, third] = [TAG_KEYS[0], TAG_KEYS[1], TAG_KEYS[2]];

    let mut every = Class::new("every-filter-but-instance").all([
        ("ResourceGroupId", sample.resource_group_id.as_str()),
        command_id,
        command_name,
        SHELL,
        ONCE,
        NOT_TIMED,
        SUCCESS,
    ]);
    for tag in &sample.tags {
        every = every.pair(&tag.key, &tag.value);
    }

    vec![
        Class::new("region"),
        Class::new("resource-group").all([GROUP]),
        Class::new("invoke-id").all([("InvokeId", sample.invoke_id.as_str())]),
        Class::new("command-id").all([command_id]),
        Class::new("command-name").all([command_name]),
        Class::new("type").all([POWERSHELL]),
        Class::new("mode").all([PERIOD]),
        Class::new("timed").all([TIMED]),
        Class::new("status-common").all([SUCCESS]),
        Class::new("status-rare").all([("InvokeStatus", "Stopping")]),
        Class::new("instance-popular").all([NOT_TIMED, popular]),
        Class::new("instance-rare").all([NOT_TIMED, rare]),
        Class::new("tag-key").key(first),
        Class::new("tag-pair").pair(first, &common_value(0)),
        Class::new("tag-pair-rare").pair(TAG_KEYS[9], &tag_value(9, 19)),
        // Combinations.
        Class::new("status-type-mode").all([SUCCESS, SHELL, ONCE, NOT_TIMED]),
        Class::new("status-type-mode-narrow").all([FAILED, POWERSHELL, PERIOD, NOT_TIMED]),
        Class::new("status-instance").all([SUCCESS, NOT_TIMED, popular]),
        Class::new("status-instance-tag")
            .all([SUCCESS, NOT_TIMED, popular])
            .pair(first, &common_value(0)),
        Class::new("status-command").all([FAILED, command_id]),
        Class::new("type-group-status").all([POWERSHELL, GROUP, FAILED]),
        Class::new("group-partial-failed").all([GROUP, ("InvokeStatus", "PartialFailed")]),
        Class::new("finished-type").all([("InvokeStatus", "Finished"), SHELL]),
        Class::new("timed-mode-status").all([TIMED, PERIOD, ("InvokeStatus", "Scheduled")]),
        Class::new("timed-instance").all([TIMED, popular]),
        Class::new("name-mode-tag-key").all([command_name, ONCE]).key(first),
        Class::new("instance-rare-tag-key").all([NOT_TIMED, rare]).key(first),
        Class::new("two-tag-keys-status").all([SUCCESS]).key(first).key(second),
        Class::new("three-tag-keys").key(first).key(second).key(third),
        Class::new("three-tag-pairs")
            .pair(first, &common_value(0))
            .pair(second, &common_value(1))
            .pair(third, &common_value(2)),
        every,
        // Each filter matches many records, the last two together none.
        Class::new("none-dense").all([SHELL, GROUP, ONCE, TIMED]),
    ]
}

/// The worst requests for an index, on a data set with [`Options::adversarial_lists`]. Cost: as
/// [`classes`].
pub fn adversarial(options: &Options) -> Vec<Class> {
    let dataset = Dataset::new(*options);
    let sample = sample(&dataset);
    let commands = dataset.pools().commands();
    let other_name = match &commands[0].name {
        name if *name == sample.command_name => commands[1].name.as_str(),
        name => name,
    };
    let dense = [SUCCESS, SHELL, ONCE, GROUP, NOT_TIMED];
    vec![
        // Two lists of the same records, and two without a common one, of the same length.
        Class::new("equal-rare-lists").pair("adv-a", "1").pair("adv-b", "1"),
        Class::new("equal-rare-lists-dense").all(dense).pair("adv-a", "1").pair("adv-b", "1"),
        Class::new("none-disjoint-rare-lists").pair("adv-a", "1").pair("adv-c", "1"),
        Class::new("none-disjoint-rare-lists-dense")
            .all(dense)
            .pair("adv-a", "1")
            .pair("adv-c", "1"),
        // Half of the records each.
        Class::new("none-dense-keys").key("even").key("odd"),
        Class::new("none-dense-keys-more").all(dense).key("even").key("odd"),
        Class::new("none-rare-lists-dense-keys")
            .pair("adv-a", "1")
            .pair("adv-b", "1")
            .key("even")
            .key("odd"),
        Class::new("many-filters-hold").all(dense).pair("even", "1").key(TAG_KEYS[0]),
        TAG_KEYS[..20].iter().fold(Class::new("none-twenty-tag-keys"), |class, key| class.key(key)),
        TAG_KEYS[..18]
            .iter()
            .fold(Class::new("none-twenty-tag-keys-more").all(dense), |class, key| class.key(key))
            .key("even")
            .key("odd"),
        // Values that no record has.
        Class::new("none-unknown-group").with("ResourceGroupId", "rg-acfmunknown0000"),
        Class::new("none-unknown-invoke-id").with("InvokeId", "t-hz0unknown00000"),
        Class::new("none-unknown-command-id").with("CommandId", "c-hz0unknown00000"),
        Class::new("none-unknown-command-name").with("CommandName", "no-such-command"),
        Class::new("none-unknown-instance").with("InstanceId", "i-bp1unknown000000000"),
        Class::new("none-unknown-tag-key").key("no-such-key"),
        Class::new("none-unknown-tag-value").pair(TAG_KEYS[0], "no-such-value"),
        Class::new("none-unknown-among-dense").all(dense).key(TAG_KEYS[0]).key("no-such-key"),
        // An id and a name of different commands.
        Class::new("none-other-command")
            .with("CommandId", sample.command_id)
            .with("CommandName", other_name),
    ]
}

/// A record from the middle of the list that every filter can match.
fn sample(dataset: &Dataset) -> Invocation {
    let count = dataset.options().count;
    let suits = |record: &Invocation| {
        record.region_id == REGIONS[0].id
            && record.command_type == CommandType::RunShellScript
            && record.repeat_mode == RepeatMode::Once
            && record.instances.iter().all(|run| run.invocation_status == InvocationStatus::Success)
            && record.tags.len() >= 2
    };
    let middle = count / 2..count;
    middle.map(|k| dataset.record(k)).find(suits).unwrap_or_else(|| dataset.record(0))
}
