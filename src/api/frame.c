#include "api/frame.h"

#include "base/enc.h"

struct text frame_page(struct op *op, struct text title, struct text body, int refresh_seconds)
{
	struct buf out;
	buf_init(&out, op->arena, body.n + 1024);
	buf_add(&out, TEXT("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			   "<meta name=\"color-scheme\" content=\"light dark\">\n"));
	if (refresh_seconds)
		buf_printf(&out, "<meta http-equiv=\"refresh\" content=\"%d\">\n", refresh_seconds);
	buf_add(&out, TEXT("<title>"));
	enc_html_add(&out, title);
	buf_add(&out, TEXT("</title>\n<link rel=\"icon\" href=\"/assets/icon.svg\">\n"
			   "<link rel=\"stylesheet\" href=\"/assets/keywright.css\">\n</head>\n<body>\n<main>\n"));
	buf_add(&out, body);
	buf_add(&out, TEXT("\n</main>\n</body>\n</html>\n"));
	return buf_text(&out);
}
