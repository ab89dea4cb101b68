// The two SDKs behind one interface: actions and parameters by the API's own names.

const { default: Ecs, ...models } = require("@alicloud/ecs20140526");
const { $OpenApiUtil } = require("@alicloud/openapi-core");
const Pop = require("@alicloud/pop-core");

// The SDK's own exception, whose fields are read; any other error is the test's failure.
class ApiError extends Error {
  constructor(code, status, message, requestId, cause) {
    super(message, { cause });
    Object.assign(this, { code, status, requestId });
  }
}

// The API's names as those of the SDK's fields, as a user writes them.
function camel(value) {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== "object") return value;
  const field = ([name, value]) => [name[0].toLowerCase() + name.slice(1), camel(value)];
  return Object.fromEntries(Object.entries(value).map(field));
}

// @alicloud/ecs20140526: action and version in headers, parameters in the query string.
class Newer {
  constructor(address, key) {
    this.client = new Ecs(
      new $OpenApiUtil.Config({
        accessKeyId: key,
        accessKeySecret: "secret",
        endpoint: address,
        protocol: "http",
      }),
    );
  }

  async call(action, params) {
    const request = new models[`${action}Request`](camel(params));
    const method = action[0].toLowerCase() + action.slice(1);
    try {
      return (await this.client[method](request)).body.toMap();
    } catch (error) {
      // ClientError for 4xx, ServerError for 5xx, both kinds of AlibabaCloudError.
      if (!["ClientError", "ServerError"].includes(error.name)) throw error;
      throw new ApiError(error.code, error.statusCode, error.message, error.data?.RequestId, error);
    }
  }
}

// @alicloud/pop-core: everything in the query string, signed with the older signature.
class Older {
  constructor(address, key) {
    this.client = new Pop({
      accessKeyId: key,
      accessKeySecret: "secret",
      endpoint: `http://${address}`,
      apiVersion: "2014-05-26",
    });
  }

  async call(action, { Parameters, ...params }) {
    // It leaves a map to its caller.
    if (Parameters) params.Parameters = JSON.stringify(Parameters);
    try {
      return await this.client.request(action, params);
    } catch (error) {
      if (error.name !== `${error.code}Error`) throw error;
      const { RequestId } = error.data;
      throw new ApiError(error.code, error.entry.response.statusCode, error.message, RequestId, error);
    }
  }
}

module.exports = { ApiError, Newer, Older };
