"""The filters of both queries as SQL over the views, as the README's tables say. `quoted` writes a text as
the engine's literal."""


def same_record(view, alias, condition):
    """Whether `view` has a row of the record of row `i` that satisfies a condition."""
    return (
        f"EXISTS (SELECT 1 FROM {view} {alias} WHERE {alias}.region_id = i.region_id"
        f" AND {alias}.creation_date = i.creation_date AND {alias}.invoke_id = i.invoke_id"
        f" AND {condition})"
    )


def tags(given, quoted):
    for number in range(1, 21):
        key, value = given.get(f"Tag.{number}.Key"), given.get(f"Tag.{number}.Value")
        if key is not None:
            condition = f"t.tag_key = {quoted(key)}"
            if value is not None:
                condition += f" AND t.tag_value = {quoted(value)}"
            yield same_record("invocation_tags", "t", condition)


EQUAL = {
    "RegionId": "region_id",
    "ResourceGroupId": "resource_group_id",
    "InvokeId": "invoke_id",
    "CommandId": "command_id",
}


def of_invocations(given, quoted):
    """The condition on a row `i` of describe_invocations."""
    conditions = [f"i.{EQUAL[name]} = {quoted(given[name])}" for name in EQUAL if name in given]
    on_instance = "InstanceId" in given
    if on_instance:
        instance = f"r.instance_id = {quoted(given['InstanceId'])}"
        conditions.append(same_record("invoke_instances", "r", instance))
    if "CommandType" in given:
        conditions.append(f"i.command_type = {quoted(given['CommandType'])}")
    for name, column in [("CommandName", "command_name"), ("RepeatMode", "repeat_mode")]:
        if name in given and not on_instance:
            conditions.append(f"i.{column} = {quoted(given[name])}")
    if "Timed" in given:
        conditions.append("i.timed" if given["Timed"].lower() == "true" else "NOT i.timed")
    elif not on_instance and "InvokeId" not in given:
        conditions.append("NOT i.timed")
    status = given.get("InvokeStatus")
    if status and not (status == "PartialFailed" and on_instance):
        conditions.append(f"{quoted(status)} IN (i.invocation_status, i.invoke_status)")
    return " AND ".join([*conditions, *tags(given, quoted)])


def of_results(given, quoted):
    """The condition on a row `i` of describe_invocation_results."""
    conditions = [f"i.{EQUAL[name]} = {quoted(given[name])}" for name in EQUAL if name in given]
    if "InstanceId" in given:
        conditions.append(f"i.instance_id = {quoted(given['InstanceId'])}")
    if "InvokeRecordStatus" in given:
        status = quoted(given["InvokeRecordStatus"])
        conditions.append(f"{status} IN (i.invocation_status, i.invoke_record_status)")
    if given.get("IncludeHistory") != "true":
        conditions.append("NOT i.is_history")
    return " AND ".join([*conditions, *tags(given, quoted)])


QUERIES = {
    "DescribeInvocations": (
        "describe_invocations",
        of_invocations,
        "i.creation_time DESC, i.acceptance_number DESC",
    ),
    "DescribeInvocationResults": (
        "describe_invocation_results",
        of_results,
        "i.creation_time DESC, i.acceptance_number DESC, i.instance_number, i.history_position",
    ),
}
