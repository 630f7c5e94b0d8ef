"""Claude Code itself, headless, through the gateway: it talks, and it uses its tools."""

import json
import os
import pathlib
import subprocess

import pytest
from conftest import records
from targets import able

PROGRAM = pathlib.Path(__file__).parents[1] / "node/node_modules/.bin/claude"
SECONDS = 120
EACH = pytest.mark.parametrize("target", able("anthropic", "Claude Code"), ids=lambda target: target.provider)
CONFORMS = pytest.mark.conforms("anthropic", "Claude Code")


def run(folder, target, prompt, *options):
    """Runs it in a home and a working directory of its own; gives its report, and the records it left."""
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    # It drops its thoughts where the answer does not name the model as it asked for it, prefix and all.
    model = target.name()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(folder),
        "ANTHROPIC_BASE_URL": os.environ["AI_PROXY_URL"] + "/every",
        "ANTHROPIC_AUTH_TOKEN": "unused",
        "ANTHROPIC_MODEL": model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    before = len(records())
    done = subprocess.run(
        [PROGRAM, "-p", prompt, "--output-format", "json", *options],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["is_error"] is False, report
    asked = [record for record in records()[before:] if "/v1/messages" in record["request"]["uri"]]
    assert {record["gateway"]["target"]["provider"] for record in asked} == {target.provider_id()}
    assert {record["gateway"]["outcome"] for record in asked} == {"completed"}
    for record in asked:
        assert record["gateway"]["usage"]["source"] == "reported"
        assert record["gateway"]["usage"]["prompt_tokens"] > 100 and record["gateway"]["usage"]["completion_tokens"] > 0
    return report, asked


@CONFORMS
@EACH
def test_a_turn(tmp_path, target):
    report, asked = run(tmp_path, target, "hello from a terminal")
    # What it adds to the prompt, its reminders, comes back too.
    assert report["result"].startswith("echo: ") and "hello from a terminal" in report["result"]
    assert report["usage"]["output_tokens"] > 0
    assert any(record["gateway"]["stream"] for record in asked)


@CONFORMS
@EACH
def test_a_file_is_written(tmp_path, target):
    content = 'first line\n  "second" \\ line, 💡 é\n'
    order = "use_tool:Write " + json.dumps({"file_path": "note.txt", "content": content})
    report, asked = run(tmp_path, target, f"Please {order}", "--allowedTools", "Write")
    assert (tmp_path / "work/note.txt").read_text(encoding="utf-8") == content
    assert report["num_turns"] == 2
    assert len(asked) >= 2
    assert "note.txt" in report["result"]
