#include "net/mime.h"

#include <time.h>

#include "base/enc.h"
#include "net/courier.h"

/* Cannot occur in quoted-printable text, where = is always followed by a digit, a letter or a line's end
 * (RFC 2045 section 6.7). */
#define BOUNDARY "=_keywright"

#define LINE_MAX 76
#define ADDRESS_MAX 254
/* What stands raw in a header: short enough that the line stays below 78 characters. */
#define RAW_MAX 60
/* Bytes in one encoded-word: 52 characters of base64, 64 with its frame, 73 behind "Subject: ". */
#define WORD_MAX 39

/* ---- headers ---- */

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Runs of allowed characters between single dots, none of them empty. */
static bool is_dotted(struct text t, const char *also)
{
	char previous = '.';
	for (size_t i = 0; i < t.n; i++) {
		const char c = t.p[i];
		if (c == '.' ? previous == '.' : !is_alphanumeric(c) && (c == '\0' || strchr(also, c) == NULL))
			return false;
		previous = c;
	}
	return previous != '.';
}

bool mime_is_address(struct text t)
{
	struct text domain = t;
	const struct text local = text_cut(&domain, '@');
	return t.n <= ADDRESS_MAX && is_dotted(local, "!#$%&'*+-/=?^_`{|}~") && is_dotted(domain, "-");
}

/* Text for people: UTF-8 on one line. */
static bool is_one_line(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] < ' ' || t.p[i] == 0x7f)
			return false;
	return text_is_utf8(t);
}

/* Raw is for short ASCII that cannot be taken for an encoded-word. */
static bool can_stand_raw(struct text t)
{
	if (t.n == 0)
		return true;
	return t.n <= RAW_MAX && text_is_printable(t) && (t.n < 2 || memmem(t.p, t.n, "=?", 2) == NULL);
}

/* How much of the text fits into one encoded-word without cutting a character. */
static size_t word_length(struct text t)
{
	if (t.n <= WORD_MAX)
		return t.n;
	size_t n = WORD_MAX;
	while (((unsigned char)t.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* Encoded-words (RFC 2047), a line each. */
static void add_encoded_words(struct buf *out, struct text t)
{
	for (size_t n; t.n > 0; t.p += n, t.n -= n) {
		n = word_length(t);
		buf_add(out, TEXT("=?UTF-8?B?"));
		enc_base64_add(out, t.p, n);
		buf_add(out, TEXT("?="));
		if (t.n > n)
			buf_add(out, TEXT("\r\n "));
	}
}

static void add_quoted(struct buf *out, struct text t)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '"' || t.p[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, t.p[i]);
	}
	buf_add_char(out, '"');
}

static void add_from(struct buf *out, struct text name, struct text address)
{
	buf_add(out, TEXT("From: "));
	if (name.n > 0) {
		if (can_stand_raw(name))
			add_quoted(out, name);
		else
			add_encoded_words(out, name);
		buf_add(out, TEXT("\r\n "));
	}
	buf_printf(out, "<%.*s>\r\n", TEXT_ARG(address));
}

static void add_subject(struct buf *out, struct text subject)
{
	buf_add(out, TEXT("Subject: "));
	if (can_stand_raw(subject))
		buf_add(out, subject);
	else
		add_encoded_words(out, subject);
	buf_add(out, TEXT("\r\n"));
}

/* RFC 5322 section 3.3; not strftime, whose names follow the locale. */
static void add_date(struct buf *out, int64_t ms)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t seconds = (time_t)(ms / 1000);
	struct tm utc;
	MUST(gmtime_r(&seconds, &utc) != NULL);
	buf_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[utc.tm_wday], utc.tm_mday,
		months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* ---- bodies ---- */

/* The length of the line end that the text begins with: CRLF, or a lone CR or LF; 0 when there is none. */
static size_t line_end(struct text t)
{
	if (t.n >= 2 && t.p[0] == '\r' && t.p[1] == '\n')
		return 2;
	return t.n >= 1 && (t.p[0] == '\r' || t.p[0] == '\n');
}

/* Blanks before a line's end would be lost on the way; a dot at its start would be SMTP's business. */
static bool must_be_quoted(struct text rest, size_t column)
{
	const char c = rest.p[0];
	if (c == ' ' || c == '\t')
		return rest.n == 1 || line_end((struct text){rest.p + 1, rest.n - 1}) > 0;
	return c < ' ' || c > '~' || c == '=' || (c == '.' && column == 0);
}

/* Quoted-printable (RFC 2045 section 6.7), always ending in a line's end. */
static void add_quoted_printable(struct buf *out, struct text t)
{
	size_t column = 0;
	while (t.n > 0) {
		size_t used = line_end(t);
		if (used > 0) {
			buf_add(out, TEXT("\r\n"));
			column = 0;
		} else {
			if (column > LINE_MAX - 4) {
				buf_add(out, TEXT("=\r\n"));
				column = 0;
			}
			const bool quoted = must_be_quoted(t, column);
			if (quoted)
				buf_printf(out, "=%02X", (unsigned)(unsigned char)t.p[0]);
			else
				buf_add_char(out, t.p[0]);
			column += quoted ? 3 : 1;
			used = 1;
		}
		t.p += used;
		t.n -= used;
	}
	if (column > 0)
		buf_add(out, TEXT("\r\n"));
}

static void add_part(struct buf *out, const char *type, struct text content)
{
	buf_printf(out,
		"Content-Type: %s; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		type);
	add_quoted_printable(out, content);
}

static void add_alternatives(struct buf *out, struct text text, struct text html)
{
	buf_add(out, TEXT("Content-Type: multipart/alternative; boundary=\"" BOUNDARY "\"\r\n\r\n"));
	buf_add(out, TEXT("--" BOUNDARY "\r\n"));
	add_part(out, "text/plain", text);
	buf_add(out, TEXT("--" BOUNDARY "\r\n"));
	add_part(out, "text/html", html);
	buf_add(out, TEXT("--" BOUNDARY "--\r\n"));
}

/* ---- the mail ---- */

static const char *fault_of(const struct courier_mail *mail)
{
	if (!mime_is_address(text_of(mail->from)))
		return "the sender is not a plain address";
	if (!mime_is_address(text_of(mail->to)))
		return "the recipient is not a plain address";
	if (!mime_is_address(text_of(mail->message_id)))
		return "the message id is not of the form left@right";
	if (!is_one_line(text_of(mail->from_name)))
		return "the sender's name is not one line of UTF-8";
	if (!is_one_line(text_of(mail->subject)))
		return "the subject is not one line of UTF-8";
	return NULL;
}

int mime_write(struct buf *out, const struct courier_mail *mail, const char **why_r)
{
	const char *fault = fault_of(mail);
	if (fault != NULL) {
		*why_r = fault;
		return -1;
	}
	add_date(out, mail->date);
	add_from(out, text_of(mail->from_name), text_of(mail->from));
	buf_printf(out, "To: <%s>\r\n", mail->to);
	add_subject(out, text_of(mail->subject));
	buf_printf(out, "Message-ID: <%s>\r\n", mail->message_id);
	buf_add(out, TEXT("MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n"));
	if (text_absent(mail->html))
		add_part(out, "text/plain", mail->text);
	else
		add_alternatives(out, mail->text, mail->html);
	return 0;
}
