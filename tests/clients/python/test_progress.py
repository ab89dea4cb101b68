"""Progress is shown on a terminal while captured files are loaded and an archive is restored."""

import json
import os
import pty
import subprocess
import tempfile
import unittest
from pathlib import Path

from emulator import Emulator

RECORDS = 20_000


def capture():
    """Enough records that loading them takes longer than the pause between two pictures of the progress."""
    runs = {"InvokeInstance": [{"InstanceId": "i-1", "InvocationStatus": "Success"}]}
    records = [
        {
            "InvokeId": f"t-{number}",
            "CommandId": "c-1",
            "CommandType": "RunShellScript",
            "CreationTime": "2024-05-01T00:00:00Z",
            "RepeatMode": "Once",
            "InvokeInstances": runs,
        }
        for number in range(RECORDS)
    ]
    return json.dumps({"Invocations": {"Invocation": records}})


def shown(*args):
    """What an emulator shows on a terminal until it is ready."""
    terminal, other = pty.openpty()
    command = [os.environ["INVODEX_EMULATOR"], "--listen", "127.0.0.1:0", *args]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=other, env={**os.environ, "TERM": "xterm"})
    os.close(other)
    assert process.stdout.readline().startswith(b"listening on ")
    process.terminate()
    process.stdout.close()
    text = b""
    while True:
        try:
            read = os.read(terminal, 65_536)
        except OSError:  # The other end is closed.
            break
        if not read:
            break
        text += read
    os.close(terminal)
    assert process.wait(timeout=30) == 0
    return text.decode()


class Progress(unittest.TestCase):
    def test_loading_and_restoring(self):
        with tempfile.TemporaryDirectory() as folder:
            captured, archive = Path(folder, "captured.json"), Path(folder, "archive")
            captured.write_text(capture())
            flags = ("--retention-days", "0", "--archive", str(archive))
            text = shown(*flags, "--load", str(captured))
            self.assertRegex(text, r"loading \d+\.\d+ MiB of captured files, \d")
            text = shown(*flags)
            self.assertRegex(text, r"restoring .* of .*iB .* remaining")
            # Nothing is drawn into a file or a pipe.
            emulator = Emulator(*flags, "--load", str(captured))
            said = emulator.said()
            emulator.stop()
            self.assertNotIn("loading", said)
            self.assertNotIn("restoring", said)


if __name__ == "__main__":
    unittest.main()
