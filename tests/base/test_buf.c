#include "../check.h"

#include "base/buf.h"

static void an_untouched_buf_is_the_empty_text(void **state)
{
	struct buf buf;
	buf_init(&buf, *state, 0);
	CHECK_STRING(buf_text(&buf), "");
	assert_int_equal(buf_text(&buf).p[0], '\0');
}

static void all_writers_append(void **state)
{
	struct buf buf;
	buf_init(&buf, *state, 0);
	buf_add(&buf, TEXT("one"));
	buf_add(&buf, TEXT_NONE);
	buf_add_char(&buf, ' ');
	buf_add_int(&buf, -2);
	buf_printf(&buf, " %s", "three");
	memcpy(buf_claim(&buf, 5), " four", 5);
	CHECK_STRING(buf_text(&buf), "one -2 three four");
}

static void it_grows_at_every_size(void **state)
{
	for (size_t expected = 0; expected < 200; expected++) {
		struct buf buf;
		buf_init(&buf, *state, expected);
		for (int i = 0; i < 300; i++)
			buf_add_char(&buf, (char)('a' + i % 26));
		const struct text t = buf_text(&buf);
		assert_int_equal(t.n, 300);
		assert_int_equal(t.p[300], '\0');
		for (int i = 0; i < 300; i++)
			assert_int_equal(t.p[i], 'a' + i % 26);
	}
}

static void printf_at_the_edge_of_the_room_is_whole(void **state)
{
	for (int width = 1; width < 200; width++) {
		struct buf buf;
		buf_init(&buf, *state, 64);
		buf_add(&buf, TEXT("x"));
		buf_printf(&buf, "%0*d", width, 7);
		assert_int_equal(buf_text(&buf).n, width + 1);
		assert_int_equal(buf_text(&buf).p[width], '7');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(an_untouched_buf_is_the_empty_text),
		CHECK_WITH_ARENA(all_writers_append),
		CHECK_WITH_ARENA(it_grows_at_every_size),
		CHECK_WITH_ARENA(printf_at_the_edge_of_the_room_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
