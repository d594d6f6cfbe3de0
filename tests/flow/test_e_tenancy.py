"""THREATS E: what belongs to another app, tenant or user is out of reach, and what was taken away is gone."""

import time
import uuid

import pytest

from lib.checks import envelope, session, success
from lib.client import Session
from lib.matrix import OPAQUE_IDS, World, operations
from lib.tables import endpoints
from lib.visit import AGAIN, CODE, CONTINUE, failed

# ---- E11: endpoints × kinds of ids × owners ----

# Where an id says who calls, it is not one that is asked for: anybody may name any app.
CALLS_AS = {("otp_send", "app_id"), ("magic_send", "app_id")}
# An id that is only noted down, and judged by the proof it travels with.
JUDGED_LATER = {("magic_send", "tenant_id"): "who asks for a link proves nothing yet: test_no_tenant_of_the_app_is_told_from_another"}
# Refusals of what carries a secret along with the id: 401 by the contract, and not because the request was no good.
SECRETLY = {"TOKEN_INVALID", "magic_link_not_found", "exchange_code_not_found"}
# Lists that an id narrows down without a look at whom it names: of an id of others nothing is listed, as of nobody's.
NARROWS = {("audit_events", "user_id"): "events", ("license_list", "user_id"): "licenses", ("license_list", "tenant_id"): "licenses"}
# Failures are counted, and mails leave while we look.
RESTLESS = ("limits", "outbox")
PAGES_WITH_IDS = {"page_check", "page_status", "page_code", "page_again", "page_continue"}
# The app's id is public, the rest are secrets.
PAGES_WITHOUT = {"page_signin", "page_ask", "page_link", "page_answer"}


def malformed_for(field):
    """Kinds of ids that have another form: VALIDATION_ERROR says so without a look."""
    return set() if field in OPAQUE_IDS else OPAQUE_IDS


def foreign_ids(operation, field, mine, colleague, stranger):
    """Ids that are nobody's business here, and one that is nobody's at all: [(whose, id)]."""
    skipped = malformed_for(field)
    ids = [("another app's " + kind, id) for kind, id in stranger.own.items() if kind not in skipped]
    ids += [("my own " + kind, id) for kind, id in mine.own.items() if kind != field and kind not in skipped]
    if operation.caller != "SERVER":
        # whose code it is only the code itself says
        kinds = set(colleague.own) - skipped - OPAQUE_IDS - {"app_id"}
        ids += [("a colleague's " + kind, colleague.own[kind]) for kind in sorted(kinds)]
    return [*ids, ("an unknown", str(uuid.uuid4()))]


def with_and_without_the_others(operation, mine, field):
    """The field alone beside what is required, and among all ids that the operation takes."""
    others = {other: mine.own[other] for other in operation.ids if other != field}
    return [{}, others] if others else [{}]


def test_E11_the_matrix_knows_every_field(client, server):
    world = World(client, server)
    known = set(world.own) | set(world.fields)
    for operation in operations(client):
        if operation.ids:
            missing = (set(operation.ids) | set(operation.required)) - known
            assert not missing, f"{operation} takes {missing}: teach World in tests/lib/matrix.py to make one"
    described = {operation.name: operation for operation in operations(client)}
    for row in endpoints():
        assert row.is_operators or row.is_page or row.name in described, f"{row.name} is not in /openapi.json"
    assert {row.name for row in endpoints() if row.is_page} == PAGES_WITH_IDS | PAGES_WITHOUT, "say of a page whether it takes ids"
    for name, field in CALLS_AS | set(JUDGED_LATER) | set(NARROWS):
        assert field in described[name].ids, f"{name} takes no {field} any more"


def test_E11_the_matrix_asks_what_is_answered(client, server, open_client, new_address):
    """Of one's own everything is answered: so it is the id that is refused below."""
    for operation in operations(client):
        if operation.ids:
            mine = World(client, server)
            answer = mine.ask(operation, {field: mine.own[field] for field in operation.ids}, open_client(server, source=new_address()))
            assert answer.status_code in (200, 201), f"{operation}: {answer.text}"


def settled(server):
    """What the store holds once the audit trail has linked what was done so far."""
    deadline = time.monotonic() + 10
    while server.dump(without=RESTLESS)["event_queue"]:
        assert time.monotonic() < deadline, "events are not linked"
        time.sleep(0.05)
    # anew: its tables are read one after the other, and the queue was not the first
    return server.dump(without=RESTLESS)


def judge(operation, field, answer, where):
    """What makes a refusal, or an answer, one of its kind."""
    body = answer.json()
    if (operation.name, field) in NARROWS:
        assert body == {"success": True, NARROWS[operation.name, field]: [], "next_cursor": None}, where
        return "nothing"
    assert answer.status_code in (403, 404) or body.get("error") in SECRETLY, where
    return answer.status_code, body["error"]


def test_E11_no_endpoint_answers_to_an_id_of_others(start_server, open_client, new_address):
    server = start_server()
    client = open_client(server)
    mine, stranger = World(client, server), World(client, server)
    colleague = World(client, server, app=mine.app)
    asked = 0
    for operation in operations(client):
        before = settled(server)
        for field in operation.ids:
            if (operation.name, field) in CALLS_AS | set(JUDGED_LATER):
                continue
            outcomes = {}
            for whose, id in foreign_ids(operation, field, mine, colleague, stranger):
                for others in with_and_without_the_others(operation, mine, field):
                    # from addresses that no lock knows: ten failures would set it
                    if asked % 8 == 0:
                        asker = open_client(server, source=new_address())
                    answer = mine.ask(operation, others | {field: id}, asker)
                    where = f"{operation}, {whose} as {field}: {answer.status_code} {answer.text[:300]}"
                    outcomes.setdefault(judge(operation, field, answer, where), where)
                    asked += 1
            # nor is one of others told from one that is nobody's; which app is meant, all may know
            assert len(outcomes) == 1 or field in OPAQUE_IDS | {"app_id"}, outcomes
        assert settled(server) == before, f"{operation} left something behind"
    assert asked > 200


def test_E11_nobody_goes_on_with_the_link_of_another_browser(visit):
    person, other = visit(), visit()
    waiting, own = person.ask(), other.ask()
    theirs = {name: waiting.form(CODE).hidden[name] for name in ("app_id", "link_id")}
    form = {"form": own.form(CODE).fields["form"]}
    mail = person.mail()
    for path in ("/signin/check", "/signin/status"):
        answer = other.browser.request("GET", path, params={"app_id": theirs["app_id"], "id": theirs["link_id"]})
        assert answer.status_code == 401 and "magic_link_not_found" in answer.text
    for path in (CODE, AGAIN, CONTINUE):
        failed(other.browser.post(path, form | theirs | {"code": mail["code"]}), "magic_link_not_found")
    person.redeem(person.browser.submit(waiting.form(CODE), code=mail["code"]))


# ---- E13: roles that were taken away ----


@pytest.fixture
def member(client, server):
    return World(client, server)


def roles_seen(client, world, access, refresh):
    """What our own endpoints say of the roles, by each token."""
    said = [success(client.me(access))["roles"]]
    return said + [success(client.introspect(world.app, token))["roles"] for token in (access, refresh)]


def test_E13_a_revoked_role_is_gone_at_once(client, member):
    access, refresh = member.session.access, member.session.refresh
    success(client.assign(member.app, member.tenant_id, member.user_id, "reader"), 201)
    assert roles_seen(client, member, access, refresh) == [["admin", "reader"]] * 3
    success(client.revoke(member.app, member.tenant_id, member.user_id, "admin"))
    assert roles_seen(client, member, access, refresh) == [["reader"]] * 3
    body = session(client.refresh(refresh), with_user=False)
    assert roles_seen(client, member, body["access_token"], body["refresh_token"]) == [["reader"]] * 3


@pytest.mark.parametrize("how", ["revoke", "delete"])
def test_E13_without_any_role_nothing_goes_on_there(client, member, how):
    access, refresh = member.session.access, member.session.refresh
    code = client.hand_over(member.session)
    if how == "revoke":
        success(client.revoke(member.app, member.tenant_id, member.user_id))
    else:
        success(client.request("DELETE", f"/v1/tenants/{member.tenant_id}", auth=member.app.basic))
    assert roles_seen(client, member, access, refresh) == [[]] * 3
    envelope(client.refresh(refresh), "TENANT_NOT_FOUND")
    envelope(client.exchange(code), "TENANT_NOT_FOUND")
    request_id, otp = client.ask_code(member.app, member.contact)
    envelope(client.verify_otp(member.app, request_id, otp, tenant_id=member.tenant_id), "TENANT_NOT_FOUND")
    # the person is nobody there, and somebody still
    assert "roles" not in success(client.introspect(member.app, Session(session(client.verify_otp(member.app, request_id, otp), with_user=True)).access))
