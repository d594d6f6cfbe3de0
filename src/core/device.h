/*
 * What a user agent says it is, for people: "Firefox" on "Windows". It may lie; it is shown, never judged.
 */
#ifndef KW_CORE_DEVICE_H
#define KW_CORE_DEVICE_H

#include "base/text.h"

struct device {
	struct text browser, system; /* absent when it does not say; static texts */
};
/* user_agent: RFC 9110 10.1.5; may be absent. */
struct device device_of(struct text user_agent);

#endif
