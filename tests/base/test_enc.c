#include "../check.h"

#include "base/enc.h"

static void hex_is_written_in_lower_case_and_read_in_both(void **state)
{
	char hex[9];
	enc_hex("\x00\x9a\xbc\xff", 4, hex);
	assert_string_equal(hex, "009abcff");
	char bytes[4];
	assert_int_equal(enc_hex_read(TEXT("009aBCfF"), bytes, 4), 0);
	assert_memory_equal(bytes, "\x00\x9a\xbc\xff", 4);
}

static void hex_of_another_length_or_alphabet_is_refused(void **state)
{
	char bytes[2] = "xy";
	static const char *const bad[] = {"", "0", "012", "01234", "012g", "01 3", "0x12", "-123"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_not_equal(enc_hex_read(text_of(bad[i]), bytes, 2), 0);
	assert_memory_equal(bytes, "xy", 2);
}

static const struct {
	const char *plain, *base64, *base64url;
} rfc4648_vectors[] = {
	{"", "", ""},
	{"f", "Zg==", "Zg"},
	{"fo", "Zm8=", "Zm8"},
	{"foo", "Zm9v", "Zm9v"},
	{"foob", "Zm9vYg==", "Zm9vYg"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	{"\xfb\xff\xfe", "+//+", "-__-"},
};

static void base64_writes_and_reads_the_vectors_of_rfc4648(void **state)
{
	for (size_t i = 0; i < COUNT(rfc4648_vectors); i++) {
		const struct text plain = text_of(rfc4648_vectors[i].plain);
		struct buf buf;
		buf_init(&buf, *state, 0);
		enc_base64_add(&buf, plain.p, plain.n);
		CHECK_TEXT(buf_text(&buf), text_of(rfc4648_vectors[i].base64));
		char bytes[8];
		size_t n;
		assert_int_equal(enc_base64_read(buf_text(&buf), bytes, sizeof bytes, &n), 0);
		CHECK_TEXT(text_bytes(bytes, n), plain);
	}
}

static void base64url_writes_and_reads_the_same_without_padding(void **state)
{
	for (size_t i = 0; i < COUNT(rfc4648_vectors); i++) {
		const struct text plain = text_of(rfc4648_vectors[i].plain);
		struct buf buf;
		buf_init(&buf, *state, 0);
		enc_base64url_add(&buf, plain.p, plain.n);
		CHECK_TEXT(buf_text(&buf), text_of(rfc4648_vectors[i].base64url));
		char bytes[8];
		size_t n;
		assert_int_equal(enc_base64url_read(buf_text(&buf), bytes, sizeof bytes, &n), 0);
		CHECK_TEXT(text_bytes(bytes, n), plain);
	}
}

static void base64url_reads_back_whatever_it_wrote(void **state)
{
	uint64_t seed = 1;
	for (size_t size = 0; size < 300; size++) {
		uint8_t bytes[300], back[300];
		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)check_random(&seed);
		char encoded[ENC_BASE64URL_SIZE(300)];
		enc_base64url(bytes, size, encoded);
		size_t n = 0;
		const struct text text = text_bytes(encoded, ENC_BASE64URL_SIZE(size));
		assert_int_equal(enc_base64url_read(text, back, size, &n), 0);
		assert_int_equal(n, size);
		assert_memory_equal(bytes, back, size);
		if (size > 0)
			assert_int_not_equal(enc_base64url_read(text, back, size - 1, &n), 0);
	}
}

static void each_base64url_text_is_the_only_one_of_its_bytes(void **state)
{
	/* All texts of two and three characters: those that are read must be what is written for the bytes. */
	for (uint32_t code = 0; code < 1U << 16; code++) {
		const char text[2] = {(char)(code >> 8), (char)code};
		char byte, again[2];
		size_t n;
		if (enc_base64url_read(text_bytes(text, 2), &byte, 1, &n) != 0)
			continue;
		enc_base64url(&byte, 1, again);
		assert_memory_equal(text, again, 2);
	}
	size_t accepted = 0;
	for (uint32_t code = 0; code < 1U << 16; code++) {
		const char text[3] = {'Z', (char)(code >> 8), (char)code};
		char bytes[2];
		size_t n;
		accepted += enc_base64url_read(text_bytes(text, 3), bytes, 2, &n) == 0;
	}
	assert_int_equal(accepted, 64 * 16);
}

static void other_base64url_is_refused(void **state)
{
	static const char *const bad[] = {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm8=", "Zm9vY", "Zm+v", "Zm/v", "Zm 9",
		"Zm\n9", "\xc3\xa4", "Zg.Z", "===="};
	for (size_t i = 0; i < COUNT(bad); i++) {
		char bytes[8];
		size_t n = 77;
		assert_int_not_equal(enc_base64url_read(text_of(bad[i]), bytes, sizeof bytes, &n), 0);
		assert_int_equal(n, 77);
	}
	char bytes[8];
	size_t n;
	assert_int_not_equal(enc_base64url_read(TEXT("Zm\0v"), bytes, sizeof bytes, &n), 0);
}

static void other_base64_is_refused(void **state)
{
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "=", "Zg==Zg==", "Zm-v", "Zm_v", "Z===", "Zm9v\n"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		char bytes[8];
		size_t n;
		assert_int_not_equal(enc_base64_read(text_of(bad[i]), bytes, sizeof bytes, &n), 0);
	}
}

static void crockford_puts_the_zero_bits_in_front(void **state)
{
	char out[27] = {0};
	memset(out, 0, sizeof out);
	enc_crockford("\x01", 1, out);
	assert_string_equal(out, "01");
	enc_crockford("\xff", 1, out);
	assert_string_equal(out, "7Z");
	memset(out, 0, sizeof out);
	enc_crockford("\xff\xff\xff\xff\xff", 5, out);
	assert_string_equal(out, "ZZZZZZZZ");
	uint8_t ulid[16];
	memset(ulid, 0xff, sizeof ulid);
	enc_crockford(ulid, sizeof ulid, out);
	assert_string_equal(out, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
	/* The example of the ULID specification. */
	static const char known[] = "\x01\x56\x3e\x3a\xb5\xd3\xd6\x76\x4c\x61\xef\xb9\x93\x02\xbd\x5b";
	enc_crockford(known, sizeof ulid, out);
	assert_string_equal(out, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
}

static void crockford_symbols_are_read_as_people_type_them(void **state)
{
	static const char SYMBOLS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", OTHERS[] = "0oO1iIlL";
	for (int c = 0; c < 256; c++) {
		const char typed = (char)c, upper = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
		char expected = '\0';
		if (c != 0 && strchr(OTHERS, typed))
			expected = strchr("0oO", typed) ? '0' : '1';
		else if (c != 0 && strchr(SYMBOLS, upper))
			expected = upper;
		assert_int_equal(enc_crockford_symbol(typed), expected);
		assert_int_equal(enc_is_crockford(text_bytes(&typed, 1)), c != 0 && strchr(SYMBOLS, typed));
	}
	assert_true(enc_is_crockford(TEXT("KW7")));
	assert_false(enc_is_crockford(TEXT("KWU")));
	assert_false(enc_is_crockford(TEXT("pro")));
}

static void crockford_keeps_the_order_of_the_bytes(void **state)
{
	uint64_t seed = 5;
	for (int i = 0; i < 2000; i++) {
		uint8_t a[16], b[16];
		char a_text[26], b_text[26];
		for (size_t k = 0; k < sizeof a; k++) {
			a[k] = (uint8_t)check_random(&seed);
			b[k] = k < 8 ? a[k] : (uint8_t)check_random(&seed);
		}
		enc_crockford(a, sizeof a, a_text);
		enc_crockford(b, sizeof b, b_text);
		assert_int_equal(memcmp(a, b, sizeof a) < 0, memcmp(a_text, b_text, sizeof a_text) < 0);
	}
}

static void forms_are_decoded(void **state)
{
	struct text out;
	assert_int_equal(enc_form_read(*state, TEXT("a+b%20c%2Bd%c3%A4"), &out), 0);
	CHECK_STRING(out, "a b c+d\xc3\xa4");
	assert_int_equal(enc_form_read(*state, TEXT(""), &out), 0);
	CHECK_STRING(out, "");
}

static void broken_escapes_and_nul_are_refused_in_forms(void **state)
{
	static const char *const bad[] = {"%", "%1", "a%", "%g1", "%1g", "%%41", "%00", "% 1", "%-1"};
	struct text out = TEXT("untouched");
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_not_equal(enc_form_read(*state, text_of(bad[i]), &out), 0);
	assert_int_not_equal(enc_form_read(*state, TEXT("a\0b"), &out), 0);
	CHECK_STRING(out, "untouched");
}

static void a_query_is_added_to_a_url_with_or_without_one(void **state)
{
	static const struct {
		const char *url, *value, *whole;
	} ROWS[] = {
		{"https://a.example/", "x", "https://a.example/?k=x"},
		{"https://a.example/?", "x", "https://a.example/?k=x"},
		{"https://a.example/?b=1", "x", "https://a.example/?b=1&k=x"},
		{"https://a.example/?b=1&", "x", "https://a.example/?b=1&k=x"},
		{"com.example.app:/in", "", "com.example.app:/in?k="},
		{"https://a.example/", "Az09-._~", "https://a.example/?k=Az09-._~"},
		{"https://a.example/", "a b&c=d#e%f+\"\x7f\xc3\xa4/?",
			"https://a.example/?k=a%20b%26c%3Dd%23e%25f%2B%22%7F%C3%A4%2F%3F"},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct buf url;
		buf_init(&url, *state, 0);
		buf_add(&url, text_of(ROWS[i].url));
		enc_query_add(&url, "k", text_of(ROWS[i].value));
		CHECK_TEXT(buf_text(&url), text_of(ROWS[i].whole));
	}
}

static void fewer_digits_are_the_first_of_more(void **state)
{
	uint8_t bits[16];
	char few[9], many[11];
	memset(bits, 0xff, sizeof bits);
	enc_digits(bits, few, 8);
	assert_string_equal(few, "99999999");
	memset(bits, 0, sizeof bits);
	enc_digits(bits, many, 10);
	assert_string_equal(many, "0000000000");
	uint64_t seed = 7;
	for (int i = 0; i < 1000; i++) {
		for (size_t k = 0; k < sizeof bits; k++)
			bits[k] = (uint8_t)check_random(&seed);
		enc_digits(bits, few, 8);
		enc_digits(bits, many, 10);
		assert_int_equal(strlen(few), 8);
		assert_memory_equal(few, many, 8);
	}
}

static void html_cannot_leave_text_or_attribute(void **state)
{
	struct buf buf;
	buf_init(&buf, *state, 0);
	enc_html_add(&buf, TEXT("<svg onload=\"a('b')\">&amp; \xc3\xa4"));
	CHECK_STRING(buf_text(&buf), "&lt;svg onload=&quot;a(&#39;b&#39;)&quot;&gt;&amp;amp; \xc3\xa4");
}

static void a_shell_reads_the_word_that_was_meant(void **state)
{
	static const struct {
		const char *word, *written;
	} ROWS[] = {
		{"keywright", "keywright"},
		{"../a-b_c.d/Keywright+1@%:,", "../a-b_c.d/Keywright+1@%:,"},
		{"", "''"},
		{"a b", "'a b'"},
		{"it's", "'it'\\''s'"},
		{"'", "''\\'''"},
		{"$(reboot)`x`\\\"", "'$(reboot)`x`\\\"'"},
		{"a=b/keywright", "'a=b/keywright'"},
		{"~/keywright", "'~/keywright'"},
		{"a\nb;c", "'a\nb;c'"},
		{"\xc3\xa4", "'\xc3\xa4'"},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct buf buf;
		buf_init(&buf, *state, 0);
		enc_shell_add(&buf, text_of(ROWS[i].word));
		CHECK_TEXT(buf_text(&buf), text_of(ROWS[i].written));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_is_written_in_lower_case_and_read_in_both),
		cmocka_unit_test(hex_of_another_length_or_alphabet_is_refused),
		CHECK_WITH_ARENA(base64_writes_and_reads_the_vectors_of_rfc4648),
		CHECK_WITH_ARENA(base64url_writes_and_reads_the_same_without_padding),
		cmocka_unit_test(base64url_reads_back_whatever_it_wrote),
		cmocka_unit_test(each_base64url_text_is_the_only_one_of_its_bytes),
		cmocka_unit_test(other_base64url_is_refused),
		cmocka_unit_test(other_base64_is_refused),
		cmocka_unit_test(crockford_puts_the_zero_bits_in_front),
		cmocka_unit_test(crockford_symbols_are_read_as_people_type_them),
		cmocka_unit_test(crockford_keeps_the_order_of_the_bytes),
		CHECK_WITH_ARENA(forms_are_decoded),
		CHECK_WITH_ARENA(broken_escapes_and_nul_are_refused_in_forms),
		CHECK_WITH_ARENA(a_query_is_added_to_a_url_with_or_without_one),
		cmocka_unit_test(fewer_digits_are_the_first_of_more),
		CHECK_WITH_ARENA(html_cannot_leave_text_or_attribute),
		CHECK_WITH_ARENA(a_shell_reads_the_word_that_was_meant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
