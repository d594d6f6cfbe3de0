#include "api/openapi.h"

#include <stdio.h>

#include "api/router.h"
#include "core/err.h"

static const char *public_url;

void openapi_start(const char *url)
{
	public_url = url;
}

/* ---- schemas ---- */

static void emit_string_schema(struct emit *json, const struct field *field)
{
	if (field->type->format)
		emit_string(json, "format", field->type->format);
	if (field->type->pattern)
		emit_string(json, "pattern", field->type->pattern);
	if (field->min)
		emit_int(json, "minLength", field->min);
	if (field->max)
		emit_int(json, "maxLength", field->max);
	if (field->standard)
		emit_string(json, "default", field->standard);
	if (field->choices) {
		emit_array(json, "enum");
		for (size_t i = 0; field->choices[i]; i++)
			emit_string(json, NULL, field->choices[i]);
		emit_end_array(json);
	}
}

static void emit_field_schema(struct emit *json, const char *key, const struct field *field)
{
	const char *type = field->type->json_type;
	emit_object(json, key);
	emit_string(json, "type", type);
	if (field->place == IN_BODY)
		emit_string(json, "description", field->help ? field->help : "");
	if (strcmp(type, "string") == 0)
		emit_string_schema(json, field);
	if (strcmp(type, "integer") == 0) {
		emit_int(json, "minimum", field->min);
		if (field->max)
			emit_int(json, "maximum", field->max);
	}
	if (strcmp(type, "array") == 0) {
		emit_object(json, "items");
		emit_string(json, "type", "string");
		emit_end_object(json);
	}
	emit_end_object(json);
}

static void emit_simple(struct emit *json, const char *key, const char *type, const char *help)
{
	emit_object(json, key);
	emit_string(json, "type", type);
	if (strcmp(type, "array") == 0) {
		emit_object(json, "items");
		emit_end_object(json);
	}
	emit_string(json, "description", help);
	emit_end_object(json);
}

static bool has_field(const struct action *action, const char *name)
{
	for (size_t i = 0; i < action->field_count; i++)
		if (action->fields[i].place == IN_BODY && strcmp(action->fields[i].name, name) == 0)
			return true;
	return false;
}

/* What an app's credentials add to the body of its calls, where the field table does not name them itself. */
static void emit_caller_fields(struct emit *json, const struct endpoint *endpoint)
{
	static const struct {
		const char *name, *help;
	} FIELDS[] = {
		{"app_id", "the app, unless HTTP Basic names it"},
		{"app_secret", "the app's secret, unless HTTP Basic carries it"},
		{"end_user_ip", "from a proven app: the address of the person it acts for"},
	};
	if (endpoint->caller != CALLER_APP && endpoint->caller != CALLER_SERVER)
		return;
	for (size_t i = 0; i < COUNT(FIELDS); i++)
		if (!has_field(endpoint->action, FIELDS[i].name))
			emit_simple(json, FIELDS[i].name, "string", FIELDS[i].help);
}

static void emit_request_body(struct emit *json, const struct endpoint *endpoint)
{
	const struct action *action = endpoint->action;
	emit_object(json, "requestBody");
	emit_object(json, "content");
	emit_object(json, "application/json");
	emit_object(json, "schema");
	emit_string(json, "type", "object");
	emit_object(json, "properties");
	size_t required = 0;
	for (size_t i = 0; i < action->field_count; i++) {
		if (action->fields[i].place != IN_BODY)
			continue;
		emit_field_schema(json, action->fields[i].name, &action->fields[i]);
		required += action->fields[i].required;
	}
	emit_caller_fields(json, endpoint);
	emit_end_object(json);
	if (required) {
		emit_array(json, "required");
		for (size_t i = 0; i < action->field_count; i++)
			if (action->fields[i].place == IN_BODY && action->fields[i].required)
				emit_string(json, NULL, action->fields[i].name);
		emit_end_array(json);
	}
	emit_end_object(json);
	emit_end_object(json);
	emit_end_object(json);
	emit_end_object(json);
}

static void emit_parameters(struct emit *json, const struct action *action)
{
	emit_array(json, "parameters");
	for (size_t i = 0; i < action->field_count; i++) {
		const struct field *field = &action->fields[i];
		if (field->place == IN_BODY)
			continue;
		emit_object(json, NULL);
		emit_string(json, "name", field->name);
		emit_string(json, "in", field->place == IN_PATH ? "path" : "query");
		emit_bool(json, "required", field->place == IN_PATH || field->required);
		emit_string(json, "description", field->help ? field->help : "");
		emit_field_schema(json, "schema", field);
		emit_end_object(json);
	}
	emit_end_array(json);
}

/* ---- answers ---- */

static void emit_success(struct emit *json, const struct action *action)
{
	emit_object(json, action->status == 201 ? "201" : "200");
	emit_string(json, "description", "Done");
	emit_object(json, "content");
	emit_object(json, "application/json");
	emit_object(json, "schema");
	emit_string(json, "type", "object");
	emit_object(json, "properties");
	emit_simple(json, "success", "boolean", "true");
	for (size_t i = 0; i < action->answer_count; i++)
		emit_simple(json, action->answer[i].name, action->answer[i].type, action->answer[i].help);
	emit_end_object(json);
	emit_end_object(json);
	emit_end_object(json);
	emit_end_object(json);
	emit_end_object(json);
}

/* The endpoint's own errors and the gate's, as a set. */
static void collect_errors(const struct endpoint *endpoint, bool set[static ERR_COUNT])
{
	static const enum err ALL[] = {ERR_VALIDATION_ERROR, ERR_INTERNAL_ERROR, ERR_SERVICE_UNAVAILABLE, ERR_FORBIDDEN,
		ERR_PAYLOAD_TOO_LARGE, ERR_UNSUPPORTED_MEDIA_TYPE};
	for (size_t i = 0; i < COUNT(ALL); i++)
		set[ALL[i]] = true;
	for (const enum err *err = endpoint->action->errors; err && *err != ERR_NONE; err++)
		set[*err] = true;
	if (endpoint->caller != CALLER_NONE)
		set[ERR_TOKEN_INVALID] = true;
	if (endpoint->caller == CALLER_APP)
		set[ERR_APP_NOT_FOUND] = set[ERR_RATE_LIMITED] = true;
	if (endpoint->caller == CALLER_USER || endpoint->action->needs_user)
		set[ERR_TOKEN_EXPIRED] = set[ERR_TOKEN_REVOKED] = set[ERR_USER_DELETED] = true;
}

/* One response per status; its description names the codes. */
static void emit_refusals(struct emit *json, struct arena *arena, const struct endpoint *endpoint)
{
	bool set[ERR_COUNT] = {false};
	collect_errors(endpoint, set);
	for (int status = 400; status < 600; status++) {
		struct buf codes;
		buf_init(&codes, arena, 128);
		for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++)
			if (set[err] && err_info(err)->status == status)
				buf_printf(&codes, "%s%s", codes.n ? ", " : "", err_info(err)->name);
		if (!codes.n)
			continue;
		char key[8];
		snprintf(key, sizeof key, "%d", status);
		emit_object(json, key);
		emit_text(json, "description", buf_text(&codes));
		emit_raw(json, "content",
			TEXT("{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}"));
		emit_end_object(json);
	}
}

/* ---- the document ---- */

static void emit_security(struct emit *json, const struct endpoint *endpoint)
{
	const enum caller caller = endpoint->caller;
	emit_array(json, "security");
	if (caller == CALLER_USER || endpoint->action->needs_user)
		emit_raw(json, NULL, TEXT("{\"bearer\":[]}"));
	if (caller == CALLER_SERVER)
		emit_raw(json, NULL, TEXT("{\"app\":[]}"));
	if (caller == CALLER_APP || caller == CALLER_NONE)
		emit_raw(json, NULL, TEXT("{}"));
	emit_end_array(json);
}

static void emit_operation(struct emit *json, struct arena *arena, const struct endpoint *endpoint)
{
	static const char *const KEYS[] = {[HTTP_GET] = "get",
		[HTTP_POST] = "post",
		[HTTP_PUT] = "put",
		[HTTP_PATCH] = "patch",
		[HTTP_DELETE] = "delete"};
	emit_object(json, KEYS[endpoint->method]);
	emit_string(json, "operationId", endpoint->name);
	emit_string(json, "summary", endpoint->action->summary);
	emit_security(json, endpoint);
	emit_parameters(json, endpoint->action);
	if (endpoint->method == HTTP_POST || endpoint->method == HTTP_PATCH || endpoint->method == HTTP_PUT)
		emit_request_body(json, endpoint);
	emit_object(json, "responses");
	emit_success(json, endpoint->action);
	emit_refusals(json, arena, endpoint);
	emit_end_object(json);
	emit_end_object(json);
}

static void emit_paths(struct emit *json, struct arena *arena)
{
	emit_object(json, "paths");
	for (enum endpoint_id i = 0; i < ENDPOINT_COUNT; i++) {
		const struct endpoint *first = router_endpoint(i);
		bool is_first = first->caller != CALLER_OPERATOR && first->caller != CALLER_PAGE;
		for (enum endpoint_id j = 0; j < i && is_first; j++)
			is_first = strcmp(router_endpoint(j)->path, first->path) != 0;
		if (!is_first)
			continue;
		emit_object(json, arena_printf(arena, "/v1%s", first->path).p);
		for (enum endpoint_id j = i; j < ENDPOINT_COUNT; j++)
			if (strcmp(router_endpoint(j)->path, first->path) == 0)
				emit_operation(json, arena, router_endpoint(j));
		emit_end_object(json);
	}
	emit_end_object(json);
}

static void emit_error_schema(struct emit *json)
{
	emit_object(json, "Error");
	emit_string(json, "type", "object");
	emit_string(json, "description", "The one envelope of every refusal. Some codes add members.");
	emit_object(json, "properties");
	emit_simple(json, "success", "boolean", "false");
	emit_object(json, "error");
	emit_string(json, "type", "string");
	emit_array(json, "enum");
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++)
		emit_string(json, NULL, err_info(err)->name);
	emit_end_array(json);
	emit_end_object(json);
	emit_simple(json, "message", "string", "one sentence for developers");
	emit_simple(json, "status", "integer", "the HTTP status");
	emit_simple(json, "details", "array", "of VALIDATION_ERROR: one {field, message} per bad field");
	emit_raw(json, "retry_after",
		TEXT("{\"type\":\"integer\",\"nullable\":true,\"description\":\"seconds; on every 429 and 503\"}"));
	emit_simple(json, "doc_url", "string", "the reference page of this code");
	emit_simple(json, "request_id", "string", "also in X-Request-Id and our log");
	emit_simple(json, "timestamp", "string", "RFC 3339, UTC");
	emit_end_object(json);
	emit_end_object(json);
}

static void emit_components(struct emit *json)
{
	emit_object(json, "components");
	emit_object(json, "schemas");
	emit_error_schema(json);
	emit_end_object(json);
	emit_raw(json, "securitySchemes",
		TEXT("{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
		     "\"app\":{\"type\":\"http\",\"scheme\":\"basic\",\"description\":\"app_id and app_secret\"}}"));
	emit_end_object(json);
}

static struct text make(struct arena *arena)
{
	struct buf out;
	buf_init(&out, arena, 65536);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	emit_string(&json, "openapi", "3.0.3");
	emit_object(&json, "info");
	emit_string(&json, "title", "Keywright");
	emit_string(&json, "version", "1");
	emit_string(&json, "description", "Passwordless sign-in and software licenses.");
	emit_end_object(&json);
	emit_array(&json, "servers");
	emit_object(&json, NULL);
	emit_string(&json, "url", public_url);
	emit_end_object(&json);
	emit_end_array(&json);
	emit_paths(&json, arena);
	emit_components(&json);
	emit_end_object(&json);
	return buf_text(&out);
}

enum err openapi_all_document(struct op *op, struct document *document)
{
	document->content_type = "application/json";
	document->cache_control = "public, max-age=3600";
	document->body = make(op->arena);
	return ERR_NONE;
}
