/*
 * Bytes as text. Encoders cannot fail; decoders accept exactly what the encoders write and refuse the rest
 * (wrong length, foreign characters, stray bits at the end).
 */
#ifndef KW_BASE_ENC_H
#define KW_BASE_ENC_H

#include "base/buf.h"

/* Lower-case hex: 2n characters and a NUL into out. */
void enc_hex(const void *bytes, size_t n, char *out);
/* Exactly n bytes from 2n hex digits of either case. */
MUST_USE int enc_hex_read(struct text hex, void *out, size_t n);

/* base64url without padding (RFC 4648 section 5): ENC_BASE64URL_SIZE(n) characters, no NUL. */
#define ENC_BASE64URL_SIZE(n) (((n)*4 + 2) / 3)
void enc_base64url(const void *bytes, size_t n, char *out);
void enc_base64url_add(struct buf *out, const void *bytes, size_t n);
/* Decodes into out, at most room bytes; *n_r is how many. Unused bits of the last character must be zero. */
MUST_USE int enc_base64url_read(struct text encoded, void *out, size_t room, size_t *n_r);
/* Standard base64 with padding (RFC 4648 section 4), as HTTP Basic uses it. */
MUST_USE int enc_base64_read(struct text encoded, void *out, size_t room, size_t *n_r);
/* Standard base64 with padding, into buf. */
void enc_base64_add(struct buf *out, const void *bytes, size_t n);

/* Crockford base32, upper case, big-endian; n bits must be a multiple of 5 after zero bits are put in FRONT
 * (a 16-byte ULID gives 26 characters). Writes ceil(8n/5) characters, no NUL. */
void enc_crockford(const void *bytes, size_t n, char *out);
/* The symbol that a typed character stands for: case folds, O is 0, I and L are 1. NUL for any other, U too. */
char enc_crockford_symbol(char c);
/* Whether all of t are such symbols as they are written: neither lower case nor I, L, O, U. */
bool enc_is_crockford(struct text t);

/* application/x-www-form-urlencoded: decodes %XX and + into the arena; refuses a broken escape or a NUL. */
MUST_USE int enc_form_read(struct arena *arena, struct text encoded, struct text *out_r);
/* n decimal digits (n <= 18) and a NUL, of 128 random bits scaled to 10^n: the bias stays under 2^-64. Fewer digits of the
 * same bits are the first of more. */
void enc_digits(const void *bits, char *out, size_t n);
/* Adds name=value to the query of the URL that url holds, which has no fragment: behind ? or &, all but RFC 3986's
 * unreserved characters of value as %XX. name is written as it is. */
void enc_query_add(struct buf *url, const char *name, struct text value);
/* Text for HTML content and double-quoted attributes: & < > " ' are escaped. */
void enc_html_add(struct buf *out, struct text t);
/* A word of a POSIX shell's command: in quotes, unless it needs none. */
void enc_shell_add(struct buf *out, struct text word);

#endif
