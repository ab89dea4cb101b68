//! The actions around the instances: DescribeInstances, DescribeCloudAssistantStatus and
//! DescribeRegions.

use std::sync::Arc;

use invodex::{DescribeInvocationResults, DescribeInvocations, Error, InvokeStatus, Store};
use invodex_emulator_http::plain_name;
use serde_json::{Value, json};

use crate::error::{ApiError, refusal};
use crate::guard::DOMAIN;
use crate::instances::{Instance, Instances, STATUSES, check_ids};
use crate::params::Params;
use crate::pattern::fits;
use crate::tenants::Tenant;

/// Maximum number of ids in a request.
const IDS: usize = 100;
/// The version of a running Cloud Assistant.
const AGENT_VERSION: &str = "2.2.4.1000";
const SYSTEMS: [&str; 3] = ["Windows", "Linux", "FreeBSD"];
/// The public regions, which DescribeRegions answers if every region is known.
const REGIONS: &str = "\
    cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-hangzhou cn-shanghai \
    cn-nanjing cn-fuzhou cn-shenzhen cn-heyuan cn-guangzhou cn-wuhan-lr cn-chengdu \
    cn-zhengzhou-jva cn-hongkong ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-3 \
    ap-southeast-5 ap-southeast-6 ap-southeast-7 us-east-1 us-west-1 na-south-1 eu-west-1 \
    eu-central-1 me-east-1";

/// DescribeInstances: by InstanceIds, InstanceName, Status, ResourceGroupId and tags.
pub(crate) fn instances(tenant: &Tenant, params: &Params) -> Result<Value, ApiError> {
    let tags = checked(tenant, params)?;
    let ids = instance_ids(params)?;
    let page = Page::read(params, IDS as u32, Some(10))?;
    if let Some(status) = params.get("Status")
        && !STATUSES.contains(&status)
    {
        return Err(ApiError::invalid("Status", format!("allowed {}", STATUSES.join(", "))));
    }
    let listed = listed(tenant, tags.get_region_id(), ids.iter().flatten());
    let has = |name: &str, value: &str| params.get(name).is_none_or(|asked| asked == value);
    let matches = |instance: &&Instance| {
        ids.as_ref().is_none_or(|ids| ids.contains(&instance.id))
            && params.get("InstanceName").is_none_or(|pattern| fits(pattern, &instance.name))
            && has("Status", &instance.status)
            && has("ResourceGroupId", &instance.group)
            && instance.has_tags(&tags)
    };
    let matching: Vec<_> = listed.in_region(tags.get_region_id()).filter(matches).collect();
    Ok(page.answer("Instances", "Instance", &matching, |instance| instance.json()))
}

/// DescribeCloudAssistantStatus: by InstanceId.N and OSType. With InstanceId.N the answer is one page.
pub(crate) fn agents(tenant: &Tenant, params: &Params) -> Result<Value, ApiError> {
    let request = checked(tenant, params)?;
    let region_id = request.get_region_id();
    let ids = params.list("InstanceId");
    if ids.len() > IDS {
        return Err(too_many_ids(ids.len()));
    }
    let page = match ids.len() {
        0 => Page::read(params, 50, None)?,
        ids => Page { number: 1, size: ids, start: 0 },
    };
    let system = match params.get("OSType") {
        Some(given) if !SYSTEMS.contains(&given) => {
            return Err(ApiError::invalid("OSType", format!("allowed {}", SYSTEMS.join(", "))));
        }
        system => system,
    };
    check_ids(tenant.instances().as_deref(), region_id, &ids)?;
    let listed = listed(tenant, region_id, &ids);
    let matches = |instance: &&Instance| {
        (ids.is_empty() || ids.contains(&&*instance.id))
            && system.is_none_or(|system| system.eq_ignore_ascii_case(&instance.os))
    };
    let matching: Vec<_> = listed.in_region(region_id).filter(matches).collect();
    tenant.store.read(|store| {
        let row = |instance: &Instance| agent(store, instance).unwrap_or_default();
        Ok(page.answer(
            "InstanceCloudAssistantStatusSet",
            "InstanceCloudAssistantStatus",
            &matching,
            row,
        ))
    })
}

/// The state of Cloud Assistant on an instance, and its invocations by the store.
fn agent(store: &Store, instance: &Instance) -> Result<Value, Error> {
    let all = DescribeInvocations::new(&*instance.region_id).instance_id(&*instance.id);
    let all = store.describe_invocations(&all.page_size(1))?;
    let active = DescribeInvocationResults::new(&*instance.region_id).instance_id(&*instance.id);
    let active = active.invoke_record_status(InvokeStatus::Running).page_size(1);
    let active = store.describe_invocation_results(&active)?.total_count().unwrap_or_default();
    let latest = all.invocations().next().map(|latest| latest.creation_time());
    let runs = instance.is_reachable();
    let or_empty = |value: Value| if runs { value } else { "".into() };
    let system = SYSTEMS.iter().find(|system| system.eq_ignore_ascii_case(&instance.os));
    Ok(json!({
        "InstanceId": instance.id,
        "CloudAssistantStatus": runs.to_string(),
        "CloudAssistantVersion": or_empty(AGENT_VERSION.into()),
        "LastHeartbeatTime": or_empty(json!(store.now())),
        "LastInvokedTime": latest.map_or_else(|| "".into(), |latest| json!(latest)),
        "InvocationCount": all.total_count().unwrap_or_default().saturating_sub(active),
        "ActiveTaskCount": active,
        "OSType": system.unwrap_or(&"Linux"),
        "SupportSessionManager": runs,
    }))
}

/// DescribeRegions. The endpoint of a region is one that reaches this emulator: that of the service if
/// the client asked for it, else the host that it named. A host with a port is answered as it is: the
/// service itself listens at the port of another region's name.
pub(crate) fn regions(tenant: &Tenant, host: &str) -> Value {
    let is_service = !host.contains(':') && plain_name(host).ends_with(DOMAIN);
    let region = |id: &str| {
        let endpoint = match is_service {
            true => format!("ecs.{id}{DOMAIN}"),
            false => host.to_owned(),
        };
        json!({
            "RegionId": id, "RegionEndpoint": endpoint, "LocalName": id, "Status": "available",
        })
    };
    let regions: Vec<_> = match &*tenant.settings.cloud.regions {
        [] => REGIONS.split(' ').map(region).collect(),
        known => known.iter().map(|id| region(id)).collect(),
    };
    json!({"Regions": {"Region": regions}})
}

/// RegionId and the tags, checked as those of a query.
fn checked(tenant: &Tenant, params: &Params) -> Result<DescribeInvocations, ApiError> {
    let request = params.tagged("Tag.");
    tenant.store.read(|store| request.check(store.config()))?;
    Ok(request)
}

/// The listed instances; without a list those with `ids`.
fn listed(
    tenant: &Tenant,
    region_id: &str,
    ids: impl IntoIterator<Item = impl AsRef<str>>,
) -> Arc<Instances> {
    tenant.instances().unwrap_or_else(|| Arc::new(Instances::unlisted(region_id, ids)))
}

/// InstanceIds: a JSON list of ids. An empty list is a filter that no instance passes.
fn instance_ids(params: &Params) -> Result<Option<Vec<String>>, ApiError> {
    let Some(given) = params.get("InstanceIds") else { return Ok(None) };
    let refuse = |detail: String| {
        let message = "The specified parameter \"InstanceIds\" is not valid.";
        ApiError::new(400, "InvalidParameter", message).detail(detail)
    };
    let ids: Vec<String> = serde_json::from_str(given).map_err(|error| {
        refuse(format!("InstanceIds: allowed is a JSON list of texts, such as [\"i-1\"]: {error}"))
    })?;
    match ids.len() {
        0..=IDS => Ok(Some(ids)),
        given => Err(too_many_ids(given)),
    }
}

fn too_many_ids(given: usize) -> ApiError {
    refusal("InstanceIds.ExceedLimit").detail(format!("given {given} ids, allowed at most {IDS}"))
}

/// A page, by number or by token. A token is the number of rows before the page.
struct Page {
    number: usize,
    size: usize,
    start: usize,
}

impl Page {
    /// MaxResults and NextToken, or PageNumber and PageSize, with at most `most` rows. With `least` a
    /// MaxResults outside `least` to `most` counts as the nearer of the two, as it is documented for
    /// DescribeInstances.
    fn read(params: &Params, most: u32, least: Option<u32>) -> Result<Self, ApiError> {
        let in_range = |name: &str, most: u32, default: u32| match params.number(name)? {
            None => Ok(default as usize),
            Some(number) if (1..=most).contains(&number) => Ok(number as usize),
            Some(_) => Err(ApiError::invalid(name, format!("allowed 1 to {most}"))),
        };
        if params.get("MaxResults").is_some() || params.get("NextToken").is_some() {
            let start = params.number::<u32>("NextToken").map_err(|_| {
                ApiError::invalid("NextToken", "allowed is the NextToken of the page before")
            })?;
            let size = match (params.number::<u32>("MaxResults")?, least) {
                (Some(given), Some(least)) => given.clamp(least, most) as usize,
                _ => in_range("MaxResults", most, 10)?,
            };
            return Ok(Page { number: 1, size, start: start.unwrap_or_default() as usize });
        }
        let number = in_range("PageNumber", i32::MAX as u32, 1)?;
        let size = in_range("PageSize", most, 10)?;
        Ok(Page { number, size, start: (number - 1).saturating_mul(size) })
    }

    /// The answer with the page's rows.
    fn answer<T>(&self, list: &str, row: &str, all: &[&T], json: impl Fn(&T) -> Value) -> Value {
        let rows: Vec<_> =
            all.iter().skip(self.start).take(self.size).map(|one| json(one)).collect();
        let end = self.start.saturating_add(self.size);
        let next = if end < all.len() { end.to_string() } else { String::new() };
        json!({
            "PageNumber": self.number, "PageSize": self.size, "TotalCount": all.len(),
            "NextToken": next, list: {row: rows},
        })
    }
}
