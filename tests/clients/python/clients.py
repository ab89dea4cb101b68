"""The two SDKs behind one interface: actions and parameters by the API's own names."""

import importlib
import json
import re

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException


class ApiError(Exception):
    """What the SDK's own exception says, which is its cause."""

    def __init__(self, code, status, message, request_id):
        super().__init__(f"{code} ({status}): {message}")
        self.code, self.status, self.message, self.request_id = code, status, message, request_id


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Newer:
    """alibabacloud_ecs20140526: action and version in headers, parameters in the query string."""

    def __init__(self, address, key):
        self.client = Client(
            Config(
                access_key_id=key, access_key_secret="secret", endpoint=address, protocol="http"
            )
        )

    @staticmethod
    def parameters(action):
        """Every parameter that the SDK can send."""
        request = getattr(models, f"{action}Request")
        names = request.__init__.__code__.co_varnames[1 : request.__init__.__code__.co_argcount]
        return {"".join(part.capitalize() for part in name.split("_")) for name in names}

    def call(self, action, **params):
        request = getattr(models, f"{action}Request")().from_map(params)
        method = getattr(self.client, f"{snake(action)}_with_options")
        try:
            return method(request, RuntimeOptions(read_timeout=10_000)).body.to_map()
        except TeaException as error:
            data = error.data or {}
            raise ApiError(
                error.code, data.get("statusCode"), error.message, data.get("RequestId")
            ) from error


class Older:
    """aliyun-python-sdk-ecs: everything in the query string, signed with the older signature."""

    # The SDK names lists in the plural.
    PLURALS = {"Tag": "Tags", "InstanceId": "InstanceIds", "ResourceTag": "ResourceTags"}

    def __init__(self, address, key):
        self.address = address
        self.client = AcsClient(key, "secret", "cn-hangzhou", auto_retry=False)

    @staticmethod
    def request(action):
        name = f"{action}Request"
        module = importlib.import_module(f"aliyunsdkecs.request.v20140526.{name}")
        return getattr(module, name)()

    @classmethod
    def parameters(cls, action):
        """Every parameter that the SDK can send."""
        singular = {plural: name for name, plural in cls.PLURALS.items()}
        names = re.findall(r"\bset_([A-Z]\w*)", " ".join(dir(cls.request(action))))
        return {singular.get(name, name) for name in names} | {"RegionId"}

    def call(self, action, **params):
        request = self.request(action)
        request.set_endpoint(self.address)
        request.set_accept_format("json")
        for name, value in params.items():
            # It leaves a map to its caller.
            value = json.dumps(value) if isinstance(value, dict) else value
            plural = self.PLURALS[name] if isinstance(value, list) else name
            setter = getattr(request, f"set_{plural}", None)
            if setter:
                setter(value)
            else:
                request.add_query_param(name, value)
        try:
            return json.loads(self.client.do_action_with_exception(request))
        except ServerException as error:
            raise ApiError(
                error.get_error_code(),
                error.get_http_status(),
                error.get_error_msg(),
                error.get_request_id(),
            ) from error
