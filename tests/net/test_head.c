#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "framing.h"
#include "net/head.h"

#define HEAD_MAX 16384
#define BODY_MAX 16384

/* All that a reading of the first head yields. */
struct outcome {
	int status; /* 0, HEAD_MORE or the refusal's */
	size_t seen;
	const char *why;
	struct head head;
};

/* Feeds growing pieces, each time in fresh memory of exactly that size, so that a sanitizer sees any look beyond it. */
static struct outcome read_in_pieces(struct text bytes, size_t piece)
{
	struct outcome outcome = {.status = HEAD_MORE};
	for (size_t n = 0; n < bytes.n && outcome.status == HEAD_MORE;) {
		n = n + piece < bytes.n ? n + piece : bytes.n;
		char *copy = malloc(n);
		memcpy(copy, bytes.p, n);
		outcome.status = head_find(text_bytes(copy, n), HEAD_MAX, &outcome.seen, &outcome.why);
		free(copy);
	}
	if (outcome.status == 0)
		outcome.status = head_parse(text_bytes(bytes.p, outcome.seen), BODY_MAX, &outcome.head, &outcome.why);
	return outcome;
}

static void assert_text(struct text actual, const char *expected)
{
	assert_int_equal(actual.n, strlen(expected));
	assert_memory_equal(actual.p, expected, actual.n);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->status, b->status);
	assert_ptr_equal(a->why, b->why);
	if (a->status == 0) {
		assert_int_equal(a->seen, b->seen);
		assert_memory_equal(&a->head, &b->head, offsetof(struct head, fields));
	}
}

static void the_first_head_of_every_framing_case_is_judged_as_the_table_says(void **state)
{
	assert_true(COUNT(framing_cases) >= 120);
	for (size_t i = 0; i < COUNT(framing_cases); i++) {
		const struct framing_case *row = &framing_cases[i];
		const struct outcome outcome = read_in_pieces(row->bytes, row->bytes.n);
		const int expected = atoi(row->answers);
		const bool as_expected =
			expected == 0 ? outcome.status <= 0 : outcome.status == (expected == 200 ? 0 : expected);
		if (!as_expected)
			fail_msg("%s: expected %s, got %d (%s)", row->name, row->answers, outcome.status, outcome.why);
	}
}

static void every_framing_case_reads_the_same_in_pieces(void **state)
{
	for (size_t i = 0; i < COUNT(framing_cases); i++) {
		const struct text bytes = framing_cases[i].bytes;
		const struct outcome whole = read_in_pieces(bytes, bytes.n);
		for (size_t piece = bytes.n > 4096 ? 5 : 1; piece <= 5; piece++) {
			const struct outcome split = read_in_pieces(bytes, piece);
			assert_same(&whole, &split);
		}
	}
}

static struct outcome read_text(const char *bytes)
{
	return read_in_pieces(text_of(bytes), strlen(bytes));
}

static void the_parts_of_a_head_are_slices_of_the_input(void **state)
{
	const struct outcome outcome = read_text("POST /a/b?c=d?e HTTP/1.1\r\nHost: h.example:80\r\nX-One: \t1 2\t \r\n"
						 "Content-Length: 7\r\nEmpty:\r\n\r\nignored");
	const struct head *head = &outcome.head;
	assert_int_equal(outcome.status, 0);
	assert_int_equal(head->method, HTTP_POST);
	assert_text(head->method_name, "POST");
	assert_text(head->path, "/a/b");
	assert_text(head->query, "c=d?e");
	assert_text(head->host, "h.example:80");
	assert_int_equal(head->minor, 1);
	assert_int_equal(head->content_length, 7);
	assert_true(head->keep_alive);
	assert_false(head->expect_continue);
	assert_int_equal(head->field_count, 4);
	assert_text(head->fields[1].name, "X-One");
	assert_text(head->fields[1].value, "1 2");
	assert_text(head->fields[3].value, "");
	assert_non_null(head->fields[3].value.p);
}

static void a_query_is_absent_without_a_question_mark_and_empty_behind_a_lone_one(void **state)
{
	const struct outcome without = read_text("GET /a HTTP/1.0\r\n\r\n");
	const struct outcome lone = read_text("GET /a? HTTP/1.0\r\n\r\n");
	assert_true(text_absent(without.head.query));
	assert_false(text_absent(lone.head.query));
	assert_int_equal(lone.head.query.n, 0);
	assert_true(text_absent(lone.head.host));
	assert_int_equal(lone.head.content_length, -1);
}

static void every_method_has_its_name(void **state)
{
	static const char *const names[] = {
		"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"};
	for (size_t i = 0; i < COUNT(names); i++) {
		char line[64];
		snprintf(line, sizeof line, "%s / HTTP/1.0\r\n\r\n", names[i]);
		const struct outcome outcome = read_text(line);
		assert_int_equal(outcome.head.method, i);
		assert_text(outcome.head.method_name, names[i]);
	}
}

static void keep_alive_follows_version_and_connection(void **state)
{
	assert_true(read_text("GET / HTTP/1.1\r\nHost: x\r\n\r\n").head.keep_alive);
	assert_false(read_text("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").head.keep_alive);
	assert_false(read_text("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
	assert_true(read_text("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
	assert_false(read_text("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").head.keep_alive);
}

static void a_refused_length_still_says_which_request_it_was(void **state)
{
	const struct outcome outcome = read_text("HEAD /x HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n");
	assert_int_equal(outcome.status, 413);
	assert_int_equal(outcome.head.method, HTTP_HEAD);
	assert_text(outcome.head.path, "/x");
	assert_int_equal(outcome.head.field_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_head_of_every_framing_case_is_judged_as_the_table_says),
		cmocka_unit_test(every_framing_case_reads_the_same_in_pieces),
		cmocka_unit_test(the_parts_of_a_head_are_slices_of_the_input),
		cmocka_unit_test(a_query_is_absent_without_a_question_mark_and_empty_behind_a_lone_one),
		cmocka_unit_test(every_method_has_its_name),
		cmocka_unit_test(keep_alive_follows_version_and_connection),
		cmocka_unit_test(a_refused_length_still_says_which_request_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
