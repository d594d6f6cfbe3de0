/* /openapi.json says what is served to clients, all of it and nothing else. */
#include "../check.h"

#include <jansson.h>
#include <stdlib.h>

#include "api/openapi.h"
#include "api/router.h"
#include "main/endpoints.h"

static json_t *document_of(struct arena *arena)
{
	struct document document = {0};
	assert_int_equal(openapi_all_document(op_new(arena), &document), ERR_NONE);
	assert_string_equal(document.content_type, "application/json");
	json_t *json = json_loadb(document.body.p, document.body.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

static const char *method_key(struct arena *arena, enum http_method method)
{
	char *key = arena_string(arena, text_of(router_method_name(method)));
	for (char *p = key; *p; p++)
		*p = (char)(*p - 'A' + 'a');
	return key;
}

static void every_endpoint_is_described_but_the_operators_and_the_pages(void **state)
{
	json_t *json = document_of(*state);
	const json_t *paths = json_object_get(json, "paths");
	for (enum endpoint_id id = 0; id < ENDPOINT_COUNT; id++) {
		const struct endpoint *endpoint = router_endpoint(id);
		const json_t *path = json_object_get(paths, arena_printf(*state, "/v1%s", endpoint->path).p);
		const json_t *operation = json_object_get(path, method_key(*state, endpoint->method));
		assert_int_equal(
			operation != NULL, endpoint->caller != CALLER_OPERATOR && endpoint->caller != CALLER_PAGE);
		if (operation)
			assert_string_equal(
				json_string_value(json_object_get(operation, "operationId")), endpoint->name);
	}
	char *all = json_dumps(json, 0);
	assert_null(strstr(all, "operator"));
	free(all);
	json_decref(json);
}

static void every_parameter_in_a_path_is_declared(void **state)
{
	json_t *json = document_of(*state);
	const char *path, *method;
	json_t *operations, *operation, *parameter;
	size_t i;
	json_object_foreach(json_object_get(json, "paths"), path, operations)
	{
		json_object_foreach(operations, method, operation)
		{
			size_t declared = 0, holes = 0;
			json_array_foreach(json_object_get(operation, "parameters"), i, parameter) declared +=
				strcmp(json_string_value(json_object_get(parameter, "in")), "path") == 0;
			for (const char *p = path; *p; p++)
				holes += *p == '{';
			assert_int_equal(declared, holes);
		}
	}
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(every_endpoint_is_described_but_the_operators_and_the_pages),
		CHECK_WITH_ARENA(every_parameter_in_a_path_is_declared),
	};
	endpoints_bind();
	openapi_start("https://id.example");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
