/* Lists in pages: every row once, in order, and a cursor that leads on. */
#include "../check.h"

#include "api/body.h"
#include "api/listing.h"
#include "api/router.h"

struct body {
	struct uuid cursor;
	int64_t limit;
};
static const struct field FIELDS[] = {LISTING_FIELDS(struct body)};
static const struct action ACTION = {ACTION_FIELDS(struct body, FIELDS)};
static const struct endpoint ENDPOINT = {.action = &ACTION};

struct row {
	int64_t number;
	struct uuid id;
};

static void emit_row(struct emit *json, const void *row)
{
	emit_int(json, NULL, ((const struct row *)row)->number);
}

static struct uuid id_of(int64_t number)
{
	return (struct uuid){{[15] = (uint8_t)number}};
}

/* What a store with rows count…1 answers to that page, when only rows from down_to on are looked at; *body as its fields
 * were read. */
static struct text read_page_down_to(struct arena *arena, int64_t count, int64_t down_to, const struct body *body)
{
	struct op *op = op_new(arena);
	struct row row;
	struct listing *listing = listing_new(op, body->cursor, body->limit, &row, sizeof row);
	if (down_to > 1)
		listing->down_to = id_of(down_to);
	for (row.number = count; row.number >= down_to; row.number--) {
		row.id = id_of(row.number);
		if (memcmp(&row.id, &listing->before, sizeof row.id) < 0 && listing_add(listing) != 0)
			break;
	}
	struct buf out;
	buf_init(&out, arena, 256);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	listing_emit(&json, "rows", listing, emit_row, offsetof(struct row, id));
	emit_end_object(&json);
	return buf_text(&out);
}

static struct text read_page(struct arena *arena, int64_t count, const struct body *body)
{
	return read_page_down_to(arena, count, 1, body);
}

static struct op *read_query(struct arena *arena, const char *query, struct body *body)
{
	static struct http_request request;
	struct op *op = op_new(arena);
	request = (struct http_request){.arena = arena, .query = text_of(query)};
	op->request = &request;
	op->endpoint = &ENDPOINT;
	*body = (struct body){0};
	body_enter(arena);
	schema_read(op, FIELDS, COUNT(FIELDS), NULL, NULL, body);
	body_leave();
	return op;
}

static void pages_lead_from_the_newest_row_to_the_last(void **state)
{
	struct body body;
	read_query(*state, "limit=2", &body);
	CHECK_STRING(read_page(*state, 5, &body), "{\"rows\":[5,4],\"next_cursor\":\"AAAAAAAAAAAAAAAAAAAABA\"}");
	read_query(*state, "limit=2&cursor=AAAAAAAAAAAAAAAAAAAABA", &body);
	CHECK_STRING(read_page(*state, 5, &body), "{\"rows\":[3,2],\"next_cursor\":\"AAAAAAAAAAAAAAAAAAAAAg\"}");
	read_query(*state, "limit=2&cursor=AAAAAAAAAAAAAAAAAAAAAg", &body);
	CHECK_STRING(read_page(*state, 5, &body), "{\"rows\":[1],\"next_cursor\":null}");
}

static void a_full_last_page_has_no_next_one(void **state)
{
	const struct body body = {.limit = 3};
	CHECK_STRING(read_page(*state, 3, &body), "{\"rows\":[3,2,1],\"next_cursor\":null}");
	CHECK_STRING(read_page(*state, 0, &body), "{\"rows\":[],\"next_cursor\":null}");
}

static void a_page_that_looked_at_enough_leads_on(void **state)
{
	const struct body body = {.limit = 3};
	CHECK_STRING(
		read_page_down_to(*state, 9, 8, &body), "{\"rows\":[9,8],\"next_cursor\":\"AAAAAAAAAAAAAAAAAAAACA\"}");
	CHECK_STRING(read_page_down_to(*state, 9, 4, &body),
		"{\"rows\":[9,8,7],\"next_cursor\":\"AAAAAAAAAAAAAAAAAAAABw\"}");
	CHECK_STRING(
		read_page_down_to(*state, 3, 4, &body), "{\"rows\":[],\"next_cursor\":\"AAAAAAAAAAAAAAAAAAAABA\"}");
}

static void cursors_and_limits_that_are_none_are_bad_fields(void **state)
{
	static const char *const BAD[] = {"limit=0", "limit=101", "limit=x", "cursor=x",
		"cursor=", "cursor=AAAAAAAAAAAAAAAAAAAAAAA", "cursor=AAAAAAAAAAAAAAAAAAAABB", "cursor=%00"};
	struct body body;
	for (size_t i = 0; i < COUNT(BAD); i++)
		assert_int_equal(read_query(*state, BAD[i], &body)->bad_count, 1);
	assert_int_equal(read_query(*state, "", &body)->bad_count, 0);
	assert_int_equal(body.limit, LISTING_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(pages_lead_from_the_newest_row_to_the_last),
		CHECK_WITH_ARENA(a_full_last_page_has_no_next_one),
		CHECK_WITH_ARENA(a_page_that_looked_at_enough_leads_on),
		CHECK_WITH_ARENA(cursors_and_limits_that_are_none_are_bad_fields),
	};
	body_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
