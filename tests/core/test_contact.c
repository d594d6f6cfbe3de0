#include "../check.h"

#include "base/buf.h"
#include "core/contact.h"

/* Text that holds NULs needs its length. */
#define ROW(literal)                                                                                                   \
	{                                                                                                              \
		literal, sizeof(literal) - 1                                                                           \
	}

static struct contact email(struct arena *arena, const char *t)
{
	struct contact contact;
	if (contact_email(arena, text_of(t), &contact) != 0)
		fail_msg("refused: %s", t);
	return contact;
}

static struct contact phone(struct arena *arena, const char *t)
{
	struct contact contact;
	if (contact_phone(arena, text_of(t), &contact) != 0)
		fail_msg("refused: %s", t);
	return contact;
}

static void an_email_keeps_its_spelling_and_is_compared_in_lower_case(void **state)
{
	static const struct {
		const char *typed, *canonical, *spelling;
	} ROWS[] = {
		{"ada@example.com", "ada@example.com", "ada@example.com"},
		{"Ada.Lovelace@Example.COM", "ada.lovelace@example.com", "Ada.Lovelace@example.com"},
		{"a+tag@example.com", "a+tag@example.com", "a+tag@example.com"},
		{"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com",
			"!#$%&'*+-/=?^_`{|}~@example.com"},
		{"a@b-c.example", "a@b-c.example", "a@b-c.example"},
		{"a@1.2.example", "a@1.2.example", "a@1.2.example"},
		{"ada@b\xc3\xbc"
		 "cher.example",
			"ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
		{"Ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example", "Ada@xn--bcher-kva.example"},
		{"ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
		{"ada@stra\xc3\x9f"
		 "e.example",
			"ada@xn--strae-oqa.example", "ada@xn--strae-oqa.example"},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct contact contact = email(*state, ROWS[i].typed);
		assert_int_equal(contact.kind, CONTACT_EMAIL);
		CHECK_TEXT(contact.canonical, text_of(ROWS[i].canonical));
		CHECK_TEXT(contact.spelling, text_of(ROWS[i].spelling));
	}
}

/* THREATS D4: nothing that a mail server could read as another address, or as two. */
static const struct text NO_PLAIN_ADDRESS[] = {
	ROW(""),
	ROW("@"),
	ROW("ada"),
	ROW("ada@"),
	ROW("@example.com"),
	ROW("ada@example"),
	ROW("ada@@example.com"),
	ROW("ada@b@example.com"),
	ROW("a@x.org,b@y.org"),
	ROW("a@x.org;b@y.org"),
	ROW("a@x.org b@y.org"),
	ROW("\"ada\"@example.com"),
	ROW("\"a@x.org\" <b@y.org>"),
	ROW("<ada@example.com>"),
	ROW("Ada <ada@example.com>"),
	ROW("ada(comment)@example.com"),
	ROW("ada@(comment)example.com"),
	ROW("ada@example.com(comment)"),
	ROW("=?utf-8?q?ada?=@example.com "),
	ROW("mailto:ada@example.com"),
	ROW("@relay.example:ada@example.com"),
	ROW("ada%x@y@example.com"),
	ROW("ada\\@example.com"),
	ROW("a:b@example.com"),
	ROW("a[b]@example.com"),
	ROW(" ada@example.com"),
	ROW("ada@example.com "),
	ROW("ada @example.com"),
	ROW("ada@ example.com"),
	ROW("ada@exam ple.com"),
	ROW("ada\t@example.com"),
	ROW("ada@example.com\n"),
	ROW("ada@example.com\r\nBcc: b@y.org"),
	ROW("ada\r\n@example.com"),
	ROW("ada@example.com\0"),
	ROW("ada@example.com\0.evil.org"),
	ROW("a\0da@example.com"),
	ROW(".ada@example.com"),
	ROW("ada.@example.com"),
	ROW("a..da@example.com"),
	ROW("ada@.example.com"),
	ROW("ada@example..com"),
	ROW("ada@example.com."),
	ROW("ada@-example.com"),
	ROW("ada@example-.com"),
	ROW("ada@exa_mple.com"),
	ROW("ada@[127.0.0.1]"),
	ROW("ada@127.0.0.1"),
	ROW("ada@example.1"),
	ROW("ada@example.com:25"),
	ROW("ada@example.com/x"),
	ROW("ada@example.com#x"),
	ROW("ada@b\xfc"
	    "cher.example"),
	ROW("ada@\xed\xa0\x80.example"),
};

static void what_could_be_read_as_another_address_is_refused(void **state)
{
	for (size_t i = 0; i < COUNT(NO_PLAIN_ADDRESS); i++) {
		struct contact contact;
		if (contact_email(*state, NO_PLAIN_ADDRESS[i], &contact) == 0)
			fail_msg("accepted: %.*s", TEXT_ARG(NO_PLAIN_ADDRESS[i]));
	}
}

/* THREATS D6: characters that some mapping folds into ASCII never become somebody's ASCII address. */
static void letters_that_only_look_like_ascii_are_refused_not_folded(void **state)
{
	static const char *const BAD[] = {
		"m\xc4\xb1ke@example.com",  /* U+0131 dotless i */
		"\xc4\xb0@example.com",     /* U+0130 I with a dot */
		"\xe2\x84\xaa@example.com", /* U+212A Kelvin sign */
		"\xef\xbd\x81"
		"da@example.com", /* full-width a */
		"ada\xef\xbc\xa0"
		"example.com", /* full-width at */
		"ada@\xe2\x84\xaa"
		"elvin.example",              /* Kelvin sign in the domain */
		"ada@\xef\xbd\x85xample.com", /* full-width e */
		"ada@example\xe3\x80\x82"
		"com", /* ideographic full stop */
		"ada@example\xef\xbc\x8e"
		"com", /* full-width full stop */
		"ada@ex\xc2\xad"
		"ample.com", /* soft hyphen */
		"ada@ex\xe2\x80\x8b"
		"ample.com",                  /* zero width space */
		"ada@\xe2\x93\x94xample.com", /* circled e */
		"\xe2\x80\xae"
		"ada@example.com", /* right-to-left override */
	};
	for (size_t i = 0; i < COUNT(BAD); i++) {
		struct contact contact;
		if (contact_email(*state, text_of(BAD[i]), &contact) == 0)
			fail_msg("row %zu became %.*s", i, TEXT_ARG(contact.canonical));
	}
}

static void lengths_are_64_for_the_local_part_63_for_a_label_and_254_in_all(void **state)
{
	static const struct {
		int local, label, labels;
		bool good;
	} ROWS[] = {
		{64, 10, 1, true}, {65, 10, 1, false}, {1, 63, 1, true}, {1, 64, 1, false},
		{64, 60, 3, true},  /* 64 + 1 + 3 * 61 + 3 = 251 */
		{64, 61, 3, true},  /* 254 */
		{64, 62, 3, false}, /* 257 */
	};
	static const char LETTERS[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct buf typed;
		struct contact contact;
		buf_init(&typed, *state, 300);
		buf_printf(&typed, "%.*s@", ROWS[i].local, LETTERS);
		for (int label = 0; label < ROWS[i].labels; label++)
			buf_printf(&typed, "%.*s.", ROWS[i].label, LETTERS);
		buf_printf(&typed, "org");
		assert_int_equal(contact_email(*state, buf_text(&typed), &contact) == 0, ROWS[i].good);
	}
}

static void a_phone_is_a_plus_and_7_to_15_digits_and_nothing_else(void **state)
{
	static const char *const GOOD[] = {"+1234567", "+919876543210", "+123456789012345"};
	static const struct text BAD[] = {ROW(""), ROW("+"), ROW("+123456"), ROW("+1234567890123456"),
		ROW("919876543210"), ROW("00919876543210"), ROW("+0123456789"), ROW("+91 9876543210"),
		ROW("+91-9876543210"), ROW("+91(987)6543210"), ROW("++919876543210"), ROW("+919876543210 "),
		ROW(" +919876543210"), ROW("+91987654321a"), ROW("tel:+919876543210"),
		ROW("+9198765\x00"
		    "43210"),
		ROW("+9198765\n43210"), ROW("+\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6")};
	for (size_t i = 0; i < COUNT(GOOD); i++) {
		struct contact contact = phone(*state, GOOD[i]);
		assert_int_equal(contact.kind, CONTACT_PHONE);
		CHECK_TEXT(contact.canonical, text_of(GOOD[i]));
		CHECK_TEXT(contact.spelling, text_of(GOOD[i]));
	}
	for (size_t i = 0; i < COUNT(BAD); i++) {
		struct contact contact;
		if (contact_phone(*state, BAD[i], &contact) == 0)
			fail_msg("accepted: %.*s", TEXT_ARG(BAD[i]));
	}
}

static void a_masked_contact_shows_its_kind_and_little_more(void **state)
{
	static const char *const EMAILS[][2] = {
		{"mail@example.org", "m***@e***.org"},
		{"a@b.c.example", "a***@b***.example"},
		{"Ada+x@sub.example.org", "A***@s***.org"},
	};
	static const char *const PHONES[][2] = {
		{"+919876543210", "+91********10"}, {"+1234567", "+12***67"}, {"+123456789012345", "+12***********45"}};
	for (size_t i = 0; i < COUNT(EMAILS); i++) {
		struct contact contact = email(*state, EMAILS[i][0]);
		CHECK_TEXT(contact_masked(*state, &contact), text_of(EMAILS[i][1]));
	}
	for (size_t i = 0; i < COUNT(PHONES); i++) {
		struct contact contact = phone(*state, PHONES[i][0]);
		CHECK_TEXT(contact_masked(*state, &contact), text_of(PHONES[i][1]));
	}
}

static void all_tags_of_a_mailbox_are_counted_as_one(void **state)
{
	static const char *const ROWS[][2] = {
		{"Ada@example.com", "ada@example.com"}, {"ada+1@example.com", "ada@example.com"},
		{"ADA+a+b@example.com", "ada@example.com"}, {"ada+@example.com", "ada@example.com"},
		{"+1@example.com", "+1@example.com"}, /* without a name before it, it is the name */
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct contact contact = email(*state, ROWS[i][0]);
		CHECK_TEXT(contact_counted(*state, &contact), text_of(ROWS[i][1]));
	}
	struct contact number = phone(*state, "+919876543210");
	CHECK_STRING(contact_counted(*state, &number), "+919876543210");
}

static void a_kind_has_a_name(void **state)
{
	assert_string_equal(contact_kind_name(CONTACT_EMAIL), "email");
	assert_string_equal(contact_kind_name(CONTACT_PHONE), "phone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(an_email_keeps_its_spelling_and_is_compared_in_lower_case),
		CHECK_WITH_ARENA(what_could_be_read_as_another_address_is_refused),
		CHECK_WITH_ARENA(letters_that_only_look_like_ascii_are_refused_not_folded),
		CHECK_WITH_ARENA(lengths_are_64_for_the_local_part_63_for_a_label_and_254_in_all),
		CHECK_WITH_ARENA(a_phone_is_a_plus_and_7_to_15_digits_and_nothing_else),
		CHECK_WITH_ARENA(a_masked_contact_shows_its_kind_and_little_more),
		CHECK_WITH_ARENA(all_tags_of_a_mailbox_are_counted_as_one),
		cmocka_unit_test(a_kind_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
