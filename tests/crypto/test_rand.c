#include "../check.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/rand.h"

static void every_number_of_digits_is_written_with_its_nul(void **state)
{
	for (size_t n = 0; n <= 18; n++) {
		char out[20];
		memset(out, 'x', sizeof out);
		rand_digits(out, n);
		assert_int_equal(strspn(out, "0123456789"), n);
		assert_int_equal(out[n], '\0');
		assert_int_equal(out[n + 1], 'x');
	}
}

/* THREATS H8, short version. With 9 degrees of freedom chi-square exceeds 60 once in 10^9 honest runs. */
static void every_digit_of_a_million_codes_is_as_likely_as_any_other(void **state)
{
	enum { CODES = 1000000, DIGITS = 6 };
	static uint32_t seen[DIGITS][10];
	for (int i = 0; i < CODES; i++) {
		char code[DIGITS + 1];
		rand_digits(code, DIGITS);
		for (size_t k = 0; k < DIGITS; k++)
			seen[k][code[k] - '0']++;
	}
	const double expected = CODES / 10.0;
	for (size_t k = 0; k < DIGITS; k++) {
		double chi_square = 0;
		for (size_t digit = 0; digit < 10; digit++)
			chi_square += (seen[k][digit] - expected) * (seen[k][digit] - expected) / expected;
		assert_true(chi_square < 60);
	}
}

struct token {
	uint8_t b[16];
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct token));
}

static void tokens_do_not_repeat(void **state)
{
	enum { TOKENS = 100000 };
	static struct token tokens[TOKENS];
	for (size_t i = 0; i < TOKENS; i++)
		rand_bytes(&tokens[i], sizeof tokens[i]);
	qsort(tokens, TOKENS, sizeof *tokens, compare);
	for (size_t i = 1; i < TOKENS; i++)
		assert_int_not_equal(compare(&tokens[i - 1], &tokens[i]), 0);
}

static void a_forked_child_has_a_stream_of_its_own(void **state)
{
	struct token ours, theirs;
	rand_bytes(&ours, sizeof ours);
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	const pid_t child = fork();
	if (child == 0) {
		rand_bytes(&theirs, sizeof theirs);
		_exit(write(ends[1], &theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
	}
	rand_bytes(&ours, sizeof ours);
	assert_int_equal(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close(ends[1]);
	assert_int_not_equal(compare(&ours, &theirs), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_of_digits_is_written_with_its_nul),
		cmocka_unit_test(every_digit_of_a_million_codes_is_as_likely_as_any_other),
		cmocka_unit_test(tokens_do_not_repeat),
		cmocka_unit_test(a_forked_child_has_a_stream_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
