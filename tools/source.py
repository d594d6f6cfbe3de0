"""What the checks share: the project's files, and C source with its comments or strings blanked."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tracked(*patterns):
    """Files git knows or would add, as paths relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, encoding="utf-8",
    ).stdout.split("\n")
    return sorted({name for name in listed if name and (ROOT / name).is_file()})


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def blank(match):
    """Spaces in place of a match; its lines stay."""
    return re.sub(r"[^\n]", " ", match.group())


COMMENT_OR_LITERAL = re.compile(r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<literal>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.S)


def without_comments(text):
    return COMMENT_OR_LITERAL.sub(lambda m: blank(m) if m["comment"] else m.group(), text)


def code_only(text):
    """Neither comments nor what stands in quotes; include lines keep theirs."""
    return COMMENT_OR_LITERAL.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def finish(check, findings, counted):
    """Prints file:line: what, and leaves with the check's verdict."""
    for finding in findings:
        print(finding)
    print(f"{check}: {counted}, {len(findings)} finding{'s' * (len(findings) != 1)}")
    sys.exit(1 if findings else 0)
