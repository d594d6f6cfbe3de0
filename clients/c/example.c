/* Prints whether this device may run: example LEASE_FILE JWKS_FILE APP_ID DEVICE_ID CLOCK_FILE. Exit code 0: it may. A real
 * program carries the text of JWKS_FILE in itself (README.md). */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "keywright_license.h"

static size_t read_file(const char *name, char *out, size_t room)
{
	FILE *file = fopen(name, "rb");
	const size_t n = file ? fread(out, 1, room, file) : 0;
	if (file)
		fclose(file);
	return n;
}

int main(int count, char **words)
{
	static char lease_text[KEYWRIGHT_LEASE_MAX + 2], jwks[KEYWRIGHT_JWKS_MAX + 1], numbers[64];
	static struct keywright_lease lease;
	static struct keywright_pins pins;
	struct keywright_clock known = {0, 0};
	if (count != 6 || !keywright_pins_read(jwks, read_file(words[2], jwks, sizeof jwks), &pins))
		return fputs("example LEASE_FILE JWKS_FILE APP_ID DEVICE_ID CLOCK_FILE\n", stderr), 2;
	read_file(words[5], numbers, sizeof numbers - 1);
	if (sscanf(numbers, "%" SCNd64 " %" SCNd64, &known.issued, &known.seen) != 2)
		keywright_clock_online(&known);
	const struct keywright_expected expected = {&pins, words[3], words[4], time(NULL)};
	const size_t size = read_file(words[1], lease_text, sizeof lease_text);
	const enum keywright_result result = keywright_lease_check(lease_text, size, &expected, &known, &lease);
	FILE *file = fopen(words[5], "w");
	if (file) {
		fprintf(file, "%" PRId64 " %" PRId64 "\n", known.issued, known.seen);
		fclose(file);
	}
	puts(keywright_result_text(result));
	for (size_t i = 0; keywright_lease_name(&lease, i); i++)
		printf("licensed: %s\n", keywright_lease_name(&lease, i));
	return keywright_may_run(result) ? 0 : 1;
}
