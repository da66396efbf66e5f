/* raw.h - JSON as its writer wrote it: what a program passes on keeps its numbers to the last
 * digit and its members in order.  Every text given here has passed mp_json_parse() or
 * mp_json_peek(), so that it is known to be well formed. */
#pragma once
#include "base/buf.h"

/* A member's value with the white space around it, the last one's where there are two; data
 * NULL: absent, or its name is written with escapes, or object has none itself. */
struct mp_span mp_raw_member(struct mp_span object, const char *name);
/* The same without the white space. */
struct mp_span mp_raw_value(struct mp_span object, const char *name);
/* Several members at once, in one pass: ret_values[i] is that of names[i], as mp_raw_value(). */
void mp_raw_values(struct mp_span object, const char *const *names, size_t count,
    struct mp_span *ret_values);
/* Adds the text that a JSON string stands for, with U+FFFD for what is none; false: json is no
 * string, and nothing was added. */
bool mp_raw_text(struct mp_buf *buf, struct mp_span json);
/* Steps through an array: *at begins at the array, and is moved.  False: no item is left. */
bool mp_raw_item(const char **at, const char *end, struct mp_span *ret_item);
/* Steps through an object: *at begins at the object, and is moved.  *ret_key has its quotes and
 * *ret_value the white space around it.  False: no member is left. */
bool mp_raw_pair(const char **at, const char *end, struct mp_span *ret_key,
    struct mp_span *ret_value);
/* Adds object with these members, each once and at the end, whatever it had of their names;
 * json.data NULL: without that one.  What memory ran out for sticks in buf. */
struct mp_member {
	const char *name;       /* ours: without anything to escape */
	struct mp_span json;
};
void mp_raw_put(struct mp_buf *buf, struct mp_span object, const struct mp_member *members,
    size_t count);
/* Adds text with each of these places, which lie within it, replaced; they are put in order. */
struct mp_edit {
	struct mp_span from, to;
};
void mp_raw_edit(struct mp_buf *buf, struct mp_span text, struct mp_edit *edits, size_t count);
/* As it is but for line ends, which stand between values only: a line of a stdio transport is
 * a message.  *ret_text is the caller's (mp_free_wiped).  The other one works in place, and
 * returns the length that is left. */
enum mcpass_rc mp_raw_line(struct mp_span json, char **ret_text, struct mcpass_error *err);
size_t mp_raw_one_line(char *text, size_t len);
/* Whether an object has no members. */
bool mp_raw_is_empty(struct mp_span object);
/* Without white space; *ret_text is the caller's (mp_free_wiped). */
enum mcpass_rc mp_raw_compact(struct mp_span json, char **ret_text, struct mcpass_error *err);
/* Adds it for people: a line for each item and member, two columns for each level. */
void mp_raw_indent(struct mp_buf *buf, struct mp_span json);
/* Adds it for a terminal: what a person may not be shown (base/printable.h) becomes \uXXXX,
 * which is the same JSON. */
void mp_raw_visible(struct mp_buf *buf, const char *json);
