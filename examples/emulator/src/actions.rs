//! Dispatches a request to its action and builds the answer.

use std::sync::Arc;

use invodex::{DescribeInvocationResults, DescribeInvocations, Error, InvocationStatus, Store};
use serde_json::{Value, json};

use crate::answer::{host, with_request_id};
use crate::error::ApiError;
use crate::format::Format;
use crate::params::{Call, Params};
use crate::tenants::Tenant;
use crate::{commands, inventory, life, run_command};

const VERSION: &str = "2014-05-26";

type Action = fn(&Arc<Tenant>, &Call<'_>) -> Result<Value, ApiError>;

/// The actions beside the two queries.
const OTHERS: [(&str, Action); 9] = [
    ("RunCommand", |tenant, call| run_command::run_command(tenant, &call.params)),
    ("InvokeCommand", |tenant, call| run_command::invoke_command(tenant, &call.params)),
    ("StopInvocation", |tenant, call| stop_invocation(tenant, &call.params)),
    ("CreateCommand", |tenant, call| commands::create(tenant, &call.params)),
    ("DescribeCommands", |tenant, call| commands::describe(tenant, &call.params)),
    ("DeleteCommand", |tenant, call| commands::delete(tenant, &call.params)),
    ("DescribeInstances", |tenant, call| inventory::instances(tenant, &call.params)),
    ("DescribeCloudAssistantStatus", |tenant, call| inventory::agents(tenant, &call.params)),
    ("DescribeRegions", |tenant, call| Ok(inventory::regions(tenant, host(call.headers)))),
];

/// The names of all actions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let queries = ["DescribeInvocations", "DescribeInvocationResults"];
    queries.into_iter().chain(OTHERS.iter().map(|(name, _)| *name))
}

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
    match action {
        // The store writes the whole body of these two.
        "DescribeInvocations" => {
            let request = DescribeInvocations::from_pairs(params.pairs());
            tenant.store.describe_invocations(&request, request_id, &mut body)?;
        }
        "DescribeInvocationResults" => {
            let request = DescribeInvocationResults::from_pairs(params.pairs());
            tenant.store.describe_invocation_results(&request, request_id, &mut body)?;
        }
        _ => {
            let other = OTHERS.iter().find(|(name, _)| *name == action);
            let (_, act) = other.ok_or_else(ApiError::unknown_action)?;
            body = with_request_id(act(tenant, call)?, request_id);
        }
    }
    Ok(body)
}

/// The instances of a record, each with the status of its run.
fn statuses(store: &Store, invoke_id: &str) -> Vec<(String, InvocationStatus)> {
    let runs = store.get(invoke_id).into_iter().flat_map(|record| record.instances());
    runs.map(|run| (run.instance_id().to_owned(), run.invocation_status())).collect()
}

fn stop_invocation(tenant: &Arc<Tenant>, params: &Params) -> Result<Value, ApiError> {
    params.check(&tenant.store, &[])?;
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
    if let Some(pause) = tenant.settings.auto_complete {
        life::end_stopping(tenant, invoke_id, stopping, pause);
    }
    Ok(json!({}))
}
