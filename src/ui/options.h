/* options.h - a command line, read by tables.
 *
 * --name value, --name=value, -n value, -nvalue; flags of one letter may be joined (-qj).
 * Options and operands may be mixed; "--" ends the options; "-" is an operand. */
#pragma once
#include "base/limits.h"
#include "base/text.h"

/* The longest time that may be waited for: a day. */
#define MP_MAX_WAIT_S 86400u

struct mp_texts {                       /* borrowed from argv */
	const char *items[MP_MAX_REPEATS];
	size_t count;
};
enum mp_option_type {
	MP_OPTION_FLAG,                 /* bool */
	MP_OPTION_TEXT,                 /* const char *      borrowed; the last one wins */
	MP_OPTION_STORE,                /* const char *      a file, or a database's URL without a
	                                 * password: arguments can be read by every user */
	MP_OPTION_LIST,                 /* struct mp_texts   each use adds one */
	MP_OPTION_PORT,                 /* struct mp_port    0 to 65535 */
	MP_OPTION_TIME                  /* int, milliseconds "90", "90s", "5m", "1h" */
};
struct mp_port {
	unsigned number;
	bool given;
};
struct mp_option {
	const char *name;               /* without the dashes */
	char letter;                    /* '\0': none */
	enum mp_option_type type;
	const char *value;              /* what help calls the value; NULL for a flag */
	size_t offset;                  /* in the struct that the table fills */
	const char *help;               /* one sentence */
};
struct mp_option_table {
	const char *title;              /* a heading for help */
	const struct mp_option *options;
	size_t count;
};
/* A table, and where in the command's struct its part begins.  A list of places ends
 * with a NULL table. */
struct mp_option_place {
	const struct mp_option_table *table;
	size_t offset;
};

/* Fills ret_values, which the caller made zero, and moves the operands to the front of
 * argv; *ret_count says how many.
 * MCPASS_E_USAGE  an unknown option (the nearest one is named), a value that is missing
 *                 or wrong
 * MCPASS_E_POLICY a password in a database's URL */
enum mcpass_rc mp_options_parse(const struct mp_option_place *places, int argc, char **argv,
    void *ret_values, size_t *ret_count, struct mcpass_error *err);

/* The name that word was probably meant to be, or NULL when none is near. */
const char *mp_nearest(const char *word, const char *const *names, size_t count);
/* Whether that many letters at most are other ones, too many or missing. */
bool mp_is_near(const char *word, const char *name, unsigned letters);
