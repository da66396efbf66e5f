/* words.h - the words of a directive, most of them "NAME=VALUE", one row each. */
#ifndef MP_NGINX_WORDS_H
#define MP_NGINX_WORDS_H
#include "nginx/module.h"

struct mp_builder {
	ngx_conf_t *cf;
	const struct mp_line *line;     /* that is read; NULL: all of them were */
	struct mp_serve_config *config;
};

enum mp_word_type {
	MP_WORD_TEXT = 0, MP_WORD_URL, MP_WORD_FILE, MP_WORD_NUMBER, MP_WORD_LIST, MP_WORD_FLAG
};
struct mp_word_row {
	const char *name;
	enum mp_word_type type;
	size_t at;                      /* in what is filled: char *, int64_t, struct mp_strings, bool */
};

/* The directive's name is word 0. */
const char *mp_word(const struct mp_line *line, ngx_uint_t i);
enum mcpass_rc mp_word_set_url(char **slot, const char *url, struct mcpass_error *err);
/* Files are looked for where nginx looks for its own; MCPASS_E_IO: it cannot be read. */
enum mcpass_rc mp_word_set_file(const struct mp_builder *b, char **slot, const char *name,
    struct mcpass_error *err);
/* The words of b->line from the first on, into object.  MCPASS_E_USAGE: one that no row has, one
 * twice that is no list, one without a value. */
enum mcpass_rc mp_words_read(const struct mp_builder *b, ngx_uint_t first,
    const struct mp_word_row *rows, size_t count, void *object, struct mcpass_error *err);

#endif
