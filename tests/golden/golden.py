"""What the golden scripts share: versions, float formatting and JSON with one row per line."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
TINY_LLAMA = FIXTURES / "tiny_llama"
LINE_WIDTH = 120


def made_by(script, *packages):
    """The origin that every fixture carries: script, Python and package versions."""
    origin = {"script": f"tests/golden/{Path(script).name}", "python": platform.python_version()}
    origin |= {name: version(name) for name in packages}
    print("made by", origin)
    return origin


def floats(tensor):
    """A tensor as nested lists; nine digits bring every float32 back exactly."""
    if isinstance(tensor, list):
        return [floats(item) for item in tensor]
    if isinstance(tensor, (float, int)):
        return float(f"{tensor:.9g}")
    return floats(tensor.detach().float().tolist())


def dump(value, indent=0):
    """JSON text: a list of numbers stays on one line, other containers are opened when too wide."""
    flat = json.dumps(value, ensure_ascii=False)
    is_container = isinstance(value, (dict, list)) and value
    is_numbers = isinstance(value, list) and all(isinstance(item, (int, float)) for item in value)
    if not is_container or is_numbers or len(flat) + indent <= LINE_WIDTH:
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {dump(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(pad + item for item in items) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + dump(item, indent + 1) for item in value) + "\n" + " " * indent + "]"


def write_fixture(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = dump(value) + "\n"
    assert json.loads(text) == value, "the fixture does not survive its own JSON"
    path.write_text(text, encoding="utf-8")
    print(f"{path.relative_to(FIXTURES.parent.parent)}: {len(text.encode())} bytes")
