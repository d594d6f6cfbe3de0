/* Rows of a file: what is one, what each says, and where a bad one stands. */
#include "../check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "main/cli_rows.h"

struct body {
	struct uuid id;
	struct contact email;
	struct text note, metadata;
	int64_t count;
	bool on;
};
static const struct field FIELDS[] = {
	FIELD(struct body, id, uuid, .place = IN_PATH),
	FIELD(struct body, email, email),
	FIELD(struct body, note, text, .max = 9),
	FIELD(struct body, metadata, object),
	FIELD(struct body, count, int),
	FIELD(struct body, on, flag),
};
static const struct action ACTION = {ACTION_FIELDS(struct body, FIELDS)};

/* What the file gives: "1 {…}\n3 why\n", or why it cannot be opened. */
static struct text read_all(struct arena *arena, struct text content)
{
	char path[] = "/tmp/kw_rows_XXXXXX";
	const int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, content.p, content.n) == (ssize_t)content.n && close(fd) == 0);
	struct text why = TEXT_NONE;
	struct cli_row row;
	struct buf out;
	buf_init(&out, arena, 256);
	struct cli_rows *rows = cli_rows_open(arena, path, &ACTION, &why);
	unlink(path);
	if (!rows)
		return why;
	while (cli_rows_next(rows, arena, &row)) {
		char *dumped = row.object ? json_dumps(row.object, JSON_COMPACT) : NULL;
		buf_printf(&out, "%d %s\n", (int)row.line, dumped ? dumped : row.why.p);
		free(dumped);
		json_decref(row.object);
	}
	assert_int_equal(cli_rows_percent(rows), 100);
	cli_rows_close(rows);
	return buf_text(&out);
}

#define NAMES "email, note, metadata, count, on"
#define NO_CSV " is no row of CSV: quotes stand around a whole value, and are doubled within it\n"
static const struct {
	const char *content, *rows;
} READ[] = {
	{"email\na@b\n", "2 {\"email\":\"a@b\"}\n"},
	{"email\na@b", "2 {\"email\":\"a@b\"}\n"},
	{"\xef\xbb\xbf\r\n\n email ,note\r\na@b,x y\r\n\r\n\r\nc@d,\r\n",
		"4 {\"email\":\"a@b\",\"note\":\"x y\"}\n7 {\"email\":\"c@d\"}\n"},
	{"note;email\n\"a;b\";c@d\n", "2 {\"note\":\"a;b\",\"email\":\"c@d\"}\n"},
	{"\"note\"\temail\n\"say \"\"hi\"\"\"\t\n", "2 {\"note\":\"say \\\"hi\\\"\"}\n"},
	{"email,note\n,\"two\nlines\"\nx,y\n", "2 {\"note\":\"two\\nlines\"}\n4 {\"email\":\"x\",\"note\":\"y\"}\n"},
	{"metadata,count,on\n\"{\"\"a\"\":[1]}\",7,on\n{},x,off\n[],,maybe\n",
		"2 {\"metadata\":{\"a\":[1]},\"count\":7,\"on\":true}\n3 "
		"{\"metadata\":{},\"count\":\"x\",\"on\":false}\n"
		"4 {\"metadata\":[],\"on\":\"maybe\"}\n"},
	{"email\na\xff\nb\n", "2 email is not UTF-8\n3 {\"email\":\"b\"}\n"},
	{"email\na,b\n,\nc\n", "2 has more values than the first line has names\n3 {}\n4 {\"email\":\"c\"}\n"},
	{"email,note\na\"b,c\nd,\"e\"f\ng,h\n\"i",
		"2" NO_CSV "3" NO_CSV "4 {\"email\":\"g\",\"note\":\"h\"}\n5" NO_CSV},
	{"{\"email\":\"a\",\"metadata\":{\"b\":null}}\n\n{\"count\":1}",
		"1 {\"email\":\"a\",\"metadata\":{\"b\":null}}\n3 {\"count\":1}\n"},
	{"{\"email\":1}\r\n[]\n{\"email\":1,\"email\":2}\n{\"mail\":1}\n{\"id\":1}\n{} x\n",
		"1 {\"email\":1}\n2 is no JSON object\n3 is no JSON object\n4 \"mail\" is none of: " NAMES "\n"
		"5 \"id\" is none of: " NAMES "\n6 is no JSON object\n"},
	/* what cannot be opened */
	{"", "there is nothing in it"},
	{"\r\n\n", "there is nothing in it"},
	{"mail,note\n", "\"mail\" is none of: " NAMES},
	{"email,id\n", "\"id\" is none of: " NAMES},
	{"email,note,email\n", "\"email\" stands twice"},
	{"email,\"no\n", "the first line is no row of CSV"},
};

static void each_row_says_what_it_says_or_why_not(void **state)
{
	for (size_t i = 0; i < COUNT(READ); i++)
		CHECK_TEXT(read_all(*state, text_of(READ[i].content)), text_of(READ[i].rows));
}

static void a_row_of_any_length_is_read_past(void **state)
{
	struct buf csv, json;
	buf_init(&csv, *state, 1024);
	buf_init(&json, *state, 1024);
	buf_add(&csv, TEXT("email\n"));
	for (int i = 0; i < 2 * CLI_ROWS_SIZE_MAX; i++) {
		buf_add_char(&csv, 'x');
		buf_add_char(&json, i ? ' ' : '{');
	}
	buf_add(&csv, TEXT("\na\n"));
	buf_add(&json, TEXT("}\n{\"email\":\"a\"}\n"));
	CHECK_STRING(read_all(*state, buf_text(&csv)), "2" NO_CSV "3 {\"email\":\"a\"}\n");
	CHECK_STRING(read_all(*state, buf_text(&json)), "1 is no JSON object\n2 {\"email\":\"a\"}\n");
}

static void what_is_no_file_is_not_read(void **state)
{
	struct text why = TEXT_NONE;
	assert_null(cli_rows_open(*state, "/tmp", &ACTION, &why));
	CHECK_STRING(why, "is no file");
	assert_null(cli_rows_open(*state, "/tmp/kw_nothing_here", &ACTION, &why));
	CHECK_STRING(why, "No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(each_row_says_what_it_says_or_why_not),
		CHECK_WITH_ARENA(a_row_of_any_length_is_read_past),
		CHECK_WITH_ARENA(what_is_no_file_is_not_read),
	};
	return cmocka_run_group_tests_name("cli_rows", tests, NULL, NULL);
}
