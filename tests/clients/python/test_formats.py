"""XML, and SDKs that ask for JSON by themselves."""

import unittest
from xml.etree import ElementTree

from case import NOW, REGION, Case, with_both_sdks
from clients import Older
from emulator import Emulator


@with_both_sdks
class XmlByDefault:
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator("--now", NOW, "--format", "xml")

    def test_the_sdk_gets_the_json_that_it_asks_for(self):
        invoke_id = self.run_command(Name="<n>")
        self.assertEqual(self.invocation(invoke_id)["CommandName"], "<n>")
        self.assert_refused("InvalidAction.NotFound", 404, "DescribeDisks")


class Xml(Case, unittest.TestCase):
    """The older SDK hands the text of an answer on, so it can ask for XML."""

    Sdk = Older

    def test_xml_is_parsed_by_another_library(self):
        content = "echo '<a> & ]]>'\r\n\x1b[0m ☺"
        invoke_id = self.run_command(CommandContent=content, InstanceId=["i-1", "i-2"])
        request = Older.request("DescribeInvocations")
        request.set_endpoint(self.emulator.address)
        request.set_accept_format("XML")
        request.add_query_param("RegionId", REGION)
        request.add_query_param("ContentEncoding", "PlainText")
        # The newer name of this function asks for JSON whatever the request says.
        root = ElementTree.fromstring(self.sdk.client.do_action(request))
        self.assertEqual(root.tag, "DescribeInvocationsResponse")
        self.assertEqual(root.findtext("TotalCount"), "1")
        found = root.find("Invocations/Invocation")
        self.assertEqual(found.findtext("InvokeId"), invoke_id)
        self.assertEqual(found.findtext("CommandContent"), content.replace("\x1b", "\ufffd"))
        instances = found.findall("InvokeInstances/InvokeInstance")
        self.assertEqual({row.findtext("InstanceId") for row in instances}, {"i-1", "i-2"})
