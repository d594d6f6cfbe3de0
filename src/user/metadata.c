#include "user/metadata.h"

#include "api/body.h"

/* RFC 7396 section 2; both are objects. */
static void merge(json_t *target, const json_t *patch)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)patch, key, value)
	{
		if (json_is_null(value)) {
			json_object_del(target, key);
			continue;
		}
		if (!json_is_object(value)) {
			json_object_set(target, key, value);
			continue;
		}
		if (!json_is_object(json_object_get(target, key)))
			json_object_set_new(target, key, json_object());
		merge(json_object_get(target, key), value);
	}
}

static int merge_texts(struct text object, struct text patch, struct text *merged_r)
{
	json_t *target, *changes;
	const char *why;
	TRY(body_parse(object, &target, &why));
	TRY(body_parse(patch, &changes, &why));
	merge(target, changes);
	const char *dumped = json_dumps(target, JSON_COMPACT);
	MUST(dumped);
	const size_t n = strlen(dumped);
	if (n > METADATA_MAX)
		return -1;
	*merged_r = text_bytes(dumped, n);
	return 0;
}

int metadata_merge(struct arena *arena, struct text object, struct text patch, struct text *merged_r)
{
	body_enter(arena);
	const int failed = merge_texts(object, patch, merged_r);
	body_leave();
	return failed;
}

size_t metadata_count(struct arena *arena, struct text object)
{
	json_t *parsed;
	const char *why;
	body_enter(arena);
	MUST(body_parse(object, &parsed, &why) == 0);
	body_leave();
	return json_object_size(parsed);
}
