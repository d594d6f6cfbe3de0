"""Help, the manual page and the completions: made of the tables, so that they have all that the tables have."""

import json
import os
import re
import shutil
import subprocess

import pytest

from lib import tables
from lib.server import BINARY, ROOT, run

COMMANDS = tables.commands()
FLAGS = tables.flags()
NAMES = [command.words for command in COMMANDS]
CALLERS = tables.callers()


def flags_of(command):
    """The rows of flags.def that are about this command."""
    about_an_app = CALLERS.get(command.endpoint) == "SERVER"
    return [row for row in FLAGS if row[0] in ("", command.words) or (row[0] == "*" and about_an_app)]


def said(*words):
    done = run(*words)
    assert done.returncode == 0 and not done.stderr, f"{words}: {done.returncode} {done.stderr}"
    return done.stdout


def parameters(server, command):
    """The fields of the command's endpoint, as /openapi.json has them: {name: "path", "query" or "body"}."""
    for path, methods in server.get("/openapi.json").json()["paths"].items():
        for operation in methods.values():
            if operation["operationId"] == command.endpoint:
                return operation
    return None


# ---- the tables ----


def test_every_argument_of_what_is_carried_out_here_is_explained():
    """arguments of a LOCAL row and its rows in flags.def name the same things."""
    for command in COMMANDS:
        named = {word.strip("[]") for word in command.arguments.split() if not command.endpoint}
        explained = [(name, value) for of, name, value, _ in FLAGS if of == command.words]
        assert named == {word for name, value in explained for word in (name, value) if word}, command.words
    assert {of for of, *_ in FLAGS} <= {"", "*", *NAMES}
    examples = re.findall(r'^EXAMPLE\("([^"]+)",\s*"(.+?)",\s*"', (ROOT / "src/tables/examples.def").read_text(), re.M)
    assert examples and {of for of, _ in examples} <= set(NAMES)
    assert all(f"keywright {of}" in line for of, line in examples)


# ---- help ----


@pytest.mark.parametrize("words", [["help"], ["--help"], ["-h"]])
def test_the_overview_lists_every_command_and_common_flag(words):
    listed = said(*words)
    for name in NAMES:
        assert re.search(rf"^  {name}( |$)", listed, re.M), name
    for of, name, _, _ in FLAGS:
        assert of or re.search(rf"^  {name}( |$)", listed, re.M), name
    assert max(map(len, listed.splitlines())) <= 110


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_each_command_explains_itself_in_three_ways(command):
    words = command.words.split()
    text = said("help", *words)
    assert text == said(*words, "--help") == said(*words, "anything", "-h", "--json")
    assert text.startswith(f"Usage: keywright {command.words}")
    for _, name, value, help in flags_of(command):
        row = f"{name} {value}".strip()
        assert re.search(rf"^  {re.escape(row)}( |$)", text, re.M) and help.split()[0] in text, row
    for argument in re.sub(r"KEY VALUE\.\.\.|[][]", "", command.arguments).split() if command.endpoint else []:
        assert f"\n  {argument.upper()} " in text and argument.upper() in text.splitlines()[0]


def test_fields_become_flags_with_type_bounds_and_default():
    text = said("help", "app", "rotate-secret")
    assert "keywright app rotate-secret APP_ID [--grace-seconds NUMBER]" in text
    assert re.search(r"--grace-seconds NUMBER +how long .*\(at most 2592000; 86400 when not said\)", text, re.S)
    text = said("help", "app", "set")
    assert re.search(r"^  link_target hosted\|app +hosted: links", text, re.M)
    assert re.search(r"^  require_pkce on\|off +whether", text, re.M)
    assert re.search(r"^  redirect_uris LIST .*\(at most 20,\s+separated by\s+commas\)", text, re.M | re.S)
    assert "\n  keywright app set APP_ID redirect_uris " in text, "an example"
    assert "[--now]" in said("help", "key", "rotate").splitlines()[0], "what is off needs no value to be on"


def test_every_field_behind_a_command_is_shown(client):
    """/openapi.json does not have the operator's own endpoints; what both have must agree."""
    for command in COMMANDS:
        operation = command.endpoint and parameters(client, command)
        if not operation:
            continue
        text = said("help", *command.words.split())
        names = [field["name"] for field in operation.get("parameters", [])]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for name in names + list(body.get("properties", {})):
            shown = (f"--{name.replace('_', '-')} ", f"  {name} ", f"  {name.upper()} ")
            assert name in ("app_id", "app_secret", "end_user_ip") or any(way in text for way in shown), f"{command.words}: {name}"


def test_the_first_words_of_commands_list_them():
    listed = said("help", "app")
    assert listed == said("app", "--help")
    assert [line.split()[1] for line in listed.splitlines() if line.startswith("  app ")] == [name.split()[1] for name in NAMES if name.startswith("app ")]


def test_help_on_what_is_no_command_is_a_usage_error():
    for words in (["help", "nonsense"], ["nonsense", "--help"], ["help", "app", "nonsense"]):
        done = run(*words)
        assert done.returncode == 2 and "unknown command" in done.stderr and not done.stdout


# ---- the manual page ----


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("man") / "keywright.1"
    path.write_text(said("help", "--man"))
    return path


def test_the_page_has_every_command_flag_and_setting(page):
    shown = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200", page], capture_output=True, text=True, check=True).stdout
    shown = re.sub(r".\x08", "", shown)
    for command in COMMANDS:
        assert re.search(rf"^ +keywright {command.words}( |$)", shown, re.M), command.words
    flat = re.sub(r"\s+", " ", shown)
    for _, name, value, help in {row for command in COMMANDS for row in flags_of(command)}:
        assert f"{name} {value} {help}" in flat if value else f"{name} {help}" in flat
    for name, live in tables.settings().items():
        block = re.search(rf"^ +{re.escape(name)} \w+\n(.*?)\n\n", shown, re.M | re.S)
        assert block and ("(live" if live else "(at the start") in block[1], name
    for title in "NAME SYNOPSIS DESCRIPTION COMMANDS FLAGS SETTINGS FILES ENVIRONMENT SIGNALS EXAMPLES".split() + ["EXIT STATUS"]:
        assert re.search(rf"^{title}$", shown, re.M), title
    for word in ("SIGHUP", "master.key", "/etc/keywright/keywright.ini", "KEYWRIGHT_OTP_TTL", "NOTIFY_SOCKET"):
        assert word in shown


def test_nothing_is_wrong_with_the_page(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", page], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout, done.stdout
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", page], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_the_page_is_the_same_in_every_build(monkeypatch, page):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert '.TH KEYWRIGHT 1 "2023-11-14"' in said("help", "--man")
    assert said("help", "--man") == said("help", "--man")


# ---- the settings file ----


def test_the_sample_names_every_setting_and_sets_none(tmp_path):
    sample = said("config", "sample")
    named, section = [], None
    for line in sample.splitlines():
        assert len(line) < 190, "inih takes the rest for another line"
        section = line.strip("[]") if line.startswith("[") else section
        if match := re.match(r";(\w+) =", line):
            named.append(f"{section}.{match[1]}")
    assert named == list(tables.settings())
    path = tmp_path / "keywright.ini"
    path.write_text(sample)
    plain = said("config", "show", "--dev", "--data", tmp_path)
    assert said("config", "show", "--dev", "--data", tmp_path, "--config", path) == plain
    path.write_text(re.sub(r"^;(?=\w+ = \S)", "", sample, flags=re.M))
    assert said("config", "show", "--dev", "--data", tmp_path, "--config", path) == plain, "what stands there is the default"


# ---- completions ----


def offers(*words):
    """What the program offers for the last of the words."""
    return dict(line.partition("\t")[::2] for line in said("__complete", *words).splitlines())


def test_every_command_is_offered():
    assert set(offers("")) == {name.split()[0] for name in NAMES}
    for command in COMMANDS:
        words = command.words.split()
        for n, word in enumerate(words):
            assert word in offers(*words[:n], ""), command.words
            assert word in offers("--data", "/tmp", *words[:n], word[:2]), "behind flags, too"


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_every_flag_is_offered(command):
    offered = offers(*command.words.split(), "--")
    for _, name, _, help in flags_of(command):
        assert not name.startswith("--") or offered[name] == help
    text = said("help", *command.words.split())
    assert set(re.findall(r"^  (--[\w-]+)", text, re.M)) == set(offered)


def test_values_are_offered_where_they_are_known():
    keys = re.findall(r"^  ([a-z_]+) ", said("help", "app", "set").split("Keys:")[1].split("Flags")[0], re.M)
    assert list(offers("app", "set", "ID", "")) == keys
    assert list(offers("app", "set", "ID", "name", "x", "link_")) == ["link_target"]
    assert list(offers("app", "set", "ID", "link_target", "")) == ["hosted", "app"]
    assert list(offers("app", "set", "ID", "--json", "require_pkce", "")) == ["on", "off"]
    assert "--license" in offers("key", "rotate", "--now", "--")
    assert set(offers("explain", "")) == set(tables.errors())
    assert set(offers("explain", "OTP_I")) == {"OTP_INVALID"}
    assert set(offers("help", "app", "")) == {name.split()[1] for name in NAMES if name.startswith("app ")}
    assert set(offers("completion", "")) == {"bash", "zsh", "fish"}
    assert list(offers("serve", "--data", "")) == [":folders"] and list(offers("--config", "")) == [":files"]
    assert not offers("app", "show", "ID", "") and not offers("nonsense", "") and not offers("app", "create", "")


def completed(shell, script, line, folder):
    """What that shell makes of a line of which the last word is being typed, in a folder."""
    environment = os.environ | {"PATH": f"{BINARY.parent}:{os.environ['PATH']}", "HOME": str(folder)}
    words = line.split(" ")
    if shell == "bash":
        array = " ".join(f"'{word}'" for word in words)
        code = (f"compopt() {{ :; }}; source {script}; COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; "
                f"_keywright keywright '{words[-1]}' '{words[-2]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"")  # fmt: skip
    elif shell == "zsh":
        array = " ".join(f"'{word}'" for word in words)
        code = (f"compdef() {{ :; }}; _describe() {{ print -l -- ${{${{(P)2}}%%:*}}; }}; _files() {{ print FILES $*; }}; "
                f"source {script}; words=({array}); CURRENT={len(words)}; _keywright")  # fmt: skip
    else:
        code = f"source {script}; complete -C '{line}'"
    done = subprocess.run([shell, *(["-f"] if shell == "zsh" else []), "-c", code], capture_output=True, text=True, timeout=20,
                          env=environment, cwd=folder)  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stderr
    return {line.split("\t")[0] for line in done.stdout.splitlines() if line}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_what_the_program_offers(shell, tmp_path):
    assert shutil.which(shell), f"tools/install test brings {shell}"
    script = tmp_path / "script"
    script.write_text(said("completion", shell))
    subprocess.run([shell, "-n", script], check=True, timeout=20)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.ini").touch()
    assert BINARY.name == "keywright"
    complete = lambda line: completed(shell, script, line, tmp_path)
    assert complete("keywright app s") == {"show", "set"}
    assert complete("keywright ") == {name.split()[0] for name in NAMES}
    assert complete("keywright app set ID link_target ") == {"hosted", "app"}
    assert complete("keywright explain LICENSE_ALREADY_") == {code for code in tables.errors() if code.startswith("LICENSE_ALREADY_")}
    assert "--grace-seconds" in complete("keywright app rotate-secret ID --g")
    files, folders = complete("keywright serve --config f"), complete("keywright serve --data f")
    if shell == "zsh":
        assert files == {"FILES"} and folders == {"FILES -/"}
    else:
        assert {name.strip("/") for name in files} == {"file.ini", "folder"}
        assert {name.strip("/") for name in folders} == {"folder"}


def test_another_shell_is_a_usage_error():
    for words in (["completion"], ["completion", "tcsh"]):
        done = run(*words)
        assert done.returncode == 2 and "bash, zsh and fish" in done.stderr
    assert run("completion", "bash", "zsh").returncode == 2


def test_json_stays_json(server):
    assert json.loads(said("version", "--json"))["version"]
