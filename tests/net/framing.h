/* The table of framing_cases.def as an array, for every test that feeds it to something. */
#ifndef KW_TESTS_NET_FRAMING_H
#define KW_TESTS_NET_FRAMING_H

#include "base/text.h"

struct framing_case {
	const char *name;
	struct text bytes;
	const char *answers;
};

static const struct framing_case framing_cases[] = {
#define CASE(name, bytes, answers) {name, {bytes, sizeof(bytes) - 1}, answers},
#include "framing_cases.def"
#undef CASE
};

#endif
