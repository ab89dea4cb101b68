"""The examples of the package's README."""

import re
from pathlib import Path

README = Path(__file__).parents[3] / "examples" / "python" / "README.md"


def python_with(text: str) -> str:
    """The one Python example that contains the text."""
    examples = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    (found,) = [example for example in examples if text in example]
    return found
