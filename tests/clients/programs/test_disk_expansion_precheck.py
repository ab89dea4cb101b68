"""disk-expansion-precheck 0.1.2: runs two commands on an instance, polls until each is finished, and
judges its disk by their output.

The emulator has no disks: a stub in front of it tells of them and of the instance."""

import base64

from programs import INSTANCE, INSTANCES, REGION, SERVICE, Mcp, Program

DISK = {
    "DiskId": "d-bp1c0ffee00000000001",
    "InstanceId": INSTANCE,
    "Type": "data",
    "Category": "cloud_essd",
    "Status": "In_use",
    "Size": 40,
    "Device": "/dev/vdb",
}
# Both commands get this output; each reads its own sections.
PROBED = """===LSBLK===
{"blockdevices": [{"name": "vdb", "kname": "vdb", "type": "disk", "size": "40G", "fstype": null,
 "mountpoint": null, "pkname": null, "pttype": "gpt", "children": [{"name": "vdb1", "kname": "vdb1",
 "type": "part", "size": "40G", "fstype": "ext4", "mountpoint": "/srv", "pkname": "vdb",
 "pttype": "gpt"}]}]}
===FINDMNT===
/srv /dev/vdb1 ext4 rw,relatime
===DF===
/dev/vdb1 ext4 40G 10G 30G 25% /srv
===BLKID===
===PVS===
===VGS===
===LVS===
===MDSTAT===
"""


def disks(_path, params):
    if params["Action"] == "DescribeDisks":
        return {"RequestId": "0", "TotalCount": 1, "Disks": {"Disk": [DISK]}}
    return INSTANCES if params["Action"] == "DescribeInstances" else None


class DiskExpansionPrecheck(Program):
    name = "disk-expansion-precheck"
    hosts = dict.fromkeys(SERVICE, disks)

    def test_it_judges_the_disk_by_what_its_commands_print(self):
        output = base64.b64encode(PROBED.encode()).decode()
        self.will(InvocationStatus="Success", Output=output, ExitCode=0)
        server = Mcp(self.start(self.name))
        self.addCleanup(server.close)
        judged = server.call(
            "disk_expansion_precheck",
            cloud_provider="aliyun",
            region=REGION,
            instance_id=INSTANCE,
            disk_id=DISK["DiskId"],
            target_size_gb=80,
            os_type="linux",
            disk_role="data",
        )
        self.assertEqual(judged["status"], "success", judged)
        checks = judged["checks"]
        layout = checks["disk_layout_and_usage"]["layout_summary"]
        self.assertEqual(layout["partition_count"], 1)
        self.assertEqual([mount["mount_point"] for mount in layout["mount_points"]], ["/srv"])
        self.assertIs(checks["temporary_disk_risk"]["has_temporary_storage"], False)
        names = [row["CommandContent"].count("===LSBLK===") for row in self.accepted()]
        self.assertEqual(names, [0, 1])
