//! Dispatches a request to its action and builds the answer.

use std::sync::Arc;

use axum::http::StatusCode;
use invodex::{DescribeInvocationResults, DescribeInvocations, Error};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::params::Params;
use crate::server::Call;
use crate::tenants::Tenant;
use crate::{commands, outcomes, run_command};

const VERSION: &str = "2014-05-26";

/// Answers a request and returns the body.
pub(crate) fn answer(
    tenant: &Arc<Tenant>,
    call: &Call,
    request_id: &str,
) -> Result<Vec<u8>, ApiError> {
    let Call { params, .. } = call;
    let action = call.param_or_header("Action", "x-acs-action")?;
    if call.param_or_header("Version", "x-acs-version")? != VERSION {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "InvalidParameter",
            "The specified parameter \"Action or Version\" is not valid.",
        )
        .recommend(format!("allowed is version {VERSION}")));
    }
    if params.get("Format").is_some_and(|format| !format.eq_ignore_ascii_case("JSON")) {
        return Err(ApiError::invalid("Format", "allowed is JSON"));
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
        _ => return Err(ApiError::unknown_action()),
    };
    Ok(with_request_id(fields, request_id))
}

pub(crate) fn with_request_id(mut fields: Value, request_id: &str) -> Vec<u8> {
    fields["RequestId"] = request_id.into();
    fields.to_string().into_bytes()
}

/// Checks RegionId and the tags as the API does, by running a query with them.
pub(crate) fn check_region_and_tags(tenant: &Tenant, params: &Params) -> Result<(), Error> {
    let same = params.pairs().filter(|(name, _)| *name == "RegionId" || name.starts_with("Tag."));
    let request = DescribeInvocations::from_pairs(same).max_results(1);
    tenant.store.read(|store| store.describe_invocations(&request).map(|_| ()))
}

fn stop_invocation(tenant: &Arc<Tenant>, params: &Params) -> Result<Value, ApiError> {
    check_region_and_tags(tenant, params)?;
    let (region_id, invoke_id) = (params.require("RegionId")?, params.require("InvokeId")?);
    tenant.store.write(|store| {
        // An invocation of another region counts as unknown.
        if store.get(invoke_id).is_some_and(|found| found.region_id() != region_id) {
            return Err(ApiError::unknown_invocation());
        }
        Ok(store.stop(invoke_id, &params.list("InstanceId"))?)
    })?;
    tenant.touch();
    if let Some(pause) = tenant.auto_complete {
        outcomes::end_stopping(tenant, invoke_id, pause);
    }
    Ok(json!({}))
}
