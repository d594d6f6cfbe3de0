#include "../check.h"

#include "app/logo.h"
#include "base/enc.h"

static struct text uri_of(struct arena *arena, const char *type, struct text bytes)
{
	struct buf out;
	buf_init(&out, arena, 64);
	buf_printf(&out, "data:%s;base64,", type);
	enc_base64_add(&out, bytes.p, bytes.n);
	return buf_text(&out);
}

static const struct {
	const char *type;
	struct text bytes;
} GOOD[] = {
	{"image/png", {"\x89PNG\r\n\x1a\nrest", 12}},
	{"image/jpeg", {"\xff\xd8\xff\xe0rest", 8}},
	{"image/webp", {"RIFF\x04\0\0\0WEBPrest", 16}},
	{"image/svg+xml", {"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", 41}},
};

static void an_image_of_its_type_is_read(void **state)
{
	for (size_t i = 0; i < COUNT(GOOD); i++) {
		struct logo logo;
		assert_int_equal(logo_read(*state, uri_of(*state, GOOD[i].type, GOOD[i].bytes), &logo), 0);
		assert_string_equal(logo.type, GOOD[i].type);
		CHECK_TEXT(logo.bytes, GOOD[i].bytes);
	}
}

static void an_image_of_another_type_is_refused(void **state)
{
	struct logo logo;
	for (size_t i = 0; i < COUNT(GOOD); i++)
		for (size_t j = 0; j < COUNT(GOOD); j++)
			if (i != j)
				assert_int_not_equal(
					logo_read(*state, uri_of(*state, GOOD[i].type, GOOD[j].bytes), &logo), 0);
}

static void what_is_no_data_uri_of_an_image_is_refused(void **state)
{
	static const char *const BAD[] = {"", ",", "data:", "data:,", "data:image/png;base64", "data:image/png;base64,",
		"data:image/png,iVBORw0KGgo=", "data:image/png;base64,!",
		"data:image/png;charset=x;base64,iVBORw0KGgo=", "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
		"data:text/html;base64,PHN2Zz4=", "DATA:image/png;base64,iVBORw0KGgo=",
		"data:image/png;base64,iVBORw0KGgo",
		"data:image/png;base64, iVBORw0KGgo=", "https://app.example/logo.png",
		"data:image/svg+xml;base64,aGVsbG8=", "data:image/svg+xml,<svg/>"};
	struct logo logo;
	assert_int_equal(logo_read(*state, TEXT("data:image/png;base64,iVBORw0KGgo="), &logo), 0);
	for (size_t i = 0; i < COUNT(BAD); i++)
		if (logo_read(*state, text_of(BAD[i]), &logo) == 0)
			fail_msg("accepted: %s", BAD[i]);
}

static void a_logo_may_have_8_kib(void **state)
{
	char *bytes = arena_alloc(*state, LOGO_MAX + 1);
	struct logo logo;
	memcpy(bytes, "\xff\xd8\xff", 3);
	struct text largest = uri_of(*state, "image/jpeg", text_bytes(bytes, LOGO_MAX));
	assert_int_equal(logo_read(*state, largest, &logo), 0);
	assert_int_equal(logo.bytes.n, LOGO_MAX);
	assert_true(largest.n <= LOGO_URI_MAX);
	assert_int_not_equal(
		logo_read(*state, uri_of(*state, "image/jpeg", text_bytes(bytes, LOGO_MAX + 1)), &logo), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(an_image_of_its_type_is_read),
		CHECK_WITH_ARENA(an_image_of_another_type_is_refused),
		CHECK_WITH_ARENA(what_is_no_data_uri_of_an_image_is_refused),
		CHECK_WITH_ARENA(a_logo_may_have_8_kib),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
