//! The filters of a request, read and applied in the simplest way.

use invodex::{CommandType, Invocation, RepeatMode};
use invodex_testkit::model::Overall;

/// The filters of a request, with defaults resolved and ignored filters left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    pub region_id: String,
    pub resource_group_id: Option<String>,
    pub invoke_id: Option<String>,
    pub command_id: Option<String>,
    pub command_name: Option<String>,
    pub command_type: Option<CommandType>,
    pub repeat_mode: Option<RepeatMode>,
    pub timed: Option<bool>,
    pub status: Option<String>,
    pub instance_id: Option<String>,
    /// Keys, with values where the request has them.
    pub tags: Vec<(String, Option<String>)>,
}

impl Wanted {
    /// Reads the pairs of a request. Ignores unknown ones. A tag's value must follow its key.
    pub fn from_pairs(pairs: &[(String, String)]) -> Self {
        let mut wanted = Wanted::default();
        for (name, value) in pairs {
            let text = Some(value.clone());
            match name.as_str() {
                "RegionId" => wanted.region_id.clone_from(value),
                "ResourceGroupId" => wanted.resource_group_id = text,
                "InvokeId" => wanted.invoke_id = text,
                "CommandId" => wanted.command_id = text,
                "CommandName" => wanted.command_name = text,
                "CommandType" => wanted.command_type = CommandType::from_name(value),
                "RepeatMode" => wanted.repeat_mode = RepeatMode::from_name(value),
                "Timed" => wanted.timed = Some(value.eq_ignore_ascii_case("true")),
                "InvokeStatus" => wanted.status = text,
                "InstanceId" => wanted.instance_id = text,
                name if name.starts_with("Tag.") && name.ends_with(".Key") => {
                    wanted.tags.push((value.clone(), None));
                }
                name if name.starts_with("Tag.") => {
                    if let Some(tag) = wanted.tags.last_mut() {
                        tag.1 = text;
                    }
                }
                _ => {}
            }
        }
        if wanted.timed.is_none() && wanted.invoke_id.is_none() && wanted.instance_id.is_none() {
            wanted.timed = Some(false);
        }
        if wanted.instance_id.is_some() {
            wanted.command_name = None;
            wanted.repeat_mode = None;
            wanted.status = wanted.status.filter(|status| status != "PartialFailed");
        }
        wanted
    }

    /// The number of filters besides RegionId and Timed.
    pub fn filters(&self) -> usize {
        let given = [
            self.resource_group_id.is_some(),
            self.invoke_id.is_some(),
            self.command_id.is_some(),
            self.command_name.is_some(),
            self.command_type.is_some(),
            self.repeat_mode.is_some(),
            self.status.is_some(),
            self.instance_id.is_some(),
        ];
        given.into_iter().filter(|&given| given).count() + self.tags.len()
    }

    /// Whether the record matches every filter.
    pub fn matches(&self, record: &Invocation) -> bool {
        fn holds<T: PartialEq + ?Sized>(wanted: Option<&T>, is: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == is)
        }
        let overall = Overall::of(record);
        self.region_id == record.region_id
            && holds(self.timed.as_ref(), &overall.timed)
            && holds(self.resource_group_id.as_ref(), &record.resource_group_id)
            && holds(self.invoke_id.as_ref(), &record.invoke_id)
            && holds(self.command_id.as_ref(), &record.command_id)
            && holds(self.command_name.as_ref(), &record.command_name)
            && holds(self.command_type.as_ref(), &record.command_type)
            && holds(self.repeat_mode.as_ref(), &record.repeat_mode)
            && self.status.as_ref().is_none_or(|status| overall.is(status))
            && self
                .instance_id
                .as_ref()
                .is_none_or(|id| record.instances.iter().any(|run| run.instance_id == *id))
            && self.tags.iter().all(|(key, value)| {
                let tag = record.tags.iter().find(|tag| tag.key == *key);
                tag.is_some_and(|tag| holds(value.as_ref(), &tag.value))
            })
    }
}
