"""An operator's own words: page.templates, whose files take the place of what is built in."""

import re

import pytest

from lib.checks import success
from lib.client import new_email
from lib.server import ROOT, run

OTP_MAIL = "Subject: {{app}} says\n\nYour code, dear:\n{{code}}\n"
ENGLISH = (ROOT / "assets/language/en.ini").read_text()


@pytest.fixture
def templates(tmp_path):
    """Writes a file of the operator's folder: templates("mail/otp.en.txt", "…"); templates.folder is where."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    write.folder = tmp_path
    return write


def checked(folder, *words):
    return run("config", "check", "--dev", *words, settings={"page.templates": folder}, cwd="/tmp")


def test_a_mail_of_the_operators_takes_the_place_of_ours(start_server, open_client, templates):
    templates("mail/otp.en.txt", OTP_MAIL)
    server = start_server(settings={"page.templates": templates.folder})
    client, app = open_client(server), server.create_app("Shop")
    success(client.send_otp(app, contact := new_email()))
    message = client.next_message(contact)
    assert message["subject"] == "Shop says"
    assert message["text"] == f"Your code, dear:\n{message['code']}\n"
    assert "is your code for Shop" in message["html"], "the HTML is still ours"
    success(client.send_otp(app, contact := new_email(), locale="de"))
    assert client.next_message(contact)["subject"] == "Ihr Code für Shop"


def test_a_file_of_words_is_another_language(start_server, open_client, templates):
    templates("language/fr.ini", ENGLISH.replace("message_minutes = minutes", "message_minutes = minutes françaises"))
    templates("mail/otp.fr.txt", "Subject: Votre code\n\n{{code}}, {{minutes}}\n")
    server = start_server(settings={"page.templates": templates.folder})
    client, app = open_client(server), server.create_app()
    success(client.send_otp(app, contact := new_email(), locale="fr-CA"))
    message = client.next_message(contact)
    assert (message["subject"], message["text"]) == ("Votre code", f"{message['code']}, 5 minutes françaises\n")
    success(client.magic_link(app, contact := new_email(), locale="fr"))
    assert client.next_message(contact)["subject"].startswith("Sign in to "), "what has no French file is English"


BROKEN = [
    ("mail/otp.en.txt", "Subject: x\n\n\n{{cod}}", "4: there is no {{cod}}"),
    ("mail/link.de.html", "<p>\n<a href={{link}}>", "2: a value in a tag must stand in quotes"),
    ("page/signin.html", "{{#contact}}\n", "1: {{#contact}} is never closed"),
    ("page/head.html", "\n{{>page/head.html}}", "2: "),
    ("sms/otp.en.txt", b"fine\n\xff", "2: this is no UTF-8 text"),
    ("language/de.ini", "a = 1\nb\n", '2: a line must be "key = text", or begin with "#"'),
    ("language/fr.ini", "a = 1\n", "1: has no key "),
]


@pytest.mark.parametrize("name, text, why", BROKEN, ids=[name for name, *_ in BROKEN])
def test_a_broken_file_refuses_the_start_and_is_named_with_its_line(templates, name, text, why):
    path = templates(name, text)
    for words in (["config", "check", "--dev"], ["serve", "--dev", "--data", templates.folder / "data"]):
        done = run(*words, settings={"page.templates": templates.folder}, cwd="/tmp")
        assert done.returncode != 0 and done.stdout == ""
        assert done.stderr.startswith(f"keywright: {path}:{why}"), done.stderr
        assert done.stderr.count("\n") == 1
    assert not (templates.folder / "data").exists(), "nothing is made before the templates are read"


def test_a_folder_without_files_changes_nothing(templates):
    done = checked(templates.folder)
    assert (done.returncode, done.stdout) == (0, "The settings are fine.\n"), done.stderr


def test_a_file_that_is_no_database_of_places_refuses_the_start(tmp_path):
    (tmp_path / "places.mmdb").write_bytes(b"no database")
    for path in (tmp_path / "places.mmdb", tmp_path / "nowhere.mmdb"):
        done = run("config", "check", "--dev", settings={"page.geoip": path}, cwd="/tmp")
        assert done.returncode != 0
        assert re.fullmatch(rf"keywright: page\.geoip: {re.escape(str(path))} is no MaxMind database .+\n", done.stderr)


def test_ours_have_the_same_keys_in_every_language():
    keys = {
        path.name: re.findall(r"^(\w+) =", path.read_text(), re.M) for path in (ROOT / "assets/language").glob("*.ini")
    }
    assert len(keys) >= 2 and keys["en.ini"]
    for name, found in keys.items():
        assert found == keys["en.ini"], name


def templates_of_the_table():
    """file: fields, of every row of templates.def."""
    table = re.sub(r"/\*.*?\*/|\\\n", " ", (ROOT / "src/tables/templates.def").read_text(), flags=re.S)
    words = dict(re.findall(r"^#define (\w+)(.*)$", table, re.M))
    rows = {}
    for file, fields in re.findall(r'^TEMPLATE\(\w+, "([^"]+)", \w+,\s*([^)]*)\)', table, re.M):
        for name, text in words.items():
            fields = fields.replace(name, text)
        rows[file] = " ".join(re.findall(r'"([^"]*)"', fields)).split()
    return rows


def test_the_page_about_templates_lists_every_one_with_its_fields():
    page = (ROOT / "docs/TEMPLATES.md").read_text()
    common = re.search(r"^Every page also has (.*)\.$", page, re.M)[1]
    listed = {file: re.findall(r"`(\w+)`", fields) for file, fields in re.findall(r"^\| `([a-z][^`]+)` \| (.*) \|$", page, re.M)}
    for file in listed:
        if file.startswith("page/"):
            listed[file] = re.findall(r"`(\w+)`", common) + listed[file]
    table = templates_of_the_table()
    assert set(listed) == set(table)
    for file, fields in table.items():
        assert sorted(listed[file]) == sorted(fields), file
