//! The instances of an account: those that `--instances` or the control request `instances` lists, or
//! else every id.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use invodex::{DescribeInvocations, InvocationStatus, RunUpdate};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{ApiError, quoted, refusal};

/// Maximum number of instances in a list, and maximum length of an id in bytes.
const MOST: usize = 10_000;
const ID_BYTES: usize = 128;
/// Maximum number of ids in a request.
const IDS: usize = 100;
/// The statuses of an instance.
pub(crate) const STATUSES: [&str; 5] = ["Pending", "Running", "Starting", "Stopping", "Stopped"];

/// The flags that say which regions and instances there are.
pub(crate) struct Cloud {
    /// The region of an instance without one.
    pub(crate) region: String,
    /// The known regions; empty if every region is known.
    pub(crate) regions: Vec<String>,
    pub(crate) instances: Option<Arc<Instances>>,
}

/// A list of instances, in the order given. Their ids differ.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Instances(Vec<Instance>);

/// An instance, with the fields that the emulator reads.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) region_id: String,
    pub(crate) group: String,
    pub(crate) status: String,
    pub(crate) os: String,
    tags: Vec<InstanceTag>,
    /// Whether Cloud Assistant runs on it while the instance is Running.
    agent: bool,
    /// The JSON object that DescribeInstances answers. As text it takes little memory.
    json: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstanceTag {
    tag_key: String,
    #[serde(default)]
    tag_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedTags {
    tag: Vec<InstanceTag>,
}

/// Reads a field of a listed instance, if it has one.
fn field<T: DeserializeOwned>(all: &Map<String, Value>, name: &str) -> Result<Option<T>, String> {
    let given = json!({name: all.get(name)});
    let read: Result<BTreeMap<String, Option<T>>, _> = serde_path_to_error::deserialize(given);
    Ok(read.map_err(|error| error.to_string())?.into_values().next().flatten())
}

impl Cloud {
    pub(crate) fn new(region: &str, regions: Vec<String>) -> Self {
        Cloud { region: region.to_owned(), regions, instances: None }
    }

    /// Lists the instances of `files`, if there is one. A file has answers of DescribeInstances, one
    /// after the other.
    pub(crate) fn list(&mut self, files: &[PathBuf]) -> Result<(), String> {
        let (mut instances, mut ids) = (Instances::default(), HashSet::new());
        for path in files {
            let named = |error: String| format!("--instances {}: {error}", path.display());
            let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
            let before = instances.0.len();
            for answer in serde_json::Deserializer::from_slice(&bytes).into_iter() {
                let answer = answer.map_err(|error| named(error.to_string()))?;
                instances.add(&answer, self, &mut ids).map_err(named)?;
            }
            if instances.0.len() == before {
                return Err(named("it has no instance".to_owned()));
            }
        }
        self.instances = (!files.is_empty()).then(|| Arc::new(instances));
        Ok(())
    }
}

impl Instances {
    /// Adds the instances of an answer of DescribeInstances. `ids` has the ids of the list: a file may
    /// have many answers, so they are not collected anew for each. The error says where the answer is
    /// not as the service has it, and why.
    pub(crate) fn add(
        &mut self,
        answer: &Value,
        cloud: &Cloud,
        ids: &mut HashSet<String>,
    ) -> Result<(), String> {
        let list = answer.get("Instances").and_then(|list| list.get("Instance")?.as_array()).ok_or(
            "Instances.Instance: allowed is a list of instances, as DescribeInstances answers it",
        )?;
        for (at, given) in list.iter().enumerate() {
            let named = |error| format!("Instances.Instance[{at}]: {error}");
            let instance = Instance::read(given, cloud).map_err(named)?;
            if !ids.insert(instance.id.clone()) {
                return Err(named(format!("InstanceId: {:?} is listed before", instance.id)));
            }
            if ids.len() > MOST {
                return Err(named(format!("allowed are {MOST} instances")));
            }
            self.0.push(instance);
        }
        Ok(())
    }

    /// The instances with `ids`, each as if it were listed with its id alone. An id that cannot be
    /// listed is left out.
    pub(crate) fn unlisted(
        region_id: &str,
        ids: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        let cloud = Cloud::new(region_id, Vec::new());
        let (mut instances, mut listed) = (Instances::default(), HashSet::new());
        for id in ids {
            let answer = json!({"Instances": {"Instance": [{"InstanceId": id.as_ref()}]}});
            let _ = instances.add(&answer, &cloud, &mut listed);
        }
        instances
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The memory of the list, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|instance| size_of::<Instance>() + 2 * instance.json.len()).sum()
    }

    /// The instances in a region.
    pub(crate) fn in_region(&self, region_id: &str) -> impl Iterator<Item = &Instance> {
        self.0.iter().filter(move |instance| instance.region_id == region_id)
    }

    pub(crate) fn find(&self, region_id: &str, id: &str) -> Option<&Instance> {
        self.in_region(region_id).find(|instance| instance.id == id)
    }
}

/// Refuses a key that XML has no element for, at any depth.
fn check_keys(given: &Value) -> Result<(), String> {
    match given {
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            if !is_xml_name(key) {
                return Err(format!(
                    "the key {} is given, allowed are a letter or _, then letters, digits, _, . and -",
                    quoted(key)
                ));
            }
            check_keys(value)
        }),
        Value::Array(values) => values.iter().try_for_each(check_keys),
        _ => Ok(()),
    }
}

fn is_xml_name(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

impl Instance {
    fn read(given: &Value, cloud: &Cloud) -> Result<Self, String> {
        let Value::Object(fields) = given else {
            return Err(format!("given {given}, allowed is an object"));
        };
        check_keys(given)?;
        let id: String = field(fields, "InstanceId")?.ok_or("missing field `InstanceId`")?;
        let tags: Option<ListedTags> = field(fields, "Tags")?;
        let instance = Instance {
            name: field(fields, "InstanceName")?.unwrap_or_else(|| id.clone()),
            region_id: field(fields, "RegionId")?.unwrap_or_else(|| cloud.region.clone()),
            group: field(fields, "ResourceGroupId")?.unwrap_or_default(),
            status: field(fields, "Status")?.unwrap_or_else(|| "Running".to_owned()),
            os: field(fields, "OSType")?.unwrap_or_else(|| "linux".to_owned()),
            tags: tags.map(|tags| tags.tag).unwrap_or_default(),
            // An extra key, with the name and the values of DescribeCloudAssistantStatus.
            agent: match fields.get("CloudAssistantStatus") {
                None => true,
                Some(Value::Bool(flag)) => *flag,
                Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => true,
                Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => false,
                Some(given) => {
                    let allowed = "allowed true, false";
                    return Err(format!("CloudAssistantStatus: given {given}, {allowed}"));
                }
            },
            json: String::new(),
            id,
        };
        let refuse = |name, given: &str, allowed: String| {
            Err(format!("{name}: given {given:?}, allowed {allowed}"))
        };
        if instance.id.is_empty() || instance.id.len() > ID_BYTES {
            return refuse("InstanceId", &instance.id, format!("are 1 to {ID_BYTES} bytes"));
        }
        if !STATUSES.contains(&&*instance.status) {
            return refuse("Status", &instance.status, STATUSES.join(", "));
        }
        if !cloud.regions.is_empty() && !cloud.regions.contains(&instance.region_id) {
            return refuse("RegionId", &instance.region_id, cloud.regions.join(", "));
        }
        let mut fields = fields.clone();
        fields.remove("CloudAssistantStatus");
        for (name, value) in [
            ("InstanceName", &instance.name),
            ("RegionId", &instance.region_id),
            ("ResourceGroupId", &instance.group),
            ("Status", &instance.status),
            ("OSType", &instance.os),
        ] {
            fields.insert(name.to_owned(), value.as_str().into());
        }
        fields.insert("Tags".to_owned(), json!({"Tag": instance.tags}));
        Ok(Instance { json: Value::Object(fields).to_string(), ..instance })
    }

    /// The JSON object that DescribeInstances answers.
    pub(crate) fn json(&self) -> Value {
        // It was written from a value.
        serde_json::from_str(&self.json).unwrap_or_default()
    }

    /// Whether the instance has all tags of the request. A tag without a value asks for its key alone.
    pub(crate) fn has_tags(&self, request: &DescribeInvocations) -> bool {
        request.get_tags().all(|(key, value)| {
            let fits = |tag: &InstanceTag| {
                tag.tag_key == key && value.is_none_or(|value| tag.tag_value == value)
            };
            self.tags.iter().any(fits)
        })
    }

    /// Whether Cloud Assistant answers.
    pub(crate) fn is_reachable(&self) -> bool {
        self.agent && self.status == "Running"
    }

    /// The end of a run that cannot be sent to the instance.
    pub(crate) fn refusal(&self) -> Option<RunUpdate> {
        let (code, info) = match &*self.status {
            "Running" if self.agent => return None,
            "Running" => ("ClientNotRunning", "the aliyun service is not running on the instance."),
            _ => ("InstanceNotRunning", "the instance is not running when create task."),
        };
        Some(RunUpdate::failed(InvocationStatus::Aborted, code, info))
    }
}

/// Refuses too many ids, and one that is not listed in the region. Without a list every id exists.
pub(crate) fn check_ids(
    listed: Option<&Instances>,
    region_id: &str,
    ids: &[&str],
) -> Result<(), ApiError> {
    let Some(listed) = listed else { return Ok(()) };
    if ids.len() > IDS {
        return Err(invodex::Error::too_many_instances(ids.len(), IDS).into());
    }
    match ids.iter().find(|id| listed.find(region_id, id).is_none()) {
        None => Ok(()),
        Some(id) => Err(refusal("InvalidInstance.NotFound").detail(format!(
            "InstanceId: given {}; {} instances are listed in {region_id}",
            quoted(id),
            listed.in_region(region_id).count()
        ))),
    }
}
