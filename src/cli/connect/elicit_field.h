/* elicit_field.h - one field of a form that a server asks to be filled in.
 * spec: MCP elicitation, "Requested Schema" */
#pragma once
#include "ui/term.h"
#include "wire/json/json.h"

#define MP_FIELD_CHOICES 64     /* more would not fit a screen, and are typed in full */
struct mp_choice {
	const char *value, *title;      /* borrowed from the schema; title NULL: none */
};
/* The values of an enumeration, titled or not, of one choice or several; 0: it is none. */
size_t mp_elicit_field_choices(const json_t *schema, struct mp_choice choices[MP_FIELD_CHOICES]);
/* schema is the form's. */
bool mp_elicit_field_is_required(const json_t *schema, const char *name);
/* Its title, or else its name. */
const char *mp_elicit_field_title(const json_t *schema, const char *name);

/* Whether value is what the schema wants, as far as type, choice and size go. */
bool mp_elicit_field_fits(const json_t *schema, const json_t *value);
/* What was typed as a value: text, a number, yes or no, a choice by its number, value or
 * title, several of them with commas.  *ret_value is the caller's (json_decref).
 * MCPASS_E_USAGE: it does not fit; err says what would. */
enum mcpass_rc mp_elicit_field_read(const json_t *schema, const char *typed, json_t **ret_value,
    struct mcpass_error *err);
/* What may be typed: "integer, 1 to 10", "yes or no", "date-time". */
void mp_elicit_field_describe(struct mp_buf *buf, const json_t *schema);
/* A value as a person types it. */
void mp_elicit_field_render(struct mp_buf *buf, const json_t *value);
