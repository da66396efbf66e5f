/* The table of what identity providers do differently, shown. */
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "cli/command.h"
#include "oauth/quirks.h"

#define MAX_WIDTH 96u

struct providers_options {
	struct mp_common common;
};

static void add_list(struct mp_buf *buf, const char *const *items, const char *between)
{
	for (size_t i = 0; i < MP_QUIRK_PATTERNS && items[i] != NULL; i++)
		mp_buf_addf(buf, "%s%s", i > 0 ? between : "", items[i]);
}

/* "https://{a, b}/path", as the row has it. */
static void add_pattern(struct mp_buf *buf, const struct mp_quirk *row)
{
	bool several = row->hosts[0] != NULL && row->hosts[1] != NULL;

	mp_buf_addf(buf, "https://%s", several ? "{" : "");
	add_list(buf, row->hosts, ", ");
	mp_buf_adds(buf, row->hosts[0] == NULL ? "**" : several ? "}" : "");
	if (row->paths[0] != NULL && row->paths[1] != NULL) {
		mp_buf_addc(buf, '{');
		add_list(buf, row->paths, ", ");
		mp_buf_addc(buf, '}');
	} else {
		add_list(buf, row->paths, "");
	}
}

static void add_line(struct mp_buf *buf, const struct mp_term *term, const char *lead,
    const char *text)
{
	unsigned width = term->width < MAX_WIDTH ? term->width : MAX_WIDTH;

	mp_buf_addf(buf, "  %s", lead);
	mp_term_wrap(buf, width, 4, text);
	mp_buf_addc(buf, '\n');
}

static enum mcpass_rc render(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_quirk *row, struct mcpass_error *err)
{
	struct mp_strings phrases = { 0 };
	enum mcpass_rc rc = mp_quirk_describe(row, row->changes, &phrases, err);

	if (rc)
		return rc;
	mp_painted(buf, term, MP_BOLD, row->name);
	mp_buf_addf(buf, ": %s, ", row->title);
	add_pattern(buf, row);
	mp_buf_addc(buf, '\n');
	for (size_t i = 0; i < phrases.count; i++)
		add_line(buf, term, "- ", phrases.items[i]);
	add_line(buf, term, "", row->remedy);
	if (row->options != NULL)
		mp_buf_addf(buf, "  mcpass login --client-id ID %s SERVER\n", row->options);
	mp_strings_free(&phrases);
	return rc;
}

static json_t *list_of(const char *const *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count && items[i] != NULL; i++)
		if (json_array_append_new(list, json_string(items[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static enum mcpass_rc add_json(json_t *list, const struct mp_quirk *row,
    struct mcpass_error *err)
{
	struct mp_strings phrases = { 0 };
	enum mcpass_rc rc = mp_quirk_describe(row, row->changes, &phrases, err);

	if (!rc && json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:s?, s:s}",
	    "name", row->name, "title", row->title, "hosts", list_of(row->hosts, MP_QUIRK_PATTERNS),
	    "paths", list_of(row->paths, MP_QUIRK_PATTERNS), "changes",
	    list_of((const char *const *)phrases.items, phrases.count), "options", row->options,
	    "remedy", row->remedy)) != 0)
		rc = mp_nomem(err);
	mp_strings_free(&phrases);
	return rc;
}

/* The row that an operand names, by its name or as an issuer's URL. */
static enum mcpass_rc find(const char *word, const struct mp_quirk **ret_row,
    struct mcpass_error *err)
{
	struct mp_quirk_choice choice = { 0 };
	bool is_url = strstr(word, "://") != NULL;
	enum mcpass_rc rc = mp_quirk_apply(is_url ? NULL : word, is_url ? word : "", &choice, err);

	if (rc)
		mp_hint(err, "'mcpass providers' lists them");
	else if (choice.row == NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s: no row of the table is for it: nothing is"
		    " done differently there", word);
	else
		*ret_row = choice.row;
	return rc;
}

static enum mcpass_rc print(const struct mp_quirk *rows, size_t count, bool as_json,
    struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	json_t *list = json_array();
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc = list == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++) {
		if (as_json)
			rc = add_json(list, &rows[i], err);
		else
			rc = render(&buf, &term, &rows[i], err);
		if (i + 1 < count)
			mp_buf_addc(&buf, '\n');
	}
	if (!rc)
		rc = as_json ? mp_out_json(list, err) : mp_out(&buf, err);
	mp_buf_free(&buf);
	json_decref(list);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct providers_options *options = values;
	const struct mp_quirk *row = NULL;
	size_t all = 1;
	enum mcpass_rc rc = MCPASS_OK;

	if (count == 0)
		row = mp_quirks(&all);
	else
		rc = find(operands[0], &row, err);
	return row == NULL ? rc : print(row, all, options->common.json, err);
}

static const struct mp_option_place places[] = {
	{ &mp_common_table, offsetof(struct providers_options, common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_providers = {
	.name = "providers",
	.summary = "Say what identity providers do differently",
	.operands = "[NAME | ISSUER]",
	.about = "Shows the table of what identity providers do differently, and what mcpass then does"
	    " for you: all of it, the row of a name, or the row for an issuer's URL. A row applies by"
	    " the issuer's URL, or by --provider NAME; --provider none switches the table off, and"
	    " --explain tells whatever was applied.\n"
	    "In a pattern '*' is one label of the host or one segment of the path, '**' any"
	    " subdomain, '<r>' a region.\n",
	.examples = "  mcpass providers\n"
	    "  mcpass providers entra\n"
	    "  mcpass providers https://login.microsoftonline.com/TENANT/v2.0\n",
	.most = 1,
	.places = places,
	.options_size = sizeof(struct providers_options),
	.run = run,
};
