-- Views over a data set of invodex-parquet, for Spark. The paths are relative: start the engine in the
-- directory of the data set.

CREATE OR REPLACE TEMPORARY VIEW invocations
USING parquet OPTIONS (path 'invocations');

CREATE OR REPLACE TEMPORARY VIEW runs
USING parquet OPTIONS (path 'runs');

-- The rows of DescribeInvocations, without InvokeInstances. The list order is
-- ORDER BY creation_time DESC, acceptance_number DESC.
CREATE OR REPLACE TEMPORARY VIEW describe_invocations AS
SELECT region_id, creation_date, creation_time, acceptance_number, resource_group_id,
    invoke_id, invocation_status, invoke_status, timed,
    command_id, command_name, command_type, command_description, command_content,
    CASE WHEN parameters = '' THEN '{}' ELSE parameters END AS parameters,
    repeat_mode, frequency, timeout, working_dir, username, container_id, container_name,
    launcher, termination_mode, oss_output_delivery, tags
FROM invocations;

-- The elements of InvokeInstances. Their order is ORDER BY instance_number.
CREATE OR REPLACE TEMPORARY VIEW invoke_instances AS
SELECT region_id, creation_date, invoke_id, instance_number, instance_id, invocation_status,
    invoke_record_status AS instance_invoke_status, timed, creation_time, update_time,
    start_time, finish_time, stop_time, repeats, exit_code, dropped, output,
    error_code, error_info,
    oss_output_status, oss_output_uri, oss_output_error_code, oss_output_error_info
FROM runs
WHERE NOT is_history;

-- The rows of DescribeInvocationResults, history included. The list order is ORDER BY
-- creation_time DESC, acceptance_number DESC, instance_number, history_position.
CREATE OR REPLACE TEMPORARY VIEW describe_invocation_results AS
SELECT i.region_id, i.creation_date, i.creation_time, i.acceptance_number, i.resource_group_id,
    i.invoke_id, i.command_id, i.command_name, r.instance_number, r.history_position, r.is_history,
    r.instance_id, r.invocation_status, r.invoke_record_status,
    r.start_time, r.finish_time AS finished_time, r.stop_time,
    r.repeats, r.exit_code, r.dropped, r.output, r.error_code, r.error_info,
    i.username, i.container_id, i.container_name, i.launcher, i.termination_mode,
    i.oss_output_delivery, r.oss_output_status, r.oss_output_uri,
    r.oss_output_error_code, r.oss_output_error_info, i.tags
FROM invocations i
JOIN runs r ON r.region_id = i.region_id AND r.creation_date = i.creation_date
    AND r.invoke_id = i.invoke_id;

-- A row for each tag of a record.
CREATE OR REPLACE TEMPORARY VIEW invocation_tags AS
SELECT region_id, creation_date, invoke_id, tag_key, tag_value
FROM invocations LATERAL VIEW explode(tags) entries AS tag_key, tag_value;
