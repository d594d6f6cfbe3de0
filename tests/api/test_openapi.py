"""GET /openapi.json: a proper OpenAPI 3.0.3 document that tells the truth about the endpoints."""

import re

import pytest

from lib.checks import common_headers
from lib.golden import STATUS
from lib.tables import endpoints

PATH = "/openapi.json"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
TYPES = {"array", "boolean", "integer", "number", "object", "string"}


@pytest.fixture
def document(client):
    response = client.get(PATH)
    assert response.status_code == 200 and response.headers["content-type"].startswith("application/json")
    common_headers(response, cache=response.headers["cache-control"])
    assert "max-age=3600" in response.headers["cache-control"]
    return response.json()


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def everything_in(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from everything_in(child)


def test_the_frame_is_that_of_openapi_3_0_3(document):
    assert document["openapi"] == "3.0.3"
    assert document["info"]["title"] and document["info"]["version"]
    assert set(document) <= {"openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs"}
    assert all(server["url"] for server in document.get("servers", []))


def test_every_operation_is_well_formed(document):
    seen = set()
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert path.startswith("/"), where
        assert operation["responses"], where
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d|[1-5]XX|default", status), where
            assert "$ref" in response or response["description"], where
        if "requestBody" in operation:
            assert operation["requestBody"]["content"], where
            assert method not in ("get", "head", "delete"), f"{where}: a body has no meaning here in 3.0"
        declared = [parameter for parameter in operation.get("parameters", []) if "$ref" not in parameter]
        for parameter in declared:
            assert parameter["in"] in ("path", "query", "header", "cookie") and parameter["name"], where
            assert "schema" in parameter or "content" in parameter, where
            assert parameter["in"] != "path" or parameter["required"] is True, where
        named = {parameter["name"] for parameter in declared if parameter["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), where
        if "operationId" in operation:
            assert operation["operationId"] not in seen, f"operationId twice: {operation['operationId']}"
            seen.add(operation["operationId"])


def test_every_reference_leads_somewhere(document):
    for node in everything_in(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target = document
            assert node["$ref"].startswith("#/"), node["$ref"]
            for step in node["$ref"][2:].split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]


def test_every_schema_uses_types_of_3_0(document):
    for node in everything_in(document):
        if isinstance(node, dict) and "properties" in node and isinstance(node["properties"], dict):
            for name, schema in node["properties"].items():
                assert "$ref" in schema or "type" in schema or {"oneOf", "anyOf", "allOf", "enum"} & set(schema) or schema == {}, name
                assert schema.get("type", "string") in TYPES, f"{name}: {schema.get('type')} (3.0 has no type lists and no null)"
                assert schema.get("type") != "array" or "items" in schema, name
            assert set(node.get("required", [])) <= set(node["properties"]), node.get("required")


def test_every_endpoint_is_described(document):
    described = {(method.upper(), path) for path, method, _ in operations(document)}
    for endpoint in endpoints():
        described_here = {(endpoint.method, endpoint.path), (endpoint.method, "/v1" + endpoint.path)} & described
        if endpoint.is_operators or endpoint.is_page:
            assert not described_here, endpoint
        else:
            assert described_here, endpoint


def test_every_error_code_is_listed(document):
    listed = {value for node in everything_in(document) if isinstance(node, list) for value in node if isinstance(value, str)}
    listed |= {key for node in everything_in(document) if isinstance(node, dict) for key in node}
    missing = set(STATUS) - listed
    text = str(document)
    assert not {code for code in missing if code not in text}, missing


def test_the_error_envelope_is_described_completely(document):
    schemas = document["components"]["schemas"].values()
    complete = {"success", "error", "message", "status", "details", "retry_after", "doc_url", "request_id", "timestamp"}
    assert any(complete <= set(schema.get("properties", {})) for schema in schemas)
