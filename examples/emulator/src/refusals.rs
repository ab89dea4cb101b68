//! The errors of the actions around commands and instances, and of control requests.

use invodex::Error;

use crate::error::ApiError;

/// The errors, each with its status, code and message.
const ERRORS: &str = "\
400 CmdContent.DecodeError The CommandContent can not be base64 decoded.
403 CmdContent.ExceedLimit The length of the command content exceeds the upper limit.
403 CmdCount.ExceedQuota The total number of commands in the current region exceeds the quota.
403 CmdDesc.ExceedLimit The length of the command description exceeds the upper limit.
403 CmdName.ExceedLimit The length of the command name exceeds the upper limit.
400 CmdParam.EmptyKey You must specify the parameter names.
400 CmdParam.InvalidParamName Invalid parameter name. The name can contain only lowercase letters (a to z), uppercase letters (A to Z), numbers (0 to 9), hyphens (-), and underscores (_).
403 CmdParamCount.ExceedLimit The maximum number of custom parameters is exceeded.
403 CmdParamName.ExceedLimit The maximum length of a parameter name is exceeded.
403 InstanceIds.ExceedLimit The number of instance IDs exceeds the upper limit.
400 InvalidBody The request body is not valid.
404 InvalidCmdType.NotFound The specified command type does not exist.
404 InvalidCommandType.NotFound The specified parameter Type does not exist.
400 InvalidContainerId.Malformed The specified parameter ContainerId is not valid.
400 InvalidContainerName.Malformed The specified parameter ContainerName is not valid.
403 InvalidDescription.LengthLimitExceeded The length of the parameter Description exceeds the upper limit.
404 InvalidInstance.NotFound The specified instance does not exist.
403 InvalidLauncher.LengthLimitExceeded The length of the parameter Launcher exceeds the limit of 1 KB characters.
403 InvalidName.LengthLimitExceeded The length of the parameter Name exceeds the upper limit.
400 InvalidParam.Frequency The specified frequency is invalid.
400 InvalidParameter.OssOutputDelivery The specified parameter OssOutputDelivery is not valid.
404 InvalidRepeatMode.NotFound The specified repeat mode does not exist.
404 InvalidTerminationMode.NotFound The specified parameter TerminationMode does not exist.
403 InvalidTimeout.ExceedLimit The specified parameter Timeout exceeds the upper limit.
400 MissingParam.Frequency The frequency must be specified when you create a timed task.
400 MissingParam.InstanceId The parameter instanceId is missing or empty.
400 Parameter.Disabled Parameters cannot be passed in when the command customization function is disabled.
403 Parameter.NotMatched The passed-in parameters do not match the parameters defined when you created the command.
403 ParameterCount.ExceedLimit The maximum number of parameters is exceeded.
403 ParameterKey.Duplicate Parameter names cannot be duplicated.
403 ParameterKey.ExceedLimit The maximum length of a parameter name is exceeded.
403 ParameterType.NotSupported The type of parameter value is not supported.
429 Throttling.Events Request was denied due to request throttling.
403 Username.ExceedLimit The length of the username exceeds the upper limit.
403 WindowsPasswordName.ExceedLimit The length of the WindowsPasswordName exceeds the upper limit.
403 WindowsPasswordName.Missed WindowsPasswordName must be specified when you create a Windows task.";

/// The error with this code.
pub(crate) fn refusal(code: &str) -> ApiError {
    let parts = |line: &'static str| {
        let (status, rest) = line.split_once(' ')?;
        let (known, message) = rest.split_once(' ')?;
        (known == code).then_some(Error::service(status.parse().ok()?, known, message))
    };
    ERRORS.lines().find_map(parts).unwrap_or_else(Error::internal_error).into()
}
