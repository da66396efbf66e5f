#include "ui/term.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/printable.h"
#include "wire/json/raw.h"

#define FIRST_WIDE 0x1100u      /* Hangul Jamo; before them a character has one column */
#define QUOTED_LINES 60u        /* of one text; more would only push ours off the screen */
#define USUAL_WIDTH 80u
#define MIN_WIDTH 40u           /* narrower, columns would leave no room for words */

bool mp_term_wants_colour(bool is_terminal, const char *no_color, const char *term)
{
	if (!is_terminal || (no_color != NULL && no_color[0] != '\0'))
		return false;
	return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

struct mp_term mp_term_of(int fd)
{
	struct mp_term term = { .is_terminal = isatty(fd) == 1, .width = USUAL_WIDTH };
	struct winsize size;

	term.colour = mp_term_wants_colour(term.is_terminal, getenv("NO_COLOR"), getenv("TERM"));
	if (term.is_terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
		term.width = size.ws_col < MIN_WIDTH ? MIN_WIDTH : size.ws_col;
	return term;
}

const char *mp_paint(const struct mp_term *term, enum mp_paint paint)
{
	static const char *const sequences[] = {
		[MP_PLAIN] = "\033[0m", [MP_BOLD] = "\033[1m", [MP_DIM] = "\033[2m",
		[MP_RED] = "\033[31m", [MP_GREEN] = "\033[32m", [MP_CYAN] = "\033[36m",
	};

	return term->colour ? sequences[paint] : "";
}

void mp_painted(struct mp_buf *buf, const struct mp_term *term, enum mp_paint paint,
    const char *text)
{
	mp_buf_adds(buf, mp_paint(term, paint));
	mp_buf_adds(buf, text);
	mp_buf_adds(buf, mp_paint(term, MP_PLAIN));
}

/* Makes the text from start on harmless, line by line; a tab is kept. */
static void disarm(char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n\t");
		char end = text[len];

		text[len] = '\0';
		mp_one_line(text);
		text += strlen(text);
		*text = end;
		if (end != '\0')
			text++;
	}
}

void mp_term_add(struct mp_buf *buf, const struct mp_term *term, const char *text)
{
	size_t start = buf->len;

	mp_buf_adds(buf, text);
	if (term->is_terminal && !buf->failed && buf->data != NULL)
		disarm(buf->data + start);
}

void mp_term_add_json(struct mp_buf *buf, const struct mp_term *term, struct mp_span json)
{
	struct mp_buf text;

	if (!term->is_terminal) {
		mp_raw_indent(buf, json);
		return;
	}
	mp_buf_init(&text, buf->max);
	mp_raw_indent(&text, json);
	if (text.failed)
		buf->failed = text.failed;
	mp_raw_visible(buf, mp_buf_text(&text));
	mp_buf_free(&text);
}

/* The bytes of the first max columns of text. */
static size_t bytes_of(const char *text, size_t len, unsigned max)
{
	size_t i = 0;

	for (unsigned columns = 0; i < len; i++) {
		if ((text[i] & 0xc0) == 0x80)
			continue;
		if (columns == max)
			break;
		columns++;
	}
	return i;
}

void mp_term_add_line(struct mp_buf *buf, const char *text, unsigned max)
{
	size_t start = buf->len, len = strcspn(text, "\r\n"), fits = len;
	bool cut = false;

	if (max > 3 && bytes_of(text, len, max) < len) {
		fits = bytes_of(text, len, max - 3);
		cut = true;
	}
	mp_buf_add(buf, text, fits);
	if (!buf->failed && buf->data != NULL)
		mp_one_line(buf->data + start);
	if (cut)
		mp_buf_adds(buf, "...");
}

/* The bytes of the front of text that surely fit into room columns: up to a blank where
 * there is one. */
static size_t fitting(const char *text, size_t len, unsigned room)
{
	size_t at = 0, blank = 0, columns = 0;

	while (at < len) {
		struct mp_char c = mp_char_first(text + at);

		/* What is not shown becomes a '?' for each byte; East Asian letters and
		 * pictures are wide. */
		columns += !c.is_shown ? c.len : c.code < FIRST_WIDE ? 1 : 2;
		if (columns > room)
			return blank > 0 ? blank : at;
		at += c.len;
		if (c.code == ' ' || c.code == '\t')
			blank = at;
	}
	return len;
}

static void add_quoted(struct mp_buf *buf, const char *mark, const char *text, size_t len)
{
	size_t start;

	mp_buf_adds(buf, mark);
	start = buf->len;
	mp_buf_add(buf, text, len);
	for (size_t i = start; !buf->failed && i < buf->len; i++)
		if (buf->data[i] == '\t')
			buf->data[i] = ' ';
	if (!buf->failed && buf->data != NULL)
		mp_one_line(buf->data + start);
	mp_buf_addc(buf, '\n');
}

void mp_term_quote(struct mp_buf *buf, const struct mp_term *term, const char *mark,
    const char *text)
{
	static const char rest[] = "... (the rest is left out)";
	unsigned room = term->width - (unsigned)strlen(mark) - 1, lines = 0;

	do {
		size_t len = strcspn(text, "\r\n"), part = fitting(text, len, room);

		if (++lines > QUOTED_LINES) {
			add_quoted(buf, mark, rest, strlen(rest));
			return;
		}
		add_quoted(buf, mark, text, part);
		text += part;
		if (part == len)
			text += *text == '\r' && text[1] == '\n' ? 2 : *text != '\0';
	} while (*text != '\0');
}

unsigned mp_term_columns(const char *text)
{
	unsigned columns = 0;

	for (; *text != '\0'; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

void mp_term_pad(struct mp_buf *buf, unsigned columns)
{
	while (columns-- > 0)
		mp_buf_addc(buf, ' ');
}

void mp_term_wrap(struct mp_buf *buf, unsigned width, unsigned indent, const char *text)
{
	unsigned at = indent;
	bool first = true;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (!first && at + 1 + len > width) {
			mp_buf_addc(buf, '\n');
			mp_term_pad(buf, indent);
			at = indent;
		} else if (!first) {
			mp_buf_addc(buf, ' ');
			at++;
		}
		mp_buf_add(buf, text, len);
		at += (unsigned)len;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
}
