/*
 * A mail as the bytes SMTP carries (RFC 5322, RFC 2045-2047). Pure: no I/O.
 */
#ifndef KW_NET_MIME_H
#define KW_NET_MIME_H

#include "base/buf.h"

struct courier_mail;

/*
 * Appends headers and body. What is appended is ASCII in lines of at most 998 characters that end in CRLF and of which
 * none begins with a dot, whatever the mail holds: neither a header nor the end of the message can be forged from
 * inside. Fails when an address, the message id, the name or the subject could not stand in a header; *why_r (static)
 * then says which.
 */
MUST_USE int mime_write(struct buf *out, const struct courier_mail *mail, const char **why_r);

/* Whether this is one plain address: atext and dots, @, a domain of letters, digits, hyphens and dots; at most 254. */
bool mime_is_address(struct text t);

#endif
