#include "template/markup.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void open_tag(struct markup *markup)
{
	*markup = (struct markup){.state = MARKUP_TAG};
}

static void close_tag(struct markup *markup)
{
	const struct text name = text_bytes(markup->name, markup->name_n);
	const bool raw = text_equal_nocase(name, TEXT("script")) || text_equal_nocase(name, TEXT("style"));
	*markup = (struct markup){.state = raw ? MARKUP_RAW : MARKUP_CONTENT};
}

static void read_in_tag(struct markup *markup, char c)
{
	/* "<" before a blank or a digit is no tag */
	if (markup->name_n == 0 && !markup->named && !is_letter(c) && c != '/' && c != '!') {
		*markup = (struct markup){.state = MARKUP_CONTENT};
		return;
	}
	if (c == '>') {
		close_tag(markup);
		return;
	}
	if (markup->assigns && (c == '"' || c == '\'')) {
		markup->state = MARKUP_QUOTED;
		markup->quote = c;
		return;
	}
	if (!is_letter(c))
		markup->named = true;
	else if (!markup->named && markup->name_n < sizeof markup->name)
		markup->name[markup->name_n++] = c;
	if (c != ' ' && c != '\t' && c != '\n')
		markup->assigns = c == '=';
}

static void read_one(struct markup *markup, char c)
{
	switch (markup->state) {
	case MARKUP_CONTENT:
		if (c == '<')
			open_tag(markup);
		break;
	case MARKUP_TAG: read_in_tag(markup, c); break;
	case MARKUP_QUOTED:
		if (c == markup->quote) {
			markup->state = MARKUP_TAG;
			markup->assigns = false;
		}
		break;
	case MARKUP_RAW:
		if (markup->may_close && c == '/') {
			open_tag(markup);
			markup->named = true;
		}
		markup->may_close = c == '<';
		break;
	}
}

void markup_read(struct markup *markup, struct text text)
{
	for (size_t i = 0; i < text.n; i++)
		read_one(markup, text.p[i]);
}

const char *markup_refuses_value(const struct markup *markup)
{
	switch (markup->state) {
	case MARKUP_TAG: return "a value in a tag must stand in quotes";
	case MARKUP_RAW: return "a value cannot stand in <script> or <style>";
	case MARKUP_CONTENT:
	case MARKUP_QUOTED: break;
	}
	return NULL;
}
