"""Who asks for whose: every endpoint that takes an id, and people with ids of their own to put there (THREATS E11).

All of it comes from endpoints.def and /openapi.json, so an endpoint that lands later is in the matrix by itself. What it
takes that is not known here is named by test_E11_the_matrix_knows_every_field: teach `World` to make one.
"""

import dataclasses

from lib.checks import success
from lib.client import Session, bearer, new_email
from lib.tables import endpoints


@dataclasses.dataclass(frozen=True)
class Operation:
    """An endpoint and what it takes: {field: "path", "query" or "body"}."""

    name: str
    method: str
    path: str
    caller: str
    ids: dict
    required: dict

    def __str__(self):
        return self.name


def operations(client):
    """All but pages and what the operator's socket alone serves."""
    described = {operation["operationId"]: operation for item in client.get("/openapi.json").json()["paths"].values() for operation in item.values()}
    return [_operation(row, described[row.name]) for row in endpoints() if row.name in described]


# Ids that are no UUIDs: names of rows all the same.
OPAQUE_IDS = {"otp_request_id"}
# Fields that are required though their tables do not say so: one of several has to be there.
ONE_OF = {"otp_send": {"email": "body"}, "license_renew": {"duration_days": "body"}, "license_deactivate": {"activation_id": "body"}}


def _operation(row, described):
    ids, required = {}, dict(ONE_OF.get(row.name, {}))
    content = described.get("requestBody", {}).get("content", {})
    schema = content["application/json"]["schema"] if content else {}
    fields = [(field["name"], field["in"], field["schema"], field["required"]) for field in described["parameters"]]
    fields += [(name, "body", field, name in schema.get("required", [])) for name, field in schema.get("properties", {}).items()]
    for name, place, field, is_required in fields:
        if place not in ("path", "query", "body"):
            continue
        if field.get("format") == "uuid" or name in OPAQUE_IDS:
            ids[name] = place
        if is_required:
            required[name] = place
    return Operation(row.name, row.method, row.path, row.caller, ids, required)


class World:
    """An app with a user who is signed in, has a role in a tenant, and a license that a device holds a slot of; `own` has an
    id of each kind that is theirs."""

    def __init__(self, client, server, app=None):
        self.client = client
        self.app = app or server.create_app()
        self.contact = new_email()
        signed_in = client.sign_in(self.app, self.contact)
        self.user_id = signed_in.user["user_id"]
        self.tenant_id = client.new_tenant(self.app, self.user_id, "admin")
        body = client.refresh(signed_in.refresh, tenant_id=self.tenant_id).json()
        self.session = Session(body)
        self.link = client.ask_link(self.app, self.contact)
        self.otp_request_id, self.otp = client.ask_code(self.app, self.contact)
        self.code = client.hand_over(self.session)
        owner = {"user_id": self.user_id, "max_activations": 2, "duration_days": 30}
        license = success(client.post("/v1/licenses", owner, auth=self.app.basic), 201)
        held = {"app_id": self.app.app_id, "license_key": license["license_key"], "device_id": "the first device"}
        activation = success(client.post("/v1/licenses/activate", held), 201)["activation"]
        self.own = {
            "app_id": self.app.app_id,
            "user_id": self.user_id,
            "tenant_id": self.tenant_id,
            "session_id": self.session.session_id,
            "magic_link_id": self.link.link_id,
            "otp_request_id": self.otp_request_id,
            "license_id": license["license_id"],
            "activation_id": activation["activation_id"],
        }
        # what else is required
        self.fields = {
            "token": self.session.access,
            "refresh_token": self.session.refresh,
            "code": self.code,
            "otp": self.otp,
            "flow_token": self.link.flow_token,
            "role": "admin",
            "name": "Corner Bakery",
            "email": self.contact,
            "license_key": license["license_key"],
            "device_id": "the first device",
            "duration_days": 30,
        }

    def value(self, operation, field):
        if (operation.name, field) == ("license_activate", "device_id"):
            return "another device"
        return self.own.get(field) or self.fields[field]

    def ask(self, operation, ids, client=None):
        """Calls it with these ids, and with what else it requires of one's own."""
        path, query, body = operation.path, {}, {}
        places = operation.required | {field: operation.ids[field] for field in ids}
        for field, place in places.items():
            value = ids.get(field) or self.value(operation, field)
            if place == "path":
                path = path.replace("{" + field + "}", value)
            elif place == "query":
                query[field] = value
            else:
                body[field] = value
        options = {"params": query} | ({"json": body} if operation.method not in ("GET", "DELETE") else {})
        if operation.caller == "SERVER":
            options["auth"] = self.app.basic
        if operation.caller == "USER":
            options["headers"] = bearer(self.session.access)
        return (client or self.client).request(operation.method, f"/v1{path}", **options)
