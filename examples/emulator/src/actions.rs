//! Dispatches a request to its action and builds the answer.

use std::sync::Arc;

use invodex::{DescribeInvocationResults, DescribeInvocations, Error, InvocationStatus, Store};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::format::Format;
use crate::params::Params;
use crate::server::{Call, host};
use crate::tenants::Tenant;
use crate::{commands, inventory, life, run_command};

const VERSION: &str = "2014-05-26";

/// The actions that are answered.
pub(crate) const ACTIONS: [&str; 11] = [
    "CreateCommand",
    "DeleteCommand",
    "DescribeCloudAssistantStatus",
    "DescribeCommands",
    "DescribeInstances",
    "DescribeInvocationResults",
    "DescribeInvocations",
    "DescribeRegions",
    "InvokeCommand",
    "RunCommand",
    "StopInvocation",
];

/// Whether an action may change a store. The service has no action that only reads and is named
/// otherwise.
pub(crate) fn writes(action: &str) -> bool {
    !action.starts_with("Describe")
}

/// Answers a request and returns the body.
pub(crate) fn answer(
    tenant: &Arc<Tenant>,
    call: &Call<'_>,
    request_id: &str,
) -> Result<Vec<u8>, ApiError> {
    let Call { params, .. } = call;
    let action = call.param_or_header("Action", "x-acs-action")?;
    if call.param_or_header("Version", "x-acs-version")? != VERSION {
        return Err(ApiError::new(
            400,
            "InvalidParameter",
            "The specified parameter \"Action or Version\" is not valid.",
        )
        .detail(format!("allowed is version {VERSION}")));
    }
    Format::given(params.get("Format"))?;
    if matches!(action, "RunCommand" | "InvokeCommand" | "CreateCommand") {
        tenant.check_room(params.bytes())?;
    }
    let mut body = Vec::new();
    let fields = match action {
        // The store writes the whole body of these two.
        "DescribeInvocations" => {
            let request = DescribeInvocations::from_pairs(params.pairs());
            tenant.store.describe_invocations(&request, request_id, &mut body)?;
            return Ok(body);
        }
        "DescribeInvocationResults" => {
            let request = DescribeInvocationResults::from_pairs(params.pairs());
            tenant.store.describe_invocation_results(&request, request_id, &mut body)?;
            return Ok(body);
        }
        "RunCommand" => run_command::run_command(tenant, params)?,
        "InvokeCommand" => run_command::invoke_command(tenant, params)?,
        "StopInvocation" => stop_invocation(tenant, params)?,
        "CreateCommand" => commands::create(tenant, params)?,
        "DescribeCommands" => commands::describe(tenant, params)?,
        "DeleteCommand" => commands::delete(tenant, params)?,
        "DescribeInstances" => inventory::instances(tenant, params)?,
        "DescribeCloudAssistantStatus" => inventory::cloud_assistant(tenant, params)?,
        "DescribeRegions" => inventory::regions(tenant, host(call.headers)),
        _ => return Err(ApiError::unknown_action()),
    };
    debug_assert!(ACTIONS.contains(&action), "{action} is missing in ACTIONS");
    Ok(with_request_id(fields, request_id))
}

pub(crate) fn with_request_id(mut fields: Value, request_id: &str) -> Vec<u8> {
    fields["RequestId"] = request_id.into();
    fields.to_string().into_bytes()
}

/// Checks RegionId, the tags and the parameters `more` as the API does: as those of a query. Tokens
/// are the caller's.
pub(crate) fn check_query(tenant: &Tenant, params: &Params, more: &[&str]) -> Result<(), Error> {
    let shared =
        |name: &str| name == "RegionId" || name.starts_with("Tag.") || more.contains(&name);
    let same = params.pairs().filter(|(name, _)| shared(name));
    let same = same.map(|(name, value)| (name, if name == "NextToken" { "" } else { value }));
    let request = DescribeInvocations::from_pairs(same);
    tenant.store.read(|store| request.check(store.config()))
}

/// The instances of a record, each with the status of its run.
fn statuses(store: &Store, invoke_id: &str) -> Vec<(String, InvocationStatus)> {
    let runs = store.get(invoke_id).into_iter().flat_map(|record| record.instances());
    runs.map(|run| (run.instance_id().to_owned(), run.invocation_status())).collect()
}

fn stop_invocation(tenant: &Arc<Tenant>, params: &Params) -> Result<Value, ApiError> {
    check_query(tenant, params, &[])?;
    let (region_id, invoke_id) = (params.require("RegionId")?, params.require("InvokeId")?);
    let stopping = tenant.store.write(|store| {
        // An invocation of another region counts as unknown.
        if store.get(invoke_id).is_some_and(|found| found.region_id() != region_id) {
            return Err(Error::unknown_invoke_id(invoke_id));
        }
        let before = statuses(store, invoke_id);
        store.stop(invoke_id, &params.list("InstanceId"))?;
        // The runs that become Stopping by this stop. Others are left to whatever stopped them.
        let changed = before.into_iter().zip(statuses(store, invoke_id));
        let stopping = changed
            .filter(|(before, after)| before.1 != after.1 && after.1 == InvocationStatus::Stopping);
        Ok(stopping.map(|(_, (instance_id, _))| instance_id).collect())
    })?;
    tenant.touch();
    if let Some(pause) = tenant.auto_complete {
        life::end_stopping(tenant, invoke_id, stopping, pause);
    }
    Ok(json!({}))
}
