SELECT creation_date, command_name, count(*) AS failures
FROM describe_invocation_results
WHERE invocation_status IN ('Failed', 'Invalid', 'Aborted', 'Error', 'Timeout')
GROUP BY creation_date, command_name
ORDER BY failures DESC, creation_date DESC, command_name
LIMIT 5
