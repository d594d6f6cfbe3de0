/*
 * Where a sign-in may go back to: what an operator may register (RFC 9700 section 2.1, RFC 8252 section 7).
 */
#ifndef KW_APP_REDIRECT_H
#define KW_APP_REDIRECT_H

#include "base/text.h"

enum { REDIRECT_MAX = 512 };

/* An absolute URI of at most REDIRECT_MAX bytes (RFC 3986): https; http to a loopback host; or a private-use scheme
 * (com.example.app:/cb, myapp://cb) that no browser runs or opens. No userinfo, no fragment, nothing that must be
 * escaped. */
bool redirect_is_good(struct text uri);

#endif
