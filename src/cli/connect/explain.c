#include "cli/connect/explain.h"
#include <unistd.h>
#include "base/limits.h"
#include "ui/out.h"

/* One step: a few URLs and sentences. */
#define MAX_STEP (8u * MP_MAX_URI)
/* Names longer than this stand alone; others line up. */
#define MAX_NAME 28u
#define INDENT 6u

static unsigned name_columns(const struct mcpass_note *note)
{
	unsigned widest = 0;

	for (size_t i = 0; i < note->fact_count; i++) {
		unsigned columns = mp_term_columns(note->facts[i].name);

		if (columns > widest && columns <= MAX_NAME)
			widest = columns;
	}
	return widest;
}

static void add_fact(struct mp_buf *buf, const struct mp_term *term,
    const struct mcpass_header *fact, unsigned widest)
{
	unsigned columns = mp_term_columns(fact->name);

	mp_term_pad(buf, INDENT);
	mp_buf_adds(buf, mp_paint(term, MP_CYAN));
	mp_term_add_line(buf, fact->name, 0);
	mp_buf_adds(buf, mp_paint(term, MP_PLAIN));
	mp_term_pad(buf, columns < widest ? widest - columns + 2 : 2);
	if (fact->value != NULL)
		mp_term_add_line(buf, fact->value, 0);
	mp_buf_addc(buf, '\n');
}

void mp_explain_render(struct mp_buf *buf, const struct mp_term *term, unsigned number,
    const struct mcpass_note *note)
{
	unsigned widest = name_columns(note);

	mp_buf_addf(buf, "%s%3u.%s ", mp_paint(term, MP_BOLD), number, mp_paint(term, MP_PLAIN));
	mp_term_add_line(buf, note->what, 0);
	if (note->spec != NULL)
		mp_buf_addf(buf, " %s[%s]%s", mp_paint(term, MP_DIM), note->spec,
		    mp_paint(term, MP_PLAIN));
	mp_buf_addc(buf, '\n');
	for (size_t i = 0; i < note->fact_count; i++)
		add_fact(buf, term, &note->facts[i], widest);
}

void mp_explain_init(struct mp_explain *explain)
{
	*explain = (struct mp_explain){ .term = mp_term_of(STDERR_FILENO) };
}

void mp_explain_note(void *ctx, const struct mcpass_note *note)
{
	struct mp_explain *explain = ctx;
	struct mp_buf buf = MP_BUF(MAX_STEP);

	mp_explain_render(&buf, &explain->term, ++explain->steps, note);
	mp_say_text(&buf);      /* a step that is over the cap is told as far as it goes */
	mp_buf_free(&buf);
}
